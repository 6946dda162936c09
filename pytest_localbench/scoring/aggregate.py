"""Task results to category scores, comparisons, ranks and overall scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from ..domain.category import Category
from ..domain.model import ModelConfig
from ..domain.result import WEAK_OUTCOMES, SampleResult, TaskResult
from ..domain.run import CategoryScore, Comparison, Interval, OverallScore
from ..domain.score import COMPONENTS, ComponentName
from .comparison import compare_models, rank_models
from .constants import GATE_TOLERANCE
from .intervals import SCALE, score_interval, weighted_mean
from .tasks import slow_percentile, usable_time_s
from .ultimate import components_used, ultimate_score

_ALL = frozenset(COMPONENTS)
_SCORED = frozenset({"passed", "weak"})


@dataclass(frozen=True)
class Summary:
    """What the reports show above the tasks."""

    scores: tuple[CategoryScore, ...]
    overall: tuple[OverallScore, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    """Everything known about one model in one category. ``expected``: the tasks it could be asked."""

    category: Category
    model: str
    tasks: tuple[TaskResult, ...]
    answers: tuple[SampleResult, ...]
    expected: frozenset[str]
    scored: tuple[TaskResult, ...]

    def weight(self, task: TaskResult) -> float:
        return float(task.complexity) if self.category.aggregation.method == "complexity_weighted" else 1.0

    @property
    def coverage(self) -> float | None:
        return len(self.scored) / len(self.expected) if self.expected else None

    @property
    def covered(self) -> bool:
        enough = self.category.aggregation.min_coverage - GATE_TOLERANCE
        return bool(self.scored) and self.coverage is not None and self.coverage >= enough


def summarize(
    categories: Sequence[Category],
    models: Sequence[ModelConfig],
    task_results: Sequence[TaskResult],
    results: Sequence[SampleResult],
) -> Summary:
    """Category scores in the order of category, rank and name; paired comparisons; overall scores.

    Categories without a task result did not run and have no score. The tasks a model could be asked are those that any
    model was asked, less those skipped for it. Models are ranked on the tasks scored for all covered models, over the
    components that none of them lacks. The order of the input changes nothing.
    """
    known = {model.id for model in models}
    scores: list[CategoryScore] = []
    comparisons: list[Comparison] = []
    for category in sorted(categories, key=lambda c: (c.order, c.id)):
        cells = _cells(category, [r for r in task_results if r.category == category.id and r.model in known], results)
        common = _common_components(cells)
        ranked = [cell for cell in cells if cell.covered]
        pairs = _compare(category, ranked, common)
        ranks = {} if any(not p.n_tasks for p in pairs) else rank_models([c.model for c in ranked], pairs)
        rows = [_score(cell, common, ranks.get(cell.model)) for cell in cells]
        scores += sorted(rows, key=lambda s: (s.rank is None, s.rank or 0, s.n_scored == 0, s.model))
        comparisons += pairs
    ran = tuple(dict.fromkeys(s.category for s in scores))
    totals = [_overall(model, ran, scores, partial=len(ran) < len(categories)) for model in sorted(known)]
    return Summary(tuple(scores), tuple(totals), tuple(comparisons))


def _cells(category: Category, task_results: Sequence[TaskResult], results: Sequence[SampleResult]) -> list[_Cell]:
    asked = frozenset(t.task for t in task_results)
    cells = []
    for model in sorted({t.model for t in task_results}):
        own = tuple(sorted((t for t in task_results if t.model == model), key=lambda t: t.task))
        cells.append(
            _Cell(
                category=category,
                model=model,
                tasks=own,
                answers=tuple(r for r in results if r.key.category == category.id and r.key.model == model),
                expected=asked - {t.task for t in own if t.status == "skipped"},
                scored=tuple(t for t in own if t.status in _SCORED and t.ultimate_score is not None),
            )
        )
    return cells


def _common_components(cells: Sequence[_Cell]) -> frozenset[ComponentName]:
    """The components that no model lacks on a task where another one has them."""
    by_task: dict[str, list[frozenset[ComponentName]]] = {}
    for cell in cells:
        for task in cell.scored:
            by_task.setdefault(task.task, []).append(frozenset(components_used(task.components)))
    differing: set[ComponentName] = set()
    for sets in by_task.values():
        differing |= frozenset.union(*sets) - frozenset.intersection(*sets)
    return _ALL - differing


def _compare(category: Category, cells: Sequence[_Cell], common: frozenset[ComponentName]) -> tuple[Comparison, ...]:
    weights = {task.task: cell.weight(task) for cell in cells for task in cell.scored}
    return compare_models(category.id, {cell.model: _values(cell, common) for cell in cells}, weights)


def _values(cell: _Cell, only: frozenset[ComponentName]) -> dict[str, float]:
    """Task -> ultimate score over ``only`` these components."""
    values = {task.task: ultimate_score(task.components, only) for task in cell.scored}
    return {task: value for task, value in values.items() if value is not None}


def _mean(cell: _Cell, only: frozenset[ComponentName]) -> tuple[float | None, Interval | None]:
    values = _values(cell, only)
    if not values:
        return None, None
    numbers = list(values.values())
    weights = [cell.weight(t) for t in cell.scored if t.task in values]
    return weighted_mean(numbers, weights), score_interval([v / SCALE for v in numbers], weights)


def _score(cell: _Cell, common: frozenset[ComponentName], rank: tuple[int, bool] | None) -> CategoryScore:
    own_score, own_interval = _mean(cell, _ALL)
    common_score, common_interval = _mean(cell, common) if common != _ALL else (None, None)
    used = {name for task in cell.scored for name in components_used(task.components)}
    statuses = [task.status for task in cell.tasks]
    answered = [a for a in cell.answers if a.quality is not None]
    return CategoryScore(
        category=cell.category.id,
        model=cell.model,
        ultimate_score=own_score,
        quality=_weighted(cell, {t.task: t.quality for t in cell.scored}),
        interval=own_interval,
        components={name: _weighted(cell, _normalized(cell, name)) for name in COMPONENTS},
        components_used=tuple(name for name in COMPONENTS if name in used),
        common_score=common_score,
        common_interval=common_interval,
        common_components=tuple(n for n in COMPONENTS if n in common) if common_score is not None else (),
        n_tasks=len(cell.expected),
        n_scored=len(cell.scored),
        n_passed=statuses.count("passed"),
        n_weak=statuses.count("weak"),
        n_errors=statuses.count("error") + statuses.count("incomplete"),
        n_pending=statuses.count("pending"),
        n_skipped=statuses.count("skipped"),
        n_invalid=sum(a.outcome in WEAK_OUTCOMES and a.outcome != "weak" for a in cell.answers),
        n_contended=sum(a.contended for a in answered),
        n_cached=sum(a.cached for a in answered),
        pass_rate=fmean(t.n_passed / t.n_scored for t in cell.scored) if cell.scored else None,
        coverage=cell.coverage,
        covered=cell.covered,
        rank=rank[0] if rank else None,
        tied=rank[1] if rank else False,
        metrics=_pass_metrics(cell.scored),
        **_resources(answered),
    )


def _normalized(cell: _Cell, name: ComponentName) -> dict[str, float | None]:
    return {t.task: next((c.normalized for c in t.components if c.name == name), None) for t in cell.scored}


def _weighted(cell: _Cell, values: Mapping[str, float | None]) -> float | None:
    pairs = [(value, cell.weight(t)) for t in cell.scored if (value := values[t.task]) is not None]
    return weighted_mean([v for v, _ in pairs], [w for _, w in pairs]) if pairs else None


def _resources(answered: Sequence[SampleResult]) -> dict[str, float | int | None]:
    seconds = [t for a in answered if (t := usable_time_s(a)) is not None]
    speeds = [s for a in answered if (s := _tokens_per_s(a)) is not None]
    peaks = [p for a in answered if (p := _peak_bytes(a)) is not None]
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


def _pass_metrics(scored: Sequence[TaskResult]) -> dict[str, float | None]:
    """Means over tasks of pass@k and pass^k; ``None`` where a task has too few answers for that k."""
    metrics: dict[str, float | None] = {}
    for name in dict.fromkeys(n for t in scored for n in t.metrics if n.startswith("pass")):
        known = [v for t in scored if (v := t.metrics.get(name)) is not None]
        metrics[name] = fmean(known) if len(known) == len(scored) else None
    return metrics


def _overall(model: str, ran: Sequence[str], scores: Sequence[CategoryScore], *, partial: bool) -> OverallScore:
    """Plain mean of the comparable category scores, only when every category that ran is covered."""
    own = {s.category: s for s in scores if s.model == model and s.covered}
    missing = [category for category in ran if category not in own]
    values = [s.ultimate_score if s.common_score is None else s.common_score for s in own.values()]
    known = [v for v in values if v is not None]
    return OverallScore(
        model=model,
        score=fmean(known) if known and not missing else None,
        categories=tuple(ran),
        partial=partial,
        reason=f"not enough tasks scored in {', '.join(missing)}" if missing else "",
    )
