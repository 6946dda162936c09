"""Type-aware comparison of one expected value with one given value; strict where JSON is strict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import Field

from .amounts import exact_decimal, read_amount
from .base import Options
from .dates import read_date, read_datetime
from .folding import norm

Kind = Literal["auto", "exact", "text", "fuzzy", "id", "number", "integer", "money", "percent", "date", "datetime",
               "boolean", "enum", "set", "list", "ignore"]  # fmt: skip
MONEY_ABS = Decimal("0.005")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_TRUE = frozenset({"true", "yes", "y", "ja", "oui", "si", "sí", "sim", "tak", "x", "1"}) - {"1", "x"}
_FALSE = frozenset({"false", "no", "n", "nein", "non", "não", "nie", "nee"})


class FieldSpec(Options):
    """How one field is compared. ``threshold``: similarity below which a fuzzy text earns nothing."""

    match: Kind = "auto"
    weight: float = Field(default=1.0, gt=0)
    locale: str | None = None
    order: Literal["dmy", "mdy", "ymd"] | None = None
    abs: float | None = Field(default=None, ge=0)
    rel: float | None = Field(default=None, ge=0)
    threshold: float = Field(default=0.8, ge=0, le=1)
    any_of: tuple[Any, ...] = ()
    values: dict[str, tuple[str, ...]] = {}
    unit: str | None = None
    ordered: bool = False
    ambiguous_ok: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Score 0 to 1 and a word on why."""

    score: float
    note: str = ""


WRONG = Match(0.0)
RIGHT = Match(1.0)
AUTO = FieldSpec()


