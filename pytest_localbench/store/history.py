"""Earlier runs read from their documents: scores and fingerprints only."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..domain.history import PastRun
from ..domain.run import SCHEMA_VERSION, BenchmarkRun
from .runs import RUN_DOCUMENT

MAX_DOCUMENT_BYTES = 64_000_000
_KEPT = ("id", "started_at", "finished_at", "complete", "environment", "models", "fingerprints", "summary")


def past_runs(data_dir: Path, *, before: str, limit: int) -> tuple[list[PastRun], list[str]]:
    """At most ``limit`` runs that started before the instant ``before``, oldest first, and a sentence for each skipped.

    Order is that of instants, whatever time zones the stamps are written in.
    """
    end = _instant(before)
    found: list[tuple[datetime, PastRun]] = []
    skipped: list[str] = []
    for path in sorted((data_dir / "results").glob(f"*/{RUN_DOCUMENT}"), reverse=True):
        if len(found) >= limit:
            break
        try:
            run = _read(path)
            started = _instant(run.started_at)
        except (OSError, ValueError, RecursionError, ValidationError) as error:
            skipped.append(f"{path.parent.name} was left out: {_reason(error)}")
            continue
        if started < end:
            found.append((started, run))
    return [run for _, run in sorted(found, key=lambda pair: pair[0])], skipped


def _read(path: Path) -> PastRun:
    if path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise ValueError(f"larger than {MAX_DOCUMENT_BYTES // 1_000_000} MB")
    data: Any = json.loads(path.read_bytes())
    if not isinstance(data, dict):
        raise ValueError("no run document")  # noqa: TRY004
    version = data.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise ValueError(f"made by a newer version (schema {version})")
    return PastRun.of(BenchmarkRun.model_validate({key: data[key] for key in _KEPT if key in data}))


def _instant(stamp: str) -> datetime:
    moment = datetime.fromisoformat(stamp)
    if moment.tzinfo is None:
        raise ValueError("its start has no time zone")
    return moment


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"field {'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "no readable JSON"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
