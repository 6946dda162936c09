"""The evaluator contract: an answer in, a score between 0 and 1 out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

from ..domain.base import Frozen
from ..domain.response import Message, ModelResponse
from ..domain.review import Review
from ..domain.score import Detail, Role, VerdictStatus
from ..domain.task import Sample, Task
from ..errors import EvaluationError
from .answer import Answer


class Options(Frozen):
    """Base of an evaluator's ``with:`` block; unknown keys are an error at load."""


OptionsT = TypeVar("OptionsT", bound=Options)


MEASURE = "(value)"
"""Path of the detail that holds what an answer contributes to an evaluator over the whole task."""


@dataclass(frozen=True, slots=True)
class Score:
    """What an evaluator returns. ``score`` 0 to 1, or ``None`` with a ``status`` that says why it was not scored."""

    score: float | None
    reason: str = ""
    details: tuple[Detail, ...] = ()
    status: VerdictStatus = "ok"


@dataclass(frozen=True, slots=True)
class Generate:
    """The judge, for an evaluator that may not know any adapter.

    ``ask(messages, schema, attempt)`` returns its answer; raises ModelError. ``votes``: how often the run wants it to be
    asked, ``None`` = as the task says.
    """

    ask: Callable[[tuple[Message, ...], dict[str, Any], int], ModelResponse]
    model: str
    votes: int | None = None


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """Everything an evaluator may look at. ``documents``: variables and files of the sample by name (text).

    Filled only for evaluators that wait (``waits_for``), when the run is over: ``question`` (what was asked, as text),
    ``generate`` (asks the judge), ``reviews`` (what people said about this answer).
    """

    task: Task
    sample: Sample
    expected: Any
    answer: Answer
    response: ModelResponse
    documents: Mapping[str, str] = field(default_factory=dict)
    question: str = ""
    generate: Generate | None = None
    reviews: tuple[Review, ...] = ()


class Evaluator(Generic[OptionsT]):
    """Subclass, set the class attributes, write ``evaluate``.

    ``role``: ``content`` earns, ``guard`` only takes away (at most ``guard_share`` unless the task says otherwise).
    ``heavy``: judging works this machine hard, so local models rest meanwhile.
    ``__init__`` runs once at load: check options against the task there and raise :class:`OptionError`.
    ``needs_call``: without a tool call there is nothing to judge (the answer is ``tool_not_called``).
    ``only_forbids``: an answer that does nothing is perfect, so it must be a guard.
    ``waits_for``: judges when the run is over; until then its verdict and the answer are pending.
    """

    role: ClassVar[Role] = "content"
    guard_share: ClassVar[float] = 0.0
    version: ClassVar[str] = "1"
    heavy: ClassVar[bool] = False
    options_type: ClassVar[type[Options]] = Options
    needs_call: bool = False
    only_forbids: bool = False
    waits_for: ClassVar[Literal["judge", "people"] | None] = None

    def __init__(self, options: OptionsT, task: Task) -> None:
        self.options = options
        self.task = task

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Judge one answer; raise :class:`EvaluationError` only when our own side fails."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Measured:
    """What was read from the answers to one sample, one value per attempt; ``None`` = the answer holds none."""

    sample: str
    group: str | None
    values: tuple[float | str | None, ...]


class TaskEvaluator(Evaluator[OptionsT]):
    """Looks at all answers of a task together (``scope: task``), when the run is over: it changes the task's quality, never
    the outcome of an item.

    Write ``measure`` (one answer) and ``over_task`` (all of them).
    """

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """What this answer contributes, to be judged later."""
        value = self.measure(ctx)
        return Score(None, "", (Detail(path=MEASURE, got=value),), "pending")

    def measure(self, ctx: EvaluationContext) -> float | str | None:
        """The number or label of one answer, ``None`` when there is none."""
        raise NotImplementedError

    def over_task(self, rows: Sequence[Measured]) -> Score:
        """Judge the answers to all samples that were scored."""
        raise NotImplementedError


class OptionError(EvaluationError):
    """An option is wrong; ``path`` points into the ``with:`` block, e.g. ``("fields", "total", "match")``."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path
