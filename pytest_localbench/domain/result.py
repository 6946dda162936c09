"""What one asked question yielded, and what a task yielded for one model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import CleanText, Frozen, Many
from .dialogue import Step
from .response import FinishReason, Memory, Noise, ResultKey, Timing, Usage
from .score import ScoreComponent, Verdict

Outcome = Literal[
    "passed", "weak",
    "empty", "refused", "looped", "invalid_json", "schema_mismatch", "tool_not_called", "truncated",
    "budget_exhausted", "too_slow",
    "context_overflow", "truncated_input", "backend_error", "evaluator_error", "lost",
    "pending", "skipped",
]  # fmt: skip
WEAK_OUTCOMES = frozenset({
    "weak", "empty", "refused", "looped", "invalid_json", "schema_mismatch", "tool_not_called", "truncated",
    "budget_exhausted", "too_slow",
})  # fmt: skip
ERROR_OUTCOMES = frozenset({"context_overflow", "truncated_input", "backend_error", "evaluator_error", "lost"})


class Failure(Frozen):
    """Why there is no score: a sentence for people, details for the log."""

    kind: str
    message: CleanText
    details: CleanText = ""


class SampleResult(Many):
    """One item. ``quality`` is 0 to 1, ``ultimate_score`` 0 to 10; both ``None`` when nothing could be scored.

    ``answer`` is the model's text as received, ``transcript`` what was said and done before it; both are kept in the
    journal and the run document, not on test reports. ``requests`` counts turns and further attempts.
    """

    key: ResultKey
    outcome: Outcome
    quality: float | None = None
    ultimate_score: float | None = None
    pass_quality: float = 0.8
    complexity: int = 2
    weight: float = 1.0
    components: tuple[ScoreComponent, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    failure: Failure | None = None
    reason: CleanText = ""
    usage: Usage = Usage()
    timing: Timing | None = None
    memory: Memory = Memory()
    cost_usd: float | None = None
    finish_reason: FinishReason | None = None
    resolved_model: CleanText | None = None
    contended: bool = False
    cached: bool = False
    noise: Noise | None = None
    requests: int = 0
    notes: tuple[CleanText, ...] = ()
    label: str | None = None
    expected_label: str | None = None
    answer: CleanText | None = None
    thinking: CleanText | None = None
    transcript: tuple[Step, ...] = ()
    task_hash: str = ""
    model_hash: str = ""
    nodeid: str = ""
    worker: str = ""
    started_at: str = ""

    @property
    def is_error(self) -> bool:
        """True when our side, the server or the set-up failed: excluded from means, shown as coverage."""
        return self.outcome in ERROR_OUTCOMES

    @property
    def timing_usable(self) -> bool:
        """False when other work ran meanwhile, or when the answer came from the cache."""
        return not self.contended and not self.cached


class TaskResult(Frozen):
    """All samples and attempts of one task for one model, folded (EVALUATION: unit of statistics is the task)."""

    category: str
    task: str
    model: str
    status: Literal["passed", "weak", "incomplete", "error", "pending", "skipped"]
    quality: float | None = None
    ultimate_score: float | None = None
    components: tuple[ScoreComponent, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    complexity: int = 2
    n_samples: int = 0
    n_scored: int = 0
    n_passed: int = 0
    n_errors: int = 0
    spread: float | None = None
    reason: CleanText = ""
    metrics: dict[str, float | None] = Field(default_factory=dict)
    task_hash: str = ""
