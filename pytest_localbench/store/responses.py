"""Stored answers: ``data/responses/<run id>/w-<worker>.jsonl``, apart from what evaluators made of them.

Lines are those of the journal. A record is written when the answer arrives, before it is judged::

    {"crc":"0a1b2c3d","kind":"answer","data":{"key":"<question>.<fingerprint>","item":"...","response":{...}}}

``question`` (32 hex digits) stands for everything that was sent, with the settings of the model and the number of the
attempt; ``fingerprint`` (16 hex digits) for the opened model: weights, template, runtime. An ``answer`` belongs to its
run (resume, rescore); one of kind ``offered`` is also in the cache, for every later run.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import StoreError
from .journal import Journal, parse_line

QUESTION_DIGITS, FINGERPRINT_DIGITS = 32, 16
ANSWER, OFFERED = "answer", "offered"
_DATA = b'","data":{"key":"'
_KEY_LENGTH = QUESTION_DIGITS + 1 + FINGERPRINT_DIGITS


class ResponseWriter:
    """Appends the answers of one process; used by several threads at once.

    The first failure is kept in ``problem`` and ends the writing: the answer itself is still judged.
    """

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path, what="answer")
        self._lock = threading.Lock()
        self.problem: StoreError | None = None
        self._told = False

    def append(self, text: str, *, offered: bool = False) -> None:
        """One record, as JSON text that begins with its key."""
        with self._lock:
            if self.problem is None:
                try:
                    self._journal.append(OFFERED if offered else ANSWER, text)
                except StoreError as error:
                    self.problem = error

    def check(self) -> None:
        """Raise the first failure, once."""
        problem, told = self.problem, self._told
        if problem is not None and not told:
            self._told = True
            raise problem

    def close(self) -> None:
        """Flush and close; safe to call twice."""
        with self._lock:
            self._journal.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies."""

    path: Path
    offset: int
    length: int


@dataclass
class Responses:
    """Where answers lie: ``by_key`` by question and fingerprint, ``by_question`` whatever the model was; newest last."""

    by_key: dict[str, Place] = field(default_factory=dict)
    by_question: dict[str, Place] = field(default_factory=dict)

    def read(self, place: Place | None) -> dict[str, Any] | None:
        """The record at a place; ``None`` when it is gone or damaged."""
        if place is None:
            return None
        try:
            with place.path.open("rb") as file:
                file.seek(place.offset)
                found = parse_line(file.read(place.length))
            return json.loads(found[1]) if found is not None else None
        except (OSError, ValueError, RecursionError):
            return None


def responses_of(folder: Path) -> Responses:
    """The answers of one run."""
    found = Responses()
    for path in sorted(folder.glob("w-*.jsonl")):
        _index(path, found, (ANSWER.encode(), OFFERED.encode()))
    return found


def cached_responses(root: Path) -> Responses:
    """The cache: what any run has offered; of two answers to a question the newer one."""
    found = Responses()
    for path in sorted(root.glob("*/w-*.jsonl"), key=written_at):
        _index(path, found, (OFFERED.encode(),))
    return found


def written_at(path: Path) -> tuple[int, str]:
    """When a file was written last: ids of runs of the same second tell nothing."""
    try:
        return path.stat().st_mtime_ns, str(path)
    except OSError:
        return 0, str(path)


def _index(path: Path, found: Responses, kinds: tuple[bytes, ...]) -> None:
    for offset, line in _lines(path):
        head = line[:200]
        kind, key_at = head[26 : head.find(b'"', 26)], head.find(_DATA) + len(_DATA)
        if kind in kinds and key_at >= len(_DATA) and line.endswith(b"}\n") and parse_line(line) is not None:
            key = line[key_at : key_at + _KEY_LENGTH].decode("ascii", "replace")
            place = Place(path, offset, len(line))
            found.by_key[key] = found.by_question[key[:QUESTION_DIGITS]] = place


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    offset = 0
    try:
        with path.open("rb") as file:
            for line in file:
                yield offset, line
                offset += len(line)
    except OSError:
        return
