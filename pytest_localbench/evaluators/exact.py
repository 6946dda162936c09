"""One value against one value: exact text, numbers, money, percentages, dates, ranges."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from ..domain.score import Detail
from ..domain.task import Task
from .amounts import NumberHit, exact_decimal, numbers_in, read_amount
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .compare import FieldSpec, compare, strict_equal
from .dates import dates_in
from .folding import norm


def answer_value(ctx: EvaluationContext, field: str | None) -> Any:
    """The value to judge: a JSON field, the JSON value, or the answer's text."""
    if field is not None:
        value: Any = ctx.answer.value
        for part in field.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value
    return ctx.answer.value if ctx.answer.has_value else ctx.answer.text


def short_value(ctx: EvaluationContext, field: str | None) -> Any:
    """As :func:`answer_value`, but of a text the short answer inside it."""
    got = answer_value(ctx, field)
    return ctx.answer.short if got is ctx.answer.text and ctx.answer.short else got


def _expected(ctx: EvaluationContext, field: str | None) -> Any:
    value = ctx.expected
    if field is not None and isinstance(value, dict):
        for part in field.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _verdict(score: float, expected: Any, got: Any, note: str = "") -> Score:
    shown = str(got)[:80]
    reason = (
        f"'{shown}'" if score >= 1 else f"'{shown}' should be '{str(expected)[:80]}'" + (f" ({note})" if note else "")
    )
    return Score(score, reason, (Detail(path="answer", expected=expected, got=got, score=score, note=note),))


class ExactOptions(Options):
    """``fold``: compare after folding case, spaces and typography; ``any_of``: further right answers."""

    fold: bool = True
    any_of: tuple[Any, ...] = ()
    field: str | None = None


class Exact(Evaluator[ExactOptions]):
    """1 when the answer is the expected one; JSON values are compared as JSON."""

    options_type = ExactOptions

    def __init__(self, options: ExactOptions, task: Task) -> None:
        super().__init__(options, task)
        for sample in task.samples:
            if (
                task.expected_of(sample) is None
                and not options.any_of
                and not (sample.has_expected or task.has_expected)
            ):
                raise OptionError("there is nothing expected to compare with")

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare with every accepted answer."""
        expected, got = _expected(ctx, self.options.field), answer_value(ctx, self.options.field)
        given = [got, ctx.answer.short] if got is ctx.answer.text and ctx.answer.short else [got]
        wanted = (expected, *self.options.any_of)
        right = any(self._same(value, candidate) for value in wanted for candidate in given)
        return _verdict(float(right), expected, given[-1])

    def _same(self, expected: Any, got: Any) -> bool:
        if isinstance(expected, str) and isinstance(got, str):
            if self.options.fold:
                return norm(expected) == norm(got)
            return unicodedata.normalize("NFC", expected) == unicodedata.normalize("NFC", got)
        if isinstance(got, str) and not isinstance(expected, dict | list | bool | type(None)):
            return norm(str(expected)) == norm(got)
        return strict_equal(expected, got)


class NumberOptions(Options):
    """Tolerances as in ``max(abs, rel * |expected|)``; ``graded`` lets near misses earn a part."""

    field: str | None = None
    locale: str | None = None
    abs: float = Field(default=0.0, ge=0)
    rel: float = Field(default=0.0, ge=0)
    graded: bool = False
    unit: Literal["percent"] | None = None


def last_number(text: str, locale: str | None) -> NumberHit | None:
    """The number of an answer: the whole text when it is one number, else the last one in it."""
    hit = read_amount(text, locale)
    if hit is not None:
        return hit
    hits = numbers_in(text, locale)
    return hits[-1] if hits else None


class Number(Evaluator[NumberOptions]):
    """1 when the answer's number equals the expected one within the tolerance; an ambiguous one is no match."""

    options_type = NumberOptions

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Read and compare."""
        options = self.options
        expected, got = _expected(ctx, options.field), short_value(ctx, options.field)
        wanted = _decimal(expected, options.locale)
        found, note = _given(got, options.locale)
        if wanted is None or found is None:
            return _verdict(0.0, expected, got, note or "no number")
        tolerance = max(Decimal(repr(options.abs)), Decimal(repr(options.rel)) * abs(wanted))
        error = abs(found - wanted)
        if error <= tolerance:
            return _verdict(1.0, expected, got)
        if options.graded and tolerance > 0:
            return _verdict(max(0.0, 1.0 - float((error - tolerance) / (9 * tolerance))), expected, got)
        return _verdict(0.0, expected, got)


def _decimal(value: Any, locale: str | None) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int | float):
        return exact_decimal(value)
    hit = read_amount(str(value), locale or "en")
    return next(iter(hit.readings)) if hit is not None and len(hit.readings) == 1 else None


def _given(value: Any, locale: str | None) -> tuple[Decimal | None, str]:
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return None, "not a number"
    if isinstance(value, int | float | Decimal):
        return _decimal(value, locale), ""
    hit = last_number(str(value), locale)
    if hit is None:
        return None, "no number"
    if len(hit.readings) != 1:
        return None, "ambiguous number"
    return next(iter(hit.readings)), ""


class _Typed(Evaluator[Any]):
    kind: Any = "auto"

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare by type; in running text the last amount or date counts."""
        expected, got = _expected(ctx, self.options.field), short_value(ctx, self.options.field)
        match = compare(expected, got, self._spec())
        if match.score < 1.0 and isinstance(got, str) and (part := self._last(got)) is not None:
            again = compare(expected, part, self._spec())
            match = again if again.score > match.score else match
        return _verdict(match.score, expected, got, match.note)

    def _spec(self) -> FieldSpec:
        return FieldSpec(match=self.kind, locale=self.options.locale)

    def _last(self, text: str) -> str | None:
        if len(text.split()) < 4:
            return None
        hits = numbers_in(text, self.options.locale)
        if not hits:
            return None
        last = hits[-1]
        return f"{text[last.start : last.end]}{'%' if last.percent else ''} {last.currency or ''}".strip()


