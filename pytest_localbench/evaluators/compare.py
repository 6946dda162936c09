"""Type-aware comparison of one expected value with one given value; strict where JSON is strict."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from .amounts import exact_decimal, read_amount
from .base import Options
from .currencies import same_currency
from .dates import read_date, read_datetime
from .folding import norm

Kind = Literal["auto", "exact", "text", "fuzzy", "id", "number", "integer", "money", "percent", "date", "datetime",
               "boolean", "enum", "set", "list", "ignore"]  # fmt: skip
MONEY_ABS: Final = Decimal("0.005")
MAX_ITEMS: Final = 2000
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}$")
_ISO_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")
_MACHINE_NUMBER: Final = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?")
_TRUE: Final = frozenset({"true", "yes", "y", "ja", "oui", "si", "sí", "sim", "tak", "ano"})
_FALSE: Final = frozenset({"false", "no", "n", "nein", "non", "não", "nie", "nee", "ne"})
_NUMERIC: Final = frozenset({"number", "integer", "money", "percent"})
_LISTS: Final = frozenset({"set", "list"})
# which options say something for which kinds; the rest is refused, for it would do nothing
_APPLIES: Final = {
    "locale": _NUMERIC | _LISTS | {"auto"},
    "order": frozenset({"date", "auto"}) | _LISTS,
    "ambiguous_ok": frozenset({"date", "auto"}) | _LISTS,
    "abs": _NUMERIC | _LISTS | {"auto"},
    "rel": _NUMERIC | _LISTS | {"auto"},
    "threshold": frozenset({"fuzzy"}),
    "values": frozenset({"enum"}),
    "unit": frozenset({"percent", "number"}),
    "dollar": frozenset({"money"}),
    "ordered": frozenset({"list", "auto"}),
}


class FieldSpec(Options):
    """How one field is compared.

    ``threshold``: similarity below which a fuzzy text earns nothing. ``values``: accepted spellings by enum value.
    ``unit``: what a number without a percent sign means: percent points or a fraction of 1. ``dollar``: currency of a
    bare ``$``.
    """

    match: Kind = "auto"
    weight: float = Field(default=1.0, gt=0)
    locale: str | None = None
    order: Literal["dmy", "mdy", "ymd"] | None = None
    abs: float | None = Field(default=None, ge=0)
    rel: float | None = Field(default=None, ge=0)
    threshold: float = Field(default=0.8, ge=0, le=1)
    any_of: tuple[Any, ...] = ()
    values: dict[str, tuple[str, ...]] = {}
    unit: Literal["percent", "fraction"] | None = None
    dollar: str = "USD"
    ordered: bool = False
    ambiguous_ok: bool = False

    @model_validator(mode="after")
    def _no_idle_options(self) -> FieldSpec:
        for name in sorted(self.model_fields_set & _APPLIES.keys()):
            if self.match not in _APPLIES[name]:
                raise ValueError(f"'{name}' does nothing with match: {self.match}")
        return self


@dataclass(frozen=True, slots=True)
class Match:
    """Score 0 to 1 and a word on why."""

    score: float
    note: str = ""


WRONG: Final = Match(0.0)
RIGHT: Final = Match(1.0)
AUTO: Final = FieldSpec()


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its percent sign and currency."""

    value: Decimal
    percent: bool = False
    currency: str | None = None


