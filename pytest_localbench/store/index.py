"""What lists of runs need, beside each run: ``index.json`` next to ``run.json``, so that no list reads whole documents.

An entry tells size and time of the document it was made from; one that is missing, damaged or older is made anew. Each
run has its own, written atomically, so processes never mix; where nothing can be written, lists are merely slower.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..domain.base import Frozen
from ..domain.baseline import scored_tasks
from ..domain.history import PastRun
from ..domain.run import SCHEMA_VERSION, BenchmarkRun
from ..errors import StoreError
from .migrate import migrate
from .runs import NAMED, RUN_DOCUMENT, save, write_atomic

INDEX = "index.json"
INDEX_VERSION = 1
MAX_DOCUMENT_BYTES = 64_000_000
_KEPT = (
    "id", "started_at", "finished_at", "complete", "environment", "models", "fingerprints", "summary", "task_results",
)  # fmt: skip


class IndexEntry(Frozen):
    """One run: its scores, and ``scored``: ``category/task[model]`` of all that has a score."""

    version: int = INDEX_VERSION
    size: int
    mtime_ns: int
    run: PastRun
    scored: tuple[str, ...] = ()


def save_run(run: BenchmarkRun, document: Path) -> None:
    """Write a run document and its entry; raises StoreError when the document cannot be written."""
    save(run, document)
    with contextlib.suppress(OSError):
        _write(document, _entry(run, document.stat()))


def entry(document: Path) -> IndexEntry:
    """The entry of a run document; raises OSError, ValueError or ValidationError when the document is unusable."""
    state = document.stat()
    found = _read(document.with_name(INDEX))
    if found is not None and (found.size, found.mtime_ns) == (state.st_size, state.st_mtime_ns):
        return found
    made = _entry(_read_document(document, state.st_size), state)
    _write(document, made)
    return made


def entries(data_dir: Path) -> tuple[list[IndexEntry], list[str]]:
    """All runs of ``data/results``, oldest first by instant, and a sentence for each that was left out."""
    found, skipped = _below(data_dir / "results")
    return [one for _, one in sorted(found.values(), key=lambda pair: (pair[0], pair[1].run.id))], skipped


def with_named(data_dir: Path) -> tuple[list[IndexEntry], dict[str, tuple[str, ...]], list[str]]:
    """The same, with the runs that only a saved name still holds, and run id -> the names it was saved under."""
    found, skipped = _below(data_dir / "results")
    runs = {one.run.id: (moment, one) for moment, one in found.values()}
    saved, unusable = _below(data_dir / "results" / NAMED)
    names: dict[str, tuple[str, ...]] = {}
    for name, (moment, one) in sorted(saved.items()):
        names[one.run.id] = (*names.get(one.run.id, ()), name)
        runs.setdefault(one.run.id, (moment, one))
    ordered = sorted(runs.values(), key=lambda pair: (pair[0], pair[1].run.id))
    return [one for _, one in ordered], names, [*skipped, *(f"{NAMED}/{text}" for text in unusable)]


def _below(folder: Path) -> tuple[dict[str, tuple[datetime, IndexEntry]], list[str]]:
    found: dict[str, tuple[datetime, IndexEntry]] = {}
    skipped: list[str] = []
    for path in sorted(folder.glob(f"*/{RUN_DOCUMENT}"), reverse=True):
        try:
            one = entry(path)
            found[path.parent.name] = (instant(one.run.started_at), one)
        except (OSError, ValueError, RecursionError, ValidationError) as error:
            skipped.append(f"{path.parent.name} was left out: {_reason(error)}")
    return found, skipped


def instant(stamp: str) -> datetime:
    """The instant of a stamp; raises ValueError where its time zone is missing."""
    moment = datetime.fromisoformat(stamp)
    if moment.tzinfo is None:
        raise ValueError("its start has no time zone")
    return moment


def _entry(run: BenchmarkRun, state: os.stat_result) -> IndexEntry:
    scored = tuple(f"{category}/{task}[{model}]" for category, task, model in sorted(scored_tasks(run)))
    return IndexEntry(size=state.st_size, mtime_ns=state.st_mtime_ns, run=PastRun.of(run), scored=scored)


def _write(document: Path, made: IndexEntry) -> None:
    with contextlib.suppress(StoreError):
        write_atomic(document.with_name(INDEX), made.model_dump_json(exclude_defaults=True) + "\n")


def _read(path: Path) -> IndexEntry | None:
    try:
        found = IndexEntry.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if found.version == INDEX_VERSION else None


def _read_document(path: Path, size: int) -> BenchmarkRun:
    if size > MAX_DOCUMENT_BYTES:
        raise ValueError(f"larger than {MAX_DOCUMENT_BYTES // 1_000_000} MB")
    data: Any = json.loads(path.read_bytes())
    if not isinstance(data, dict):
        raise ValueError("no run document")  # noqa: TRY004
    version = data.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise ValueError(f"made by a newer version (schema {version})")
    data = migrate(data)
    return BenchmarkRun.model_validate({key: data[key] for key in _KEPT if key in data})


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"field {'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "no readable JSON"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
