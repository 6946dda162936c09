"""Verdicts, the five score components and their weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from .base import CleanText, Frozen, Many, PlainJson

ComponentName = Literal["time", "quality", "complexity", "cost", "memory"]
COMPONENTS: tuple[ComponentName, ...] = ("time", "quality", "complexity", "cost", "memory")
VerdictStatus = Literal["ok", "model_error", "infra_error", "evaluator_error", "skipped", "pending"]
Role = Literal["content", "guard"]


class Detail(Many):
    """One checked thing inside a verdict: a field, a fact, a rule. ``score`` is 0 to 1, ``None`` = not counted."""

    path: CleanText
    expected: PlainJson = None
    got: PlainJson = None
    score: float | None = None
    note: CleanText = ""


class Verdict(Many):
    """What one evaluator said about one answer.

    ``score`` is 0 to 1, ``None`` when nothing was scored (``status`` says why). A content verdict earns with
    ``weight``; a guard verdict takes away at most the share ``guard``.
    """

    evaluator: str
    name: str
    score: float | None
    status: VerdictStatus = "ok"
    role: Role = "content"
    weight: float = 1.0
    guard: float = 0.0
    reason: CleanText = ""
    details: tuple[Detail, ...] = ()
    version: str = "1"


def tally(verdicts: Iterable[Verdict]) -> tuple[float, float, float]:
    """Over the scored verdicts: points earned by content (weight times score), their weights, and the share that the
    guards leave (the product of ``1 - g (1 - s)``)."""
    earned = weights = 0.0
    kept = 1.0
    for verdict in verdicts:
        if verdict.score is None:
            continue
        if verdict.role == "guard":
            kept *= 1.0 - verdict.guard * (1.0 - verdict.score)
        else:
            earned += verdict.weight * verdict.score
            weights += verdict.weight
    return earned, weights, kept


def complaint(verdicts: Iterable[Verdict]) -> str:
    """The sentence of the verdict that lost most; empty when none lost anything or none says why."""
    losing = [v for v in verdicts if v.score is not None and v.score < 1.0 and v.reason]
    return max(losing, key=lambda v: (v.weight or v.guard) * (1.0 - (v.score or 0.0))).reason if losing else ""


class ScoreComponent(Many):
    """One of the five components of a result.

    ``raw`` in ``unit`` (s, points 1 to 10, level 1 to 5, usd, bytes); ``normalized`` 0 to 1 after credit;
    ``uncredited`` the same before credit; all ``None`` when not measured (never 0). ``reference`` is what ``raw`` was
    compared with, in the same unit (expected time, budget).
    """

    name: ComponentName
    raw: float | None
    unit: Literal["s", "points", "level", "usd", "bytes"]
    normalized: float | None
    weight: float = Field(ge=0)
    uncredited: float | None = None
    reference: float | None = None
    reason: str = ""


class EvaluationWeights(Frozen):
    """Relative weights of the components; they need not sum to 1."""

    time: float = Field(default=0.0, ge=0)
    quality: float = Field(default=0.0, ge=0)
    complexity: float = Field(default=0.0, ge=0)
    cost: float = Field(default=0.0, ge=0)
    memory: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _not_all_zero(self) -> EvaluationWeights:
        values = [getattr(self, name) for name in COMPONENTS]
        if not all(math.isfinite(v) for v in values):
            raise ValueError("weights must be finite numbers")
        if sum(values) <= 0:
            raise ValueError("at least one weight must be above 0")
        return self
