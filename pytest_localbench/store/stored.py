"""Stored answers run by run: how much there is, and deleting what is old."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..errors import StoreError
from .lock import RunLock
from .responses import OFFERED
from .runs import run_folder

_RUN_ID = re.compile(r"^(\d{8}T\d{6}Z)-[0-9a-f]{6}$")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """The answers of one run; ``size`` in bytes, ``offered``: how many of them are in the cache."""

    id: str
    folder: Path
    started: datetime
    answers: int
    offered: int
    size: int


def stored_runs(root: Path) -> list[StoredRun]:
    """Every run with stored answers, oldest first; folders that are not named like a run are left alone."""
    found = []
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        named = _RUN_ID.match(folder.name)
        if named is None or not folder.is_dir():
            continue
        answers = offered = size = 0
        for path in folder.glob("w-*.jsonl"):
            for line in path.read_bytes().splitlines():
                answers += 1
                offered += line[26 : 26 + len(OFFERED)] == OFFERED.encode()
            size += path.stat().st_size
        started = datetime.strptime(named[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        found.append(StoredRun(folder.name, folder, started, answers, offered, size))
    return found


def old_runs(
    runs: Sequence[StoredRun], *, keep: int | None, older_than_days: float | None, now: datetime | None = None
) -> list[StoredRun]:
    """The runs beyond the newest ``keep`` that are also older than so many days (``None``: whatever their number, age)."""
    beyond = runs if keep is None else runs[: max(0, len(runs) - keep)]
    if older_than_days is None:
        return list(beyond)
    limit = (now or datetime.now(UTC)) - timedelta(days=older_than_days)
    return [run for run in beyond if run.started < limit]


def delete(run: StoredRun, data_dir: Path) -> bool:
    """Delete the answers of a run; False when it is still going on. Raises StoreError with a sentence."""
    folder = run_folder(data_dir, run.id)
    lock = RunLock(folder)
    try:
        if folder.is_dir() and not lock.acquire():
            return False
        for path in run.folder.glob("w-*.jsonl"):
            path.unlink()
        run.folder.rmdir()
    except OSError as error:
        raise StoreError(f"{run.folder}: could not be deleted ({error.strerror}).") from error
    finally:
        lock.release()
    return True
