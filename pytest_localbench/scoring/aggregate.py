"""From task results to category scores, comparisons, ranks and the overall score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from ..domain.category import Category
from ..domain.result import WEAK_OUTCOMES, SampleResult, TaskResult
from ..domain.run import CategoryScore, Comparison, Interval, OverallScore
from ..domain.score import COMPONENTS, ComponentName
from ..domain.task import Task
from .comparison import compare_models, rank_models
from .constants import GATE_TOLERANCE
from .intervals import SCALE, score_interval, weighted_mean
from .labels import label_metrics
from .tasks import slow_percentile, usable_time_s
from .ultimate import components_used, ultimate_score

_ALL = frozenset(COMPONENTS)


@dataclass(frozen=True, slots=True)
class _Cell:
    """Everything known about one model in one category."""

    category: Category
    model: str
    tasks: tuple[TaskResult, ...]
    answers: tuple[SampleResult, ...]
    expected: frozenset[str]
    labels: Mapping[str, tuple[str, ...]]

    @property
    def scored(self) -> list[TaskResult]:
        return [t for t in self.tasks if t.status in {"passed", "weak"} and t.ultimate_score is not None]

    def weight(self, task: TaskResult) -> float:
        return float(task.complexity) if self.category.aggregation.method == "complexity_weighted" else 1.0


def category_scores(
    categories: Sequence[Category],
    task_results: Sequence[TaskResult],
    tasks: Sequence[Task],
    sample_results: Sequence[SampleResult],
    comparisons: Sequence[Comparison] | None = None,
) -> tuple[CategoryScore, ...]:
    """One score per category and model that was asked, best first; categories that did not run have none.

    Coverage is scored tasks over those of ``tasks`` (ready ones, and any that ran) that the model could be asked;
    skipped tasks are not counted. The order of models in the input changes nothing. ``comparisons`` spares computing
    those of :func:`category_comparisons` again.
    """
    rows: list[CategoryScore] = []
    for category, cells in _cells(categories, task_results, tasks, sample_results):
        common = _common_components(cells)
        pairs = _compare(category, cells, common) if comparisons is None else _of(category, comparisons)
        ranks = _ranks(cells, pairs)
        scores = [_score(cell, common, ranks.get(cell.model)) for cell in cells]
        scores.sort(key=lambda s: (s.rank is None, s.rank or 0, s.ultimate_score is None, s.model))
        rows.extend(scores)
    return tuple(rows)


def category_comparisons(
    categories: Sequence[Category],
    task_results: Sequence[TaskResult],
    tasks: Sequence[Task],
    sample_results: Sequence[SampleResult],
) -> tuple[Comparison, ...]:
    """Every pair of covered models in every category, on the tasks scored for all of them."""
    return tuple(
        comparison
        for category, cells in _cells(categories, task_results, tasks, sample_results)
        for comparison in _compare(category, cells, _common_components(cells))
    )


def overall(categories: Sequence[Category], scores: Sequence[CategoryScore]) -> tuple[OverallScore, ...]:
    """Plain mean of the category scores per model, each category once; only when every category that ran is covered.

    ``categories`` are all that exist: those without a score did not run and make the result partial. Where models of a
    category have different components, their common score counts.
    """
    ran = [c.id for c in categories if any(s.category == c.id for s in scores)]
    found = {(s.category, s.model): s for s in scores}
    totals = []
    for model in sorted({s.model for s in scores}):
        own = {c: found.get((c, model)) for c in ran}
        values = [_shown(s) for s in own.values() if s is not None and s.covered]
        usable = [v for v in values if v is not None]
        missing = [c for c, s in own.items() if s is None or not s.covered or _shown(s) is None]
        totals.append(
            OverallScore(
                model=model,
                score=fmean(usable) if usable and not missing else None,
                categories=tuple(ran),
                partial=len(ran) < len(categories),
                reason=f"not enough tasks scored in {', '.join(missing)}" if missing else "",
            )
        )
    return tuple(totals)


def _of(category: Category, comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    return tuple(c for c in comparisons if c.category == category.id)


def _shown(score: CategoryScore) -> float | None:
    return score.ultimate_score if score.common_score is None else score.common_score


def _cells(
    categories: Sequence[Category],
    task_results: Sequence[TaskResult],
    tasks: Sequence[Task],
    sample_results: Sequence[SampleResult],
) -> Iterable[tuple[Category, list[_Cell]]]:
    folded: dict[str, dict[str, list[TaskResult]]] = {}
    for result in task_results:
        folded.setdefault(result.category, {}).setdefault(result.model, []).append(result)
    answers: dict[tuple[str, str], list[SampleResult]] = {}
    for answer in sample_results:
        answers.setdefault((answer.key.category, answer.key.model), []).append(answer)
    for category in categories:
        own = [t for t in tasks if t.category == category.id]
        ready = {t.id for t in own if t.status == "ready"}
        labels = {t.id: t.output.labels for t in own}
        models = folded.get(category.id)
        if not models:
            continue
        yield (
            category,
            [
                _Cell(
                    category=category,
                    model=model,
                    tasks=tuple(sorted(models[model], key=lambda t: t.task)),
                    answers=tuple(answers.get((category.id, model), ())),
                    expected=frozenset(
                        (ready | {t.task for t in models[model]})
                        - {t.task for t in models[model] if t.status == "skipped"}
                    ),
                    labels=labels,
                )
                for model in sorted(models)
            ],
        )


def _common_components(cells: Sequence[_Cell]) -> frozenset[ComponentName]:
    """The components that no model lacks where another one has them."""
    by_task: dict[str, list[frozenset[ComponentName]]] = {}
    for cell in cells:
        for task in cell.scored:
            by_task.setdefault(task.task, []).append(frozenset(components_used(task.components)))
    differing: set[ComponentName] = set()
    for sets in by_task.values():
        differing |= frozenset.union(*sets) - frozenset.intersection(*sets)
    return _ALL - differing


def _coverage(cell: _Cell) -> float | None:
    return len(cell.scored) / len(cell.expected) if cell.expected else None


def _covered(cell: _Cell) -> bool:
    coverage = _coverage(cell)
    return bool(cell.scored) and coverage is not None and _enough(coverage, cell.category)


def _enough(coverage: float, category: Category) -> bool:
    return coverage >= category.aggregation.min_coverage - GATE_TOLERANCE


def _compare(category: Category, cells: Sequence[_Cell], common: frozenset[ComponentName]) -> tuple[Comparison, ...]:
    ranked = [cell for cell in cells if _covered(cell)]
    scores = {cell.model: _values(cell, common) for cell in ranked}
    weights = {task.task: cell.weight(task) for cell in ranked for task in cell.scored}
    return compare_models(category.id, scores, weights)


def _ranks(cells: Sequence[_Cell], comparisons: Sequence[Comparison]) -> dict[str, tuple[int, bool]]:
    ranked = [cell.model for cell in cells if _covered(cell)]
    if any(not c.n_tasks for c in comparisons):
        return {}
    return rank_models(ranked, comparisons)


def _values(cell: _Cell, only: frozenset[ComponentName]) -> dict[str, float]:
    """Task -> ultimate score over ``only`` these components."""
    values = {task.task: ultimate_score(task.components, only) for task in cell.scored}
    return {task: value for task, value in values.items() if value is not None}


def _mean(cell: _Cell, only: frozenset[ComponentName]) -> tuple[float | None, Interval | None]:
    values = _values(cell, only)
    weights = [cell.weight(t) for t in cell.scored if t.task in values]
    if not values:
        return None, None
    numbers = list(values.values())
    return weighted_mean(numbers, weights), score_interval([v / SCALE for v in numbers], weights)


def _score(cell: _Cell, common: frozenset[ComponentName], rank: tuple[int, bool] | None) -> CategoryScore:
    scored = cell.scored
    own_score, own_interval = _mean(cell, _ALL)
    common_score, common_interval = _mean(cell, common) if common != _ALL else (None, None)
    used = {name for task in scored for name in components_used(task.components)}
    return CategoryScore(
        category=cell.category.id,
        model=cell.model,
        ultimate_score=own_score,
        quality=_weighted(cell, {t.task: t.quality for t in scored}),
        interval=own_interval,
        components={name: _weighted(cell, _normalized(scored, name)) for name in COMPONENTS} if scored else {},
        components_used=tuple(name for name in COMPONENTS if name in used),
        common_score=common_score,
        common_interval=common_interval,
        common_components=tuple(n for n in COMPONENTS if n in common) if common_score is not None else (),
        n_tasks=len(cell.expected),
        n_scored=len(scored),
        n_passed=sum(t.status == "passed" for t in cell.tasks),
        n_weak=sum(t.status == "weak" for t in cell.tasks),
        n_errors=sum(t.status in {"error", "incomplete"} for t in cell.tasks),
        n_pending=sum(t.status == "pending" for t in cell.tasks),
        n_skipped=sum(t.status == "skipped" for t in cell.tasks),
        n_invalid=sum(a.outcome in WEAK_OUTCOMES and a.outcome != "weak" for a in cell.answers),
        n_contended=sum(a.contended for a in cell.answers),
        pass_rate=_pass_rate(scored),
        coverage=_coverage(cell),
        covered=_covered(cell),
        rank=rank[0] if rank else None,
        tied=rank[1] if rank else False,
        metrics=_metrics(cell),
        **_resources(cell.answers),
    )


def _normalized(tasks: Sequence[TaskResult], name: ComponentName) -> dict[str, float | None]:
    return {t.task: next((c.normalized for c in t.components if c.name == name), None) for t in tasks}


def _weighted(cell: _Cell, values: Mapping[str, float | None]) -> float | None:
    pairs = [(value, cell.weight(t)) for t in cell.scored if (value := values[t.task]) is not None]
    return weighted_mean([v for v, _ in pairs], [w for _, w in pairs]) if pairs else None


def _pass_rate(scored: Sequence[TaskResult]) -> float | None:
    shares = [t.n_passed / t.n_scored if t.n_scored else float(t.status == "passed") for t in scored]
    return fmean(shares) if shares else None


def _resources(answers: Sequence[SampleResult]) -> dict[str, float | int | None]:
    seconds = [t for a in answers if (t := usable_time_s(a)) is not None]
    speeds = [s for a in answers if (s := _tokens_per_s(a)) is not None]
    peaks = [p for a in answers if (p := _peak_bytes(a)) is not None]
    answered = [a for a in answers if a.timing is not None and not a.is_error]
    costs = [a.cost_usd for a in answered if a.cost_usd is not None]
    return {
        "median_time_s": median(seconds) if seconds else None,
        "p95_time_s": slow_percentile(seconds),
        "tokens_per_s": median(speeds) if speeds else None,
        "peak_memory_bytes": max(peaks) if peaks else None,
        "cost_usd": sum(costs) if costs and len(costs) == len(answered) else None,
    }


def _tokens_per_s(answer: SampleResult) -> float | None:
    seconds = usable_time_s(answer)
    if seconds is None or answer.timing is None:
        return None
    if answer.timing.output_tokens_per_s is not None:
        return answer.timing.output_tokens_per_s
    tokens = answer.usage.output_tokens
    return tokens / seconds if tokens and seconds > 0 else None


def _peak_bytes(answer: SampleResult) -> int | None:
    known = [b for b in (answer.memory.peak_bytes, answer.memory.peak_vram_bytes) if b is not None]
    return sum(known) if known else None


def _metrics(cell: _Cell) -> dict[str, float | None]:
    """Means over tasks of pass@k and pass^k, and classification measures when all label tasks share their labels."""
    metrics: dict[str, float | None] = {}
    for name in dict.fromkeys(n for t in cell.scored for n in t.metrics if n.startswith("pass")):
        values = [t.metrics.get(name) for t in cell.scored]
        known = [v for v in values if v is not None]
        metrics[name] = fmean(known) if len(known) == len(values) else None
    scored = {t.task for t in cell.scored}
    asked = [a for a in cell.answers if a.key.task in scored and a.expected_label is not None and not a.is_error]
    if len({cell.labels.get(a.key.task, ()) for a in asked}) == 1:
        metrics |= label_metrics([(a.expected_label or "", a.label) for a in asked])
    return metrics
