"""Verdicts, the five score components and their weights."""

from __future__ import annotations

import math
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
