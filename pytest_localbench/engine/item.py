"""From a response (or the lack of one) to the result of one item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..domain.category import DEFAULT_WEIGHTS, Category
from ..domain.model import ModelConfig
from ..domain.response import ModelResponse, ResultKey
from ..domain.result import Failure, SampleResult
from ..domain.score import EvaluationWeights, Verdict
from ..domain.task import Task
from ..errors import ModelError
from ..scoring.components import CACHED, DISTURBED, cost_of, score_components
from ..scoring.ultimate import ultimate_score
from .judging import Judged


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """What the run fixes for all items; stored in the run document."""

    weights: EvaluationWeights | None = None
    cost_budget_usd: float = 0.01
    memory_budget_bytes: int | None = None


def weights_for(task: Task, category: Category, settings: ScoreSettings) -> EvaluationWeights:
    """Command line, then task, then category, then the shipped default."""
    return settings.weights or task.evaluation_weights or category.defaults.evaluation_weights or DEFAULT_WEIGHTS


def score_item(
    *,
    key: ResultKey,
    task: Task,
    category: Category,
    model: ModelConfig,
    response: ModelResponse,
    judged: Judged,
    settings: ScoreSettings,
    sample_weight: float = 1.0,
    nodeid: str = "",
    worker: str = "",
) -> SampleResult:
    """The result of an answered item: quality, components, ultimate score, measurements."""
    cost = cost_of(response.usage, model.pricing, model.is_local)
    components = score_components(
        quality=judged.quality,
        complexity=task.complexity,
        generation_s=response.timing.generation_s,
        expected_s=task.expected_time_seconds,
        cost_usd=cost,
        cost_budget_usd=task.expected_cost_usd or settings.cost_budget_usd,
        memory_bytes=_memory(response),
        memory_budget_bytes=_budget(task, settings),
        weights=weights_for(task, category, settings),
        timing_usable=not response.contended and not response.cached,
        untimed=CACHED if response.cached else DISTURBED,
    )
    return SampleResult(
        key=key,
        outcome=judged.outcome,
        quality=judged.quality,
        ultimate_score=None if judged.quality is None else ultimate_score(components),
        components=components if judged.quality is not None else (),
        verdicts=judged.verdicts,
        reason=judged.reason,
        failure=_judging_failure(judged.verdicts, judged) if judged.outcome == "evaluator_error" else None,
        usage=response.usage,
        timing=response.timing,
        memory=response.memory,
        cost_usd=cost,
        finish_reason=response.finish_reason,
        resolved_model=response.resolved_model,
        contended=response.contended,
        cached=response.cached,
        noise=response.noise,
        requests=response.attempts,
        notes=tuple(dict.fromkeys((*response.notes, *judged.answer.notes))),
        label=judged.labels[1],
        expected_label=judged.labels[0],
        answer=response.text,
        thinking=response.thinking or judged.answer.reasoning or None,
        transcript=response.dialogue.steps if response.dialogue is not None else (),
        started_at=response.started_at,
        nodeid=nodeid,
        worker=worker,
        **_identity(task, model, sample_weight),
    )


def failed_item(
    *, key: ResultKey, task: Task, model: ModelConfig, error: ModelError, sample_weight: float = 1.0
) -> SampleResult:
    """The result of an item that could not be asked: an error, never a score."""
    return SampleResult(
        key=key,
        outcome=_error_outcome(error),
        failure=Failure(kind=error.kind, message=str(error), details=error.details),
        reason=str(error),
        **_identity(task, model, sample_weight),
    )


def _identity(task: Task, model: ModelConfig, sample_weight: float) -> dict[str, Any]:
    return {
        "pass_quality": task.thresholds.pass_quality,
        "complexity": task.complexity,
        "weight": sample_weight,
        "task_hash": task.content_hash,
        "model_hash": model.config_hash,
    }


def _error_outcome(error: ModelError) -> Any:
    return error.kind if error.kind in {"context_overflow", "truncated_input"} else "backend_error"


def _judging_failure(verdicts: tuple[Verdict, ...], judged: Judged) -> Failure:
    broken = ", ".join(v.name for v in verdicts if v.status == "evaluator_error")
    return Failure(kind="evaluator_error", message=judged.reason, details=broken)


def _memory(response: ModelResponse) -> int | None:
    parts = [b for b in (response.memory.peak_bytes, response.memory.peak_vram_bytes) if b is not None]
    return sum(parts) if parts else None


def _budget(task: Task, settings: ScoreSettings) -> int | None:
    return int(task.memory_budget_mb * 1e6) if task.memory_budget_mb else settings.memory_budget_bytes
