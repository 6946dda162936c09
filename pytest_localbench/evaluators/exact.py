"""One value against one value: exact text, numbers, money, percentages, dates, ranges."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, Literal

from pydantic import Field

from ..domain.score import Detail
from ..domain.task import SINGLE_SAMPLE, Task
from .answer import MISSING
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .compare import AUTO, FieldSpec, Match, compare, is_number, read_expected, read_given, strict_equal, truth
from .dates import dates_in, read_date, read_datetime
from .fields import shown
from .folding import norm
from .markers import after_usual, number_of, undecorated
from .paths import pluck
from .traps import why_wrong

_ENDS_IN_NUMBER: Final = re.compile(r"\d[.,]?\Z")
_LONG: Final = 80


def answer_value(ctx: EvaluationContext, field: str | None) -> Any:
    """The value to judge: a JSON field (``MISSING`` when it is not there), the JSON value, or the answer's text."""
    if field is not None:
        return pluck(ctx.answer.value, field)
    return ctx.answer.value if ctx.answer.has_value else ctx.answer.text


def _gold(expected: Any, field: str | None) -> Any:
    return pluck(expected, field) if field is not None and isinstance(expected, dict | list) else expected


def _golds(task: Task, field: str | None) -> Iterator[tuple[str, Any]]:
    """(sample id, expected value) of every sample; refuses samples that expect nothing."""
    for sample in task.samples:
        value = _gold(task.expected_of(sample), field)
        if value is MISSING or not (sample.has_expected or task.has_expected):
            raise OptionError(f"{_in(sample.id)}there is nothing expected to compare with: write 'expected'")
        yield sample.id, value


def _in(sample: str) -> str:
    return "" if sample == SINGLE_SAMPLE.id else f"sample '{sample}': "


def _words(value: Any) -> str:
    text = "null" if value is None else "true" if value is True else "false" if value is False else str(value)
    return f"'{text if len(text) <= _LONG else text[:_LONG] + '...'}'"


def _verdict(ctx: EvaluationContext, match: Match, expected: Any, got: Any, spec: FieldSpec = AUTO) -> Score:
    trap = "" if match.score >= 1 or got is MISSING else why_wrong(ctx.task, got, spec)
    got = None if got is MISSING else shown(got)
    reason = _words(got) if match.score >= 1 else f"{_words(got)} should be {_words(expected)}"
    reason += f" ({match.note or trap})" if (match.note or trap) and match.score < 1 else ""
    detail = Detail(path="answer", expected=expected, got=got, score=match.score, note=match.note)
    return Score(match.score, reason, (detail,))


def _number_text(ctx: EvaluationContext, field: str | None, locale: str | None, *, percent: bool | None = None) -> Any:
    """The number to judge: a JSON value as it is, else the text of the answer's number (``MISSING``: none, or cut off).

    ``percent`` as in :func:`.amounts.preferred`.
    """
    got = answer_value(ctx, field)
    if not isinstance(got, str):
        return got
    part = None if ctx.answer.has_value else after_usual(got)
    text = undecorated(part or got)
    hit = number_of(text, locale, marked=bool(part), percent=percent)
    if hit is None:
        return MISSING
    if len(text) - hit.last <= 1 and "truncated" in ctx.answer.notes and _ENDS_IN_NUMBER.search(ctx.answer.clean):
        return MISSING
    return text[hit.first : hit.last]


class ExactOptions(Options):
    """``fold``: compare after folding case, spaces and typography; ``any_of``: further right answers."""

    fold: bool = True
    any_of: tuple[Any, ...] = ()
    field: str | None = None