def strict_equal(first: Any, second: Any) -> bool:
    """JSON equality: ``true`` is not 1, 5 equals 5.0, big integers are exact, strings by canonical equivalence."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if is_number(first) and is_number(second):
        one, two = as_decimal(first), as_decimal(second)
        return one is not None and one == two
    if isinstance(first, str) and isinstance(second, str):
        return first == second or unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(strict_equal, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(strict_equal(v, second[k]) for k, v in first.items())
    return first is None and second is None


def is_number(value: Any) -> bool:
    """True for JSON numbers (a boolean is none)."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def as_decimal(value: Any) -> Decimal | None:
    """A JSON number, exact; ``None`` for NaN and infinities."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return exact_decimal(value)


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
    kind = _kind_of(expected) if spec.match == "auto" else spec.match
    if kind == "ignore":
        return RIGHT
    if kind == "exact" or expected is None or got is None:
        return RIGHT if strict_equal(expected, got) else WRONG
    if kind == "boolean":
        return _boolean(expected, got)
    if kind in _LISTS and isinstance(expected, list):
        return _items(expected, got if isinstance(got, list) else [got], spec, kind)
    if isinstance(expected, dict | list) or isinstance(got, dict | list | bool):
        return RIGHT if strict_equal(expected, got) else Match(0.0, "another kind of value")
    if kind in _NUMERIC:
        return _number(expected, got, spec, kind)
    if kind == "date":
        return _date(str(expected), str(got), spec)
    if kind == "datetime":
        return _datetime(str(expected), str(got))
    return _text(expected, got, spec, kind)


def _kind_of(expected: Any) -> Kind:
    if isinstance(expected, bool):
        return "boolean"
    if is_number(expected):
        return "number"
    if isinstance(expected, str):
        if _ISO_INSTANT.match(expected) and read_datetime(expected) is not None:
            return "datetime"
        return "date" if _ISO_DAY.match(expected) else "text"
    return "list" if isinstance(expected, list) else "exact"


def _boolean(expected: Any, got: Any) -> Match:
    wanted, found = truth(expected), truth(got)
    if found is None:
        return Match(0.0, "not a boolean")
    return RIGHT if wanted is found else WRONG


def truth(value: Any) -> bool | None:
    """What a boolean, or a word of a closed list (yes, no, ja, nein, ...), says; a number is no boolean."""
    if isinstance(value, bool):
        return value
    word = norm(value).strip(" .\"'") if isinstance(value, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def _text(expected: Any, got: Any, spec: FieldSpec, kind: str) -> Match:
    if is_number(got) and isinstance(expected, str) and _same_number(expected, got):
        return RIGHT
    first, second = str(expected), str(got)
    if kind == "id":
        return RIGHT if _compact(first) == _compact(second) else WRONG
    if kind == "enum":
        accepted = {norm(first), *(norm(word) for word in spec.values.get(first, ()))}
        return RIGHT if norm(second) in accepted else WRONG
    if norm(first) == norm(second):
        return RIGHT
    first, second = norm(first, punct=True), norm(second, punct=True)
    if not first or not second:
        return WRONG
    if first == second or kind != "fuzzy":
        return RIGHT if first == second else WRONG
    from rapidfuzz.distance import Levenshtein

    similarity = float(Levenshtein.normalized_similarity(first, second, score_cutoff=spec.threshold))
    return Match(similarity, f"similarity {similarity:.2f}") if similarity else Match(0.0, "not similar enough")


def _same_number(text: str, number: Any) -> bool:
    """``"90.00"`` and 90.0 mean one number; ``"007"`` and 7 do not."""
    plain = text.strip()
    if not _MACHINE_NUMBER.fullmatch(plain) or re.match(r"[+-]?0\d", plain):
        return False
    return Decimal(plain) == as_decimal(number)


def _compact(text: str) -> str:
    return re.sub(r"[\s./\-]", "", norm(text))


def _date(expected: str, got: str, spec: FieldSpec) -> Match:
    wanted, found = read_date(expected, spec.order), read_date(got, spec.order)
    if not found:
        return Match(0.0, "not a date")
    if len(found) > 1:
        return Match(float(spec.ambiguous_ok and bool(wanted & found)), "ambiguous date: declare 'order'")
    return RIGHT if found == wanted else WRONG


def _datetime(expected: str, got: str) -> Match:
    wanted, found = read_datetime(expected), read_datetime(got)
    if wanted is None or found is None:
        return Match(0.0, "not a date with time")
    if (wanted.tzinfo is None) != (found.tzinfo is None):
        return Match(0.0, "no offset" if found.tzinfo is None else "an offset that was not asked for")
    return RIGHT if wanted == found else WRONG


def _number(expected: Any, got: Any, spec: FieldSpec, kind: str) -> Match:
    wanted = read_expected(expected, spec.locale)
    if wanted is None:
        return RIGHT if strict_equal(expected, got) else WRONG
    found, note = read_given(got, spec.locale, percent=None if spec.unit and kind == "number" else kind == "percent")
    if found is None:
        return Match(0.0, note)
    if kind == "percent":
        return _percent(wanted, found, spec)
    if kind == "integer" and found.value != found.value.to_integral_value():
        return Match(0.0, "not a whole number")
    if wanted.currency and found.currency and not same_currency(wanted.currency, found.currency, dollar=spec.dollar):
        return Match(0.0, f"currency {found.currency}")
    if spec.unit:
        wanted, found = _as_fraction(wanted), _as_fraction(found)
    elif wanted.percent != found.percent:
        return Match(0.0, "percent sign" if found.percent else "no percent sign")
    return RIGHT if within(wanted.value, found.value, spec, money=kind == "money") else WRONG


def read_expected(value: Any, locale: str | None) -> Amount | None:
    """The number an author wrote: a JSON number, plain digits with a decimal point, else one reading under the locale."""
    if is_number(value):
        number = as_decimal(value)
        return None if number is None else Amount(number)
    if not isinstance(value, str):
        return None
    if _MACHINE_NUMBER.fullmatch(value.strip()):
        return Amount(Decimal(value.strip()))
    return read_given(value, locale)[0]


def read_given(value: Any, locale: str | None, *, percent: bool | None = None) -> tuple[Amount | None, str]:
    """The number a model gave, or ``None`` and why not: none, several, or one that can be read in two ways.

    ``percent`` as in :func:`.amounts.preferred`.
    """
    if is_number(value):
        number = as_decimal(value)
        return (None, "not a number") if number is None else (Amount(number), "")
    hit = read_amount(value, locale, percent=percent) if isinstance(value, str) else None
    if hit is None:
        return None, "not a number"
    if len(hit.readings) > 1:
        return None, "ambiguous number: declare 'locale'"
    return Amount(next(iter(hit.readings)), hit.percent, hit.currency), ""


def _as_fraction(amount: Amount) -> Amount:
    return Amount(amount.value / 100, False, amount.currency) if amount.percent else amount


def _percent(wanted: Amount, found: Amount, spec: FieldSpec) -> Match:
    """In percent points. A number without sign counts only when the task says what it means; size decides nothing."""
    unit = spec.unit or (None if wanted.percent else "percent")
    if not found.percent and unit is None:
        return Match(0.0, "no percent sign")

    def points(amount: Amount) -> Decimal:
        return amount.value * 100 if unit == "fraction" and not amount.percent else amount.value

    return RIGHT if within(points(wanted), points(found), spec) else WRONG


def within(wanted: Decimal, found: Decimal, spec: FieldSpec, *, money: bool = False) -> bool:
    """``|wanted - found| <= max(abs, rel * |wanted|)``; money without a tolerance: less than half a cent apart."""
    error = abs(wanted - found)
    if money and spec.abs is None and spec.rel is None:
        return error < MONEY_ABS
    tolerance = Decimal(repr(spec.abs or 0.0))
    if spec.rel:
        tolerance = max(tolerance, Decimal(repr(spec.rel)) * abs(wanted))
    return error <= tolerance


def _items(expected: list[Any], got: list[Any], spec: FieldSpec, kind: str) -> Match:
    """F1 of a one-to-one matching (multiset intersection), of equal positions when the order counts, of sets for
    ``set``.
    """
    if kind == "set":
        expected, got = _distinct(expected), _distinct(got)
    if not expected or not got:
        return RIGHT if not expected and not got else WRONG
    inner = FieldSpec(locale=spec.locale, order=spec.order, abs=spec.abs, rel=spec.rel, ambiguous_ok=spec.ambiguous_ok)
    if spec.ordered:
        hit = sum(_compare(a, b, inner).score for a, b in zip(expected, got, strict=False))
    else:
        hit = _matched(expected, got, inner)
    return Match(2 * hit / (len(expected) + len(got)), f"{hit:g} of {len(expected)} items")


def _matched(expected: list[Any], got: list[Any], inner: FieldSpec) -> float:
    available = Counter(map(canonical, got))
    rest_expected = []
    for item in expected:
        key = canonical(item)
        if available[key] > 0:
            available[key] -= 1
        else:
            rest_expected.append(item)
    hit = float(len(expected) - len(rest_expected))
    if not rest_expected:
        return hit
    rest_got = []
    for item in got:
        key = canonical(item)
        if available[key] > 0:
            available[key] -= 1
            rest_got.append(item)
    rest_got = rest_got[:MAX_ITEMS]
    for wanted in rest_expected:
        place = next((i for i, item in enumerate(rest_got) if _compare(wanted, item, inner).score >= 1.0), None)
        if place is not None:
            hit += 1
            del rest_got[place]
    return hit


def _distinct(items: list[Any]) -> list[Any]:
    return list({norm(item) if isinstance(item, str) else canonical(item): item for item in items}.values())


def canonical(value: Any) -> str:
    """A text that is equal for values equal as JSON texts (keys in any order)."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
