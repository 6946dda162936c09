"""Runs that are kept to compare with: named ones in ``data/results/named/NAME/``, the blessed one in ``data/baseline.json``."""

from __future__ import annotations

import json
from pathlib import Path

from ..domain.run import BenchmarkRun
from .index import save_run
from .runs import BASELINE, NAMED, RUN_DOCUMENT, load, write_atomic

_LISTS = {"task_results", "results", "summary"}


def named_path(data_dir: Path, name: str) -> Path:
    """The document of a named run."""
    return data_dir / "results" / NAMED / name / RUN_DOCUMENT


def load_if_there(path: Path) -> BenchmarkRun | None:
    """The run document, ``None`` when there is none; raises DocumentError when it is unusable."""
    return load(path) if path.is_file() else None


def save_named(run: BenchmarkRun, data_dir: Path, name: str) -> Path:
    """Keep a copy of the run under a name, in place of what was there; raises StoreError."""
    path = named_path(data_dir, name)
    save_run(run, path)
    return path


def save_blessed(blessed: BenchmarkRun, data_dir: Path) -> Path:
    """Write the blessed baseline, one line for each result so that changes can be reviewed; raises StoreError."""
    path = data_dir / BASELINE
    write_atomic(path, _by_lines(blessed))
    return path


def _by_lines(run: BenchmarkRun) -> str:
    data = {"schema_version": run.schema_version, **run.model_dump(mode="json", by_alias=True, exclude_defaults=True)}
    lines = []
    for name, value in data.items():
        if name in _LISTS:
            rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in value)
            lines.append(f" {json.dumps(name)}: [\n{rows}\n ]")
        else:
            lines.append(f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
