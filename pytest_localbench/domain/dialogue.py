"""What happened between a model, its tools and the user of a task."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import CleanText, Frozen, PlainJson

CallStatus = Literal["ok", "failed", "invalid"]
"""``failed``: the tool said no; ``invalid``: there is no such tool, or it does not take these arguments."""

Ended = Literal["answered", "called", "max_steps", "stuck", "too_slow"]
"""``called``: the task has tools without a world, so its calls are the answer. ``stuck``: one call over and over."""


class Step(Frozen):
    """One thing said or done. ``turn`` counts the model's turns from 1.

    ``message`` is of the model, ``user`` of the scripted user, both with ``text``; a ``call`` has ``tool``,
    ``arguments`` (the raw text when they were no object), ``status`` and, as ``text``, what the tool returned (JSON).
    """

    turn: int = Field(ge=1)
    kind: Literal["message", "call", "user"]
    text: CleanText = ""
    tool: CleanText = ""
    arguments: PlainJson = None
    status: CallStatus | None = None
    from_text: bool = False


class Dialogue(Frozen):
    """All steps of one answer, the tables as they were and as they became, and why it ended."""

    steps: tuple[Step, ...] = ()
    before: dict[str, Any] = Field(default_factory=dict)
    after: dict[str, Any] = Field(default_factory=dict)
    ended: Ended = "answered"

    @property
    def calls(self) -> tuple[Step, ...]:
        """The calls, in order."""
        return tuple(step for step in self.steps if step.kind == "call")

    @property
    def messages(self) -> tuple[str, ...]:
        """What the model said to the user, in order."""
        return tuple(step.text for step in self.steps if step.kind == "message")
