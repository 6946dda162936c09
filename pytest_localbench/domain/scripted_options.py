"""What ``options`` of a ``scripted`` model may hold; the entries themselves are checked by the adapter."""

from __future__ import annotations

from pydantic import Field

from .base import Frozen, PlainJson


class ScriptedOptions(Frozen):
    """Answers by ``task`` or ``task/sample``, by what the prompt contains, and for everything else."""

    answers: dict[str, PlainJson] = Field(default_factory=dict)
    contains: tuple[dict[str, PlainJson], ...] = ()
    default: PlainJson = None
