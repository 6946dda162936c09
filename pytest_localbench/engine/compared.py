"""Two runs side by side: what fails now, what passes now, who is really better, and what was changed in between."""

from __future__ import annotations

from statistics import median

from ..domain.compared import CHANGES, Change, RunDiff, TaskChange, TimeChange
from ..domain.result import TaskResult
from ..domain.run import BenchmarkRun
from ..scoring.common import CommonTasks, Pair, place
from ..scoring.constants import GATE_TOLERANCE
from .differences import differences
from .since import paired


def compare_runs(now: BenchmarkRun, then: BenchmarkRun, name: str) -> RunDiff:
    """Everything a comparison shows; ``name`` is what the earlier run is called. Only tasks that both scored and that did
    not change are compared; renamed ones are joined by ``previous_ids``; changes are ordered by kind, then by size."""
    common = CommonTasks.of(now, then)
    changes = [_change(pair) for pair in common.pairs]
    changes.sort(key=lambda c: (CHANGES.index(c.change), c.after - c.before, c.category, c.task, c.model))
    return RunDiff(
        now=now.id,
        then=then.id,
        name=name,
        then_started_at=then.started_at,
        changes=tuple(changes),
        verdicts=paired(common),
        times=tuple(_times(common)) if common.same_machine else (),
        task_changed=_places(common.changed),
        only_then=_places(common.only_then),
        only_now=_places(common.only_now),
        unscored=_places(common.unscored),
        same_machine=common.same_machine,
        same_settings=common.same_settings,
        differences=differences(now, then),
        partial=tuple(_stopped("this run", now) + _stopped(name, then) + _narrower(common, name)),
    )


def _change(pair: Pair) -> TaskChange:
    now, then = pair
    after, before = now.quality or 0.0, then.quality or 0.0
    return TaskChange(
        category=now.category,
        task=now.task,
        model=now.model,
        change=_kind(now, then, after - before),
        before=before,
        after=after,
        reason=now.reason,
    )


def _kind(now: TaskResult, then: TaskResult, gain: float) -> Change:
    if now.status != then.status:
        return "newly failing" if now.status == "weak" else "newly passing"
    if abs(gain) <= GATE_TOLERANCE:
        return "same"
    return "better" if gain > 0 else "worse"


def _times(common: CommonTasks) -> list[TimeChange]:
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in common.pairs:
        groups.setdefault((pair[0].category, pair[0].model), []).append(pair)
    found = []
    for (category, model), pairs in groups.items():
        times = common.times(pairs)
        if times:
            found.append(
                TimeChange(
                    category=category,
                    model=model,
                    before_s=median(then for _, then in times),
                    after_s=median(now for now, _ in times),
                    n_answers=len(times),
                    n_possible=len(common.answers(pairs)),
                )
            )
    return found


def _places(results: tuple[TaskResult, ...]) -> tuple[str, ...]:
    return tuple(sorted(map(place, results)))


def _stopped(name: str, run: BenchmarkRun) -> list[str]:
    if run.complete:
        return []
    missing = len(run.not_run) + len(run.lost)
    asked = len(run.results)
    share = f", {100 * asked / (asked + missing):.0f} % of its questions were asked" if missing else ""
    return [f"{name} is partial: it was stopped early{share}"]


def _narrower(common: CommonTasks, name: str) -> list[str]:
    """Tasks of ``then`` that nobody asked this run's own models."""
    models = {t.model for t in common.now.task_results}
    left_out = [t for t in common.only_then if t.model in models]
    if not left_out:
        return []
    asked = len(common.pairs) + len(common.changed) + len(common.unscored)
    return [
        f"this run is partial: it asked {asked} of the {asked + len(left_out)} tasks that {name} scored for its models"
    ]
