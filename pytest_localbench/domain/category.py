"""A category: the level at which models are compared."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Frozen, Id
from .score import EvaluationWeights
from .task import GenerationParams, Status

DEFAULT_WEIGHTS = EvaluationWeights(quality=0.60, time=0.15, complexity=0.05, cost=0.10, memory=0.10)


class CategoryDefaults(Frozen):
    """Values merged under every task of the category; the task wins."""

    evaluation_weights: EvaluationWeights | None = None
    generation: GenerationParams | None = None
    timeout_seconds: float | None = Field(default=None, gt=0)
    language: str | None = None
    tags: tuple[str, ...] = ()


class Aggregation(Frozen):
    """How task scores become the category score."""

    method: Literal["complexity_weighted", "mean"] = "complexity_weighted"
    min_coverage: float = Field(default=0.9, ge=0, le=1)


class CategoryThresholds(Frozen):
    """Gate of the category itself, on the 0 to 10 score; ``gate_on: lower`` compares the interval's lower end."""

    fail_under: float | None = Field(default=None, ge=0, le=10)
    gate_on: Literal["point", "lower"] = "point"


class Category(Frozen):
    """One ``category.yaml``."""

    id: Id
    name: str
    description: str = ""
    status: Status = "ready"
    order: int = 100
    defaults: CategoryDefaults = CategoryDefaults()
    aggregation: Aggregation = Aggregation()
    thresholds: CategoryThresholds = CategoryThresholds()
