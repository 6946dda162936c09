"""What an agent tells its user."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ..domain.task import Task
from .base import EvaluationContext, OptionError, Score
from .facts import KeyFacts, KeyFactsOptions
from .reasoning import clean_reply, split_reasoning


class CommunicateOptions(KeyFactsOptions):
    """Facts as in ``key_facts``; ``target: all`` looks at every message to the user, not only at the last."""

    target: Literal["final", "all"] = "final"


class Communicate(KeyFacts):
    """As ``key_facts``, on the messages that the user sees."""

    options_type = CommunicateOptions
    options: CommunicateOptions

    def __init__(self, options: CommunicateOptions, task: Task) -> None:
        super().__init__(options, task)
        if task.environment is None:
            raise OptionError("the task has no 'environment'; use 'key_facts'")

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Look for the facts."""
        dialogue = ctx.response.dialogue
        if self.options.target == "all" and dialogue is not None:
            said = [split_reasoning(clean_reply(text))[0].strip() for text in dialogue.messages]
            ctx = replace(ctx, answer=replace(ctx.answer, text="\n\n".join(said)))
        return super().evaluate(ctx)
