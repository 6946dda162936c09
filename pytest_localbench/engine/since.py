"""This run against an earlier one of the same models: a paired test over the tasks that did not change."""

from __future__ import annotations

from collections.abc import Mapping

from ..domain.renames import with_new_ids
from ..domain.result import TaskResult
from ..domain.run import BenchmarkRun, Comparison
from ..domain.score import COMPONENTS, ComponentName
from ..scoring.comparison import compare_models, holm
from ..scoring.constants import SIGNIFICANCE
from ..scoring.ultimate import components_used, ultimate_score

_SCORED = frozenset({"passed", "weak"})
_Results = Mapping[tuple[str, str, str], TaskResult]


def since(now: BenchmarkRun, then: BenchmarkRun) -> tuple[Comparison, ...]:
    """For each category and model of both runs: ``MODEL now`` (first) against ``MODEL then`` (second).

    Only tasks scored in both and unchanged in between count, over the components that both results have. Between
    different machines or settings only quality counts: times, memory and weights mean nothing there. p-values are
    corrected for the number of rows (Holm).
    """
    alike = now.environment.machine == then.environment.machine and now.settings == then.settings
    allowed: frozenset[ComponentName] = frozenset(COMPONENTS) if alike else frozenset({"quality"})
    before, after = _scored(with_new_ids(then, now)), _scored(now)
    pairs: dict[tuple[str, str], list[str]] = {}
    for key, result in after.items():
        earlier = before.get(key)
        tasks = pairs.setdefault((result.category, result.model), [])
        if earlier is not None and earlier.task_hash == result.task_hash:
            tasks.append(result.task)
    found = [
        _pair(category, model, tasks, (after, before), allowed)
        for (category, model), tasks in pairs.items()
        if any(c == category and m == model for c, _, m in before)
    ]
    corrected = holm([1.0 if pair.p_value is None else pair.p_value for pair in found])
    return tuple(_settled(pair, p) for pair, p in zip(found, corrected, strict=True))


def _scored(run: BenchmarkRun) -> dict[tuple[str, str, str], TaskResult]:
    return {(t.category, t.task, t.model): t for t in run.task_results if t.status in _SCORED}


def _pair(
    category: str,
    model: str,
    tasks: list[str],
    runs: tuple[_Results, _Results],
    allowed: frozenset[ComponentName],
) -> Comparison:
    names = (f"{model} now", f"{model} then")
    scores: dict[str, dict[str, float]] = {name: {} for name in names}
    weights: dict[str, float] = {}
    for task in tasks:
        both = [results[category, task, model] for results in runs]
        common = allowed.intersection(*(components_used(result.components) for result in both))
        values = [ultimate_score(result.components, common) for result in both]
        if None in values:
            continue
        weights[task] = float(both[0].complexity)
        for name, value in zip(names, values, strict=True):
            scores[name][task] = value or 0.0
    return compare_models(category, scores, weights)[0]


def _settled(pair: Comparison, p_value: float) -> Comparison:
    if pair.p_value is None or pair.better is None or p_value < SIGNIFICANCE:
        return pair.model_copy(update={"p_value": None if pair.p_value is None else p_value})
    verdict = f"{pair.verdict}: cannot be told from chance"
    return pair.model_copy(update={"p_value": p_value, "better": None, "verdict": verdict})
