"""What a session derives from options, machine and model: weights, memory budget, unmet requirements."""

from __future__ import annotations

import os

from ..domain.model import Capabilities, ModelConfig
from ..domain.score import COMPONENTS, EvaluationWeights
from ..domain.task import Task
from ..errors import ConfigError


def missing_capability(task: Task, model: ModelConfig, offered: Capabilities) -> str | None:
    """The first requirement of the task that the model does not meet; unknown counts as not met, except the context."""
    requires = task.requires
    for name in ("vision", "tools", "json_schema", "thinking", "system_prompt"):
        if getattr(requires, name):
            has = getattr(offered, name)
            if has is None and name == "system_prompt":
                continue
            if not has:
                known = "has no" if has is False else "is not known to have"
                return f"needs {name.replace('_', ' ')}, which {model.id} {known}"
    unbuilt = next(
        (n for n in ("browser", "node") if getattr(requires, n)), "environment" if task.environment else None
    )
    if unbuilt:
        return f"needs '{unbuilt}', which this version cannot offer"
    context = offered.context_tokens
    if requires.min_context and context is not None and context < requires.min_context:
        return f"needs a context of {requires.min_context} tokens, {model.id} has {context}"
    return None


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
