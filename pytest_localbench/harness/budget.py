"""``--localbench-budget`` and ``--localbench-max-cost``: questions are interleaved, so that a cut run is fair to all models."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from ..domain.result import SampleResult
from ..engine.plan import Job, Plan
from ..errors import ConfigError
from .cases import case_of
from .collector import TASK_ATTRIBUTE

if TYPE_CHECKING:
    from .session import LocalbenchSession

FIRST_ROUND, ROUNDS = 2, 8
"""Where models take turns in one lane, each round loads every model once more: rounds double, up to an eighth of all."""

_Question = tuple[str, str, str, int]


class Interleaved:
    """Orders items so that at any moment every model was asked about the same questions, and each category its share."""

    def __init__(self, session: LocalbenchSession) -> None:
        self.session = session
        check_budget(session)
        self._rank: dict[_Question, int] = {}
        self._ends: list[int] = []
        self._shared: set[str] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Round after round; in a round model after model. Ordinary tests come first."""
        questions = {item: found for item in items if (found := _question(item)) is not None}
        self._rank = {question: rank for rank, question in enumerate(fair_order(set(questions.values())))}
        models = {model.id: index for index, model in enumerate(self.session.models)}
        lanes = Counter(model.lane_id for model in self.session.models)
        self._shared = {lane for lane, n in lanes.items() if n > 1}
        self._ends = round_ends(len(self._rank)) if self._shared else list(range(1, len(self._rank)))

        def place(item: pytest.Item) -> tuple[int, int, int]:
            question, case = questions.get(item), case_of(item)
            if question is None or case is None:
                return (-1, 0, 0)
            rank = self._rank[question]
            return (bisect_right(self._ends, rank), models.get(case.model.id, 0), rank)

        items.sort(key=place)

    def pytest_localbench_plan(self, plan: Plan) -> None:
        """Keep the lanes in which models take turns to the same rounds; a model alone is never closed in between."""
        plan.round_of = self._round

    def _round(self, job: Job) -> int:
        key = job.key
        if job.model.lane_id not in self._shared:
            return 0
        return bisect_right(self._ends, self._rank.get((key.category, key.task, key.sample, key.attempt), 0))


def round_ends(n_questions: int) -> list[int]:
    """The numbers of questions after which a new round begins: 2, 6, 14 ..., so that even an early cut is fair."""
    ends, size, end = list[int](), FIRST_ROUND, 0
    while (end := end + size) < n_questions:
        ends.append(end)
        size = min(2 * size, max(FIRST_ROUND, -(-n_questions // ROUNDS)))
    return ends


def check_budget(session: LocalbenchSession) -> None:
    """Raises ConfigError where a limit cannot be kept."""
    if session.options.max_cost_usd is None:
        return
    if session.is_worker or getattr(session.config.option, "tx", None):
        raise ConfigError(
            "--localbench-max-cost: what several workers spend is not added up; leave -n out ('concurrency' of a model asks "
            "side by side)."
        )
    for model in session.models:
        if not model.is_local and model.pricing is None:
            raise ConfigError(
                f"--localbench-max-cost: the price of model '{model.id}' is not known; write 'pricing' into its file."
            )


def fair_order(questions: Iterable[_Question]) -> list[_Question]:
    """First attempts first; in any beginning of the list every category has about its share, drawn by a digest."""
    by_category: dict[tuple[str, int], list[_Question]] = {}
    for question in questions:
        by_category.setdefault((question[0], question[3]), []).append(question)
    placed: list[tuple[int, float, str, _Question]] = []
    for (category, attempt), group in by_category.items():
        group.sort(key=lambda q: (hashlib.sha256("/".join(q[:3]).encode()).digest(), q))
        placed += [(attempt, (index + 0.5) / len(group), category, question) for index, question in enumerate(group)]
    return [question for *_, question in sorted(placed)]


def unasked_reason(report: pytest.TestReport) -> str:
    """The reason of an item that was skipped because the budget was spent; empty for others."""
    if not report.skipped or not isinstance(report.longrepr, tuple):
        return ""
    reason = report.longrepr[2].removeprefix("Skipped: ")
    return reason if reason.startswith("not asked: the ") else ""


def uneven(results: Iterable[SampleResult], unasked: Iterable[str]) -> frozenset[str]:
    """Node ids of results whose question some other model was not asked any more."""
    cut = {_without_model(nodeid) for nodeid in unasked}
    return frozenset(result.nodeid for result in results if _without_model(result.nodeid) in cut)


def cut_notes(unasked: dict[str, str], n_items: int, n_uneven: int) -> list[str]:
    """What a cut run says about itself."""
    if not unasked:
        return []
    reason = next(iter(unasked.values())).removeprefix("not asked: ")
    notes = [f"partial: {reason}; {len(unasked)} of {n_items} items were not asked (--localbench-resume goes on)"]
    if n_uneven:
        notes.append(f"{n_uneven} answers to questions that not all models were asked any more are in no score")
    return notes


def _question(item: pytest.Item) -> _Question | None:
    case, task = case_of(item), getattr(getattr(item, "function", None), TASK_ATTRIBUTE, None)
    return None if case is None or task is None else (task.category, task.id, case.sample.id, case.attempt)


def _without_model(nodeid: str) -> tuple[str, str]:
    task, _, case = nodeid.partition("[")
    return task, case.rstrip("]").partition("--")[2]
