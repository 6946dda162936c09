"""Numbers as people write them: every reading of a text, exact, under a declared locale.

A text such as ``1,234`` has two readings (1234 and 1.234) unless a locale decides; the machine's own locale never does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from .currencies import CODES_PATTERN, CURRENCY_AFTER, CURRENCY_BEFORE, currency_code

MAX_VALUE_CHARS: Final = 200
MAX_DIGITS: Final = 400
_WINDOW: Final = 24

_SPACES: Final = " \u00a0\u2000-\u200a\u202f\u205f\u3000"
_HYPHENS: Final = "-\u2010\u2011"
_MINUS: Final = _HYPHENS + "\u2212\u2013\uff0d\ufe63"
_MINUS_WORD: Final = re.compile(r"(?<!\w)(?:minus|negative|moins)\s$", re.I)
_AFTER_COPULA: Final = re.compile(r"(?:\A|[^\w\s)\]%]|\b(?:is|was|be|to|of|at|ist|war|auf|est|de))\s*$", re.I)
_MINUS_TAIL: Final = ("-", "\u2212")
_NUMERAL: Final = (
    rf"(?:\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,'\u2019]\d+)*|(?<![\d)\]])[.,]\d+)"
    r"(?:[eE][+\-\u2212]?\d{1,3}(?!\w))?"
)
_FIND: Final = re.compile(
    rf"(?:(?<!\w)|(?<=\b(?:{CODES_PATTERN})))(?<!\d[.,'\u2019])(?<![^\W\d_][{_HYPHENS}]){_NUMERAL}"
)
_NOT_NUMBERS: Final = re.compile(
    r"(?<![\w.])(?:\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}[\d:.]*(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})(?![\d.]\d)|\d{1,2}:\d{2}(?::\d{2})?)(?!\w)"
)
_PERCENT: Final = re.compile(
    rf"[{_SPACES}]?(?:\\?[%\uff05]|(?:percent|per cent|prozent|pct|procent|pour ?cent)\b)", re.I
)
# parts of a percent, as powers of ten
_PARTS: Final = (
    (re.compile(rf"[{_SPACES}]?(?:\u2030|(?:per ?mille|promille)\b)", re.I), 1),
    (re.compile(rf"[{_SPACES}]?(?:bps?|basis points?|basispunkte?)\b", re.I), 2),
)
_UNIT: Final = re.compile(
    r"(?:kwh|kw|km/h|kg|mg|g|t|km|cm|mm|m|ml|l|h|min|sec|ms|s|mb|gb|kb|tb|x|pcs|pc|st|stk|m2|m3|\u00b0?c|\u00b0?f|k?cal)\b",
    re.I,
)
_SUFFIX_DASH: Final = re.compile(r"[.,](?:-|\u2013|\u2014|--)(?![\w\d])")

_COMMA_CODES: Final = (
    "af az be bg bs ca cs da de el es et eu fi fo fr gl hr hu id is it kk ky lt lv mk nb nl nn no pl pt ro ru sk sl sq "
    "sr sv tr uk uz vi"
)
_COMMA_LANGUAGES: Final = frozenset(_COMMA_CODES.split())
_POINT_REGIONS: Final = frozenset({"ch", "li", "mx", "us", "pr", "gt", "hn", "ni", "pa", "pe", "do", "sv"})


@dataclass(frozen=True, slots=True)
class NumberHit:
    """One number in a text; ``text[start:end]`` is its numeral with its sign; ``readings`` are face values (15% is 15,
    15 \u2030 is 1.5%).

    ``text[first:last]`` also covers its currency, percent sign and brackets.
    ``currency`` is an ISO 4217 code, or the mark itself where several currencies share it (``kr``, ``\u00a5``).
    """

    start: int
    end: int
    text: str
    readings: frozenset[Decimal]
    percent: bool = False
    currency: str | None = None
    first: int = 0
    last: int = 0


def shifted(hit: NumberHit, by: int) -> NumberHit:
    """The hit as seen from a text in which its own text begins at ``by``."""
    return replace(hit, start=hit.start + by, end=hit.end + by, first=hit.first + by, last=hit.last + by)


@lru_cache(maxsize=64)
def decimal_mark(locale: str | None) -> str | None:
    """The decimal mark of a locale such as ``de``, ``en-GB``, ``de_CH``, ``ch``; ``None`` when none is declared."""
    if not locale:
        return None
    parts = re.split(r"[-_.@]", locale.casefold())
    if parts[0] == "ch" or any(part in _POINT_REGIONS for part in parts[1:]):
        return "."
    if "za" in parts[1:]:
        return ","
    return "," if parts[0] in _COMMA_LANGUAGES else "."


def exact_decimal(value: int | float) -> Decimal | None:
    """A JSON number as written (floats by their shortest form); ``None`` for NaN and infinities."""
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return number if number.is_finite() else None


def read_number(text: str, locale: str | None = None) -> frozenset[Decimal]:
    """All readings of a text that holds exactly one number; empty when it holds none or several.

    Units and words may stand around it (``12 kg``, ``100.00 (incl. VAT)``). Parentheses around the number itself,
    with or without a currency, make it negative (accounting notation); so does a trailing minus.
    """
    hit = read_amount(text, locale)
    return hit.readings if hit else frozenset()


def preferred(hits: Sequence[NumberHit], percent: bool | None) -> Sequence[NumberHit]:
    """Of numbers with and without a percent sign those that have it (``False``: have it not); ``None``: all of them.

    ``100.00 (incl. 19% VAT)`` is an amount of 100 and a rate of 19 %.
    """
    return [hit for hit in hits if hit.percent is percent] or hits


def read_amount(text: str, locale: str | None = None, *, percent: bool | None = None) -> NumberHit | None:
    """The only number of a text with its percent sign and currency, read as :func:`read_number` does.

    ``percent=False``: rates beside an amount do not count (``100.00, incl. 19% VAT``); ``True``: plain numbers in
    brackets beside a percentage do not (``15% (0.15)``; ``15 to 20%`` is two numbers).
    """
    text = text.strip()
    if not text or len(text) > MAX_VALUE_CHARS:
        return None
    hits: Sequence[NumberHit] = _all_amounts(text, locale)
    if percent is False:
        hits = preferred(hits, False)
    elif percent and any(hit.percent for hit in hits):
        hits = [hit for hit in hits if hit.percent or not _aside(text, hit)]
    return hits[0] if len(hits) == 1 else None


def _aside(text: str, hit: NumberHit) -> bool:
    return text[hit.first] == "(" or text[: hit.first].rstrip().endswith("(")


@lru_cache(maxsize=2048)
def _all_amounts(text: str, locale: str | None) -> tuple[NumberHit, ...]:
    return tuple(_hits(text, locale, whole=True))


def numbers_in(text: str, locale: str | None = None) -> list[NumberHit]:
    """All numbers of a running text in order; parts of dates, clock times, ids and words are none.

    A minus directly before a digit and not after a digit, word or closing bracket is a sign. Parentheses are read as
    an aside here, except right after a currency.
    """
    return list(_hits(text, locale, whole=False))


def _hits(text: str, locale: str | None, *, whole: bool) -> Iterator[NumberHit]:
    plain = text if text.isascii() else _ascii_digits(text)
    masked = _NOT_NUMBERS.sub(lambda m: "x" * len(m.group()), plain)
    for match in _FIND.finditer(masked):
        hit = _hit(masked, match.start(), match.end(), locale, whole)
        if hit is not None:
            yield hit


def _hit(text: str, start: int, end: int, locale: str | None, whole: bool) -> NumberHit | None:
    readings = _readings(text[start:end], locale)
    if not readings:
        return None
    after = _SUFFIX_DASH.match(text, end)
    tail = after.end() if after else end
    trailing = not after and _trailing_minus(text, start, end, whole)
    tail += trailing
    percent = _PERCENT.match(text, tail)
    for pattern, power in _PARTS if percent is None else ():
        percent = pattern.match(text, tail)
        if percent:
            readings = frozenset(value.scaleb(-power) for value in readings)
            break
    mark_after = None if percent else CURRENCY_AFTER.match(text, tail)
    if not (percent or mark_after or _may_end(text, tail)):
        return None
    first, negative = _sign(text, start)
    window_start = max(0, first - _WINDOW)
    mark_before = CURRENCY_BEFORE.search(text[window_start:first])
    if mark_before and not negative:
        first_of_mark, negative = _sign(text, window_start + mark_before.start("mark"))
        first = first_of_mark if negative else first
    last = mark_after.end() if mark_after else percent.end() if percent else tail
    mark_start = window_start + mark_before.start("mark") if mark_before else first
    outer = (min(first, mark_start), last)
    negative = negative or trailing
    if not negative and (whole or not percent):
        if _in_brackets(text, first, last, mark_before, whole):
            opening, closing = text.rindex("(", 0, first), text.index(")", last) + 1
            before = CURRENCY_BEFORE.search(text[max(0, opening - _WINDOW) : opening])
            if before:
                opening = max(0, opening - _WINDOW) + before.start("mark")
            behind = CURRENCY_AFTER.match(text, closing)
            negative, outer = True, (opening, behind.end() if behind else closing)
        elif whole and text[last:].strip() in _MINUS_TAIL:
            negative, outer = True, (outer[0], len(text))
    if negative:
        readings = frozenset(-value for value in readings)
    mark = mark_after or mark_before
    return NumberHit(
        start=first,
        end=end,
        text=text[first:end],
        readings=readings,
        percent=percent is not None,
        currency=currency_code(mark.group("mark")) if mark else None,
        first=outer[0],
        last=outer[1],
    )


def _ascii_digits(text: str) -> str:
    # one character for one character, so that positions stay those of the original text
    return "".join(
        str(unicodedata.digit(ch)) if not ch.isascii() and unicodedata.category(ch) == "Nd" else ch for ch in text
    )


def _may_end(text: str, end: int) -> bool:
    following = text[end : end + 1]
    return not (following.isalpha() or following == "_") or _UNIT.match(text, end) is not None


def _sign(text: str, start: int) -> tuple[int, bool]:
    mark = text[start - 1 : start]
    if mark and mark in _MINUS + "+":
        before = text[start - 2 : start - 1] if start > 1 else ""
        if not (before.isalnum() or (before and before in ")]_%")):
            return start - 1, mark != "+"
    word = _MINUS_WORD.search(text, max(0, start - _WINDOW), start) if mark.isspace() else None
    if word and _AFTER_COPULA.search(text, max(0, word.start() - _WINDOW), word.start()):
        return word.start(), True
    if 1 < start <= _WINDOW and mark.isspace() and text[start - 2] == "\u2212" and not text[: start - 2].strip():
        return start - 2, True
    return start, False


def _trailing_minus(text: str, start: int, end: int, whole: bool) -> bool:
    if text[end : end + 1] not in ("-", "\u2212"):
        return False
    rest = text[end + 1 : end + 1 + _WINDOW]
    if whole:
        return not rest.strip() or CURRENCY_AFTER.match(rest) is not None
    return text[end - 3 : end - 2] in (".", ",") and end - 3 > start and (not rest or rest[0] in " \n\t;|)")


def _in_brackets(text: str, first: int, last: int, mark_before: re.Match[str] | None, whole: bool) -> bool:
    reach = MAX_VALUE_CHARS if whole else _WINDOW
    left, right = text[max(0, first - reach) : first].rstrip(), text[last : last + reach].lstrip()
    if mark_before and not left.endswith("("):
        left = left[: len(left) - len(mark_before.group().strip())].rstrip()
    if not (left.endswith("(") and right.startswith(")")):
        return False
    if whole and _only_currency(left[:-1].strip()) and _only_currency(right[1:].strip()):
        return True
    return CURRENCY_BEFORE.search(left[:-1]) is not None


def _only_currency(text: str) -> bool:
    return not text or text in (".", ",") or currency_code(text.strip(" .")) is not None


def _readings(numeral: str, locale: str | None) -> frozenset[Decimal]:
    """Readings of digits and separators; empty when the grouping is not one that people use."""
    if len(numeral) > MAX_DIGITS:
        return frozenset()
    body, _, exponent = numeral.replace("E", "e").partition("e")
    separators = [ch for ch in body if not ch.isdigit()]
    if not separators:
        return _as_decimals([body], exponent)
    kinds = {" " if ch.isspace() else "'" if ch == "\u2019" else ch for ch in separators}
    groups = re.split(r"\D", body)
    if len(kinds) > 1:
        return _mixed(body, separators[-1], kinds, exponent)
    kind = kinds.pop()
    grouped = _grouped(groups) and (kind in " '" or groups[0] != "0")
    whole = "".join(groups)
    if len(separators) > 1 or kind in " '":
        texts = [whole] if grouped else []
    else:
        fraction, mark = f"{groups[0] or '0'}.{groups[1]}", decimal_mark(locale)
        if not grouped:
            texts = [fraction]
        elif mark is None:
            texts = [fraction, whole]
        else:
            texts = [fraction if kind == mark else whole]
    return _as_decimals(texts, exponent)


def _mixed(body: str, last: str, kinds: set[str], exponent: str) -> frozenset[Decimal]:
    """Two kinds of separators: the last one, which must occur once, is the decimal mark."""
    if len(kinds) > 2 or last not in ".," or body.count(last) != 1:
        return frozenset()
    whole, _, fraction = body.rpartition(last)
    groups = re.split(r"\D", whole)
    return _as_decimals([f"{''.join(groups)}.{fraction}"], exponent) if _grouped(groups) else frozenset()


def _grouped(groups: list[str]) -> bool:
    """Thousands (1 234 567) or Indian grouping (12 34 567)."""
    if not 1 <= len(groups[0]) <= 3 or len(groups[-1]) != 3:
        return False
    middle = groups[1:-1]
    return all(len(g) == 3 for g in middle) or (len(groups[0]) <= 2 and all(len(g) == 2 for g in middle))


def _as_decimals(texts: list[str], exponent: str) -> frozenset[Decimal]:
    exponent = exponent.replace("\u2212", "-")
    return frozenset(Decimal(f"{t}e{exponent}" if exponent else t) for t in texts)
