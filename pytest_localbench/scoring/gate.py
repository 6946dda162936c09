"""Thresholds that decide whether a run is good enough: the little language of ``--localbench-gate``.

    [CATEGORY[/TASK]][@MODEL]:METRIC OP VALUE        doc*:quality>=6    *:p95_s<=20    @smollm2:score>=2    score>=5

Names may be globs. Metrics and their units are those on screen: ``score`` 0 to 10, ``quality`` 1 to 10, ``pass_rate``
and ``coverage`` 0 to 1, ``median_s`` and ``p95_s`` in seconds, ``cost_usd``, ``memory_mb`` (1 MB = 10**6 bytes).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..domain.category import Category
from ..domain.result import TaskResult
from ..domain.run import CategoryScore, GateCheck, GateOutcome
from ..domain.task import Task
from ..errors import ConfigError, did_you_mean
from .constants import GATE_TOLERANCE
from .gate_values import BOUNDS, METRICS, TASK_METRICS, category_value, disturbed, task_value
from .gate_words import Where, comparison_words, nothing_matches, select

Operator = Literal[">=", "<=", ">", "<"]
_GRAMMAR = "[CATEGORY[/TASK]][@MODEL]:METRIC OP VALUE, for example 'doc*:quality>=6' or '@smollm2:p95_s<=20'"
_CONDITION = re.compile(r"^\s*(?P<metric>[^<>=!~\s]*)\s*(?P<op>[<>=!~]+)\s*(?P<value>.*?)\s*$")
_NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")
_OPERATORS: dict[str, Operator] = {">=": ">=", "<=": "<=", ">": ">", "<": "<"}


@dataclass(frozen=True, slots=True)
class Gate:
    """One parsed expression. ``category``, ``task`` and ``model`` are globs, ``None`` = all (``task``: none)."""

    expression: str
    metric: str
    operator: Operator
    value: float
    category: str | None = None
    task: str | None = None
    model: str | None = None

    def holds(self, value: float) -> bool:
        """Compare a raw value, never a rounded one, with a tolerance of 1e-9."""
        return _holds(value, self.operator, self.value)


def parse_gate(expr: str) -> Gate:
    """Read one expression; raises ConfigError with a sentence that says what is wrong and how to write it."""
    text = expr.strip()
    selector, colon, condition = text.rpartition(":")
    match = _CONDITION.match(condition)
    if match is None or not match["metric"]:
        raise _wrong(expr, f"write {_GRAMMAR}")
    category, task, model = _selector(expr, selector, bool(colon))
    metric, operator = match["metric"], _OPERATORS.get(match["op"])
    if metric not in METRICS:
        raise _wrong(expr, f"unknown metric '{metric}'{did_you_mean(metric, METRICS)}; known: {', '.join(METRICS)}")
    if operator is None:
        raise _wrong(expr, f"unknown comparison '{match['op']}'; use >=, <=, > or <")
    if task is not None and metric not in TASK_METRICS:
        raise _wrong(expr, f"{metric} is measured per category, not per task")
    value = _number(expr, metric, match["value"])
    return Gate(expr, metric, operator, value, category, task, model)


def fail_under_gate(score: float) -> Gate:
    """The gate of ``--localbench-fail-under``; raises ConfigError when the score is not on the 0 to 10 scale."""
    low, high = BOUNDS["score"]
    if not low <= score <= high:
        raise ConfigError(f"--localbench-fail-under {score:g}: the score runs from {low:g} to {high:g}.")
    return Gate(f"fail-under {score:g}", "score", ">=", score)


def evaluate_gates(
    summary: Sequence[CategoryScore],
    task_results: Sequence[TaskResult],
    *,
    fail_under: float | None,
    gates: Sequence[Gate],
    categories: Sequence[Category],
    tasks: Sequence[Task],
) -> GateOutcome | None:
    """Check every threshold of the run; ``None`` when there is none.

    ``fail_under`` (0 to 10) holds for every model in every category that ran; ``thresholds`` of categories and tasks
    hold where they ran. Values are each model's own, compared raw. A value that is not known, a category that is not
    covered and a selector that matches nothing fail, with the reason; a time that is not known only because other work
    ran during every answer is not judged.
    """
    wanted = [] if fail_under is None else [fail_under_gate(fail_under)]
    run = _Run(summary, task_results, {c.id: c for c in categories}, {(t.category, t.id): t for t in tasks})
    checks = [check for gate in (*wanted, *gates) for check in run.check(gate)]
    checks += [check for category in categories for check in run.check_category(category)]
    checks += [check for task in tasks for check in run.check_task(task)]
    return GateOutcome(passed=all(c.passed for c in checks), checks=tuple(checks)) if checks else None


@dataclass(frozen=True, slots=True)
class _Run:
    summary: Sequence[CategoryScore]
    task_results: Sequence[TaskResult]
    categories: dict[str, Category]
    tasks: dict[tuple[str, str], Task]

    def check(self, gate: Gate) -> list[GateCheck]:
        if gate.task is not None:
            found = [t for t in self.task_results if select(gate.category, t.category) and select(gate.task, t.task)]
            checks = [self._task(gate, t) for t in found if select(gate.model, t.model) and t.status != "skipped"]
        else:
            rows = [s for s in self.summary if select(gate.category, s.category) and select(gate.model, s.model)]
            checks = [self._row(gate, row) for row in rows]
        if checks:
            return checks
        names = (self.categories, [task for _, task in self.tasks], {s.model for s in self.summary})
        reason = nothing_matches((gate.category, gate.task, gate.model), names)
        return [_failed(gate, (None, None, None), reason)]

    def check_category(self, category: Category) -> list[GateCheck]:
        limits = category.thresholds
        if limits.fail_under is None:
            return []
        gate = Gate(f"{category.id}: fail_under {limits.fail_under:g}", "score", ">=", limits.fail_under)
        rows = [s for s in self.summary if s.category == category.id]
        return [self._row(gate, row, lower=limits.gate_on == "lower") for row in rows]

    def check_task(self, task: Task) -> list[GateCheck]:
        limits = task.thresholds
        if limits.fail_under is None and not limits.must_pass:
            return []
        results = [
            t for t in self.task_results if (t.category, t.task) == (task.category, task.id) and t.status != "skipped"
        ]
        checks = []
        if limits.fail_under is not None:
            gate = Gate(f"{task.id}: fail_under {limits.fail_under:g}", "score", ">=", limits.fail_under)
            checks += [self._task(gate, result) for result in results]
        if limits.must_pass:
            points = 1.0 + 9.0 * limits.pass_quality
            gate = Gate(f"{task.id}: must_pass", "quality", ">=", points)
            checks += [self._task(gate, result) for result in results]
        return checks

    def _row(self, gate: Gate, row: CategoryScore, *, lower: bool = False) -> GateCheck:
        where = (row.category, row.model, None)
        place = f"{row.category}[{row.model}]"
        if row.n_scored == 0:
            return _failed(gate, where, f"{place}: 0 items scored{_why_none(row)}")
        if gate.metric != "coverage" and not row.covered:
            share = f"only {row.coverage or 0.0:.0%} of the tasks were scored ({row.n_scored} of {row.n_tasks})"
            return _failed(gate, where, f"{place}: {share}, too few for a gate")
        value, unknown = category_value(row, gate.metric, lower=lower)
        if value is None:
            if disturbed(row, gate.metric):
                return _unjudged(gate, where, f"{place} {gate.metric}")
            return _failed(gate, where, f"{place}: {unknown}")
        label = f"{place} {'lower end of score' if lower else gate.metric}"
        return _checked(gate, where, value, label)

    def _task(self, gate: Gate, result: TaskResult) -> GateCheck:
        where = (result.category, result.model, result.task)
        place = f"{result.category}/{result.task}[{result.model}]"
        if result.status not in {"passed", "weak"}:
            return _failed(gate, where, f"{place} is {result.status}{': ' + result.reason if result.reason else ''}")
        value, unknown = task_value(result, gate.metric)
        if value is None:
            if disturbed(result, gate.metric):
                return _unjudged(gate, where, f"{place} {gate.metric}")
            return _failed(gate, where, f"{place}: {unknown}")
        return _checked(gate, where, value, f"{place} {gate.metric}")


def _holds(value: float, operator: Operator, threshold: float) -> bool:
    match operator:
        case ">=":
            return value >= threshold - GATE_TOLERANCE
        case "<=":
            return value <= threshold + GATE_TOLERANCE
        case ">":
            return value > threshold + GATE_TOLERANCE
        case "<":
            return value < threshold - GATE_TOLERANCE


def _checked(gate: Gate, where: Where, value: float, label: str) -> GateCheck:
    passed = gate.holds(value)
    words = comparison_words(value, gate.operator, gate.value, met=passed)
    return _check(gate, where, passed, f"gate {'met' if passed else 'not met'}: {label} {words}", value)


def _failed(gate: Gate, where: Where, reason: str) -> GateCheck:
    return _check(gate, where, False, f"gate not met: {reason}")


def _unjudged(gate: Gate, where: Where, label: str) -> GateCheck:
    why = "other work ran during every answer or all came from the cache, and such times decide no gate"
    return _check(gate, where, True, f"gate not judged: {label}: {why}")


def _check(gate: Gate, where: Where, passed: bool, message: str, value: float | None = None) -> GateCheck:
    category, model, task = where
    return GateCheck(
        expression=gate.expression,
        category=category,
        model=model,
        task=task,
        value=value,
        threshold=gate.value,
        passed=passed,
        message=message,
    )


def _why_none(row: CategoryScore) -> str:
    counts = {"errors": row.n_errors, "pending": row.n_pending, "skipped": row.n_skipped}
    parts = [f"{count} {word}" for word, count in counts.items() if count]
    return f" ({', '.join(parts)})" if parts else ""


def _selector(expr: str, selector: str, colon: bool) -> tuple[str | None, str | None, str | None]:
    if not colon:
        return None, None, None
    place, at, model = selector.strip().partition("@")
    category, slash, task = place.partition("/")
    parts = [part for part, given in ((category, bool(slash)), (task, bool(slash)), (model, bool(at))) if given]
    if not all(part.strip() for part in parts) or "@" in model or "/" in task or not (place or at):
        raise _wrong(expr, f"the part before ':' is incomplete; write {_GRAMMAR}")
    return category.strip() or None, task.strip() or None, model.strip() or None


def _number(expr: str, metric: str, text: str) -> float:
    if not _NUMBER.match(text):
        raise _wrong(expr, f"'{text}' is no plain number{_number_hint(metric, text)}")
    value = float(text)
    low, high = BOUNDS[metric]
    if not math.isfinite(value) or not low <= value <= high:
        limits = f"from {low:g} to {high:g}" if math.isfinite(high) else f"from {low:g} upwards"
        raise _wrong(expr, f"{metric} runs {limits}, {text} is outside{_scale_hint(metric, value)}")
    return value


def _number_hint(metric: str, text: str) -> str:
    if not text:
        return "; a value is missing"
    if text.endswith("%"):
        return f"; write a share, 80 % as {metric}>=0.8" if BOUNDS[metric][1] == 1.0 else f"; {metric} is no percentage"
    if _NUMBER.match(text.replace(",", ".")):
        return f"; write {text.replace(',', '.')}"
    return "; leave the unit away" if text[:1].isdigit() else ""


def _scale_hint(metric: str, value: float) -> str:
    low, high = BOUNDS[metric]
    if high == 1.0 and 1.0 < value <= 100.0:
        return f" (a share: {value:g} % is {value / 100:g})"
    if metric == "quality" and 0.0 <= value < low:
        return f" (a share of {value:g} of the points is quality {1 + 9 * value:.1f})"
    return ""


def _wrong(expr: str, problem: str) -> ConfigError:
    return ConfigError(f"gate '{expr}': {problem}.")
