"""Run folders and run documents: ``data/results/<run id>/`` with the journals and one ``run.json``."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..domain.run import SCHEMA_VERSION, BenchmarkRun
from ..errors import CorruptDocument, StoreError, UnsupportedSchema
from .migrate import migrate

RUN_DOCUMENT = "run.json"
NAMED = "named"
BASELINE = "baseline.json"
BLESSED = "blessed"
LAST = "last"
_SECOND = len("20260101T000000Z")
_GITIGNORE = "# results, answers and logs stay on this machine\n/results/\n/responses/\n/logs/\n/reviews/\n"


def run_folder(data_dir: Path, run_id: str) -> Path:
    """The folder of one run."""
    return data_dir / "results" / run_id


def prepare(data_dir: Path, run_id: str) -> Path:
    """Create the run's folder (and ``data/.gitignore``); raises StoreError with a sentence when that fails."""
    folder = run_folder(data_dir, run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = data_dir / ".gitignore"
        if not ignore.exists():
            ignore.write_text(_GITIGNORE, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{folder}: results cannot be written here ({error.strerror}). Choose another folder with --localbench-data."
        ) from error
    return folder


def write_atomic(path: Path, text: str | bytes) -> None:
    """Write a file so that it is either the old one or the new one, never half; raises StoreError."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8") if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise StoreError(f"{path}: could not be written ({error.strerror}); the old content is untouched.") from error


def dump(run: BenchmarkRun) -> str:
    """The run document as strict JSON text."""
    return run.model_dump_json(by_alias=True) + "\n"


def save(run: BenchmarkRun, path: Path) -> None:
    """Write one run document atomically."""
    write_atomic(path, dump(run))


def load(path: Path) -> BenchmarkRun:
    """Read one run document; raises CorruptDocument or UnsupportedSchema with a sentence."""
    try:
        data: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptDocument(f"{path}: is no readable run document ({error}).") from error
    if not isinstance(data, dict):
        raise CorruptDocument(f"{path}: is no run document (an object was expected).")
    version = data.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise UnsupportedSchema(
            f"{path}: was made by a newer version (schema {version}, this version reads up to {SCHEMA_VERSION}). "
            "The file was not changed; upgrade pytest-localbench to read it."
        )
    try:
        return BenchmarkRun.model_validate(migrate(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CorruptDocument(f"{path}: field '{where}': {first['msg']}.") from error
    except ValueError as error:
        raise CorruptDocument(f"{path}: is no run document ({error}).") from error


def find(data_dir: Path, name: str) -> Path:
    """The run document named by a path, ``last``, ``blessed``, a saved name, a run id or the beginning of one."""
    direct = Path(name)
    if direct.is_file():
        return direct
    results = data_dir / "results"
    if name == BLESSED:
        if not (data_dir / BASELINE).is_file():
            raise CorruptDocument(
                f"nothing is blessed yet ({data_dir / BASELINE} is missing): run with --localbench-bless."
            )
        return data_dir / BASELINE
    saved = sorted(path.parent.name for path in (results / NAMED).glob(f"*/{RUN_DOCUMENT}"))
    if name in saved:
        return results / NAMED / name / RUN_DOCUMENT
    folders = sorted((p.parent for p in results.glob(f"*/{RUN_DOCUMENT}")), key=_age)
    chosen = folders[-1:] if name == LAST else [f for f in folders if f.name.startswith(name)]
    if not chosen:
        listed = ", ".join(f.name for f in folders[-5:]) or "none yet"
        names = f"; saved: {', '.join(saved)}" if saved else ""
        raise CorruptDocument(f"no run '{name}' in {results}; newest runs: {listed}{names}.")
    return chosen[-1] / RUN_DOCUMENT


def _age(folder: Path) -> tuple[str, int, str]:
    """Sorts by start; of runs that started in the same second the one that was written last is the newest."""
    return folder.name[:_SECOND], (folder / RUN_DOCUMENT).stat().st_mtime_ns, folder.name
