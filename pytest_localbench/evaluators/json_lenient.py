"""A reader for JSON as models print it; whatever it accepts has exactly one meaning.

Beyond RFC 8259 it takes trailing commas, ``//`` and ``/* */`` comments, single-quoted strings with Python's escapes,
Python's tuples, raw line breaks in strings, ``True``, ``False``, ``None``, and reads ``NaN``, ``Infinity`` and ``undefined`` as null.
Nothing is completed or guessed: missing brackets, commas and quotes are errors.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..domain.base import clean_text

MAX_DEPTH: Final = 100
MAX_INT_DIGITS: Final = 4000

_FILL: Final = re.compile(r"(?:\s++|//[^\n]*+)*+")
_DOUBLE: Final = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.S)
_SINGLE: Final = re.compile(r"'([^'\\]*+(?:\\.[^'\\]*+)*+)'", re.S)
_NUMBER: Final = re.compile(r"(-?(?:0|[1-9]\d*+))(\.\d++)?([eE][+-]?\d++)?(?![\w.])", re.A)
_WORD: Final = re.compile(r"-?[A-Za-z]+(?!\w)")
_WORDS: Final = {
    "true": True, "True": True, "false": False, "False": False, "null": None, "None": None,
    "NaN": None, "Infinity": None, "-Infinity": None, "undefined": None,
}  # fmt: skip
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5}|U0010[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.S)
_ESCAPES: Final = {
    '"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": "",
}  # fmt: skip


class MalformedError(ValueError):
    """No JSON here. ``committed``: the text had begun to look like an object or a list of several values."""

    def __init__(self, position: int, committed: bool) -> None:
        super().__init__(f"not JSON at character {position}")
        self.position = position
        self.committed = committed


class CutOffError(MalformedError):
    """The text ends inside the value."""


class LenientReader:
    """Reads one value; ``duplicates`` is set when an object named a key twice (the last one wins)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.duplicates = False
        self.committed = False
        self.last_comment_end: int | None = None

    def read(self, position: int) -> tuple[Any, int]:
        """The value that begins at ``position`` and where it ends."""
        self.committed = False
        return self._value(position, 0)

    def _fail(self, position: int) -> MalformedError:
        kind = CutOffError if position >= len(self.text) else MalformedError
        return kind(position, self.committed)

    def _fill(self, position: int) -> int:
        while True:
            match = _FILL.match(self.text, position)
            position = match.end() if match else position
            if not self.text.startswith("/*", position):
                return position
            if self.last_comment_end is None:
                self.last_comment_end = self.text.rfind("*/")
            if position + 2 > self.last_comment_end:
                raise CutOffError(position, self.committed)
            position = self.text.index("*/", position + 2) + 2

    def _value(self, position: int, depth: int) -> tuple[Any, int]:
        first = self.text[position : position + 1]
        if first in ("{", "[", "("):
            if depth >= MAX_DEPTH:
                raise MalformedError(position, self.committed)
            return self._object(position + 1, depth + 1) if first == "{" else self._list(position, depth + 1)
        if first in ('"', "'"):
            return self._string(position)
        match = _NUMBER.match(self.text, position)
        if match:
            return _number(*match.groups()), match.end()
        match = _WORD.match(self.text, position)
        if match and match.group() in _WORDS:
            return _WORDS[match.group()], match.end()
        raise self._fail(position)

    def _object(self, position: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        position = self._fill(position)
        while not self.text.startswith("}", position):
            if self.text[position : position + 1] not in ('"', "'"):
                raise self._fail(position)
            key, position = self._string(position)
            position = self._fill(position)
            if not self.text.startswith(":", position):
                raise self._fail(position)
            self.committed = True
            value, position = self._value(self._fill(position + 1), depth)
            self.duplicates = self.duplicates or key in found
            found[key] = value
            position = self._separator(position, "}")
        return found, position + 1

    def _list(self, start: int, depth: int) -> tuple[list[Any], int]:
        closing = "]" if self.text[start] == "[" else ")"
        found: list[Any] = []
        position, before = self._fill(start + 1), ""
        while not self.text.startswith(closing, position):
            value, end = self._value(position, depth)
            found.append(value)
            position = self._separator(end, closing)
            before = self.text[end:position]
        if closing == ")" and len(found) == 1 and "," not in before:
            raise self._fail(start)  # brackets around one value make no tuple
        return found, position + 1

    def _separator(self, position: int, closing: str) -> int:
        position = self._fill(position)
        if self.text.startswith(",", position):
            self.committed = True
            return self._fill(position + 1)
        if not self.text.startswith(closing, position):
            raise self._fail(position)
        return position

    def _string(self, position: int) -> tuple[str, int]:
        double = self.text[position] == '"'
        match = (_DOUBLE if double else _SINGLE).match(self.text, position)
        if match is None:
            raise CutOffError(len(self.text), self.committed)
        body = match.group(1)
        if "\\" in body:
            try:
                body = clean_text(_ESCAPE.sub(_unescape, body))
            except KeyError:
                raise MalformedError(position, self.committed) from None
        return body, match.end()


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPES[code]


def _number(whole: str, fraction: str | None, exponent: str | None) -> int | float | str:
    if fraction or exponent:
        return float(whole + (fraction or "") + (exponent or ""))
    return exact_int(whole)


def exact_int(digits: str) -> int | str:
    """The integer, however long; beyond any sensible size the digits themselves, which equal no number."""
    return int(digits) if len(digits) <= MAX_INT_DIGITS else digits
