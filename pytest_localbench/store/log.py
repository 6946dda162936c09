"""The structured log of a run: one JSON object per line with time, run id, event and item key."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..domain.base import plain
from .identity import utc_now

PLAIN_TYPES = frozenset({bool, int})


class RunLog:
    """Appends to ``data/logs/<run id>.jsonl``; several processes may share the file. Never stops a run."""

    def __init__(self, path: Path, run_id: str, worker: str, redact: Callable[[str], str] = str) -> None:
        self._path, self._run_id, self._worker, self._redact = path, run_id, worker, redact
        self._fd: int | None = None

    def event(self, name: str, key: str | None = None, **fields: Any) -> None:
        """Write one line; ``key`` is the item's result key."""
        record: dict[str, Any] = {
            "time": utc_now(),
            "run": self._run_id,
            "worker": self._worker,
            "event": name,
            "item": key,
        }
        for field, value in fields.items():
            if value is not None:
                record[field] = value if type(value) in PLAIN_TYPES else plain(value)
        line = self._redact(json.dumps(record, ensure_ascii=True, allow_nan=False)) + "\n"
        with contextlib.suppress(OSError):
            if self._fd is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(self._fd, line.encode())

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