class AmountOptions(Options):
    """``locale`` decides between decimal comma and point where a number can be read both ways."""

    field: str | None = None
    locale: str | None = None
    unit: Literal["percent"] | None = None


class Money(_Typed):
    """Equal to the cent; another currency is another amount."""

    options_type = AmountOptions
    kind = "money"


class Percent(_Typed):
    """Equal percentages; the sign is needed unless ``unit: percent`` declares it. Nothing is guessed by magnitude."""

    options_type = AmountOptions
    kind = "percent"

    def _spec(self) -> FieldSpec:
        return FieldSpec(match="percent", locale=self.options.locale, unit=self.options.unit)


class DateOptions(Options):
    """``order`` reads 03/04/2025; without it such a date is ambiguous and earns nothing."""

    field: str | None = None
    order: Literal["dmy", "mdy", "ymd"] | None = None
    ambiguous_ok: bool = False
    precision: Literal["day", "minute"] = "day"


class Date(_Typed):
    """The same day (or, with ``precision: minute``, the same instant)."""

    options_type = DateOptions

    def _spec(self) -> FieldSpec:
        options = self.options
        if options.precision == "minute":
            return FieldSpec(match="datetime")
        return FieldSpec(match="date", order=options.order, ambiguous_ok=options.ambiguous_ok)

    def _last(self, text: str) -> str | None:
        hits = dates_in(text, self.options.order)
        return hits[-1].text if hits and len(text.split()) > 3 else None


class RangeOptions(Options):
    """``min`` and ``max``; without them the expected ``{min, max}`` of the sample counts."""

    field: str | None = None
    min: float | None = None
    max: float | None = None
    graded: bool = False
    locale: str | None = None


class NumberRange(Evaluator[RangeOptions]):
    """1 inside the range; ``graded`` falls to 0 at one range width outside."""

    options_type = RangeOptions

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Read the number and place it."""
        options = self.options
        bounds = ctx.expected if isinstance(ctx.expected, dict) else {}
        low = options.min if options.min is not None else bounds.get("min")
        high = options.max if options.max is not None else bounds.get("max")
        got = short_value(ctx, options.field)
        found, note = _given(got, options.locale)
        wanted = f"{low} to {high}"
        if found is None:
            return _verdict(0.0, wanted, got, note)
        value = float(found)
        below = max(0.0, float(low) - value) if low is not None else 0.0
        above = max(0.0, value - float(high)) if high is not None else 0.0
        outside = max(below, above)
        if outside == 0:
            return _verdict(1.0, wanted, got)
        width = float(high) - float(low) if low is not None and high is not None else 0.0
        score = max(0.0, 1.0 - outside / width) if options.graded and width > 0 else 0.0
        return _verdict(score, wanted, got)
