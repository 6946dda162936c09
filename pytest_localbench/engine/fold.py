"""From journal records to the run document: results, task results, category scores, comparisons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..domain.category import Category
from ..domain.model import ModelConfig
from ..domain.response import ResultKey
from ..domain.result import Failure, SampleResult, TaskResult
from ..domain.run import BenchmarkRun, Offline, Traffic
from ..domain.task import Task
from ..scoring.aggregate import summarize
from ..scoring.tasks import fold_task
from ..store.journal import Records
from .item import ScoreSettings, weights_for


@dataclass(frozen=True)
class FoldInput:
    """What a run left behind: its journals, what travelled on reports, the items whose worker died.

    ``categories``: those that were collected, so that one that was not run shows as such.
    """

    records: Records | None
    settings: ScoreSettings
    travelled: Mapping[str, str] = field(default_factory=dict)
    crashed: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()


def fold(source: FoldInput, frame: BenchmarkRun) -> BenchmarkRun:
    """The finished document: ``frame`` (identity, times, environment) filled with everything that was recorded."""
    records = source.records or Records()
    categories: list[Category] = _unique(records.of("category"), Category)
    ran = {category.id for category in categories}
    categories += [category for category in source.categories if category.id not in ran]
    tasks = _unique(records.of("task"), Task)
    models = _unique(records.of("model"), ModelConfig)
    results = _results(records, source)
    opened = {data["model"]: {k: v for k, v in data.items() if k != "model"} for data in records.of("opened")}
    task_results = fold_tasks(results, tasks, categories, source.settings)
    summary = summarize(categories, models, task_results, results)
    notes = list(frame.notes)
    if records.damaged:
        notes.append(f"{records.damaged} damaged lines of the journal were left out")
    return frame.model_copy(
        update={
            "categories": tuple(categories),
            "tasks": tuple(tasks),
            "models": tuple(models),
            "fingerprints": opened,
            "traffic": _traffic(records),
            "offline": frame.offline and Offline(blocked=_blocked(records)),
            "results": tuple(results),
            "task_results": tuple(task_results),
            "summary": summary.scores,
            "overall": summary.overall,
            "comparisons": summary.comparisons,
            "settings": _settings(source.settings),
            "notes": tuple(notes),
        }
    )


def _traffic(records: Records) -> tuple[Traffic, ...]:
    """What each model exchanged, over all processes."""
    found: dict[str, Traffic] = {}
    for entry in map(Traffic.model_validate, records.of("traffic")):
        found[entry.model] = entry.plus(found[entry.model]) if entry.model in found else entry
    return tuple(found[model] for model in sorted(found))


def _blocked(records: Records) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for data in records.of("blocked") for name in data["names"]))


def fold_tasks(
    results: Iterable[SampleResult], tasks: Iterable[Task], categories: Iterable[Category], settings: ScoreSettings
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
            folded.append(fold_task(group, task=task, weights=weights_for(task, by_category[category], settings)))
    return folded


def _results(records: Records, source: FoldInput) -> list[SampleResult]:
    found: dict[str, SampleResult] = {}
    for data in records.of("result"):
        result = SampleResult.model_validate(data)
        found[str(result.key)] = result
    for key, text in source.travelled.items():
        if key not in found:
            found[key] = SampleResult.model_validate_json(text)
    crashed = set(source.crashed)
    for data in records.of("started"):
        asked = ResultKey.model_validate(data["key"])
        if data["nodeid"] in crashed and str(asked) not in found:
            failure = Failure(kind="lost", message="the process that ran this item died; its answer is lost")
            found[str(asked)] = SampleResult(
                key=asked, outcome="lost", failure=failure, reason=failure.message, nodeid=data["nodeid"]
            )
    return sorted(found.values(), key=lambda r: (r.key.category, r.key.task, r.key.model, r.key.sample, r.key.attempt))


def _unique(records: Iterable[dict[str, Any]], kind: type[Any]) -> list[Any]:
    seen: dict[str, Any] = {}
    for data in records:
        seen.setdefault(json.dumps([data.get("category"), data["id"]]), data)
    return sorted(
        (kind.model_validate(data) for data in seen.values()), key=lambda e: (getattr(e, "category", ""), e.id)
    )


def _settings(settings: ScoreSettings) -> dict[str, Any]:
    weights = settings.weights
    return {
        "weights": None if weights is None else weights.model_dump(),
        "cost_budget_usd": settings.cost_budget_usd,
        "memory_budget_bytes": settings.memory_budget_bytes,
    }
