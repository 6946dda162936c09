"""What two runs have in common: tasks that both scored and that did not change in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..domain.category import Category
from ..domain.renames import with_new_ids
from ..domain.response import ResultKey
from ..domain.result import SampleResult, TaskResult
from ..domain.run import BenchmarkRun
from ..domain.score import COMPONENTS, ComponentName
from .tasks import usable_time_s
from .ultimate import components_used, ultimate_score

SCORED = frozenset({"passed", "weak"})
Pair = tuple[TaskResult, TaskResult]


def place(result: TaskResult) -> str:
    """``category/task[model]``."""
    return f"{result.category}/{result.task}[{result.model}]"


@dataclass(frozen=True)
class CommonTasks:
    """Two runs side by side. ``then`` already has the ids that tasks and models have now.

    ``pairs``: (now, then), scored in both and the same task in both. ``changed``: scored in both, but the task is another
    one now. ``only_now``: no score then; ``only_then``: not asked now; ``unscored``: asked now, without a score.
    """

    now: BenchmarkRun
    then: BenchmarkRun
    pairs: tuple[Pair, ...]
    changed: tuple[TaskResult, ...]
    only_now: tuple[TaskResult, ...]
    only_then: tuple[TaskResult, ...]
    unscored: tuple[TaskResult, ...]

    @classmethod
    def of(cls, now: BenchmarkRun, then: BenchmarkRun) -> CommonTasks:
        """Sort the tasks of two runs; renamed ones are joined by their ``previous_ids``."""
        then = with_new_ids(then, now)
        before = {(t.category, t.task, t.model): t for t in then.task_results if t.status in SCORED}
        after = {(t.category, t.task, t.model): t for t in now.task_results}
        both = [(result, before[key]) for key, result in after.items() if key in before]
        alike = [(a, b) for a, b in both if a.task_hash == b.task_hash]
        return cls(
            now=now,
            then=then,
            pairs=tuple(pair for pair in alike if pair[0].status in SCORED),
            changed=tuple(a for a, b in both if a.task_hash != b.task_hash),
            only_now=tuple(a for key, a in after.items() if key not in before and a.status in SCORED),
            only_then=tuple(b for key, b in before.items() if key not in after),
            unscored=tuple(a for a, _ in alike if a.status not in SCORED),
        )

    @property
    def same_machine(self) -> bool:
        """True when times and memory of the two runs mean the same."""
        return bool(self.now.environment.machine) and self.now.environment.machine == self.then.environment.machine

    @property
    def same_settings(self) -> bool:
        """True when both runs weighed and budgeted alike."""
        return self.now.settings == self.then.settings

    @property
    def comparable(self) -> frozenset[ComponentName]:
        """The components that may be compared: between machines or settings only quality."""
        return frozenset(COMPONENTS) if self.same_machine and self.same_settings else frozenset({"quality"})

    def scores(self, pair: Pair) -> tuple[float, float] | None:
        """Scores (0 to 10) of now and then over the comparable components that both results have."""
        common = self.comparable.intersection(*(components_used(result.components) for result in pair))
        now, then = (ultimate_score(result.components, common) for result in pair)
        return None if now is None or then is None else (now, then)

    def weight(self, result: TaskResult) -> float:
        """What a task counts in its category."""
        category: Category | None = self._categories.get(result.category)
        plain = category is not None and category.aggregation.method == "mean"
        return 1.0 if plain else float(result.complexity)

    def times(self, pairs: Iterable[Pair]) -> list[tuple[float, float]]:
        """Seconds (now, then) of every answer to these tasks that was undisturbed in both runs."""
        found = []
        for now, then in self.answers(pairs):
            seconds = usable_time_s(now), usable_time_s(then)
            if seconds[0] is not None and seconds[1] is not None:
                found.append((seconds[0], seconds[1]))
        return found

    def answers(self, pairs: Iterable[Pair]) -> list[tuple[SampleResult, SampleResult]]:
        """The answers (now, then) to these tasks that both runs have."""
        mine = [r for now, _ in pairs for r in self._by_task.get((now.category, now.task, now.model), ())]
        return [(r, self._earlier[r.key]) for r in mine if r.key in self._earlier]

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {c.id: c for c in self.now.categories}

    @cached_property
    def _by_task(self) -> dict[tuple[str, str, str], list[SampleResult]]:
        groups: dict[tuple[str, str, str], list[SampleResult]] = {}
        for result in self.now.results:
            groups.setdefault((result.key.category, result.key.task, result.key.model), []).append(result)
        return groups

    @cached_property
    def _earlier(self) -> dict[ResultKey, SampleResult]:
        return {r.key: r for r in self.then.results}
