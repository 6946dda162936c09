"""Gates: thresholds on what was measured. Raw values are compared; unknown never passes; nothing scored never passes.

Grammar: ``[CATEGORY[/TASK]][@MODEL]:METRIC OP VALUE`` with globs, or ``METRIC OP VALUE`` for everything that ran, e.g.
``doc*:quality>=6``, ``document_understanding@smollm2:score>=1``, ``*:p95_s<=20``.
"""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..domain.category import Category
from ..domain.result import TaskResult
from ..domain.run import CategoryScore, GateCheck, GateOutcome
from ..domain.task import Task
from ..errors import ConfigError, did_you_mean
from .constants import GATE_TOLERANCE

METRICS: dict[str, tuple[float, float]] = {
    "score": (0, 10),
    "quality": (1, 10),
    "pass_rate": (0, 1),
    "coverage": (0, 1),
    "p95_s": (0, float("inf")),
    "median_s": (0, float("inf")),
    "cost_usd": (0, float("inf")),
    "memory_mb": (0, float("inf")),
}
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda a, b: a >= b - GATE_TOLERANCE,
    "<=": lambda a, b: a <= b + GATE_TOLERANCE,
    ">": operator.gt,
    "<": operator.lt,
}
_GATE = re.compile(
    r"^\s*(?:(?P<category>[^/@:<>=\s]*)(?:/(?P<task>[^@:<>=\s]+))?(?:@(?P<model>[^:<>=\s]+))?\s*:)?\s*"
    r"(?P<metric>[a-z0-9_]+)\s*(?P<op>>=|<=|>|<)\s*(?P<value>[-+.\d]+)\s*$"
)
_FAILS = {">=": "<", ">": "<=", "<=": ">", "<": ">="}


@dataclass(frozen=True, slots=True)
class Gate:
    """One parsed threshold."""

    text: str
    category: str
    task: str | None
    model: str
    metric: str
    op: str
    value: float


def parse_gate(text: str) -> Gate:
    """A gate from its text; raises ConfigError with a sentence."""
    found = _GATE.match(text)
    if found is None:
        raise ConfigError(f"gate '{text}' cannot be read; write it as CATEGORY:METRIC>=VALUE, e.g. 'doc*:quality>=6'")
    metric = found["metric"]
    if metric not in METRICS:
        raise ConfigError(
            f"gate '{text}': unknown metric '{metric}'{did_you_mean(metric, METRICS)}; known: {', '.join(METRICS)}"
        )
    try:
        value = float(found["value"])
    except ValueError:
        raise ConfigError(f"gate '{text}': '{found['value']}' is no number") from None
    low, high = METRICS[metric]
    if not low <= value <= high:
        raise ConfigError(f"gate '{text}': {metric} lies between {low:g} and {high:g}")
    if found["task"] and metric not in {"score", "quality", "pass_rate", "median_s"}:
        raise ConfigError(f"gate '{text}': '{metric}' is measured per category, not per task")
    return Gate(
        text.strip(), found["category"] or "*", found["task"], found["model"] or "*", metric, found["op"], value
    )


def evaluate_gates(
    summary: Sequence[CategoryScore],
    task_results: Sequence[TaskResult],
    *,
    fail_under: float | None,
    gates: Sequence[Gate],
    categories: Sequence[Category],
    tasks: Sequence[Task],
) -> GateOutcome | None:
    """Every threshold of the run, of its categories and of its tasks; ``None`` when there is none."""
    checks: list[GateCheck] = []
    if fail_under is not None:
        checks += _apply(
            Gate(f"score>={fail_under:g}", "*", None, "*", "score", ">=", fail_under), summary, task_results
        )
    for gate in gates:
        checks += _apply(gate, summary, task_results)
    for category in categories:
        if category.thresholds.fail_under is not None:
            checks += _category_threshold(category, summary)
    for task in tasks:
        if task.thresholds.fail_under is not None or task.thresholds.must_pass:
            checks += _task_thresholds(task, task_results)
    return GateOutcome(passed=all(c.passed for c in checks), checks=tuple(checks)) if checks else None


def _apply(gate: Gate, summary: Sequence[CategoryScore], task_results: Sequence[TaskResult]) -> list[GateCheck]:
    if gate.task is not None:
        chosen = [
            r for r in task_results if _fits(gate, r.category, r.model) and fnmatch.fnmatchcase(r.task, gate.task)
        ]
        checks = [_check(gate, r.category, r.model, _task_value(r, gate.metric), task=r.task) for r in chosen]
    else:
        rows = [s for s in summary if _fits(gate, s.category, s.model)]
        checks = [_row_check(gate, row) for row in rows]
    if checks:
        return checks
    known = sorted({s.category for s in summary})
    if known:
        problem = f"nothing that ran matches (categories: {', '.join(known)}){did_you_mean(gate.category, known)}"
    else:
        problem = "0 items scored"
    return [
        GateCheck(
            expression=gate.text, threshold=gate.value, passed=False, message=f"gate not met: {gate.text}: {problem}"
        )
    ]


