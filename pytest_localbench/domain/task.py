"""A task: what is asked, what is expected, and how the answer is judged. Field names are those of the task file."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, model_validator

from .base import Frozen, Id, PlainJson
from .score import EvaluationWeights
from .world import World

Status = Literal["draft", "ready", "disabled"]
Format = Literal["text", "json", "label", "html", "code", "number", "none"]


class SourceRef(Frozen):
    """Where a task was written: path relative to the root directory, line counted from 1."""

    path: str
    line: int = 1


class Requires(Frozen):
    """What a model must offer; ``browser`` and ``node`` are needed on our side, by evaluators."""

    vision: bool = False
    tools: bool = False
    json_schema: bool = False
    thinking: bool = False
    system_prompt: bool = False
    min_context: int | None = Field(default=None, gt=0)
    browser: bool = False
    node: bool = False


class FileRef(Frozen):
    """A file below the category folder. ``text`` holds the content of ``as: text``; images are read when asked."""

    path: str
    kind: Literal["text", "image", "attachment"] = Field(default="text", alias="as")
    name: str | None = None
    text: str | None = None
    sha256: str | None = None


class Example(Frozen):
    """One few-shot pair."""

    user: str
    assistant: str


class ChatTurn(Frozen):
    """One templated message of ``input.messages``."""

    role: Literal["system", "user", "assistant"]
    content: str


class TaskInput(Frozen):
    """Exactly one of ``prompt`` and ``messages``; texts are templates over ``{{ variables }}``."""

    system: str | None = None
    prompt: str | None = None
    messages: tuple[ChatTurn, ...] = ()
    few_shot: tuple[Example, ...] = ()
    images: tuple[FileRef, ...] = ()
    files: tuple[FileRef, ...] = ()
    variables: dict[str, PlainJson] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_form(self) -> TaskInput:
        if (self.prompt is None) == (not self.messages):
            raise ValueError("give exactly one of 'prompt' and 'messages'")
        return self


class Sample(Frozen):
    """One row of a task; without ``has_expected`` the task's own expected value counts.

    ``group``: rows that evaluators over the whole task look at together.
    """

    id: str = "-"
    variables: dict[str, PlainJson] = Field(default_factory=dict)
    images: tuple[FileRef, ...] = ()
    expected: PlainJson = None
    has_expected: bool = False
    group: str | None = None
    weight: float = Field(default=1.0, gt=0)
    skip: str | None = None


SINGLE_SAMPLE = Sample()


class OutputSpec(Frozen):
    """The form of the answer. ``answer_marker``: the answer is what follows its first occurrence, to the line's end."""

    format: Format = "text"
    answer_marker: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    language: str | None = None
    json_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    entry: str | None = None


class EvaluatorSpec(Frozen):
    """One entry of ``evaluators``. ``options`` (in files ``with``) belongs to the evaluator and is checked by it."""

    use: str
    name: str | None = None
    weight: float | None = Field(default=None, gt=0)
    guard: float | None = Field(default=None, ge=0, le=1)
    scope: Literal["sample", "task"] = "sample"
    depends_on: str | None = None
    why: str = ""
    options: dict[str, PlainJson] = Field(default_factory=dict, alias="with")

    @model_validator(mode="after")
    def _one_role(self) -> EvaluatorSpec:
        if self.weight is not None and self.guard is not None:
            raise ValueError("an evaluator has either 'weight' (it earns) or 'guard' (it takes away), not both")
        return self

    @property
    def label(self) -> str:
        """The name shown in results."""
        return self.name or self.use


