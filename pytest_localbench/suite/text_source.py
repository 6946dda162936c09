"""The bytes of a user's file as text: UTF-8 whatever the locale, no byte order mark, LF line ends, bounded size."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..errors import ConfigError, TaskFileError

MAX_BYTES = 5_000_000
MAX_NODES = 200_000
MAX_DEPTH = 64

FileProblem = Callable[[str, int | None, str], ConfigError]
"""What makes the error of a file: ``TaskFileError`` or ``ModelFileError``."""


class Unreadable(Exception):
    """A file that cannot be used: the line, counted from 1 (``None`` = not known), and the rest of the sentence."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line


def on_disk(path: Path | str) -> str:
    """A path for the operating system: files are named in UTF-8, also where the locale knows ASCII alone (PEP 383)."""
    text = os.fspath(path)
    return text if text.isascii() else os.fsdecode(text.encode("utf-8", "surrogateescape"))


def readable(path: Path | str) -> str:
    """A path as text for people and files, whatever the locale; what is no UTF-8 is replaced."""
    text = os.fspath(path)
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def read_text(path: Path | str, shown: str, error: FileProblem = TaskFileError) -> str:
    """The text of a UTF-8 file with line ends as LF; raises ``error(shown, line, sentence)``."""
    raw = read_bytes(path, shown, MAX_BYTES, error)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        raise error(shown, line, "is not UTF-8; save the file as UTF-8") from None
    return text.replace("\r\n", "\n") if "\r" in text else text


def read_bytes(path: Path | str, shown: str, limit: int, error: FileProblem = TaskFileError) -> bytes:
    """The content of a file of at most ``limit`` bytes; raises ``error``."""
    try:
        with open(on_disk(path), "rb") as file:
            raw = file.read(limit + 1)
    except OSError as problem:
        raise error(shown, None, f"cannot be read ({problem.strerror})") from None
    if len(raw) > limit:
        raise error(shown, None, f"is larger than {limit // 1_000_000} MB; make it smaller or split it")
    return raw
