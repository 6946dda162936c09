"""Model text made safe to show: control codes and direction marks visible, width counted as a terminal does."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def safe(text: object, limit: int = 200) -> str:
    """One line of at most ``limit`` columns: line ends as spaces, control codes as ``\\xNN``."""
    line = " ".join(str(text)[: limit * 4].split("\n")).replace("\t", " ")
    return cut(_UNSAFE.sub(_visible, line), limit)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def width(text: str) -> int:
    """Columns of a text: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def cut(text: str, limit: int) -> str:
    """At most ``limit`` columns, ``...`` at the end when something was cut."""
    if width(text) <= limit:
        return text
    out, used = [], 0
    for ch in text:
        used += width(ch)
        if used > limit - 3:
            break
        out.append(ch)
    return "".join(out) + "..."


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """The text filled with spaces to a number of columns."""
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space
