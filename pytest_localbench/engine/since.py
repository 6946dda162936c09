"""This run against an earlier one of the same models: a paired test over the tasks that did not change."""

from __future__ import annotations

from ..domain.run import BenchmarkRun, Comparison
from ..scoring.common import SCORED, CommonTasks, Pair
from ..scoring.comparison import compare_models, holm
from ..scoring.constants import SIGNIFICANCE


def since(now: BenchmarkRun, then: BenchmarkRun) -> tuple[Comparison, ...]:
    """For each category and model of both runs: ``MODEL now`` (first) against ``MODEL then`` (second).

    Only tasks scored in both and unchanged in between count, over the components that both results have. Between
    different machines or settings only quality counts: times, memory and weights mean nothing there. p-values are
    corrected for the number of rows (Holm).
    """
    return paired(CommonTasks.of(now, then))


def paired(common: CommonTasks) -> tuple[Comparison, ...]:
    """The same for two runs whose tasks are already sorted."""
    asked_then = {(t.category, t.model) for t in common.then.task_results if t.status in SCORED}
    rows = ((t.category, t.model) for t in common.now.task_results if t.status in SCORED)
    groups: dict[tuple[str, str], list[Pair]] = {row: [] for row in rows if row in asked_then}
    for pair in common.pairs:
        groups[pair[0].category, pair[0].model].append(pair)
    found = [_row(common, category, model, pairs) for (category, model), pairs in groups.items()]
    corrected = holm([1.0 if row.p_value is None else row.p_value for row in found])
    return tuple(_settled(row, p) for row, p in zip(found, corrected, strict=True))


def _row(common: CommonTasks, category: str, model: str, pairs: list[Pair]) -> Comparison:
    now, then = f"{model} now", f"{model} then"
    scores: dict[str, dict[str, float]] = {now: {}, then: {}}
    weights: dict[str, float] = {}
    for pair in pairs:
        values = common.scores(pair)
        if values is not None:
            scores[now][pair[0].task], scores[then][pair[0].task] = values
            weights[pair[0].task] = common.weight(pair[0])
    return compare_models(category, scores, weights)[0]


def _settled(pair: Comparison, p_value: float) -> Comparison:
    if pair.p_value is None or pair.better is None or p_value < SIGNIFICANCE:
        return pair.model_copy(update={"p_value": None if pair.p_value is None else p_value})
    verdict = f"{pair.verdict}: cannot be told from chance"
    return pair.model_copy(update={"p_value": p_value, "better": None, "verdict": verdict})
