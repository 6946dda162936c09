"""What a session derives from options, machine and model: weights, memory budget."""

from __future__ import annotations

import os

from ..domain.score import COMPONENTS, EvaluationWeights
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