def _fits(gate: Gate, category: str, model: str) -> bool:
    return fnmatch.fnmatchcase(category, gate.category) and fnmatch.fnmatchcase(model, gate.model)


def _row_check(gate: Gate, row: CategoryScore) -> GateCheck:
    if not row.n_scored:
        return _check(gate, row.category, row.model, None, why="0 items scored")
    if not row.covered and gate.metric != "coverage":
        share = 0.0 if row.coverage is None else row.coverage
        return _check(gate, row.category, row.model, None, why=f"only {share:.0%} of the tasks were scored")
    return _check(gate, row.category, row.model, _row_value(row, gate.metric))


def _row_value(row: CategoryScore, metric: str) -> float | None:
    if metric == "quality":
        return None if row.quality is None else 1 + 9 * row.quality
    if metric == "memory_mb":
        return None if row.peak_memory_bytes is None else row.peak_memory_bytes / 1e6
    names = {"score": "ultimate_score", "p95_s": "p95_time_s", "median_s": "median_time_s"}
    value: float | None = getattr(row, names.get(metric, metric))
    return value


def _task_value(result: TaskResult, metric: str) -> float | None:
    if metric == "quality":
        return None if result.quality is None else 1 + 9 * result.quality
    if metric == "pass_rate":
        return result.n_passed / result.n_scored if result.n_scored else None
    if metric == "median_s":
        return next((c.raw for c in result.components if c.name == "time"), None)
    return result.ultimate_score


def _check(
    gate: Gate, category: str, model: str, value: float | None, *, task: str | None = None, why: str = ""
) -> GateCheck:
    subject = f"{category}{'/' + task if task else ''} {model}"
    passed = value is not None and _OPERATORS[gate.op](value, gate.value)
    if value is None:
        message = f"gate not met: {subject}: {gate.metric} is not known{': ' + why if why else ''}"
    else:
        got, limit = distinct_digits(value, gate.value)
        sign = gate.op if passed else _FAILS[gate.op]
        message = f"gate {'met' if passed else 'not met'}: {subject}: {gate.metric} {got} {sign} {limit}"
    return GateCheck(
        expression=gate.text, category=category, model=model, task=task, value=value, threshold=gate.value,
        passed=passed, message=message,
    )  # fmt: skip


def distinct_digits(value: float, limit: float) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to tell them apart (at least two)."""
    for digits in range(2, 12):
        shown, bound = f"{value:.{digits}f}", f"{limit:.{digits}f}"
        if shown != bound or value == limit:
            return shown, f"{limit:g}"
    return repr(value), repr(limit)


def _category_threshold(category: Category, summary: Iterable[CategoryScore]) -> list[GateCheck]:
    limit = category.thresholds.fail_under
    assert limit is not None
    gate = Gate(f"{category.id}: fail_under {limit:g}", category.id, None, "*", "score", ">=", limit)
    checks = []
    for row in summary:
        if row.category == category.id:
            lower = row.interval.low if row.interval is not None else None
            use_lower = category.thresholds.gate_on == "lower" and row.covered
            checks.append(_check(gate, row.category, row.model, lower) if use_lower else _row_check(gate, row))
    return checks


def _task_thresholds(task: Task, task_results: Iterable[TaskResult]) -> list[GateCheck]:
    checks = []
    mine = [r for r in task_results if (r.category, r.task) == (task.category, task.id) and r.status != "skipped"]
    for result in mine:
        if task.thresholds.fail_under is not None:
            gate = Gate(
                f"{task.id}: fail_under", task.category, task.id, "*", "score", ">=", task.thresholds.fail_under
            )
            checks.append(_check(gate, task.category, result.model, result.ultimate_score, task=task.id))
        if task.thresholds.must_pass:
            passed = result.status == "passed"
            words = "passed" if passed else f"must pass, but {result.reason or result.status}"
            checks.append(
                GateCheck(
                    expression=f"{task.id}: must_pass",
                    category=task.category,
                    model=result.model,
                    task=task.id,
                    value=result.quality,
                    threshold=task.thresholds.pass_quality,
                    passed=passed,
                    message=f"gate {'met' if passed else 'not met'}: {task.category}/{task.id} {result.model}: {words}",
                )
            )
    return checks
