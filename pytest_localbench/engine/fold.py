"""From journal records to the run document: results, task results, category scores, comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..domain.category import Category
from ..domain.response import ResultKey
from ..domain.result import Failure, SampleResult, TaskResult
from ..domain.run import BenchmarkRun, Offline
from ..domain.task import Task
from ..scoring.aggregate import summarize
from ..scoring.tasks import fold_task
from ..scoring.whole import WholeTask
from .item import ScoreSettings, weights_for
from .judging import Judge
from .kept import Kept


@dataclass(frozen=True)
class FoldInput:
    """What a run left behind: what was recorded, what travelled on reports, the items whose worker died.

    ``categories``: those that were collected, so that one that was not run shows as such. ``judge_for``: the evaluators
    of a task, asked for where some of them look at the whole task. ``apart``: node ids of results that are kept and
    shown, but are in no score.
    """

    kept: Kept
    settings: ScoreSettings
    travelled: Mapping[ResultKey, str] = field(default_factory=dict)
    crashed: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    judge_for: Callable[[Task], Judge] | None = None
    apart: frozenset[str] = frozenset()


def fold(source: FoldInput, frame: BenchmarkRun) -> BenchmarkRun:
    """The finished document: ``frame`` (identity, times, environment) filled with everything that was recorded."""
    kept = source.kept
    categories = sorted(kept.categories.values(), key=lambda category: category.id)
    categories += [category for category in source.categories if category.id not in kept.categories]
    tasks = sorted(kept.tasks.values(), key=lambda task: (task.category, task.id))
    models = sorted(kept.models.values(), key=lambda model: model.id)
    results = _results(source)
    scored = [result for result in results if result.nodeid not in source.apart] if source.apart else results
    task_results = fold_tasks(scored, tasks, categories, source.settings, source.judge_for)
    summary = summarize(categories, models, task_results, scored)
    notes = list(frame.notes)
    if kept.damaged:
        notes.append(f"{kept.damaged} damaged lines of the journal were left out")
    return frame.model_copy(
        update={
            "categories": tuple(categories),
            "tasks": tuple(tasks),
            "models": tuple(models),
            "fingerprints": kept.opened,
            "traffic": tuple(kept.traffic[model] for model in sorted(kept.traffic)),
            "offline": frame.offline and Offline(blocked=tuple(dict.fromkeys(kept.blocked))),
            "results": tuple(results),
            "task_results": tuple(task_results),
            "summary": summary.scores,
            "overall": summary.overall,
            "comparisons": summary.comparisons,
            "settings": _settings(source.settings),
            "notes": tuple(notes),
        }
    )


def fold_tasks(
    results: Iterable[SampleResult],
    tasks: Iterable[Task],
    categories: Iterable[Category],
    settings: ScoreSettings,
    judge_for: Callable[[Task], Judge] | None = None,
) -> list[TaskResult]:
    """One result per task and model, in the order of the results."""
    by_task = {(task.category, task.id): task for task in tasks}
    by_category = {category.id: category for category in categories}
    groups: dict[tuple[str, str, str], list[SampleResult]] = {}
    for result in results:
        groups.setdefault((result.key.category, result.key.task, result.key.model), []).append(result)
    folded = []
    for (category, task_id, _model), group in groups.items():
        task = by_task.get((category, task_id))
        if task is not None and category in by_category:
            weights = weights_for(task, by_category[category], settings)
            folded.append(fold_task(group, task=task, weights=weights, whole=_whole(task, group, judge_for)))
    return folded


def _whole(task: Task, results: Iterable[SampleResult], judge_for: Callable[[Task], Judge] | None) -> WholeTask | None:
    if judge_for is None or all(spec.scope != "task" for spec in task.evaluators):
        return None
    return judge_for(task).over_task((r.key.sample, r.verdicts) for r in results if r.quality is not None)


def _results(source: FoldInput) -> list[SampleResult]:
    found = dict(source.kept.results)
    for key, text in source.travelled.items():
        if key not in found:
            found[key] = SampleResult.model_validate_json(text)
    crashed = set(source.crashed)
    for asked, nodeid in source.kept.started:
        if nodeid in crashed and asked not in found:
            failure = Failure(kind="lost", message="the process that ran this item died; its answer is lost")
            found[asked] = SampleResult(
                key=asked, outcome="lost", failure=failure, reason=failure.message, nodeid=nodeid
            )
    return sorted(found.values(), key=lambda r: (r.key.category, r.key.task, r.key.model, r.key.sample, r.key.attempt))


def _settings(settings: ScoreSettings) -> dict[str, Any]:
    weights = settings.weights
    return {
        "weights": None if weights is None else weights.model_dump(),
        "cost_budget_usd": settings.cost_budget_usd,
        "memory_budget_bytes": settings.memory_budget_bytes,
    }