class Exact(Evaluator[ExactOptions]):
    """1 when the answer, or the short answer inside it, is the expected one; JSON values are compared as JSON.

    ``fold: false`` compares letter by letter, up to canonical equivalence (Unicode NFC). Of a text, ``yes`` and ``no``
    (in several languages) are an expected ``true`` and ``false``.
    """

    options_type = ExactOptions

    def __init__(self, options: ExactOptions, task: Task) -> None:
        super().__init__(options, task)
        if not options.any_of:
            list(_golds(task, options.field))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare with every accepted answer."""
        options = self.options
        expected, got = _gold(ctx.expected, options.field), answer_value(ctx, options.field)
        is_text = options.field is None and not ctx.answer.has_value
        given = [got, undecorated(got), ctx.answer.short] if is_text and isinstance(got, str) else [got]
        if is_text and ctx.answer.short == "":
            given.pop()
        wanted = options.any_of if expected is MISSING else (expected, *options.any_of)
        right = any(self._same(value, candidate, is_text) for value in wanted for candidate in given)
        return _verdict(ctx, Match(float(right)), expected, given[-1] if is_text else got)

    def _same(self, expected: Any, got: Any, is_text: bool) -> bool:
        if is_text and isinstance(expected, bool):
            return truth(got) is expected
        if is_text and not isinstance(expected, str) and isinstance(got, str):
            expected = "" if expected is None else str(expected)
        if self.options.fold and isinstance(expected, str) and isinstance(got, str):
            return norm(expected) == norm(got)
        return strict_equal(expected, got)


class NumberOptions(Options):
    """Tolerances as in ``max(abs, rel * |expected|)``; ``graded`` lets near misses earn a part.

    ``unit: percent``: 19 % is 0.19.
    """

    field: str | None = None
    locale: str | None = None
    abs: float = Field(default=0.0, ge=0)
    rel: float = Field(default=0.0, ge=0)
    graded: bool = False
    unit: Literal["percent"] | None = None


class Number(Evaluator[NumberOptions]):
    """1 when the answer's number equals the expected one within the tolerance; an ambiguous one is no match."""

    options_type = NumberOptions

    def __init__(self, options: NumberOptions, task: Task) -> None:
        super().__init__(options, task)
        if options.graded and not (options.abs or options.rel):
            raise OptionError("'graded' needs a tolerance ('abs' or 'rel')", ("graded",))
        for sample, value in _golds(task, options.field):
            if read_expected(value, options.locale) is None:
                raise OptionError(
                    f"{_in(sample)}the expected value {_words(value)} is not one number; write it as 1234.5"
                )
        self._spec = FieldSpec(
            match="number", locale=options.locale, abs=options.abs, rel=options.rel, unit=options.unit
        )

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Read and compare."""
        expected = _gold(ctx.expected, self.options.field)
        percent = None if self.options.unit else False
        got = _number_text(ctx, self.options.field, self.options.locale, percent=percent)
        if got is MISSING or got is None:
            return _verdict(ctx, Match(0.0, "no number"), expected, answer_value(ctx, self.options.field))
        match = compare(expected, got, self._spec)
        if match.score < 1 and self.options.graded and not match.note:
            match = Match(self._partly(expected, got))
        return _verdict(ctx, match, expected, got, self._spec)

    def _partly(self, expected: Any, got: Any) -> float:
        """1 at the tolerance, falling to 0 at ten tolerances."""
        options = self.options
        wanted, (found, _) = read_expected(expected, options.locale), read_given(got, options.locale)
        if wanted is None or found is None:
            return 0.0
        gold, value = (a.value / 100 if a.percent and options.unit else a.value for a in (wanted, found))
        error = abs(gold - value)
        tolerance = max(Decimal(repr(options.abs)), Decimal(repr(options.rel)) * abs(gold))
        return max(0.0, 1.0 - float((error - tolerance) / (9 * tolerance))) if tolerance else 0.0


class MoneyOptions(Options):
    """``locale`` decides between decimal comma and point; ``dollar`` is the currency of a bare ``$``."""

    field: str | None = None
    locale: str | None = None
    dollar: str = "USD"


class _Amount(Evaluator[Any]):
    spec: FieldSpec

    def __init__(self, options: Any, task: Task) -> None:
        super().__init__(options, task)
        for sample, value in _golds(task, options.field):
            if read_expected(value, options.locale) is None:
                raise OptionError(
                    f"{_in(sample)}the expected value {_words(value)} is not one amount; write it as 1234.50"
                )

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the answer's amount."""
        expected = _gold(ctx.expected, self.options.field)
        percent = self.spec.match == "percent"
        got = _number_text(ctx, self.options.field, self.options.locale, percent=percent)
        if got is MISSING:
            return _verdict(ctx, Match(0.0, "no number"), expected, answer_value(ctx, self.options.field))
        return _verdict(ctx, compare(expected, got, self.spec), expected, got, self.spec)


