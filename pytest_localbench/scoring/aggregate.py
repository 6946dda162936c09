"""Task results -> category scores, ranks and comparisons. Every category counts once in the overall score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from ..domain.category import Category
from ..domain.model import ModelConfig
from ..domain.result import SampleResult, TaskResult
from ..domain.run import CategoryScore, Comparison, Interval, OverallScore
from ..domain.score import COMPONENTS, ComponentName
from .comparison import compare_models, ranks
from .constants import SLOW_PERCENTILE
from .intervals import mean_interval
from .ultimate import components_used, ultimate_score

SCORED = frozenset({"passed", "weak"})
INVALID = frozenset({"empty", "refused", "looped", "invalid_json", "schema_mismatch", "tool_not_called", "truncated",
                     "budget_exhausted", "too_slow"})  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """What the reports show above the tasks."""

    scores: tuple[CategoryScore, ...]
    overall: tuple[OverallScore, ...]
    comparisons: tuple[Comparison, ...]


def summarize(
    categories: Sequence[Category],
    models: Sequence[ModelConfig],
    task_results: Sequence[TaskResult],
    results: Sequence[SampleResult],
) -> Summary:
    """Category scores in category and rank order, paired comparisons, overall scores."""
    scores: list[CategoryScore] = []
    comparisons: list[Comparison] = []
    names = [model.id for model in models]
    for category in sorted(categories, key=lambda c: (c.order, c.id)):
        mine = [r for r in task_results if r.category == category.id]
        answers = [r for r in results if r.key.category == category.id]
        present = [name for name in names if any(r.model == name for r in mine)]
        found = {name: _category_score(category, name, mine, answers) for name in present}
        pairs = _compare(category, mine, present)
        places = ranks([n for n in present if found[n].ultimate_score is not None], pairs)
        for name, place in places.items():
            tied = sum(1 for other in places.values() if other == place) > 1
            found[name] = found[name].model_copy(update={"rank": place, "tied": tied})
        scores += _with_common(category, mine, sorted(found.values(), key=_order))
        comparisons += pairs
    overall = tuple(_overall(name, scores) for name in names)
    return Summary(tuple(scores), overall, tuple(comparisons))


def _order(score: CategoryScore) -> tuple[float, float, str]:
    return (score.rank or math.inf, -(score.ultimate_score or -1.0), score.model)


def _weight(category: Category, result: TaskResult) -> float:
    return float(result.complexity) if category.aggregation.method == "complexity_weighted" else 1.0


def _mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    pairs = [(v, w) for v, w in zip(values, weights, strict=True) if v is not None]
    total = math.fsum(w for _, w in pairs)
    return math.fsum(v * w for v, w in pairs) / total if pairs else None


def _category_score(
    category: Category, model: str, task_results: Sequence[TaskResult], results: Sequence[SampleResult]
) -> CategoryScore:
    mine = [r for r in task_results if r.model == model]
    answers = [r for r in results if r.key.model == model]
    scored = [r for r in mine if r.status in SCORED]
    possible = [r for r in mine if r.status != "skipped"]
    weights = [_weight(category, r) for r in scored]
    points = [r.ultimate_score for r in scored]
    interval = mean_interval([(p or 0.0) / 10 for p in points], weights)
    coverage = len(scored) / len(possible) if possible else None
    times = [r.timing.generation_s for r in answers if r.timing and r.quality is not None and not r.contended]
    memory = [b for r in answers if (b := r.memory.peak_bytes) is not None]
    costs = [r.cost_usd for r in answers if r.quality is not None]
    used = {name for r in scored for name in components_used(r.components)}
    return CategoryScore(
        category=category.id,
        model=model,
        ultimate_score=_mean(points, weights),
        quality=_mean([r.quality for r in scored], weights),
        interval=None
        if interval is None
        else Interval(low=10 * interval[0], high=10 * interval[1], method=interval[2]),
        components={name: _mean([_normalized(r, name) for r in scored], weights) for name in COMPONENTS},
        components_used=tuple(name for name in COMPONENTS if name in used),
        n_tasks=len(mine),
        n_scored=len(scored),
        n_passed=sum(r.status == "passed" for r in mine),
        n_weak=sum(r.status == "weak" for r in mine),
        n_errors=sum(r.status in {"error", "incomplete"} for r in mine),
        n_pending=sum(r.status == "pending" for r in mine),
        n_skipped=sum(r.status == "skipped" for r in mine),
        n_invalid=sum(r.outcome in INVALID for r in answers),
        n_contended=sum(r.contended for r in answers),
        pass_rate=sum(r.status == "passed" for r in scored) / len(scored) if scored else None,
        coverage=coverage,
        covered=coverage is not None and coverage >= category.aggregation.min_coverage,
        median_time_s=median(times) if times else None,
        p95_time_s=percentile(times, SLOW_PERCENTILE) if times else None,
        peak_memory_bytes=max(memory) if memory else None,
        cost_usd=math.fsum(c for c in costs if c is not None) if costs and None not in costs else None,
        tokens_per_s=_speed(answers),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Linear interpolation between the closest ranks."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def _normalized(result: TaskResult, name: ComponentName) -> float | None:
    return next((c.normalized for c in result.components if c.name == name), None)


def _speed(answers: Sequence[SampleResult]) -> float | None:
    speeds = [r.timing.output_tokens_per_s for r in answers if r.timing and r.timing.output_tokens_per_s]
    return median(speeds) if speeds else None


def _compare(category: Category, task_results: Sequence[TaskResult], models: Sequence[str]) -> tuple[Comparison, ...]:
    scored = [r for r in task_results if r.status in SCORED and r.ultimate_score is not None]
    shared = _common_components(scored)
    points = {m: {r.task: ultimate_score(r.components, shared) or 0.0 for r in scored if r.model == m} for m in models}
    weights = {r.task: _weight(category, r) for r in scored}
    return compare_models(category.id, {m: tasks for m, tasks in points.items() if tasks}, weights)


def _common_components(scored: Sequence[TaskResult]) -> frozenset[ComponentName]:
    """The components that every compared model has."""
    by_model: dict[str, set[ComponentName]] = {}
    for result in scored:
        by_model.setdefault(result.model, set()).update(components_used(result.components))
    return frozenset(set.intersection(*by_model.values())) if by_model else frozenset()


def _with_common(
    category: Category, task_results: Sequence[TaskResult], scores: Sequence[CategoryScore]
) -> list[CategoryScore]:
    sets = {s.components_used for s in scores if s.n_scored}
    if len(sets) < 2:
        return list(scores)
    scored = [r for r in task_results if r.status in SCORED]
    shared = _common_components(scored)
    common = tuple(name for name in COMPONENTS if name in shared)
    updated = []
    for score in scores:
        mine = [r for r in scored if r.model == score.model]
        value = _mean([ultimate_score(r.components, shared) for r in mine], [_weight(category, r) for r in mine])
        updated.append(score.model_copy(update={"common_score": value, "common_components": common}))
    return updated


def _overall(model: str, scores: Sequence[CategoryScore]) -> OverallScore:
    mine = [s for s in scores if s.model == model]
    covered = [s for s in mine if s.covered and s.ultimate_score is not None]
    partial = len(covered) < len(mine) or not covered
    value = fmean(s.ultimate_score or 0.0 for s in covered) if covered and not partial else None
    reason = "not every category is covered" if partial else ""
    return OverallScore(
        model=model, score=value, categories=tuple(s.category for s in covered), partial=partial, reason=reason
    )
