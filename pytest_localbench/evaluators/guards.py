"""Guards on the text itself: its length, loops, copying."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Final, Literal

from pydantic import Field

from ..domain.task import Task
from ..errors import did_you_mean
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import words

_DIGITS: Final = re.compile(r"\d+")
_MARKDOWN: Final = re.compile(r"(?m)^[ \t]*(?:[-+•]|\d{1,3}[.)])[ \t]+|[*_#`>|]+")
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)|[。！？]")
MIN_TOKENS_FOR_LOOPS: Final = 24
FREE_REPETITION: Final = 0.1
FULL_REPETITION: Final = 0.4


def document_names(task: Task) -> set[str]:
    """Names that ``source:`` may refer to: variables of the task and its samples, and its files."""
    files = {f.name or f.path.rsplit("/", 1)[-1].rsplit(".", 1)[0] for f in task.input.files}
    return {*task.input.variables, *files, *(name for sample in task.samples for name in sample.variables)}


def check_source(name: str, task: Task, option: str) -> None:
    """Raise OptionError when the task has no document of that name."""
    known = document_names(task)
    if name not in known:
        listed = f"; there are: {', '.join(sorted(known))}" if known else "; the task has no variables or files"
        raise OptionError(f"there is no document '{name}'{did_you_mean(name, known)}{listed}", (option,))


class LengthOptions(Options):
    """Bounds in ``unit``; ``tolerance`` is the share beyond a bound that is still free."""

    unit: Literal["words", "chars", "sentences", "lines"] = "words"
    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, gt=0)
    tolerance: float = Field(default=0.0, ge=0, le=1)


class Length(Evaluator[LengthOptions]):
    """1 inside the bounds, falling to 0 at half a bound beyond the tolerance; markdown signs are not counted."""

    role = "guard"
    guard_share = 0.2
    options_type = LengthOptions

    def __init__(self, options: LengthOptions, task: Task) -> None:
        super().__init__(options, task)
        if not options.min and options.max is None:
            raise OptionError("give 'min' (above 0) or 'max'")
        if options.min is not None and options.max is not None and options.min > options.max:
            raise OptionError("'min' is larger than 'max'", ("min",))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Count and compare."""
        options, n = self.options, _count(ctx.answer.text, self.options.unit)
        low, high = options.min or 0, options.max
        if high is not None and n > high * (1 + options.tolerance):
            score = 1 - (n - high * (1 + options.tolerance)) / (0.5 * high)
        elif n < low * (1 - options.tolerance):
            score = 1 - (low * (1 - options.tolerance) - n) / (0.5 * low)
        else:
            score = 1.0
        wanted = f"{low} to {high}" if low and high else f"at most {high}" if high else f"at least {low}"
        return Score(max(0.0, score), f"{n} {options.unit}, {wanted} wanted")


def _count(text: str, unit: str) -> int:
    text = _MARKDOWN.sub("", text)
    if unit == "words":
        return len(words(text))
    if unit == "chars":
        return len(text.strip())
    if unit == "lines":
        return sum(1 for line in text.splitlines() if line.strip())
    return sum(1 for part in _SENTENCE_END.split(text) if part.strip())


class Repetition(Evaluator[Options]):
    """Share of 4-grams (digits folded) that occur more than twice: 1 up to 10 %, 0 from 40 %."""

    role = "guard"
    guard_share = 0.8

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Look for loops in the whole reply."""
        tokens = [_DIGITS.sub("0", token) for token in words(ctx.answer.clean)]
        if len(tokens) < MIN_TOKENS_FOR_LOOPS:
            return Score(1.0, "too short to loop")
        grams = Counter(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False))
        repeated = sum(n for n in grams.values() if n > 2) / sum(grams.values())
        score = min(1.0, max(0.0, (FULL_REPETITION - repeated) / (FULL_REPETITION - FREE_REPETITION)))
        return Score(score, f"{repeated:.0%} of the answer repeats itself")


class CopyOptions(Options):
    """``source``: the document; ``max``: the share that may be copied freely."""

    source: str
    ngram: int = Field(default=12, ge=3, le=50)
    max: float = Field(default=0.5, ge=0, lt=1)


class CopyRatio(Evaluator[CopyOptions]):
    """Share of the answer's n-grams that stand in the source: 1 up to ``max``, then falling to 0 at all of it."""

    role = "guard"
    guard_share = 0.4
    options_type = CopyOptions

    def __init__(self, options: CopyOptions, task: Task) -> None:
        super().__init__(options, task)
        check_source(options.source, task, "source")

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare n-grams with the source."""
        n = self.options.ngram
        tokens = words(ctx.answer.text)
        grams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
        if not grams:
            return Score(1.0, "too short to be copied")
        source = _grams(ctx.documents.get(self.options.source, ""), n)
        copied = sum(gram in source for gram in grams) / len(grams)
        score = min(1.0, (1 - copied) / (1 - self.options.max))
        return Score(score, f"{copied:.0%} of the answer is copied from the source")


@lru_cache(maxsize=32)
def _grams(text: str, n: int) -> frozenset[tuple[str, ...]]:
    tokens = words(text)
    return frozenset(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
