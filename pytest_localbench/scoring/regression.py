"""How far a run may fall behind an earlier one: the little language of ``--localbench-compare-fail``.

    [CATEGORY[/TASK]][@MODEL:]METRIC:LIMIT    quality:5%    doc*:p95_s:20%    documents/*:quality:0    @m:score:real

LIMIT is what is allowed: a share of the earlier value (``5%``), an amount in the metric's own unit (``0.5``), or
``real``: as long as a paired test cannot tell the fall from chance. Only tasks count that both runs scored and that did
not change; times and memory only within one machine, times only of answers that were undisturbed in both runs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..domain.run import BenchmarkRun, GateCheck
from ..errors import ConfigError, did_you_mean
from .common import CommonTasks, Pair
from .fallen import Fall, falls_of_category, falls_of_task, real_falls
from .gate_values import METRICS, TASK_METRICS
from .gate_words import Where, nothing_matches, select

REGRESSION_METRICS = tuple(name for name in METRICS if name != "coverage")
REAL = "real"
REAL_METRICS = ("score", "quality")
_GRAMMAR = "[CATEGORY[/TASK]][@MODEL]:METRIC:LIMIT, for example 'quality:5%', 'doc*:p95_s:20%' or '*/*:quality:0'"
_PLACE = re.compile(r"^(?P<category>[^/@]+)?(?:/(?P<task>[^/@]+))?(?:@(?P<model>[^/@]+))?$")
_LIMIT = re.compile(r"^(?P<number>\d+(\.\d*)?|\.\d+)\s*(?P<percent>%)?$")


@dataclass(frozen=True, slots=True)
class Regression:
    """One parsed expression. ``limit``: what is allowed, a share when ``relative``, ``None`` = what chance explains."""

    expression: str
    metric: str
    limit: float | None
    relative: bool = False
    category: str | None = None
    task: str | None = None
    model: str | None = None

    def matches(self, category: str, task: str, model: str) -> bool:
        """True when the selector takes in this task of this model."""
        return select(self.category, category) and select(self.task, task) and select(self.model, model)


def parse_regression(expr: str) -> Regression:
    """Read one expression; raises ConfigError with a sentence that says what is wrong and how to write it."""
    head, colon, limit = expr.strip().rpartition(":")
    place, selected, metric = head.rpartition(":")
    metric, limit = metric.strip(), limit.strip()
    if not colon or not metric:
        raise _wrong(expr, f"write {_GRAMMAR}")
    parts = _PLACE.match(place.strip())
    if parts is None or (selected and not place.strip()) or (parts["task"] and not parts["category"]):
        raise _wrong(expr, f"the part before the metric cannot be read; write {_GRAMMAR}")
    if metric not in REGRESSION_METRICS:
        known = ", ".join(REGRESSION_METRICS)
        raise _wrong(
            expr,
            f"unknown metric '{metric}'{did_you_mean(metric.replace('_seconds', '_s'), REGRESSION_METRICS)}; known: {known}",
        )
    if parts["task"] and metric not in TASK_METRICS:
        raise _wrong(expr, f"{metric} is measured per category, not per task")
    if limit == REAL:
        if metric not in REAL_METRICS or parts["task"]:
            raise _wrong(expr, "'real' tests score or quality of a whole category")
        return Regression(expr, metric, None, False, parts["category"], None, parts["model"])
    number = _LIMIT.match(limit)
    if number is None:
        raise _wrong(expr, f"'{limit}' is no limit: write a share such as 5%, a number such as 0.5, or {REAL}")
    share = number["percent"] is not None
    value = float(number["number"]) / (100 if share else 1)
    if not math.isfinite(value):
        raise _wrong(expr, f"{limit} is too large")
    return Regression(expr, metric, value, share, parts["category"], parts["task"], parts["model"])


def check_regressions(
    wanted: Sequence[Regression], now: BenchmarkRun, then: BenchmarkRun | None, name: str
) -> tuple[GateCheck, ...]:
    """Check every expression against ``then`` (shown as ``name``); ``None`` = there is no run to compare with.

    What cannot be compared fails with the reason, except noise and other machines (times, memory), which are not
    judged; tasks that are new are only reported.
    """
    if then is None:
        return tuple(_failed(r, "there is no earlier run to compare with") for r in wanted)
    common = CommonTasks.of(now, then)
    return tuple(check for r in wanted for check in _checks(r, common, name))


def _checks(wanted: Regression, common: CommonTasks, name: str) -> list[GateCheck]:
    pairs = [p for p in common.pairs if wanted.matches(p[0].category, p[0].task, p[0].model)]
    broken = [t for t in common.unscored if wanted.matches(t.category, t.task, t.model)]
    if not pairs and not broken:
        return [_failed(wanted, _nothing_in_common(wanted, common, name))]
    if wanted.task is not None:
        found = [_judged(wanted, falls_of_task(wanted.metric, pair, common), name) for pair in pairs]
        found += [
            _failed(wanted, f"{t.category}/{t.task}[{t.model}] had a score in {name} and is {t.status} now{_why(t.reason)}",
                    (t.category, t.model, t.task))
            for t in broken
        ]  # fmt: skip
        return found + [_new(wanted, (t.category, t.task, t.model), name) for t in common.only_now
                        if wanted.matches(t.category, t.task, t.model)]  # fmt: skip
    groups: dict[tuple[str, str], list[Pair]] = {(t.category, t.model): [] for t in broken}
    for pair in pairs:
        groups.setdefault((pair[0].category, pair[0].model), []).append(pair)
    lost = {key: sum((t.category, t.model) == key for t in broken) for key in groups}
    checks = [
        _failed(wanted, f"{key[0]}[{key[1]}]: {n} of the tasks that had a score in {name} have none now", (*key, None))
        for key, n in lost.items() if n
    ]  # fmt: skip
    whole = {key: own for key, own in groups.items() if own and not lost[key]}
    if wanted.limit is None:
        falls = real_falls(wanted.metric, whole, common)
    else:
        falls = [falls_of_category(wanted.metric, key, own, common) for key, own in whole.items()]
    return checks + [_judged(wanted, fall, name) for fall in falls]


def _judged(wanted: Regression, fall: Fall, name: str) -> GateCheck:
    where = (fall.category, fall.model, fall.task)
    if fall.not_judged:
        return _check(wanted, where, True, f"gate not judged: {fall.place} {wanted.metric}: {fall.not_judged}")
    if fall.now is None or fall.then is None:
        return _failed(wanted, f"{fall.place}: {fall.unknown}", where)
    if wanted.limit is None:
        if fall.real is None:
            return _failed(wanted, f"{fall.place}: {fall.unknown}", where)
        bad, limit, allowed = fall.real, fall.then, "more than chance explains"
    else:
        limit = fall.allowed(wanted.limit, relative=wanted.relative)
        bad = fall.beyond(wanted.limit, relative=wanted.relative)
        allowed = f"allowed {fall.limit_words(wanted.limit, relative=wanted.relative)}"
    words = fall.words(name)
    if bad:
        return _check(wanted, where, False, f"gate not met: {words} ({allowed}){fall.notes}", fall.now, limit)
    return _check(wanted, where, True, f"gate met: {words}{fall.notes}", fall.now, limit)


def _new(wanted: Regression, key: tuple[str, str, str], name: str) -> GateCheck:
    category, task, model = key
    text = f"gate not judged: {category}/{task}[{model}] is new, {name} has no score for it"
    return _check(wanted, (category, model, task), True, text)


def _nothing_in_common(wanted: Regression, common: CommonTasks, name: str) -> str:
    changed = [t for t in common.changed if wanted.matches(t.category, t.task, t.model)]
    if changed:
        return f"nothing can be compared: all {len(changed)} tasks that match have changed since {name}"
    new = [t for t in common.only_now if wanted.matches(t.category, t.task, t.model)]
    if new:
        return f"nothing can be compared: {name} has no score for the {len(new)} tasks that match (bless or save them first)"
    results = common.now.task_results
    names = ({t.category for t in results}, [t.task for t in results], {t.model for t in results})
    return nothing_matches((wanted.category, wanted.task, wanted.model), names)


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""


def _failed(wanted: Regression, reason: str, where: Where = (None, None, None)) -> GateCheck:
    return _check(wanted, where, False, f"gate not met: {reason}")


def _check(
    wanted: Regression,
    where: Where,
    passed: bool,
    message: str,
    value: float | None = None,
    threshold: float | None = None,
) -> GateCheck:
    category, model, task = where
    return GateCheck(
        expression=f"compare-fail {wanted.expression}",
        category=category,
        model=model,
        task=task,
        value=value,
        threshold=threshold if threshold is not None else wanted.limit or 0.0,
        passed=passed,
        message=message,
    )


def _wrong(expr: str, problem: str) -> ConfigError:
    return ConfigError(f"compare-fail '{expr}': {problem}.")
