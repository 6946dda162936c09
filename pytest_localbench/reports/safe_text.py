"""Model text made safe to show: control codes and direction marks visible, width counted as a terminal does."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_SPACES = re.compile("\r\n|[\t\n\r]")
_ASCII = {"–": "-", "—": "-", "…": "...", "·": "-", "★": "*", "’": "'", "“": '"', "”": '"', "\u00a0": " "}
_MOST_MARKS = 8
_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


def safe(text: object, limit: int = 200) -> str:
    """One line of at most ``limit`` columns: line ends and tabs as spaces; control codes, direction marks, invisible
    characters and lone surrogates as ``\\xNN`` or ``\\uNNNN``.
    """
    head = str(text)[: limit * _MOST_MARKS]
    return cut(_UNSAFE.sub(_visible, _SPACES.sub(" ", head)), limit)


def inert(text: str) -> str:
    """Lines that no CI system takes for a command: ``::`` at the beginning of a line and ``##[`` anywhere (GitHub Actions,
    Azure Pipelines) are broken up by a blank."""
    return _COMMAND.sub(r"\1: :", text).replace("##[", "## [") if "::" in text or "##[" in text else text


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Columns of a text: wide characters take two, combining marks and joiners none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(ch: str) -> int:
    if unicodedata.category(ch) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(ch) in "WF" else 1


def cut(text: str, limit: int) -> str:
    """At most ``limit`` columns, ``...`` at the end when something was cut."""
    if width(text) <= limit:
        return text
    if limit < 3:
        return "..."[: max(0, limit)]
    out, used = [], 0
    for ch in text:
        used += _columns(ch)
        if used > limit - 3:
            break
        out.append(ch)
    return "".join(out) + "..."


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """The text filled with spaces to a number of columns."""
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def ascii_text(text: str) -> str:
    """The text for a terminal that knows ASCII only: dashes and quotes replaced, anything else as ``?``."""
    if text.isascii():
        return text
    return "".join(_ASCII.get(ch, ch) for ch in text).encode("ascii", "replace").decode("ascii")
