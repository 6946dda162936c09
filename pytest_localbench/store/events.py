"""``events.jsonl`` in the folder of a run: what happened, for those who watch. One JSON object a line, only ever added to.

``start`` (pid, questions by category and model), ``result`` (one for each answer), ``paused``, ``resumed``, ``cancelled``,
``finish``; ``at`` is in seconds since the epoch. A session that resumes a run begins with another ``start``.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

from ..domain.result import SampleResult

EVENTS = "events.jsonl"


class EventLog:
    """Writer of the process that reports. Never stops a run: what cannot be written is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def event(self, name: str, **fields: Any) -> None:
        """Anything but a result."""
        head = {"event": name, "at": round(time.time(), 3)}
        self._write(json.dumps({**head, **fields}, separators=(",", ":"), allow_nan=False))

    def result(self, result: SampleResult) -> None:
        """One answer: numbers and names alone. Ids need no escapes."""
        key, timing, memory = result.key, result.timing, result.memory
        seconds = speed = None
        if timing is not None:
            seconds, speed = timing.generation_s, timing.output_tokens_per_s
        self._write(
            f'{{"event":"result","at":{time.time():.3f},"category":"{key.category}","model":"{key.model}",'
            f'"outcome":"{result.outcome}","score":{_number(result.ultimate_score)},"s":{_number(seconds)},'
            f'"tokens":{_number(result.usage.output_tokens)},"tokens_per_s":{_number(speed)},'
            f'"memory_bytes":{_number(memory.peak_bytes)},"cost_usd":{_number(result.cost_usd)}}}'
        )

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            if self._fd is None:
                self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(self._fd, line.encode() + b"\n")


class EventReader:
    """Reads what was added since the last look; lines that are torn or no objects are left out."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset = path, 0

    def read(self) -> list[dict[str, Any]]:
        """The new events."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [event for line in whole.splitlines() if (event := _event(line)) is not None]


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _number(value: float | None) -> str:
    return "null" if value is None else repr(value)
