"""What a session derives from options, machine and model: weights, memory budget."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import pytest

from ..adapters.base import Adapter
from ..domain.score import COMPONENTS, EvaluationWeights
from ..engine.plan import Job
from ..errors import ConfigError


def weights_from(text: str | None) -> EvaluationWeights | None:
    """The weights of ``--localbench-weights``; raises ConfigError with a sentence."""
    if not text:
        return None
    values: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        if name.strip() not in COMPONENTS:
            raise ConfigError(
                f"--localbench-weights: unknown component '{name.strip()}'; known: {', '.join(COMPONENTS)}"
            )
        try:
            values[name.strip()] = float(number)
        except ValueError:
            raise ConfigError(f"--localbench-weights: '{part.strip()}' should look like quality=0.6") from None
    try:
        return EvaluationWeights(**values)
    except ValueError:
        raise ConfigError("--localbench-weights: weights are 0 or more, and at least one is above 0") from None


def half_of_memory() -> int | None:
    """The default memory budget: half of this machine's memory; ``None`` where it cannot be told."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError, AttributeError):
        return None


def check_default_models(jobs: Iterable[Job], adapters: Mapping[str, Adapter]) -> None:
    """Stop before anything is asked when a model that nobody named cannot be asked; raises pytest.UsageError."""
    for model_id in {job.model.id: None for job in jobs}:
        problem = adapters[model_id].preflight() if model_id in adapters else None
        if problem:
            raise pytest.UsageError(problem)


def as_interrupt(*_: object) -> None:
    """A CI system's SIGTERM ends the run as Ctrl-C does: with everything answered so far."""
    raise KeyboardInterrupt
