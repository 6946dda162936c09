"""Facts an answer must hold, facts it must not contradict, and facts it must not invent."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from ..domain.score import Detail
from ..domain.task import Task
from .amounts import NumberHit, exact_decimal, numbers_in
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .dates import DateHit, dates_in
from .folding import find_phrase, norm, words
from .guards import check_source
from .text import check_phrases, compile_pattern, fold_prose, holds_phrase, negated, search

NEAR_BEFORE: Final = 60
NEAR_AFTER: Final = 80
SHORT_WORD: Final = 4
SMALL_NUMBER: Final = 12
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_NAME_PART: Final = r"[^\W\d_][\w'’-]*"
_NAME: Final = re.compile(rf"(?<!\w){_NAME_PART}(?:[ \t]{_NAME_PART})+")
_SENTENCE_START: Final = re.compile(r"(?:\A|\n|[.!?:;•|>#*\"(-])[ \t]*\Z")
_NUMBERING: Final = re.compile(r"(?m)^[ \t]*\d{1,3}[.)](?=\s)")
_TITLES: Final = ("mr", "mrs", "ms", "miss", "dr", "prof", "dear", "sir", "madam", "herr", "frau", "firma", "monsieur",
                  "madame", "señor", "señora", "pan", "pani")  # fmt: skip


class Fact(Options):
    """One fact, found when one of its forms is: any of some phrases, all of them, a pattern, a number, an ISO date."""

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
    """A wrong statement; ``unless_near``: words that make it harmless ("replaces 90 days").

    Words of up to four letters are looked for as they are, longer ones as beginnings (``replac``).
    """

    id: str
    any: tuple[str, ...] = Field(min_length=1)
    penalty: float = Field(default=0.25, gt=0, le=1)
    unless_near: tuple[str, ...] = ()


class KeyFactsOptions(Options):
    """The facts and contradictions of a text."""

    facts: tuple[Fact, ...] = Field(min_length=1)
    contradictions: tuple[Contradiction, ...] = ()


class KeyFacts(Evaluator[KeyFactsOptions]):
    """Weighted share of the facts found, less the penalties of the contradictions; never below 0.

    Phrases denied in their own clause are not found, as facts and as contradictions. Patterns are tried on the folded
    answer (one line) and on the answer as it is. A number or date with several readings is none.
    """

    version = "2"
    options_type = KeyFactsOptions

    def __init__(self, options: KeyFactsOptions, task: Task) -> None:
        super().__init__(options, task)
        seen: set[str] = set()
        self._patterns: dict[str, Any] = {}
        self._days: dict[str, dt.date] = {}
        for index, fact in enumerate(options.facts):
            path = ("facts", index)
            _once(fact.id, seen, (*path, "id"))
            check_phrases(fact.any, (*path, "any"))
            check_phrases(fact.all, (*path, "all"))
            if fact.regex is not None:
                self._patterns[fact.id] = compile_pattern(fact.regex, (*path, "regex"))
            if fact.date is not None:
                self._days[fact.id] = _iso_day(fact.date, (*path, "date"))
        self._near: dict[str, Any] = {}
        for index, rule in enumerate(options.contradictions):
            _once(rule.id, seen, ("contradictions", index, "id"))
            check_phrases(rule.any, ("contradictions", index, "any"))
            check_phrases(rule.unless_near, ("contradictions", index, "unless_near"))
            self._near[rule.id] = _near_pattern(rule.unless_near)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Look for every fact and every contradiction."""
        found = _Found(ctx.answer.text)
        details, earned, total = [], 0.0, 0.0
        for fact in self.options.facts:
            hit = self._holds(fact, found)
            total += fact.weight
            earned += fact.weight * hit
            details.append(Detail(path=fact.id, expected=_wanted(fact), got=hit or None, score=float(hit),
                                  note="" if hit else "missing"))  # fmt: skip
        wrong = [(rule, said) for rule in self.options.contradictions if (said := self._said(rule, found.prose))]
        details += [Detail(path=rule.id, got=said, score=0.0, note="contradicts the document") for rule, said in wrong]
        score = max(0.0, earned / total - sum(rule.penalty for rule, _ in wrong))
        missing = [d.path for d in details if d.note == "missing"]
        reason = f"{len(self.options.facts) - len(missing)} of {len(self.options.facts)} facts"
        reason += f"; missing: {', '.join(missing[:4])}" if missing else ""
        reason += f"; contradicts: {', '.join(rule.id for rule, _ in wrong)}" if wrong else ""
        return Score(score, reason, tuple(details))

    def _holds(self, fact: Fact, found: _Found) -> bool:
        allow = fact.allow_negated
        if any(holds_phrase(found.prose, phrase, allow_negated=allow) for phrase in fact.any):
            return True
        if fact.all and all(holds_phrase(found.prose, phrase, allow_negated=allow) for phrase in fact.all):
            return True
        if fact.regex is not None and search(self._patterns[fact.id], found.folded, found.text) is not None:
            return True
        if fact.number is not None:
            wanted = {exact_decimal(fact.number)}
            if any(hit.readings == wanted for hit in found.numbers(fact.locale)):
                return True
        return fact.date is not None and any(h.readings == {self._days[fact.id]} for h in found.dates(fact.order))

    def _said(self, rule: Contradiction, prose: str) -> str:
        near = self._near[rule.id]
        for phrase in rule.any:
            for start, end in find_phrase(prose, phrase):
                window = (max(0, start - NEAR_BEFORE), end + NEAR_AFTER)
                if not negated(prose, start) and not (near and near.search(prose, *window)):
                    return phrase
        return ""


