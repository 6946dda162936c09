"""The evaluator contract: an answer in, a score between 0 and 1 out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from ..domain.base import Frozen
from ..domain.response import ModelResponse
from ..domain.score import Detail, Role, VerdictStatus
from ..domain.task import Sample, Task
from ..errors import EvaluationError
from .answer import Answer


class Options(Frozen):
    """Base of an evaluator's ``with:`` block; unknown keys are an error at load."""


OptionsT = TypeVar("OptionsT", bound=Options)


@dataclass(frozen=True, slots=True)
class Score:
    """What an evaluator returns. ``score`` 0 to 1, or ``None`` with a ``status`` that says why it was not scored."""

    score: float | None
    reason: str = ""
    details: tuple[Detail, ...] = ()
    status: VerdictStatus = "ok"


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """Everything an evaluator may look at. ``documents``: variables and files of the sample by name (text)."""

    task: Task
    sample: Sample
    expected: Any
    answer: Answer
    response: ModelResponse
    documents: Mapping[str, str] = field(default_factory=dict)


class Evaluator(Generic[OptionsT]):
    """Subclass, set the class attributes, write ``evaluate``.

    ``role``: ``content`` earns, ``guard`` only takes away (at most ``guard_share`` unless the task says otherwise).
    ``heavy``: judging works this machine hard, so local models rest meanwhile.
    ``__init__`` runs once at load: check options against the task there and raise :class:`OptionError`.
    """

    role: ClassVar[Role] = "content"
    guard_share: ClassVar[float] = 0.0
    version: ClassVar[str] = "1"
    heavy: ClassVar[bool] = False
    options_type: ClassVar[type[Options]] = Options

    def __init__(self, options: OptionsT, task: Task) -> None:
        self.options = options
        self.task = task

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Judge one answer; raise :class:`EvaluationError` only when our own side fails."""
        raise NotImplementedError


class OptionError(EvaluationError):
    """An option is wrong; ``path`` points into the ``with:`` block, e.g. ``("fields", "total", "match")``."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path
