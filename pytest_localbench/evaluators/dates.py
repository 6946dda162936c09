"""Dates as a set of readings: an ambiguous one has several and never counts silently. ISO 8601 is always year first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from .folding import norm

Order = Literal["dmy", "mdy", "ymd"]
PIVOT_YEAR = 70
_MONTHS = (
    ("january", "januar", "janvier", "enero", "gennaio", "stycznia", "styczeń", "januari", "janeiro", "jan", "janv", "sty"),
    ("february", "februar", "février", "fevrier", "febrero", "febbraio", "lutego", "luty", "februari", "fevereiro", "feb",
     "févr", "fev", "lut"),
    ("march", "märz", "maerz", "mars", "marzo", "marca", "marzec", "maart", "março", "mar", "mär", "mrz"),
    ("april", "avril", "abril", "aprile", "kwietnia", "kwiecień", "apr", "avr", "abr", "kwi"),
    ("may", "mai", "mayo", "maggio", "maja", "maj", "mei", "maio"),
    ("june", "juni", "juin", "junio", "giugno", "czerwca", "czerwiec", "junho", "jun", "cze"),
    ("july", "juli", "juillet", "julio", "luglio", "lipca", "lipiec", "julho", "jul", "juil", "lip"),
    ("august", "août", "aout", "agosto", "sierpnia", "sierpień", "augustus", "aug", "sie", "ago"),
    ("september", "septembre", "septiembre", "settembre", "września", "wrzesień", "setembro", "sep", "sept", "wrz", "set"),
    ("october", "oktober", "octobre", "octubre", "ottobre", "października", "październik", "outubro", "oct", "okt", "paź",
     "ott"),
    ("november", "novembre", "noviembre", "listopada", "listopad", "novembro", "nov", "lis"),
    ("december", "dezember", "décembre", "decembre", "diciembre", "dicembre", "grudnia", "grudzień", "dezembro", "dec",
     "dez", "déc", "gru", "dic"),
)  # fmt: skip
_MONTH = {norm(name): number for number, names in enumerate(_MONTHS, 1) for name in names}
_NAMES = "|".join(sorted(map(re.escape, _MONTH), key=len, reverse=True))
_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?!\d)")
_NUMERIC = re.compile(r"(?<![\w./-])(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?![\w]|[./-]\d)")
_DAY_FIRST = re.compile(
    rf"(?<!\w)(\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s*(?:of\s+|de\s+|del\s+)?({_NAMES})\b\.?,?\s*(?:de\s+|del\s+)?(\d{{4}})(?!\d)"
)
_MONTH_FIRST = re.compile(rf"\b({_NAMES})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")


@dataclass(frozen=True, slots=True)
class DateHit:
    """One date in a text and the days it may mean."""

    start: int
    end: int
    text: str
    readings: frozenset[date]


def dates_in(text: str, order: Order | None = None) -> list[DateHit]:
    """Every date in a text, by position (positions refer to the folded text)."""
    folded = norm(text)
    hits: list[DateHit] = []
    for start, end, readings in sorted(_find(folded, order), key=lambda h: (h[0], -h[1])):
        if readings and not any(hit.start < end and start < hit.end for hit in hits):
            hits.append(DateHit(start, end, folded[start:end], readings))
    return hits


def read_date(text: str, order: Order | None = None) -> frozenset[date]:
    """The readings of a text that is one date (a time after it is ignored); empty when it is none."""
    folded = norm(text).strip(" .")
    hits = dates_in(folded, order)
    if len(hits) != 1:
        return frozenset()
    rest = (folded[: hits[0].start] + folded[hits[0].end :]).strip(" ,.")
    if rest and not re.fullmatch(r"(?:[a-zäöüß]+,?|(?:t|at|um|à)?\s*\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\.\d+)?\s*(?:z|utc|uhr|[+-]\d{2}:?\d{2})?)", rest):
        return frozenset()
    return hits[0].readings


def read_datetime(text: str) -> datetime | None:
    """An instant in RFC 3339 form, in UTC; ``None`` without an offset or in another form."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None


def _find(text: str, order: Order | None) -> Iterator[tuple[int, int, frozenset[date]]]:
    for m in _ISO.finditer(text):
        yield m.start(), m.end(), _days([(int(m[1]), int(m[2]), int(m[3]))])
    for m in _DAY_FIRST.finditer(text):
        yield m.start(), m.end(), _days([(int(m[3]), _MONTH[m[2]], int(m[1]))])
    for m in _MONTH_FIRST.finditer(text):
        yield m.start(), m.end(), _days([(int(m[3]), _MONTH[m[1]], int(m[2]))])
    for m in _NUMERIC.finditer(text):
        yield m.start(), m.end(), _numeric(m[1], m[2], m[3], m[4], order)


def _numeric(a: str, sign: str, b: str, c: str, order: Order | None) -> frozenset[date]:
    if len(a) == 4:
        return _days([(int(a), int(b), int(c))])
    if len(a) > 2:
        return frozenset()
    year = _year(c)
    day_first, month_first = (year, int(b), int(a)), (year, int(a), int(b))
    if order == "dmy" or (order is None and sign == "."):
        return _days([day_first])
    if order == "mdy":
        return _days([month_first])
    if order == "ymd":
        return _days([(_year(a), int(b), int(c))]) if len(c) == 2 else frozenset()
    return _days([day_first, month_first])


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else (1900 if year >= PIVOT_YEAR else 2000) + year


def _days(candidates: list[tuple[int, int, int]]) -> frozenset[date]:
    found = set()
    for year, month, day in candidates:
        try:
            found.add(date(year, month, day))
        except ValueError:
            continue
    return frozenset(found)
