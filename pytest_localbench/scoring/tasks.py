"""All answers of one task by one model -> one task result. The task is the unit of every statistic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median, pstdev
from typing import Any

from ..domain.result import SampleResult, TaskResult
from ..domain.score import ComponentName, EvaluationWeights, ScoreComponent
from ..domain.task import Task
from .constants import GATE_TOLERANCE, MAX_UNSCORED, PASS_K
from .labels import label_metrics
from .passk import pass_at_k, pass_hat_k
from .ultimate import ultimate_score


def fold_task(results: Sequence[SampleResult], *, task: Task, weights: EvaluationWeights) -> TaskResult:
    """Mean over samples of the mean over attempts; more than 20 % without a score make the task incomplete.

    Time is the median over samples, cost the mean, memory the largest. A headline measure of a label task (macro-F1)
    replaces the mean.
    """
    asked = [r for r in results if r.outcome != "skipped"]
    common: dict[str, Any] = {
        "category": task.category,
        "task": task.id,
        "model": results[0].key.model,
        "complexity": task.complexity,
        "task_hash": task.content_hash,
        "n_samples": len(asked),
        "n_errors": sum(r.is_error for r in asked),
    }
    if not asked:
        return TaskResult(status="skipped", reason=results[0].reason, **common)
    scored = [r for r in asked if r.quality is not None]
    if not scored:
        pending = all(r.outcome == "pending" for r in asked)
        reason = next((r.reason for r in asked if r.reason), "")
        return TaskResult(status="pending" if pending else "error", reason=reason, **common)
    groups: dict[str, list[SampleResult]] = {}
    for result in scored:
        groups.setdefault(result.key.sample, []).append(result)
    quality = _weighted([fmean(_qualities(g)) for g in groups.values()], [g[0].weight for g in groups.values()])
    metrics = {**_pass_metrics(groups), **_labels(scored, task)}
    if _headline(task) == "macro_f1" and metrics.get("macro_f1") is not None:
        quality = float(metrics["macro_f1"] or 0.0)
    components = tuple(_components(scored, quality, weights))
    incomplete = 1 - len(scored) / len(asked) > MAX_UNSCORED
    passed = quality >= task.thresholds.pass_quality - GATE_TOLERANCE
    return TaskResult(
        status="incomplete" if incomplete else "passed" if passed else "weak",
        quality=quality,
        ultimate_score=ultimate_score(components),
        components=components,
        n_scored=len(scored),
        n_passed=sum(r.outcome == "passed" for r in scored),
        spread=_spread(groups),
        metrics=metrics,
        reason=next((r.reason for r in scored if r.outcome != "passed" and r.reason), ""),
        **common,
    )


def _qualities(results: Sequence[SampleResult]) -> list[float]:
    return [r.quality for r in results if r.quality is not None]


def _weighted(values: Sequence[float], weights: Sequence[float]) -> float:
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)


def _spread(groups: dict[str, list[SampleResult]]) -> float | None:
    spreads = [pstdev(_qualities(g)) for g in groups.values() if len(g) > 1]
    return fmean(spreads) if spreads else None


def _pass_metrics(groups: dict[str, list[SampleResult]]) -> dict[str, float | None]:
    counts = [(len(g), sum(r.outcome == "passed" for r in g)) for g in groups.values()]
    metrics: dict[str, float | None] = {}
    for k in PASS_K:
        if all(n >= k for n, _ in counts) and (k == 1 or max(n for n, _ in counts) > 1):
            metrics[f"pass@{k}"] = fmean(pass_at_k(n, c, k) or 0.0 for n, c in counts)
            if k > 1:
                metrics[f"pass^{k}"] = fmean(pass_hat_k(n, c, k) or 0.0 for n, c in counts)
    return metrics


def _headline(task: Task) -> str:
    return next((str(s.options.get("headline", "")) for s in task.evaluators if s.use == "label"), "")


def _labels(scored: Sequence[SampleResult], task: Task) -> dict[str, float | None]:
    if task.output.format != "label":
        return {}
    gold = {sample.id: task.expected_of(sample) for sample in task.samples}
    return label_metrics([(str(gold[r.key.sample]), r.label) for r in scored if r.key.sample in gold])


def _components(scored: Sequence[SampleResult], quality: float, weights: EvaluationWeights) -> list[ScoreComponent]:
    folded = []
    for name in [c.name for c in scored[0].components]:
        parts = [c for r in scored for c in r.components if c.name == name and c.normalized is not None]
        template = next(c for c in scored[0].components if c.name == name)
        if name == "quality":
            folded.append(template.model_copy(update={"raw": 1 + 9 * quality, "normalized": quality, "uncredited": quality,
                                                      "weight": weights.quality, "reason": ""}))  # fmt: skip
            continue
        if not parts:
            folded.append(template.model_copy(update={"normalized": None, "uncredited": None}))
            continue
        folded.append(
            template.model_copy(
                update={
                    "raw": _raw(name, [c.raw for c in parts if c.raw is not None]),
                    "normalized": fmean(c.normalized for c in parts if c.normalized is not None),
                    "uncredited": fmean(c.uncredited for c in parts if c.uncredited is not None),
                    "reason": template.reason if len(parts) == 1 else f"over {len(parts)} answers",
                }
            )
        )
    return folded


def _raw(name: ComponentName, values: Sequence[float]) -> float | None:
    if not values:
        return None
    return median(values) if name == "time" else max(values) if name == "memory" else fmean(values)
