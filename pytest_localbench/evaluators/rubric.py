"""Rubrics: questions with grades from 1 to 5, for judges and for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, model_validator

from ..domain.base import Id
from .base import Options

LOWEST: Final = 1
HIGHEST: Final = 5
Grade = Annotated[int, Field(ge=LOWEST, le=HIGHEST)]


class Criterion(Options):
    """One question. ``anchors``: what a grade means, by grade; ``quote``: a grade above the lowest must be backed by a
    quotation from the answer."""

    id: Id
    question: str = Field(min_length=1)
    weight: float = Field(default=1.0, gt=0)
    anchors: dict[str, str] = Field(default_factory=dict)
    quote: bool = True

    @model_validator(mode="after")
    def _known_anchors(self) -> Criterion:
        for grade in self.anchors:
            if grade not in {str(number) for number in range(LOWEST, HIGHEST + 1)}:
                raise ValueError(f"anchors stand for grades from {LOWEST} to {HIGHEST}, not '{grade}'")
        return self


class GradedAnswer(Options):
    """An answer that people have graded: what a judge is tested with. ``sample``: which question it answers."""

    answer: str = Field(min_length=1)
    grades: dict[str, Grade]
    sample: str | None = None


class Rubric(Options):
    """``criteria``: what is asked about an answer. ``examples``: graded answers."""

    criteria: tuple[Criterion, ...] = Field(min_length=1)
    examples: tuple[GradedAnswer, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Rubric:
        names = [criterion.id for criterion in self.criteria]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two criteria are called '{twice}'")
        for number, example in enumerate(self.examples, 1):
            if set(example.grades) != set(names):
                raise ValueError(
                    f"example {number} must grade {', '.join(names)} (it grades {', '.join(example.grades)})"
                )
        return self

    def score(self, grades: Mapping[str, float | None]) -> float | None:
        """Weighted mean over the graded criteria on a scale of 0 (grade 1) to 1 (grade 5).

        ``None`` when the graded criteria hold less than half of the weight.
        """
        known = [(c.weight, grade) for c in self.criteria if (grade := grades.get(c.id)) is not None]
        total, graded = math.fsum(c.weight for c in self.criteria), math.fsum(weight for weight, _ in known)
        if 2 * graded < total:
            return None
        return math.fsum(w * (grade - LOWEST) / (HIGHEST - LOWEST) for w, grade in known) / graded
