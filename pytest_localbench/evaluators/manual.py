"""``manual``: people grade the answer against a rubric; until then it is pending, which is not 0."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import ClassVar, Literal

from ..domain.review import Review
from ..domain.score import Detail
from .base import EvaluationContext, Evaluator, Options, Score
from .rubric import HIGHEST, LOWEST, Rubric


class ManualOptions(Options):
    """``rubric``: the criteria. ``optional``: without reviews the other evaluators decide."""

    rubric: Rubric
    optional: bool = False


class Manual(Evaluator[ManualOptions]):
    """The weighted mean of the grades, from 0 (grade 1) to 1 (grade 5); of several reviewers the mean."""

    options_type = ManualOptions
    waits_for: ClassVar[Literal["judge", "people"] | None] = "people"

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Pending until somebody has graded all criteria."""
        scores = {r.reviewer: s for r in ctx.reviews if (s := self.options.rubric.score(r.grades)) is not None}
        if not scores:
            return Score(None, "awaits review", (), "pending")
        reviews = [r for r in ctx.reviews if r.reviewer in scores]
        score = math.fsum(scores.values()) / len(scores)
        lowest = min(self.options.rubric.criteria, key=lambda c: _mean(reviews, c.id) or HIGHEST)
        by = ", ".join(sorted(scores))
        reason = f"reviewed by {by}: {lowest.id} {_mean(reviews, lowest.id):g} of {HIGHEST}"
        return Score(score, reason, tuple(self._details(reviews)))

    def _details(self, reviews: Sequence[Review]) -> list[Detail]:
        details = []
        for criterion in self.options.rubric.criteria:
            mean = _mean(reviews, criterion.id)
            each = ", ".join(f"{r.reviewer} {r.grades[criterion.id]}" for r in reviews if criterion.id in r.grades)
            share = None if mean is None else (mean - LOWEST) / (HIGHEST - LOWEST)
            details.append(Detail(path=criterion.id, got=mean, score=share, note=each))
        details += [Detail(path=f"comment of {r.reviewer}", got=r.comment) for r in reviews if r.comment]
        return details


def _mean(reviews: Sequence[Review], criterion: str) -> float | None:
    grades = [r.grades[criterion] for r in reviews if criterion in r.grades]
    return math.fsum(grades) / len(grades) if grades else None


def answer_digest(answer: str) -> str:
    """16 hex digits that stand for an answer in a review, whoever wrote it."""
    return hashlib.sha256(answer.encode("utf-8", "surrogatepass")).hexdigest()[:16]
