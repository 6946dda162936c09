"""Folds all samples and attempts of one task for one model into its task result. The task is the unit of statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, median, pstdev
from typing import Literal

from ..domain.result import SampleResult, TaskResult
from ..domain.score import ComponentName, EvaluationWeights, ScoreComponent, Verdict
from ..domain.task import EvaluatorSpec, Task
from .components import CACHED, DISTURBED, score_components
from .constants import GATE_TOLERANCE, MAX_UNSCORED, PASS_K, SLOW_PERCENTILE
from .labels import LabelPair, label_metrics, label_verdict
from .passk import pass_at_k, pass_hat_k
from .ultimate import ultimate_score
from .whole import WholeTask

TaskStatus = Literal["passed", "weak", "incomplete", "error", "pending", "skipped"]
_Samples = Sequence[Sequence[SampleResult]]


def usable_time_s(result: SampleResult) -> float | None:
    """Generation seconds of a scored answer; ``None`` when not measured or when other work ran meanwhile or the
    answer came from the cache."""
    if result.timing is None or not result.timing_usable or result.quality is None:
        return None
    return result.timing.generation_s


def slow_percentile(seconds: Sequence[float]) -> float | None:
    """The 95th percentile by nearest rank: below 20 values the slowest."""
    if not seconds:
        return None
    return sorted(seconds)[math.ceil(SLOW_PERCENTILE * len(seconds)) - 1]


def fold_task(
    results: Sequence[SampleResult], *, task: Task, weights: EvaluationWeights, whole: WholeTask | None = None
) -> TaskResult:
    """One task of one model; ``results`` are all its samples and attempts (at least one).

    Quality (0 to 1): weighted mean over samples of the mean over attempts, or the task's headline measure. Time: median
    over samples; cost: mean per sample; memory: maximum; each is compared with its reference once, here. Skipped
    answers are left out; when more than a fifth of the rest has no score the task is ``incomplete`` (``pending`` while
    people or a judge are to decide): its numbers are shown but not aggregated. ``n_samples`` counts samples,
    ``n_scored``, ``n_passed`` and ``n_errors`` count answers; ``spread`` is the SD of quality over attempts. ``whole``: what
    was found over all answers together joins the quality.
    """
    asked = [r for r in results if r.outcome != "skipped"]
    samples = _by_sample([r for r in asked if r.quality is not None and not r.is_error])
    metrics = _metrics(asked, samples)
    quality = _quality(samples, metrics, task)
    if whole is not None and quality is not None:
        quality = whole.quality(quality)
    components = () if quality is None else _components(samples, quality, task.complexity, weights)
    status = _status(asked, quality, task.thresholds.pass_quality)
    reason = _reason(results, asked, status)
    if whole is not None and status in {"passed", "weak"}:
        status, reason = ("incomplete", whole.broken) if whole.broken else (status, reason or whole.complaint)
    return TaskResult(
        category=task.category,
        task=task.id,
        model=results[0].key.model,
        status=status,
        quality=quality,
        ultimate_score=ultimate_score(components),
        components=components,
        verdicts=(*_verdicts(samples, task), *(whole.verdicts if whole is not None else ())),
        complexity=task.complexity,
        n_samples=len({r.key.sample for r in asked}),
        n_scored=sum(map(len, samples)),
        n_passed=sum(r.outcome == "passed" for r in asked),
        n_errors=sum(r.is_error for r in asked),
        spread=_spread(samples),
        reason=reason,
        metrics=metrics,
        task_hash=task.content_hash,
    )


def _by_sample(results: Sequence[SampleResult]) -> list[list[SampleResult]]:
    groups: dict[str, list[SampleResult]] = {}
    for result in results:
        groups.setdefault(result.key.sample, []).append(result)
    return list(groups.values())


def _qualities(attempts: Sequence[SampleResult]) -> list[float]:
    return [r.quality for r in attempts if r.quality is not None]


def _quality(samples: _Samples, metrics: dict[str, float | None], task: Task) -> float | None:
    if not samples:
        return None
    spec = _label_spec(task)
    measure = metrics.get("macro_f1") if spec is not None and spec.options.get("headline") == "macro_f1" else None
    if measure is not None:
        return measure
    total = math.fsum(s[0].weight for s in samples)
    return min(1.0, math.fsum(s[0].weight * fmean(_qualities(s)) for s in samples) / total)


def _components(
    samples: _Samples, quality: float, complexity: int, weights: EvaluationWeights
) -> tuple[ScoreComponent, ...]:
    calm = [own for attempts in samples if (own := [r for r in attempts if r.timing_usable])]
    times, expected = _measured(calm or samples, "time", median)
    costs, cost_budget = _measured(samples, "cost", fmean)
    peaks, memory_budget = _measured(samples, "memory", max)
    return score_components(
        quality=quality,
        complexity=complexity,
        generation_s=median(times) if times and calm else None,
        expected_s=expected,
        cost_usd=fmean(costs) if costs else None,
        cost_budget_usd=cost_budget,
        memory_bytes=int(max(peaks)) if peaks else None,
        memory_budget_bytes=None if memory_budget is None else int(memory_budget),
        weights=weights,
        timing_usable=bool(calm),
        untimed=CACHED if all(r.cached for own in samples for r in own) else DISTURBED,
    )


def _measured(
    samples: _Samples, name: ComponentName, over_attempts: Callable[[list[float]], float]
) -> tuple[list[float], float | None]:
    """One value per sample that has the component measured, and what it is compared with."""
    values: list[float] = []
    reference: float | None = None
    for attempts in samples:
        known = [(c.raw, c.reference) for r in attempts for c in r.components if c.name == name and c.raw is not None]
        reference = next((compared for _, compared in known if compared is not None), reference)
        if known:
            values.append(over_attempts([raw for raw, _ in known]))
    return values, reference


def _status(asked: Sequence[SampleResult], quality: float | None, pass_quality: float) -> TaskStatus:
    if not asked:
        return "skipped"
    pending = sum(r.outcome == "pending" for r in asked)
    failed = sum(r.quality is None and r.outcome != "pending" for r in asked)
    if failed == len(asked):
        return "error"
    if failed > MAX_UNSCORED * len(asked):
        return "incomplete"
    if quality is None or pending + failed > MAX_UNSCORED * len(asked):
        return "pending"
    return "passed" if quality >= pass_quality - GATE_TOLERANCE else "weak"


def _spread(samples: _Samples) -> float | None:
    variances = [pstdev(_qualities(s)) ** 2 for s in samples if len(s) > 1]
    return math.sqrt(fmean(variances)) if variances else None


def _reason(results: Sequence[SampleResult], asked: Sequence[SampleResult], status: TaskStatus) -> str:
    if status == "skipped":
        return next((r.reason for r in results if r.reason), "")
    if status == "pending":
        return f"{sum(r.outcome == 'pending' for r in asked)} of {len(asked)} answers not judged yet"
    if status in {"error", "incomplete"}:
        broken = [r for r in asked if r.quality is None and r.outcome != "pending"]
        why = next((r.reason for r in broken if r.reason), "")
        if len(asked) == 1 and why:
            return why
        return f"{len(broken)} of {len(asked)} answers have no score{': ' + why if why else ''}"
    weakest = min((r for r in asked if r.quality is not None), key=lambda r: r.quality or 0.0)
    if weakest.outcome == "passed":
        return ""
    passed = f"{sum(r.outcome == 'passed' for r in asked)} of {len(asked)} passed" if len(asked) > 1 else ""
    return ": ".join(filter(None, (passed, weakest.reason)))


def _metrics(asked: Sequence[SampleResult], samples: _Samples) -> dict[str, float | None]:
    metrics: dict[str, float | None] = {}
    repeats = max((r.key.attempt for r in asked), default=0)
    counts = [(len(s), sum(r.outcome == "passed" for r in s), s[0].weight) for s in samples]
    for k in sorted({k for k in (*PASS_K, repeats) if 0 < k <= repeats}):
        metrics[f"pass@{k}"] = _over_samples(counts, pass_at_k, k)
        if k > 1:
            metrics[f"pass^{k}"] = _over_samples(counts, pass_hat_k, k)
    return metrics | label_metrics(_label_pairs(samples))


def _label_pairs(samples: _Samples) -> list[LabelPair]:
    return [(r.expected_label, r.label) for attempts in samples for r in attempts if r.expected_label is not None]


def _verdicts(samples: _Samples, task: Task) -> tuple[Verdict, ...]:
    """What is said about the task as a whole: the classes of its first ``label`` evaluator."""
    spec, pairs = _label_spec(task), _label_pairs(samples)
    return (label_verdict(pairs, spec),) if spec is not None and pairs else ()


def _label_spec(task: Task) -> EvaluatorSpec | None:
    return next((spec for spec in task.evaluators if spec.use == "label"), None)


def _over_samples(
    counts: Sequence[tuple[int, int, float]], share: Callable[[int, int, int], float | None], k: int
) -> float | None:
    """Weighted mean over samples, ``None`` as soon as one sample has too few answers."""
    shares = [(value, weight) for n, c, weight in counts if (value := share(n, c, k)) is not None]
    if not counts or len(shares) < len(counts):
        return None
    return math.fsum(value * weight for value, weight in shares) / math.fsum(weight for _, weight in shares)
