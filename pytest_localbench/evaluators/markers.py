"""Short answers inside longer ones: after a marker, in a box, or on the last line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .amounts import MAX_VALUE_CHARS, NumberHit, numbers_in, preferred, read_amount, shifted

MAX_SHORT: Final = 2000

_WORDS: Final = (
    r"(?:final[ ]answer|final[ ]result|answer|result|endg\u00fcltige[ ]antwort|antwort|ergebnis|r\u00e9ponse|respuesta"
    r"|risposta|odpowied\u017a)"
)
_MARKER: Final = re.compile(rf"(?<!\w){_WORDS}[*_`]{{0,3}}[ \t]{{0,3}}[:\uff1a]", re.IGNORECASE)
_BOXED: Final = re.compile(r"\\boxed\s?\{")
_PAIRS: Final = {
    "*": "*", "_": "_", "`": "`", '"': '"', "'": "'", "$": "$", "\u201c": "\u201d", "\u201e": "\u201c",
    "\u00ab": "\u00bb", "\u2018": "\u2019",
}  # fmt: skip


def start_after_configured(text: str, markers: Sequence[str]) -> int | None:
    """Where the first occurrence of any of the task's markers ends; ``None`` when none occurs. Case does not count."""
    first = _configured(markers).search(text) if markers else None
    return first.end() if first else None


def _configured(markers: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted((m for m in markers if m), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def after_configured(text: str, markers: Sequence[str]) -> str | None:
    """What follows the first occurrence of any of the task's markers, to the end of its line (a line that ends there
    hands over to the next one that is not empty); ``None`` when no marker occurs. Case does not count.
    """
    if not markers:
        return None
    pattern = _configured(markers)
    first = pattern.search(text)
    if first is None:
        return None
    part = _rest(text, first.end())
    again = pattern.search(part)
    while again is not None and not part[: again.start()].strip(" \t*_`:"):
        part = part[again.end() :]
        again = pattern.search(part)
    return (part[: again.start()] if again else part).strip().lstrip(":").strip()


def after_usual(text: str) -> str | None:
    """What follows the last usual marker ("Answer:", "Ergebnis:", ...) or stands in the last ``\\boxed{}``."""
    marker = None
    for marker in _MARKER.finditer(text):  # noqa: B007 - the last one counts
        pass
    box = None
    for box in _BOXED.finditer(text):  # noqa: B007
        pass
    if box is not None and (marker is None or box.start() > marker.start()):
        return _boxed(text, box.end())
    return _rest(text, marker.end()).strip() if marker is not None else None


def _rest(text: str, start: int) -> str:
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    if line.strip(" \t*_`:") or end < 0:
        return line
    following = re.compile(r"[^\n]*\S[^\n]*").search(text, end)
    return following.group() if following else ""


def _boxed(text: str, start: int) -> str:
    depth, end = 1, start
    for end in range(start, min(len(text), start + MAX_SHORT)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            break
    inner = text[start:end].strip()
    sign = re.compile(r"\s?\\?%").match(text, end + 1)
    return f"{inner} %" if sign and "%" not in inner else inner


def undecorated(text: str) -> str:
    """Without emphasis, quotes, back-ticks around it and one final dot."""
    text = text.strip()
    if len(text) > MAX_SHORT:
        return text
    while True:
        shorter = text
        if len(text) > 1 and _PAIRS.get(text[0]) == text[-1]:
            shorter = text[1:-1]
        elif text[:2] in ("**", "__"):
            shorter = text[2:]
        elif text[-2:] in ("**", "__"):
            shorter = text[:-2]
        elif text.endswith(".") and not text.endswith("..") and len(text) > 1:
            shorter = text[:-1]
        shorter = shorter.strip()
        if shorter == text:
            return text
        text = shorter


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return text.rstrip().rpartition("\n")[2].strip()


def short_answer(text: str) -> str:
    """The part after the last usual marker, else the last line (of a single line: the whole); undecorated."""
    marked = after_usual(text)
    return undecorated(marked if marked else last_line(text))


def number_of(
    text: str, locale: str | None = None, *, marked: bool = False, percent: bool | None = None
) -> NumberHit | None:
    """The number of an answer: the whole text when it holds one number, else the last one in it.

    ``marked``: the text followed a marker, where the answer comes first: the first number counts, after the last ``=``
    if there is one. Numbers inside longer ones, in dates, times and ids never count. ``percent`` as in
    :func:`.amounts.preferred`.
    """
    single = read_amount(text, locale, percent=percent)
    if single is not None:
        return single
    if marked:
        offset = text.rfind("=") + 1
        hits = preferred(numbers_in(text[offset:], locale), percent)
        if hits:
            return shifted(hits[0], offset)
        hits = preferred(numbers_in(text, locale), percent)
        return hits[0] if hits else None
    return _last_number(text, locale, percent)


def _last_number(text: str, locale: str | None, percent: bool | None) -> NumberHit | None:
    cut = len(text) - MAX_SHORT
    if cut > 0:
        # the end of a long text alone, unless its last number stands so near the cut that it may begin before it
        hits = preferred(numbers_in(text[cut:], locale), percent)
        if hits and hits[-1].start > MAX_VALUE_CHARS and percent in (None, hits[-1].percent):
            return shifted(hits[-1], cut)
    hits = preferred(numbers_in(text, locale), percent)
    return hits[-1] if hits else None
