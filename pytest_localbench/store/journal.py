"""The append-only journal of a run: the truth from which every report is folded.

One file per process (``w-<worker>.jsonl``), one JSON object per line::

    {"crc":"0a1b2c3d","kind":"result","data":{...}}

``crc`` is the CRC-32 of the bytes of ``data``. A record is one ``write``; a torn or damaged line is skipped and counted
when read. Records are flushed to the disk (fsync) at least every half second and when the journal is closed.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import StoreError

FSYNC_EVERY_S = 0.5
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
_HEAD = b'{"crc":"%08x","kind":"%s","data":'


class Journal:
    """Writer of one process; the file appears with the first record. ``what`` a record is, for messages."""

    def __init__(self, path: Path, what: str = "result") -> None:
        self.path, self._what = path, what
        self._fd: int | None = None
        self._good_length = 0
        self._synced_at = 0.0
        self._dirty = False

    def append(self, kind: str, data: str | bytes | dict[str, Any]) -> None:
        """Write one record; raises StoreError (and leaves every earlier record intact) when the disk refuses."""
        if isinstance(data, dict):
            data = _encode(data)
        body = data.encode() if isinstance(data, str) else data
        line = _HEAD % (zlib.crc32(body), kind.encode()) + body + b"}\n"
        try:
            fd = self._fd if self._fd is not None else self._open()
            view = memoryview(line)
            while view:
                view = view[os.write(fd, view) :]
            self._good_length += len(line)
            self._dirty = True
            if time.monotonic() - self._synced_at >= FSYNC_EVERY_S:
                self.sync()
        except OSError as error:
            self._mend()
            raise StoreError(
                f"{self.path}: the {self._what} could not be written ({error.strerror}); "
                "everything before it is kept. Free some space or choose another folder with --localbench-data."
            ) from error

    def sync(self) -> None:
        """Force what was written onto the disk."""
        if self._fd is not None and self._dirty:
            os.fsync(self._fd)
            self._dirty = False
        self._synced_at = time.monotonic()

    def close(self) -> None:
        """Sync and close; safe to call twice."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                self.sync()
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._good_length = os.fstat(fd).st_size
        if self._good_length and os.pread(fd, 1, self._good_length - 1) != b"\n":
            os.write(fd, b"\n")
            self._good_length += 1
        self._synced_at = time.monotonic()
        return fd

    def _mend(self) -> None:
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._good_length)


@dataclass
class Records:
    """What the journals of one run hold. ``damaged`` counts lines that could not be read."""

    items: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    damaged: int = 0

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        """The records of one kind, in order."""
        return (data for name, data in self.items if name == kind)


def read_journals(folder: Path, kinds: frozenset[str] | None = None) -> Records:
    """Every readable record of the run's journals, file by file in name order; ``kinds`` limits what is decoded."""
    records = Records()
    for path in sorted(folder.glob("w-*.jsonl")):
        with path.open("rb") as lines:
            for line in lines:
                if line.strip():
                    _read_line(line, records, kinds)
    return records


def next_part(folder: Path, worker: str) -> str:
    """The name of this process's file: ``w-<worker>.jsonl``, in a run that goes on ``w-r002-<worker>.jsonl`` and so on,
    so that nobody writes to an earlier file and later files come later by name."""
    parts = [int(path.name[3:6]) if path.name[2:3] == "r" and path.name[3:6].isdigit() else 1
             for path in folder.glob("w-*.jsonl")]  # fmt: skip
    return f"w-r{max(parts) + 1:03d}-{worker}.jsonl" if parts else f"w-{worker}.jsonl"


def parse_line(line: bytes) -> tuple[str, bytes] | None:
    """Kind and data of one line; ``None`` when it is torn or damaged."""
    try:
        kind = line[line.index(b'"kind":"') + 8 : line.index(b'","data":')].decode()
        body = line[line.index(b'"data":') + 7 : line.rindex(b"}")]
        return (kind, body) if int(line[8:16], 16) == zlib.crc32(body) else None
    except ValueError:
        return None


def _read_line(line: bytes, records: Records, kinds: frozenset[str] | None) -> None:
    found = parse_line(line)
    try:
        if found is None:
            records.damaged += 1
        elif kinds is None or found[0] in kinds:
            records.items.append((found[0], json.loads(found[1])))
    except (ValueError, RecursionError):
        records.damaged += 1
