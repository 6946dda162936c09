"""What a self-check found: counted from the reports, so that a run with workers ends as one without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..engine.nulls import MEAN_BOUNDS, NULL_MODELS, TOLERANCE, null_remedy

if TYPE_CHECKING:
    import pytest

NOTE = "localbench_check"
"""Attribute of a report; set on the item's process, read on the one that reports."""


def note_of(task: str, category: str, null_means: dict[str, float] | None) -> dict[str, Any]:
    """What rides on a report: ``null_means`` is the mean quality by null model, ``None`` for a calibration case."""
    return {"task": task, "category": category, "null_means": null_means}


class CheckTally:
    """Counts of calibration cases and tasks, and the quality of every null model by category, task by task."""

    def __init__(self) -> None:
        self.by_category: dict[str, dict[str, list[float]]] = {}
        self._cases: list[bool] = []
        self._tasks: dict[tuple[str, str], bool] = {}
        self._nulls: list[bool] = []
        self._unjudged = 0

    def see(self, report: pytest.TestReport) -> None:
        """Account for one report of a self-check, wherever its item ran."""
        note = getattr(report, NOTE, None)
        if note is None:
            self._unjudged += report.failed
            return
        held, task = bool(report.passed), (note["category"], note["task"])
        self._tasks[task] = self._tasks.get(task, True) and held
        if note["null_means"] is None:
            self._cases.append(held)
            return
        self._nulls.append(held)
        for kind, mean in note["null_means"].items():
            self.by_category.setdefault(note["category"], {}).setdefault(kind, []).append(mean)

    def lines(self) -> list[tuple[str, bool]]:
        """One sentence per category and null model, and whether it keeps to its bound."""
        return [
            (
                f"{category}: {kind} earns {mean:.3f} over {n} tasks ({_bound(kind)}): {'ok' if good else 'OUT OF BOUNDS'}",
                good,
            )
            for category, kind, mean, n, good in self._means()
        ]

    @property
    def held(self) -> bool:
        """True when every mean keeps to its bound."""
        return all(good for *_, good in self._means())

    def closing(self, *, finished: bool) -> str:
        """The last line: how much was checked, what did not hold, and what to do about it."""
        checked = f"{_count(len(self._tasks), 'task')} and {_count(len(self._cases), 'calibration case')}"
        if not self._tasks and not self._unjudged:
            return "self-check: no task was checked."
        broken = self._broken()
        stopped = "" if finished else " The run was stopped before every task was checked."
        if not broken:
            return f"self-check: {checked} checked, all of them and all null models keep to their bounds.{stopped}"
        return f"self-check: {checked} checked; {'; '.join(broken)}.{stopped}"

    def _broken(self) -> list[str]:
        found = []
        if wrong := self._cases.count(False):
            found.append(
                f"{_count(wrong, 'calibration case')} of {len(self._cases)} outside the bounds (mend the evaluators, "
                "or the 'min' and 'max' of the case)"
            )
        if wrong := self._nulls.count(False):
            found.append(
                f"{_count(wrong, 'task')} of {len(self._nulls)} can be won or lost by a null model (see the failures)"
            )
        if self._unjudged:
            found.append(f"{_count(self._unjudged, 'item')} could not be checked")
        found.extend(
            f"in {category} {kind} earns {mean:.3f} on average, {_bound(kind)} is allowed: {null_remedy(kind)}"
            for category, kind, mean, _, good in self._means()
            if not good
        )
        return found

    def _means(self) -> list[tuple[str, str, float, int, bool]]:
        """(category, null model, mean, tasks, within its bound), categories by name."""
        found = []
        for category, kinds in sorted(self.by_category.items()):
            for kind in NULL_MODELS:
                values = kinds.get(kind)
                if values:
                    low, high = MEAN_BOUNDS[kind]
                    mean = sum(values) / len(values)
                    found.append((category, kind, mean, len(values), low - TOLERANCE <= mean <= high + TOLERANCE))
        return found


def _bound(kind: str) -> str:
    low, high = MEAN_BOUNDS[kind]
    return f"at least {low:g}" if low else f"at most {high:g}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"
