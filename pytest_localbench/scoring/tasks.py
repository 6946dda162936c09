"""Folds all samples and attempts of one task for one model into its task result."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, median, stdev
from typing import Literal

from ..domain.result import SampleResult, TaskResult
from ..domain.score import ComponentName, EvaluationWeights, ScoreComponent, Verdict
from .components import score_components
from .constants import GATE_TOLERANCE, MAX_UNSCORED, PASS_K, SLOW_PERCENTILE
from .labels import label_metrics
from .passk import pass_at_k, pass_hat_k
from .ultimate import ultimate_score

TaskStatus = Literal["passed", "weak", "incomplete", "error", "pending", "skipped"]
_NOISY = "noisy"


def usable_time_s(result: SampleResult) -> float | None:
    """Generation seconds of an answer, ``None`` when not measured or when other work ran meanwhile."""
    if result.timing is None or result.contended or _NOISY in result.notes or result.is_error:
        return None
    return result.timing.generation_s


def slow_percentile(seconds: Sequence[float]) -> float | None:
    """The 95th percentile by nearest rank: with fewer than 20 values the slowest."""
    if not seconds:
        return None
    return sorted(seconds)[math.ceil(SLOW_PERCENTILE * len(seconds)) - 1]


def fold_task(
    results: Sequence[SampleResult],
    *,
    weights: EvaluationWeights,
    quality_override: float | None = None,
    verdicts: Sequence[Verdict] = (),
) -> TaskResult:
    """One task of one model. All results must share category, task and model; raises ValueError otherwise.

    Quality (0 to 1): weighted mean over samples of the mean over attempts, or ``quality_override`` when evaluators of
    task scope decided it (``verdicts`` are theirs). Time: median over samples; cost: mean per sample; memory: maximum.
    Skipped answers are left out; when more than a fifth of the rest has no score the task is ``incomplete`` (or
    ``pending`` while people or a judge are to decide): its numbers are shown but not aggregated.
    ``n_samples`` counts samples, ``n_scored``, ``n_passed`` and ``n_errors`` count answers; ``spread`` is the pooled SD
    of quality over attempts.
    """
    first = _same_task(results)
    asked = [r for r in results if r.outcome != "skipped"]
    samples = _by_sample([r for r in asked if r.quality is not None and not r.is_error])
    quality = _weighted_quality(samples) if quality_override is None else quality_override
    components = _fold_components(asked, quality, first.complexity, weights) if quality is not None else ()
    status = _status(asked, quality, first.pass_quality, decided=quality_override is not None)
    return TaskResult(
        category=first.key.category,
        task=first.key.task,
        model=first.key.model,
        status=status,
        quality=quality,
        ultimate_score=ultimate_score(components),
        components=components,
        verdicts=tuple(verdicts),
        complexity=first.complexity,
        n_samples=len({r.key.sample for r in asked}),
        n_scored=sum(map(len, samples)),
        n_passed=sum(r.outcome == "passed" for r in asked),
        n_errors=sum(r.is_error for r in asked),
        spread=_spread(samples),
        reason=_reason(results, asked, status),
        metrics=_metrics(asked, samples),
        task_hash=first.task_hash,
    )


def _same_task(results: Sequence[SampleResult]) -> SampleResult:
    if not results:
        raise ValueError("fold_task needs at least one result")
    if len({(r.key.category, r.key.task, r.key.model) for r in results}) > 1:
        raise ValueError("fold_task takes the results of one task and one model")
    return results[0]


def _by_sample(results: Sequence[SampleResult]) -> list[list[SampleResult]]:
    groups: dict[str, list[SampleResult]] = {}
    for result in results:
        groups.setdefault(result.key.sample, []).append(result)
    return list(groups.values())


def _weighted_quality(samples: Sequence[Sequence[SampleResult]]) -> float | None:
    total = sum(s[0].weight for s in samples)
    if not total:
        return None
    return sum(s[0].weight * fmean(r.quality for r in s if r.quality is not None) for s in samples) / total


def _fold_components(
    asked: Sequence[SampleResult], quality: float, complexity: int, weights: EvaluationWeights
) -> tuple[ScoreComponent, ...]:
    samples = _by_sample([r for r in asked if not r.is_error])
    times, expected = _measured(samples, "time", median)
    costs, cost_budget = _measured(samples, "cost", fmean)
    peaks, memory_budget = _measured(samples, "memory", max)
    return score_components(
        quality=quality,
        complexity=complexity,
        generation_s=median(times) if times else None,
        expected_s=expected,
        cost_usd=fmean(costs) if costs else None,
        cost_budget_usd=cost_budget,
        memory_bytes=int(max(peaks)) if peaks else None,
        memory_budget_bytes=None if memory_budget is None else int(memory_budget),
        weights=weights,
        timing_usable=bool(times) and not _all_disturbed(samples),
    )


def _measured(
    samples: Sequence[Sequence[SampleResult]], name: ComponentName, over_attempts: Callable[[list[float]], float]
) -> tuple[list[float], float | None]:
    """One value per sample that has the component measured, and what it is compared with.

    Values that a sample left out of its own score (times taken while other work ran) count only when there are no
    others.
    """
    counted: list[float] = []
    others: list[float] = []
    reference: float | None = None
    for attempts in samples:
        known = [c for r in attempts for c in r.components if c.name == name and c.raw is not None]
        used = [c.raw for c in known if c.raw is not None and c.uncredited is not None]
        reference = next((c.reference for c in known if c.reference is not None), reference)
        if used:
            counted.append(over_attempts(used))
        elif known:
            others.append(over_attempts([c.raw for c in known if c.raw is not None]))
    return counted or others, reference


def _all_disturbed(samples: Sequence[Sequence[SampleResult]]) -> bool:
    times = [c for attempts in samples for r in attempts for c in r.components if c.name == "time"]
    return any(c.reference is not None for c in times) and all(c.uncredited is None for c in times)


def _status(asked: Sequence[SampleResult], quality: float | None, pass_quality: float, *, decided: bool) -> TaskStatus:
    if not asked:
        return "skipped"
    pending = 0 if decided else sum(r.outcome == "pending" for r in asked)
    failed = sum(r.is_error or (r.quality is None and r.outcome != "pending" and not decided) for r in asked)
    if failed == len(asked):
        return "error"
    if failed > MAX_UNSCORED * len(asked):
        return "incomplete"
    if quality is None or pending + failed > MAX_UNSCORED * len(asked):
        return "pending"
    return "passed" if quality >= pass_quality - GATE_TOLERANCE else "weak"


def _spread(samples: Sequence[Sequence[SampleResult]]) -> float | None:
    deviations = [stdev([r.quality for r in s if r.quality is not None]) for s in samples if len(s) > 1]
    return math.sqrt(fmean(d * d for d in deviations)) if deviations else None


def _reason(results: Sequence[SampleResult], asked: Sequence[SampleResult], status: TaskStatus) -> str:
    if status in {"error", "incomplete"}:
        broken = [r for r in asked if r.quality is None and r.outcome != "pending"] or [r for r in asked if r.is_error]
        why = next((r.reason for r in broken if r.reason), "")
        return f"{len(broken)} of {len(asked)} answers have no score{': ' + why if why else ''}"
    if status == "pending":
        waiting = sum(r.outcome == "pending" for r in asked)
        return f"{waiting} of {len(asked)} answers await review"
    if status == "skipped":
        return next((r.reason for r in results if r.reason), "skipped")
    weakest = min((r for r in asked if r.quality is not None), key=lambda r: r.quality or 0.0, default=None)
    return weakest.reason if weakest is not None and status == "weak" else ""


def _metrics(asked: Sequence[SampleResult], samples: Sequence[Sequence[SampleResult]]) -> dict[str, float | None]:
    metrics: dict[str, float | None] = {}
    repeats = max((r.key.attempt for r in asked), default=0)
    counts = [(len(s), sum(r.outcome == "passed" for r in s), s[0].weight) for s in samples]
    for k in sorted({k for k in (*PASS_K, repeats) if 0 < k <= repeats}):
        metrics[f"pass@{k}"] = _over_samples(counts, pass_at_k, k)
        if k > 1:
            metrics[f"pass^{k}"] = _over_samples(counts, pass_hat_k, k)
    seconds = [t for r in asked if (t := usable_time_s(r)) is not None]
    if seconds:
        metrics["median_s"] = median(seconds)
        metrics["p95_s"] = slow_percentile(seconds)
    pairs = [(r.expected_label, r.label) for r in asked if r.expected_label is not None and not r.is_error]
    return metrics | label_metrics([(gold, label) for gold, label in pairs if gold is not None])


def _over_samples(
    counts: Sequence[tuple[int, int, float]], share: Callable[[int, int, int], float | None], k: int
) -> float | None:
    """Weighted mean over samples, ``None`` as soon as one sample has too few answers."""
    shares = [(value, weight) for n, c, weight in counts if (value := share(n, c, k)) is not None]
    if not counts or len(shares) < len(counts):
        return None
    return sum(value * weight for value, weight in shares) / sum(weight for _, weight in shares)
