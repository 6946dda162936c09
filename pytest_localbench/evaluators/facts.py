"""Facts an answer must hold, facts it must not contradict, and facts it must not invent."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field, model_validator

from ..domain.score import Detail
from ..domain.task import Task
from .amounts import exact_decimal, numbers_in
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .dates import dates_in
from .folding import find_phrase, norm
from .guards import document_names
from .text import holds_phrase

NEAR_BEFORE, NEAR_AFTER = 60, 80
SMALL_NUMBER = 12
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAME = re.compile(r"(?<![.!?:\n•*-])(?<![.!?:] )\b[A-ZÄÖÜÉ][\w'’-]+(?:[ \t]+[A-ZÄÖÜÉ][\w'’-]+)+")


class Fact(Options):
    """One fact: any of some phrases, all of them, a pattern, a number or a date (ISO)."""

    id: str
    weight: float = Field(default=1.0, gt=0)
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    regex: str | None = None
    number: float | int | None = None
    date: str | None = None
    locale: str | None = None
    order: Literal["dmy", "mdy", "ymd"] | None = None
    allow_negated: bool = False

    @model_validator(mode="after")
    def _something(self) -> Fact:
        if not (self.any or self.all or self.regex or self.number is not None or self.date):
            raise ValueError("a fact needs any, all, regex, number or date")
        return self


class Contradiction(Options):
    """A wrong statement; ``unless_near``: words that make it harmless ("replaces 90 days")."""

    id: str
    any: tuple[str, ...]
    penalty: float = Field(default=0.25, gt=0, le=1)
    unless_near: tuple[str, ...] = ()


class KeyFactsOptions(Options):
    """The facts and contradictions of a text."""

    facts: tuple[Fact, ...] = Field(min_length=1)
    contradictions: tuple[Contradiction, ...] = ()


class KeyFacts(Evaluator[KeyFactsOptions]):
    """Weighted share of the facts found, less the penalties of the contradictions; never below 0."""

    options_type = KeyFactsOptions

    def __init__(self, options: KeyFactsOptions, task: Task) -> None:
        super().__init__(options, task)
        self._patterns = {f.id: _compile(f.regex, index) for index, f in enumerate(options.facts) if f.regex}
        for index, fact in enumerate(options.facts):
            if fact.date is not None:
                try:
                    date.fromisoformat(fact.date)
                except ValueError:
                    raise OptionError(f"'{fact.date}' is no date (YYYY-MM-DD)", ("facts", index, "date")) from None

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Look for every fact and every contradiction."""
        text = ctx.answer.text
        folded = norm(text)
        details, earned, total = [], 0.0, 0.0
        for fact in self.options.facts:
            found = self._found(fact, text, folded)
            total += fact.weight
            earned += fact.weight * found
            details.append(Detail(path=fact.id, expected=_wanted(fact), got=found or None, score=float(found),
                                  note="" if found else "missing"))  # fmt: skip
        wrong = [c for c in self.options.contradictions if _contradicts(c, folded)]
        details += [Detail(path=c.id, got=c.any[0], score=0.0, note="contradicts the document") for c in wrong]
        score = max(0.0, earned / total - sum(c.penalty for c in wrong))
        missing = [d.path for d in details if d.note == "missing"]
        reason = f"{len(self.options.facts) - len(missing)} of {len(self.options.facts)} facts"
        reason += f"; missing: {', '.join(missing[:4])}" if missing else ""
        reason += f"; contradicts: {', '.join(c.id for c in wrong)}" if wrong else ""
        return Score(score, reason, tuple(details))

    def _found(self, fact: Fact, text: str, folded: str) -> bool:
        negated = fact.allow_negated
        if fact.any and any(holds_phrase(folded, phrase, allow_negated=negated) for phrase in fact.any):
            return True
        if fact.all and all(holds_phrase(folded, phrase, allow_negated=negated) for phrase in fact.all):
            return True
        if fact.regex and self._patterns[fact.id].search(text) is not None:
            return True
        if fact.number is not None:
            wanted = exact_decimal(fact.number)
            if any(hit.readings == {wanted} for hit in numbers_in(text, fact.locale)):
                return True
        if fact.date is not None:
            day = date.fromisoformat(fact.date)
            return any(hit.readings == {day} for hit in dates_in(text, fact.order))
        return False


def _wanted(fact: Fact) -> Any:
    return fact.date or fact.number or " | ".join(fact.any or fact.all) or fact.regex


def _contradicts(rule: Contradiction, folded: str) -> bool:
    for phrase in rule.any:
        for start, end in find_phrase(folded, phrase):
            window = folded[max(0, start - NEAR_BEFORE) : end + NEAR_AFTER]
            if not any(norm(word) in window for word in rule.unless_near):
                return True
    return False


def _compile(pattern: str, index: int) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise OptionError(f"'{pattern}' is no valid pattern ({error})", ("facts", index, "regex")) from None


class GroundingOptions(Options):
    """``source``: the document; ``allow``: how many unsupported things take the whole score."""

    source: str
    allow: int = Field(default=3, ge=1)
    locale: str | None = None


class Grounding(Evaluator[GroundingOptions]):
    """1 minus the share of ``allow`` used up by numbers, dates, e-mails and names that the source does not hold."""

    role = "guard"
    guard_share = 0.5
    options_type = GroundingOptions

    def __init__(self, options: GroundingOptions, task: Task) -> None:
        super().__init__(options, task)
        if options.source not in document_names(task):
            raise OptionError(f"there is no document '{options.source}'", ("source",))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare what the answer states with the source."""
        text = ctx.answer.text
        source = ctx.documents.get(self.options.source, "")
        folded, numbers, days = _facts_of(source, self.options.locale)
        invented = [hit.text for hit in numbers_in(text, self.options.locale)
                    if not hit.readings & numbers and not all(abs(v) <= SMALL_NUMBER for v in hit.readings)]  # fmt: skip
        invented += [hit.text for hit in dates_in(text) if not hit.readings & days]
        invented += [found for found in _EMAIL.findall(text) if norm(found) not in folded]
        invented += [found for found in _NAME.findall(text) if not find_phrase(folded, found)]
        unique = list(dict.fromkeys(invented))
        score = 1.0 - min(1.0, len(unique) / self.options.allow)
        reason = f"not in the document: {', '.join(unique[:3])}" if unique else "everything stands in the document"
        details = tuple(Detail(path="unsupported", got=item, score=0.0) for item in unique[:10])
        return Score(score, reason, details)


@lru_cache(maxsize=32)
def _facts_of(source: str, locale: str | None) -> tuple[str, frozenset[Decimal], frozenset[date]]:
    numbers = frozenset(value for hit in numbers_in(source, locale) for value in hit.readings)
    days = frozenset(day for hit in dates_in(source) for day in hit.readings)
    return norm(source), numbers, days
