"""Dates as people write them: every reading of a text; the order of day and month is never guessed.

ISO 8601 dates are year-month-day always. ``03/04/2025`` has two readings unless an order is declared;
``13/04/2025`` has one. Two-digit years: 70 to 99 are 19xx, 00 to 69 are 20xx. Dates are taken as written, never moved
by an offset.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from .months import MONTHS, without_marks

DateOrder = Literal["dmy", "mdy", "ymd"]
MAX_VALUE_CHARS: Final = 200
_PIVOT: Final = 70

_DAY: Final = r"\d{1,2}(?:st|nd|rd|th|er|\.|\u00ba|\u00aa|o)?"
_NAME: Final = r"[^\W\d_]{3,12}\.?"
_OF: Final = r"(?:\s*(?:of|de|del|di|d')\s+|[\s\-/,]+|(?<=\.))"
_PATTERN: Final = re.compile(
    rf"""
    (?<![\w.])(?<!\d[-/,])(?:
      (?P<y1>\d{{4}})(?P<sep1>[-/.])(?P<m1>\d{{1,2}})(?P=sep1)(?P<d1>\d{{1,2}})(?:[T\s]\s?\d{{1,2}}:\d{{2}}[\d:.]*(?:\s?Z|\s?[+\-]\d{{2}}:?\d{{2}})?)?
    | (?P<y2>(?:19|20)\d{{2}})(?P<m2>0[1-9]|1[0-2])(?P<d2>0[1-9]|[12]\d|3[01])
    | (?P<y3>\d{{4}})\s?[\u5e74\ub144]\s?(?P<m3>\d{{1,2}})\s?[\u6708\uc6d4]\s?(?P<d3>\d{{1,2}})\s?[\u65e5\uc77c]
    | (?P<a>\d{{1,2}})(?P<sep4>\.\s?|[-/]|\s/\s)(?P<b>\d{{1,2}})(?P=sep4)(?P<c>\d{{4}}|\d{{2}})
    | (?P<d5>{_DAY}){_OF}(?P<m5>{_NAME})(?:{_OF}(?P<y5>\d{{4}}|'?\d{{2}}(?=\W|$)))
    | (?P<m6>{_NAME})\s*(?P<d6>{_DAY}),?\s+(?P<y6>\d{{4}})
    | (?P<y7>\d{{4}})(?:\s|[-/])(?P<m7>{_NAME})(?:\s|[-/])(?P<d7>{_DAY})
    )(?!\w|[.\-/,]\d)
    """,
    re.X | re.I,
)
_INSTANT: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s?(Z|UTC|GMT|[+\-\u2212]\d{2}(?::?\d{2})?)?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class DateHit:
    """One date in a text, ``text[start:end]``, with all its readings (never empty)."""

    start: int
    end: int
    text: str
    readings: frozenset[dt.date]


def read_date(text: str, order: DateOrder | None = None) -> frozenset[dt.date]:
    """All readings of a text that holds exactly one date (a time of day is ignored); empty for none or several."""
    text = text.strip()
    if not text or len(text) > MAX_VALUE_CHARS:
        return frozenset()
    return _read_date(text, order)


@lru_cache(maxsize=2048)
def _read_date(text: str, order: DateOrder | None) -> frozenset[dt.date]:
    hits = list(_hits(text, order))
    return hits[0].readings if len(hits) == 1 else frozenset()


def dates_in(text: str, order: DateOrder | None = None) -> list[DateHit]:
    """All dates of a running text in order."""
    return list(_hits(text, order))


def _hits(text: str, order: DateOrder | None) -> Iterator[DateHit]:
    for match in _PATTERN.finditer(text):
        readings = _readings(match, order)
        if readings:
            yield DateHit(match.start(), match.end(), match.group(), readings)


def _readings(match: re.Match[str], order: DateOrder | None) -> frozenset[dt.date]:
    part = match.groupdict()
    for key in "123":
        if part["y" + key]:
            return _dates([(part["y" + key], part["m" + key], part["d" + key])])
    if part["a"]:
        return _dates(_orders(part["a"], part["b"], part["c"], order))
    for key in "567":
        if part["y" + key]:
            month = MONTHS.get(without_marks(part["m" + key].rstrip(".").casefold()))
            return (
                _dates([(part["y" + key].strip("'"), str(month), _digits(part["d" + key]))]) if month else frozenset()
            )
    return frozenset()


def _orders(a: str, b: str, c: str, order: DateOrder | None) -> list[tuple[str, str, str]]:
    if order == "dmy":
        return [(c, b, a)]
    if order == "mdy":
        return [(c, a, b)]
    if order == "ymd" and len(c) == 2:
        return [(a, b, c)]
    return [(c, b, a), (c, a, b)]


def _digits(text: str) -> str:
    return re.match(r"\d+", text).group()  # type: ignore[union-attr]  # the pattern begins with a digit


def _dates(candidates: list[tuple[str, str, str]]) -> frozenset[dt.date]:
    found = set()
    for year_text, month, day in candidates:
        year = int(year_text)
        if len(year_text) == 2:
            year += 1900 if year >= _PIVOT else 2000
        try:
            found.add(dt.date(year, int(month), int(day)))
        except ValueError:
            continue
    return frozenset(found)


def read_datetime(text: str) -> dt.datetime | None:
    """The point in time of an RFC 3339 text, aware when it states an offset, else naive; ``None`` when it is none.

    A space may stand for ``T``, seconds may be left out, a leap second (``:60``) counts as the second after ``:59``.
    """
    match = _INSTANT.fullmatch(text.strip()) if len(text) <= MAX_VALUE_CHARS else None
    if match is None:
        return None
    year, month, day, hour, minute = (int(g) for g in match.groups()[:5])
    second, fraction, zone = int(match[6] or 0), match[7], match[8]
    leap = second == 60
    try:
        moment = dt.datetime(
            year,
            month,
            day,
            hour,
            minute,
            59 if leap else second,
            int((fraction or "0").ljust(6, "0")[:6]),
            _zone(zone),
        )
        return moment + dt.timedelta(seconds=1) if leap else moment
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> dt.timezone | None:
    if not text:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return dt.UTC
    sign = -1 if unicodedata.normalize("NFKC", text)[0] in "-\u2212" else 1
    digits = re.sub(r"\D", "", text)
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if minutes > 59:
        raise ValueError("an offset has at most 59 minutes")
    return dt.timezone(sign * dt.timedelta(hours=hours, minutes=minutes))