def strict_equal(first: Any, second: Any) -> bool:
    """JSON equality: ``true`` is not 1, 5 equals 5.0, big integers are exact, strings by canonical equivalence."""
    if isinstance(first, bool) or isinstance(second, bool):
        return isinstance(first, bool) and isinstance(second, bool) and first == second
    if _is_number(first) and _is_number(second):
        return _decimal(first) == _decimal(second)
    if isinstance(first, str) and isinstance(second, str):
        import unicodedata

        return first == second or unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(strict_equal, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(strict_equal(v, second[k]) for k, v in first.items())
    return first is None and second is None


def compare(expected: Any, got: Any, spec: FieldSpec = AUTO) -> Match:
    """The match of one value; alternatives in ``any_of`` count as the expected value does. Never raises."""
    best = _compare(expected, got, spec)
    for alternative in spec.any_of:
        if best.score >= 1.0:
            break
        other = _compare(alternative, got, spec)
        best = other if other.score > best.score else best
    return best


def _compare(expected: Any, got: Any, spec: FieldSpec) -> Match:
    kind = spec.match
    if kind == "ignore":
        return RIGHT
    if expected is None or got is None:
        return RIGHT if expected is None and got is None else WRONG
    if kind == "auto":
        kind = _kind_of(expected)
    if kind == "exact":
        return RIGHT if strict_equal(expected, got) else WRONG
    if kind == "boolean":
        return _boolean(expected, got)
    if kind in {"set", "list"}:
        return _items(expected, got, spec, ordered=spec.ordered)
    if kind in {"number", "integer", "money", "percent"}:
        return _number(expected, got, spec, kind)
    if isinstance(expected, dict | list) or isinstance(got, dict | list | bool):
        return RIGHT if strict_equal(expected, got) else WRONG
    first, second = str(expected), str(got)
    if kind == "date":
        return _date(first, second, spec)
    if kind == "datetime":
        wanted, found = read_datetime(first), read_datetime(second)
        return RIGHT if wanted is not None and wanted == found else Match(0.0, "" if found else "no time zone")
    return _text(first, second, spec, kind)


def _kind_of(expected: Any) -> Kind:
    if isinstance(expected, bool):
        return "boolean"
    if _is_number(expected):
        return "number"
    if isinstance(expected, str):
        return "date" if _ISO_DAY.match(expected) else "text"
    return "list" if isinstance(expected, list) else "exact"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return exact_decimal(value)


def _boolean(expected: Any, got: Any) -> Match:
    wanted, found = _truth(expected), _truth(got)
    if found is None:
        return Match(0.0, "not a boolean")
    return RIGHT if wanted == found else WRONG


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = norm(value).strip(" .\"'") if isinstance(value, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def _text(expected: str, got: str, spec: FieldSpec, kind: str) -> Match:
    if kind == "id":
        return RIGHT if _compact(expected) == _compact(got) else WRONG
    if kind == "enum":
        accepted = {norm(expected), *(norm(word) for word in spec.values.get(expected, ()))}
        return RIGHT if norm(got) in accepted else WRONG
    first, second = norm(expected, punct=True), norm(got, punct=True)
    if first == second and first:
        return RIGHT
    if kind != "fuzzy" or not first or not second:
        return RIGHT if norm(expected) == norm(got) else WRONG
    from rapidfuzz.distance import Levenshtein

    similarity = float(Levenshtein.normalized_similarity(first, second))
    return Match(similarity if similarity >= spec.threshold else 0.0, f"similarity {similarity:.2f}")


def _compact(text: str) -> str:
    return re.sub(r"[\s./\-]", "", norm(text))


def _date(expected: str, got: str, spec: FieldSpec) -> Match:
    wanted = read_date(expected, spec.order)
    found = read_date(got, spec.order)
    if len(found) > 1:
        return Match(float(spec.ambiguous_ok and bool(wanted & found)), "ambiguous date")
    return RIGHT if found and found == wanted else WRONG


def _number(expected: Any, got: Any, spec: FieldSpec, kind: str) -> Match:
    wanted = _one(expected, None if _is_number(expected) else "en", kind)
    if wanted is None:
        return RIGHT if strict_equal(expected, got) else WRONG
    if isinstance(got, bool | dict | list):
        return Match(0.0, "not a number")
    value, percent, currency = wanted
    if _is_number(got):
        readings, got_percent, got_currency = {_decimal(got)}, False, None
    else:
        hit = read_amount(str(got), spec.locale)
        if hit is None:
            return Match(0.0, "not a number")
        readings, got_percent, got_currency = set(hit.readings), hit.percent, hit.currency
    if None in readings or len(readings) != 1:
        return Match(0.0, "ambiguous number")
    found = next(iter(readings))
    assert found is not None
    if kind == "integer" and found != found.to_integral_value():
        return Match(0.0, "not a whole number")
    if currency and got_currency and currency != got_currency:
        return Match(0.0, f"currency {got_currency}")
    if kind == "percent":
        declared = spec.unit == "percent"
        if got_percent or declared:
            return RIGHT if found == value else WRONG
        return Match(0.0, "no percent sign")
    if percent != got_percent and spec.unit != "percent" and (percent or got_percent) and kind == "number":
        return Match(0.0, "percent sign")
    return RIGHT if _within(value, found, spec, kind) else WRONG


def _one(value: Any, locale: str | None, _kind: str) -> tuple[Decimal, bool, str | None] | None:
    if _is_number(value):
        number = _decimal(value)
        return None if number is None else (number, False, None)
    hit = read_amount(str(value), locale) if isinstance(value, str) else None
    if hit is None or len(hit.readings) != 1:
        return None
    return next(iter(hit.readings)), hit.percent, hit.currency


def _within(wanted: Decimal, found: Decimal, spec: FieldSpec, kind: str) -> bool:
    tolerance = MONEY_ABS if kind == "money" and spec.abs is None else Decimal(repr(spec.abs or 0.0))
    if kind == "money" and spec.abs is None:
        return abs(wanted - found) < tolerance
    try:
        relative = Decimal(repr(spec.rel)) * abs(wanted) if spec.rel else Decimal(0)
        return abs(wanted - found) <= max(tolerance, relative)
    except InvalidOperation:
        return False


def _items(expected: Any, got: Any, spec: FieldSpec, *, ordered: bool) -> Match:
    """F1 of a one-to-one matching of the items (multiset), or of equal positions when the order counts."""
    if not isinstance(expected, list):
        return RIGHT if strict_equal(expected, got) else WRONG
    items = got if isinstance(got, list) else [got]
    if not expected and not items:
        return RIGHT
    if not expected or not items:
        return WRONG
    inner = spec.model_copy(update={"match": "auto", "any_of": ()})
    if ordered:
        hit = sum(_compare(a, b, inner).score for a, b in zip(expected, items, strict=False))
    else:
        left = list(items)
        hit = 0.0
        for wanted in expected:
            scores = [_compare(wanted, item, inner).score for item in left]
            if scores and max(scores) > 0:
                hit += max(scores)
                del left[scores.index(max(scores))]
    return Match(2 * hit / (len(expected) + len(items)), f"{hit:g} of {len(expected)} items")
