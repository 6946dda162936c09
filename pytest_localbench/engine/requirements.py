"""What a task needs of a model, against what the model offers."""

from __future__ import annotations

import shutil
from collections.abc import Collection

from ..domain.model import Capabilities, ModelConfig
from ..domain.task import Task
from ..evaluators.ui_browser import missing_browser


def missing_capability(
    task: Task, model: ModelConfig, offered: Capabilities, pending: Collection[str] = ()
) -> str | None:
    """The first requirement that the model does not meet, as a sentence; what is unknown counts as not met.

    Not so a window that nobody tells (a prompt that does not fit, or is cut, is an error of its own, never a score) and
    a system prompt, which is assumed unless it is known to be refused. A task with pictures needs vision, whatever it
    says. ``pending``: capabilities that the provider tells only once the model is open; those are not held against it yet.
    """
    for name in ("vision", "tools", "json_schema", "thinking", "system_prompt"):
        wanted = getattr(task.requires, name)
        if not (wanted or (name == "vision" and shows_pictures(task)) or (name == "tools" and needs_tools(task))):
            continue
        has = getattr(offered, name)
        if has or (has is None and (name == "system_prompt" or name in pending)):
            continue
        known = "has no" if has is False else "is not known to have"
        return f"needs {name.replace('_', ' ')}, which {model.id} {known}"
    if (here := missing_here(task)) is not None:
        return here
    needed, context = task.requires.min_context, offered.context_tokens
    if needed and context is not None and context < needed:
        return f"needs a context of {needed} tokens, {model.id} has {context}"
    return None


def missing_here(task: Task) -> str | None:
    """What the evaluators of a task need of this machine and do not find, as a sentence."""
    if task.requires.node and shutil.which("node") is None:
        return "needs 'node', which is not installed"
    if task.requires.browser and (lack := missing_browser()) is not None:
        return lack
    if any(spec.use == "unit_tests" for spec in task.evaluators):
        from ..evaluators.code import missing_runner

        return missing_runner(task)
    return None


def needs_tools(task: Task) -> bool:
    """True when the task offers tools that may not be called in plain text."""
    return bool(task.tools) or (task.environment is not None and not task.environment.text_calls)


def shows_pictures(task: Task) -> bool:
    """True when the task or one of its samples shows pictures to the model."""
    return bool(task.input.images) or any(sample.images for sample in task.samples)
