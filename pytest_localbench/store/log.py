"""The structured log of a run: one JSON object per line with time, run id, event and item key."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..domain.base import plain
from .identity import utc_now

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode


class RunLog:
    """Appends to ``data/logs/<run id>.jsonl``; several processes may share the file. Never stops a run."""

    def __init__(self, path: Path, run_id: str, worker: str, redact: Callable[[str], str] = str) -> None:
        self._path, self._redact = path, redact
        self._head = f'"run":{_encode(run_id)},"worker":{_encode(worker)},"event":'
        self._fd: int | None = None

    def event(self, name: str, key: str | None = None, **fields: Any) -> None:
        """Write one line; ``key`` is the item's result key."""
        parts = [f'{{"time":"{utc_now()}",{self._head}{_encode(name)},"item":{self._json(key)}']
        parts += [f',"{field}":{self._json(value)}' for field, value in fields.items() if value is not None]
        line = "".join(parts) + "}\n"
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

    def _json(self, value: Any) -> str:
        kind = type(value)
        if kind is int or (kind is float and math.isfinite(value)):
            return repr(value)
        text = _encode(plain(value))
        return text if kind is bool or value is None else self._redact(text)
