"""A metric now and then, over the tasks that two runs have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from ..domain.result import SampleResult, TaskResult
from .common import CommonTasks, Pair, place
from .comparison import compare_models, holm
from .constants import GATE_TOLERANCE, MIN_TASKS_TO_DIFFER, SIGNIFICANCE
from .gate_values import TIME_METRICS, task_value
from .gate_words import comparison_words
from .intervals import weighted_mean
from .tasks import slow_percentile

HIGHER_IS_BETTER = ("score", "quality", "pass_rate")
_SHOWN_CHANGE = 0.05
OTHER_MACHINE = "the runs were made on different machines, and times and memory are never compared between machines"
NOISE = "no answer was new and undisturbed in both runs, and noise decides no gate"


@dataclass(frozen=True, slots=True)
class Fall:
    """One metric of one category or task, in the units on screen; ``None`` = not known, with ``unknown`` as the reason.

    ``real``: with a paired test, whether the fall is more than chance. ``notes``: over what the values were taken.
    """

    category: str
    model: str
    task: str | None
    place: str
    metric: str
    now: float | None = None
    then: float | None = None
    real: bool | None = None
    not_judged: str = ""
    unknown: str = ""
    notes: str = ""

    def allowed(self, limit: float, *, relative: bool) -> float:
        """The value from which the gate is not met any more."""
        room = limit * abs(self.then or 0.0) if relative else limit
        return (self.then or 0.0) + (-room if self.metric in HIGHER_IS_BETTER else room)

    def beyond(self, limit: float, *, relative: bool) -> bool:
        """True when the value is worse than what is allowed, by more than 1e-9 (raw values, never rounded ones)."""
        worst = self.allowed(limit, relative=relative)
        better = (self.now or 0.0) - worst if self.metric in HIGHER_IS_BETTER else worst - (self.now or 0.0)
        return better < -GATE_TOLERANCE

    def limit_words(self, limit: float, *, relative: bool) -> str:
        """``5 %`` or ``0.5``."""
        return f"{100 * limit:g} %" if relative else f"{limit:g}"

    def words(self, name: str) -> str:
        """``documents[m] quality 7.10 < 8.20 in main``, with as many digits as it takes."""
        now, then = self.now or 0.0, self.then or 0.0
        if abs(now - then) <= GATE_TOLERANCE:
            return f"{self.place} {self.metric} {now:.2f} as in {name}"
        change = 100 * (now - then) / then if then > 0 else 0.0
        share = f", {change:+.1f} %" if abs(change) >= _SHOWN_CHANGE else ""
        numbers = comparison_words(now, "<" if now < then else ">", then, met=True)
        return f"{self.place} {self.metric} {numbers} in {name}{share}"


def falls_of_category(metric: str, key: tuple[str, str], pairs: Sequence[Pair], common: CommonTasks) -> Fall:
    """One metric of one model in one category, over its common tasks (at least one)."""
    frame = Fall(key[0], key[1], None, f"{key[0]}[{key[1]}]", metric, notes=_notes(key, pairs, common, metric))
    return _filled(frame, pairs, common)


def falls_of_task(metric: str, pair: Pair, common: CommonTasks) -> Fall:
    """The same for one task."""
    result = pair[0]
    return _filled(Fall(result.category, result.model, result.task, place(result), metric), [pair], common)


def real_falls(metric: str, groups: Mapping[tuple[str, str], Sequence[Pair]], common: CommonTasks) -> list[Fall]:
    """For each category and model, whether it is really worse: paired sign-flip test, Holm over the rows."""
    rows = []
    for (category, _model), pairs in groups.items():
        values = [(pair, _values(metric, [pair], common)) for pair in pairs]
        known = [(pair, v) for pair, v in values if v is not None]
        scores = {"now": {p[0].task: v[0] for p, v in known}, "then": {p[0].task: v[1] for p, v in known}}
        rows.append(compare_models(category, scores, {p[0].task: common.weight(p[0]) for p, _ in known})[0])
    corrected = holm([1.0 if row.p_value is None else row.p_value for row in rows])
    found = []
    for (key, pairs), row, p_value in zip(groups.items(), rows, corrected, strict=True):
        fall = falls_of_category(metric, key, pairs, common)
        few = row.n_tasks < MIN_TASKS_TO_DIFFER
        real = None if few else p_value < SIGNIFICANCE and (row.delta or 0.0) < 0
        unknown = f"{row.n_tasks} common tasks, too few to tell a fall from chance ({MIN_TASKS_TO_DIFFER} are needed)"
        found.append(replace(fall, real=real, unknown=unknown if few else fall.unknown))
    return found


def _filled(frame: Fall, pairs: Sequence[Pair], common: CommonTasks) -> Fall:
    metric = frame.metric
    if metric in {*TIME_METRICS, "memory_mb"} and not common.same_machine:
        return replace(frame, not_judged=OTHER_MACHINE)
    values = _values(metric, pairs, common)
    if values is None and metric in TIME_METRICS:
        return replace(frame, not_judged=NOISE)
    if values is None:
        return replace(frame, unknown=f"{metric} is not known in both runs")
    return replace(frame, now=values[0], then=values[1])


def _values(metric: str, pairs: Sequence[Pair], common: CommonTasks) -> tuple[float, float] | None:
    """(now, then), or ``None`` when one of them is not known."""
    if metric in TIME_METRICS:
        return _paired_times(metric, common.times(pairs))
    if metric == "score":
        scores = [(pair, s) for pair in pairs if (s := common.scores(pair)) is not None]
        weights = [common.weight(pair[0]) for pair, _ in scores]
        return _both([s[0] for _, s in scores], [s[1] for _, s in scores], weights) if scores else None
    if metric == "memory_mb":
        return _peaks([(_peak(a), _peak(b)) for a, b in common.answers(pairs)])
    if metric == "cost_usd":
        costs = [(a.cost_usd, b.cost_usd) for a, b in common.answers(pairs)]
        known = [(a, b) for a, b in costs if a is not None and b is not None]
        whole = bool(known) and len(known) == len(costs)
        return (math.fsum(a for a, _ in known), math.fsum(b for _, b in known)) if whole else None
    found = [(task_value(a, metric)[0], task_value(b, metric)[0]) for a, b in pairs]
    now, then = [a for a, _ in found if a is not None], [b for _, b in found if b is not None]
    if not found or len(now) < len(found) or len(then) < len(found):
        return None
    if metric == "pass_rate":
        return fmean(now), fmean(then)
    return _both(now, then, [common.weight(a) for a, _ in pairs])


def _both(now: Sequence[float], then: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    return weighted_mean(now, weights), weighted_mean(then, weights)


def _paired_times(metric: str, times: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    if not times:
        return None
    now, then = [a for a, _ in times], [b for _, b in times]
    if metric == "median_s":
        return median(now), median(then)
    slow = slow_percentile(now), slow_percentile(then)
    return None if slow[0] is None or slow[1] is None else (slow[0], slow[1])


def _peaks(found: Sequence[tuple[int | None, int | None]]) -> tuple[float, float] | None:
    known = [(a, b) for a, b in found if a is not None and b is not None]
    return (max(a for a, _ in known) / 1e6, max(b for _, b in known) / 1e6) if known else None


def _peak(answer: SampleResult) -> int | None:
    parts = [b for b in (answer.memory.peak_bytes, answer.memory.peak_vram_bytes) if b is not None]
    return sum(parts) if parts else None


def _notes(key: tuple[str, str], pairs: Sequence[Pair], common: CommonTasks, metric: str) -> str:
    """Over how many tasks, and in what the two sets of tasks differ."""

    def here(results: Sequence[TaskResult]) -> int:
        return sum((t.category, t.model) == key for t in results)

    parts = [f"over {len(pairs)} common task{'s' * (len(pairs) != 1)}"]
    differing = {"not asked now": common.only_then, "new": common.only_now, "changed": common.changed}
    sets = [f"{n} {word}" for word, results in differing.items() if (n := here(results))]
    if sets:
        parts.append(f"the sets differ: {', '.join(sets)}")
    if metric == "score" and len(common.comparable) == 1:
        parts.append("another machine or other settings, so quality alone makes the score")
    return f"; {'; '.join(parts)}"