class _Found:
    """What stands in one answer, looked up once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = norm(text)
        self.prose = fold_prose(text)
        self._numbers: dict[str | None, list[NumberHit]] = {}
        self._dates: dict[str | None, list[DateHit]] = {}

    def numbers(self, locale: str | None) -> list[NumberHit]:
        if locale not in self._numbers:
            self._numbers[locale] = numbers_in(self.text, locale)
        return self._numbers[locale]

    def dates(self, order: Literal["dmy", "mdy", "ymd"] | None) -> list[DateHit]:
        if order not in self._dates:
            self._dates[order] = dates_in(self.text, order)
        return self._dates[order]


def _once(name: str, seen: set[str], path: tuple[str | int, ...]) -> None:
    if name in seen:
        raise OptionError(f"the id '{name}' is used twice", path)
    seen.add(name)


def _iso_day(text: str, path: tuple[str | int, ...]) -> dt.date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            pass
    raise OptionError(f"'{text}' is no date (YYYY-MM-DD)", path)


def _wanted(fact: Fact) -> Any:
    if fact.number is not None:
        return fact.number
    return fact.date or " | ".join(fact.any) or " + ".join(fact.all) or fact.regex


def _near_pattern(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    parts = []
    for phrase in map(norm, phrases):
        whole = len(phrase) <= SHORT_WORD or phrase[-1].isdigit()
        parts.append(rf"(?<!\w){re.escape(phrase)}" + (r"(?!\w)" if whole else ""))
    return re.compile("|".join(parts)) if parts else None


class GroundingOptions(Options):
    """``source``: the document; ``allow``: how many unsupported things take the whole score."""

    source: str
    allow: int = Field(default=3, ge=1)
    locale: str | None = None


class Grounding(Evaluator[GroundingOptions]):
    """1 minus the share of ``allow`` used up by numbers, dates, e-mails and names that the source does not hold.

    Numbers up to 12, list numbering and parts of dates are left out. A name is two or more capitalised words beside
    one another, not all in capitals; it is supported when all its words occur in the source.
    """

    role = "guard"
    guard_share = 0.5
    version = "2"
    options_type = GroundingOptions

    def __init__(self, options: GroundingOptions, task: Task) -> None:
        super().__init__(options, task)
        check_source(options.source, task, "source")

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare what the answer states with the source."""
        source = _facts_of(ctx.documents.get(self.options.source, ""), self.options.locale)
        invented = list(dict.fromkeys(_unsupported(ctx.answer.text, source, self.options.locale)))
        score = 1.0 - min(1.0, len(invented) / self.options.allow)
        reason = f"not in the document: {', '.join(invented[:3])}" if invented else "everything stands in the document"
        return Score(score, reason, tuple(Detail(path="unsupported", got=item, score=0.0) for item in invented[:10]))


_Source = tuple[str, frozenset[str], frozenset[Decimal], frozenset[dt.date]]


@lru_cache(maxsize=32)
def _facts_of(source: str, locale: str | None) -> _Source:
    days = frozenset(day for hit in dates_in(source) for day in hit.readings)
    numbers = {abs(value) for hit in numbers_in(source, locale) for value in hit.readings}
    numbers |= {Decimal(part) for day in days for part in (day.year, day.day)}
    return norm(source), frozenset(words(source)), frozenset(numbers), days


def _unsupported(text: str, source: _Source, locale: str | None) -> Iterator[str]:
    folded, known_words, numbers, days = source
    dates = dates_in(text)
    yield from (hit.text for hit in dates if not hit.readings & days)
    listed = {match.end() - 1 for match in _NUMBERING.finditer(text)}
    for hit in numbers_in(text, locale):
        values = {abs(value) for value in hit.readings}
        small = all(value <= SMALL_NUMBER for value in values)
        in_date = any(date.start <= hit.start and hit.end <= date.end for date in dates)
        if not (small or in_date or hit.end in listed or values & numbers):
            yield hit.text
    yield from (found for found in _EMAIL.findall(text) if norm(found) not in folded)
    for name in _names(text):
        if not all(word in known_words for word in words(name)):
            yield name


def _names(text: str) -> Iterator[str]:
    for match in _NAME.finditer(text):
        run: list[str] = []
        starts = _SENTENCE_START.search(text[max(0, match.start() - 8) : match.start()]) is not None
        for index, word in enumerate([*match.group().split(), ""]):
            if word[:1].isupper() and norm(word).rstrip(".") not in _TITLES and not (index == 0 and starts):
                run.append(word)
                continue
            if len(run) > 1 and not all(part.isupper() for part in run):
                yield " ".join(run)
            run = []