class Money(_Amount):
    """Equal to the cent; another currency is another amount, none given is accepted."""

    options_type = MoneyOptions

    def __init__(self, options: MoneyOptions, task: Task) -> None:
        super().__init__(options, task)
        self.spec = FieldSpec(match="money", locale=options.locale, dollar=options.dollar)


class PercentOptions(Options):
    """``unit`` says what a number without a percent sign means: percent points, or a fraction of 1."""

    field: str | None = None
    locale: str | None = None
    unit: Literal["percent", "fraction"] | None = None


class Percent(_Amount):
    """Equal percentages; the sign is needed unless ``unit`` declares it. Nothing is guessed by magnitude."""

    options_type = PercentOptions

    def __init__(self, options: PercentOptions, task: Task) -> None:
        super().__init__(options, task)
        self.spec = FieldSpec(match="percent", locale=options.locale, unit=options.unit)


class DateOptions(Options):
    """``order`` reads 03/04/2025; without it such a date is ambiguous and earns nothing."""

    field: str | None = None
    order: Literal["dmy", "mdy", "ymd"] | None = None
    ambiguous_ok: bool = False
    precision: Literal["day", "minute"] = "day"


class Date(Evaluator[DateOptions]):
    """The same day as written (or, with ``precision: minute``, the same instant)."""

    options_type = DateOptions

    def __init__(self, options: DateOptions, task: Task) -> None:
        super().__init__(options, task)
        by_day = options.precision == "day"
        for sample, value in _golds(task, options.field):
            text = value if isinstance(value, str) else ""
            if len(read_date(text, options.order)) != 1 if by_day else read_datetime(text) is None:
                kind = "date; write it as 2025-03-04" if by_day else "date with time; write it as 2025-03-04T12:30"
                raise OptionError(f"{_in(sample)}the expected value {_words(value)} is not one {kind}")
        self._spec = (
            FieldSpec(match="date", order=options.order, ambiguous_ok=options.ambiguous_ok)
            if by_day
            else FieldSpec(match="datetime")
        )

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the answer's date: the only one, else the last."""
        expected, got = _gold(ctx.expected, self.options.field), answer_value(ctx, self.options.field)
        if isinstance(got, str) and not ctx.answer.has_value:
            got = undecorated(after_usual(got) or got)
            if self.options.precision == "day" and (hits := dates_in(got, self.options.order)):
                got = hits[-1].text
            elif self.options.precision == "minute" and ctx.answer.short:
                got = ctx.answer.short
        return _verdict(ctx, compare(expected, None if got is MISSING else got, self._spec), expected, got, self._spec)


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

    def __init__(self, options: RangeOptions, task: Task) -> None:
        super().__init__(options, task)
        for sample in task.samples:
            low, high = self._bounds(task.expected_of(sample))
            if low is None and high is None:
                raise OptionError(f"{_in(sample.id)}give 'min' or 'max' here, or 'expected: {{min, max}}'")
            if low is not None and high is not None and low > high:
                raise OptionError(f"{_in(sample.id)}'min' {low:g} is above 'max' {high:g}")
            if options.graded and (low is None or high is None or low == high):
                raise OptionError("'graded' needs two different bounds", ("graded",))

    def _bounds(self, expected: Any) -> tuple[float | None, float | None]:
        given = expected if isinstance(expected, dict) else {}
        low: Any = given.get("min") if self.options.min is None else self.options.min
        high: Any = given.get("max") if self.options.max is None else self.options.max
        return (float(low) if is_number(low) else None, float(high) if is_number(high) else None)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Read the number and place it."""
        low, high = self._bounds(ctx.expected)
        lowest, highest = -math.inf if low is None else low, math.inf if high is None else high
        wanted = f"{lowest:g} to {highest:g}"
        got = _number_text(ctx, self.options.field, self.options.locale)
        found, note = read_given(got, self.options.locale)
        if found is None:
            return _verdict(ctx, Match(0.0, note), wanted, got)
        outside = max(lowest - float(found.value), float(found.value) - highest)
        if outside <= 0:
            return _verdict(ctx, Match(1.0), wanted, got)
        return _verdict(
            ctx, Match(max(0.0, 1.0 - outside / (highest - lowest)) if self.options.graded else 0.0), wanted, got
        )