class GenerationParams(Frozen):
    """Sampling and length; ``None`` = not sent. ``extra`` is passed to the provider untouched."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, gt=0)
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning: Literal["auto", "off", "on", "low", "medium", "high"] | None = None
    response_format: Literal["none", "json", "schema"] | None = None
    extra: dict[str, Any] = Field(default_factory=dict)

    def over(self, base: GenerationParams) -> GenerationParams:
        """These settings laid over ``base``: whatever is stated here wins."""
        stated = {k: getattr(self, k) for k in self.model_fields_set}
        return base.model_copy(update=stated) if stated else base


class Thresholds(Frozen):
    """``pass``: quality 0 to 1 from which an answer counts as passed; ``must_pass``: a gate of its own."""

    pass_quality: float = Field(default=0.8, ge=0, le=1, alias="pass")
    fail_under: float | None = Field(default=None, ge=0, le=10)
    must_pass: bool = False


class CalibrationCase(Frozen):
    """A known answer and the quality it must get. ``output`` may be ``@expected`` or ``@NAME`` of a variable.

    ``tool_calls``: ``{name, arguments}`` made before it, one a turn, and ``{say: text}`` for words to the user between.
    """

    name: str
    sample: str | None = None
    output: str | None = None
    tool_calls: tuple[dict[str, Any], ...] = ()
    patch: dict[str, PlainJson] = Field(default_factory=dict)
    replace: dict[str, str] = Field(default_factory=dict)
    min: float = Field(default=0.0, ge=0, le=1)
    max: float = Field(default=1.0, ge=0, le=1)


class Task(Frozen):
    """One task file. ``category`` is the category's id; ``expected`` serves samples that bring none.

    ``previous_ids``: names the task had; comparisons with earlier runs find it by them.

    ``tools``: definitions sent with the question, for tasks whose answer is the call itself; the tools of a simulated
    world stand in ``environment``.

    ``folder``: the category folder, relative to the root directory (files of the task are read below it).
    """

    id: Id
    title: str
    category: Id
    description: str = ""
    why: str = ""
    status: Status = "ready"
    complexity: int = Field(default=2, ge=1, le=5)
    language: str | None = None
    tags: tuple[str, ...] = ()
    previous_ids: tuple[Id, ...] = ()
    requires: Requires = Requires()
    input: TaskInput
    samples: tuple[Sample, ...] = Field(default_factory=lambda: (SINGLE_SAMPLE,))
    tools: tuple[dict[str, Any], ...] = ()
    environment: World | None = None
    output: OutputSpec = OutputSpec()
    expected: PlainJson = None
    has_expected: bool = False
    null_words: tuple[str, ...] = ()
    evaluators: tuple[EvaluatorSpec, ...] = ()
    traps: dict[str, str] = Field(default_factory=dict)
    evaluation_weights: EvaluationWeights | None = None
    expected_time_seconds: float | None = Field(default=None, gt=0)
    expected_cost_usd: float | None = Field(default=None, gt=0)
    memory_budget_mb: float | None = Field(default=None, gt=0)
    generation: GenerationParams = GenerationParams()
    repeats: int = Field(default=1, ge=1, le=1000)
    timeout_seconds: float = Field(default=180.0, gt=0)
    retries_infra: int | None = Field(default=None, ge=0, le=10)
    thresholds: Thresholds = Thresholds()
    calibration: tuple[CalibrationCase, ...] = ()
    provenance: dict[str, PlainJson] = Field(default_factory=dict)
    metadata: dict[str, PlainJson] = Field(default_factory=dict)
    folder: str = ""
    source: SourceRef = SourceRef(path="")

    def expected_of(self, sample: Sample) -> Any:
        """The expected answer of one sample."""
        return sample.expected if sample.has_expected else self.expected

    @cached_property
    def content_hash(self) -> str:
        """16 hex digits over everything that can change a score; names and texts for people are left out, so that a renamed
        task stays the same one."""
        free = {
            "id",
            "title",
            "description",
            "why",
            "source",
            "provenance",
            "metadata",
            "calibration",
            "status",
            "tags",
            "previous_ids",
            "folder",
        }
        data = self.model_dump(mode="json", exclude=free, by_alias=True)
        text = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]
