"""What a task needs of a model, against what the model offers."""

from __future__ import annotations

from collections.abc import Collection

from ..domain.model import Capabilities, ModelConfig
from ..domain.task import Task


def missing_capability(
    task: Task, model: ModelConfig, offered: Capabilities, pending: Collection[str] = ()
) -> str | None:
    """The first requirement that the model does not meet, as a sentence; what is unknown counts as not met.

    A task with pictures needs vision, whatever it says. ``pending``: capabilities that the provider tells only once the
    model is open; those are not held against it yet. A system prompt is assumed unless it is known to be refused.
    """
    for name in ("vision", "tools", "json_schema", "thinking", "system_prompt"):
        if not (getattr(task.requires, name) or (name == "vision" and shows_pictures(task))):
            continue
        has = getattr(offered, name)
        if has or (has is None and (name == "system_prompt" or name in pending)):
            continue
        known = "has no" if has is False else "is not known to have"
        return f"needs {name.replace('_', ' ')}, which {model.id} {known}"
    unbuilt = next(
        (n for n in ("browser", "node") if getattr(task.requires, n)), "environment" if task.environment else None
    )
    if unbuilt:
        return f"needs '{unbuilt}', which this version cannot offer"
    return _short_context(task, model, offered.context_tokens, "context_tokens" in pending)


def shows_pictures(task: Task) -> bool:
    """True when the task or one of its samples shows pictures to the model."""
    return bool(task.input.images) or any(sample.images for sample in task.samples)


def _short_context(task: Task, model: ModelConfig, context: int | None, pending: bool) -> str | None:
    needed = task.requires.min_context
    if not needed or (context is None and pending) or (context is not None and context >= needed):
        return None
    if context is None:
        return (
            f"needs a context of {needed} tokens; that of {model.id} is not known (state it in its model file: "
            "'capabilities: {context_tokens: N}')"
        )
    return f"needs a context of {needed} tokens, {model.id} has {context}"
