"""One run against an earlier one: what a comparison tells."""

from __future__ import annotations

from typing import Literal

from .base import CleanText, Frozen
from .run import Comparison

Change = Literal["newly failing", "newly passing", "worse", "better", "same"]
CHANGES: tuple[Change, ...] = ("newly failing", "newly passing", "worse", "better", "same")


class TaskChange(Frozen):
    """One task of one model that both runs scored and that is the same task in both; qualities 0 to 1.

    ``newly failing`` and ``newly passing`` go by the task's pass mark; the rest by quality alone, since times differ
    from run to run.
    """

    category: str
    task: str
    model: str
    change: Change
    before: float
    after: float
    reason: CleanText = ""


class TimeChange(Frozen):
    """Median seconds of the answers that were undisturbed in both runs: ``n_answers`` of ``n_possible``."""

    category: str
    model: str
    before_s: float
    after_s: float
    n_answers: int
    n_possible: int


class RunDiff(Frozen):
    """A run (``now``) against an earlier one (``then``, shown as ``name``).

    ``verdicts``: for each category and model the paired test, ``delta`` = now minus then. ``task_changed``, ``only_then``,
    ``only_now`` and ``unscored`` (had a score then, has none now) are ``category/task[model]`` and are not compared.
    ``differences``: what is not the same in the two runs, in words. ``partial``: in which way a run is incomplete.
    """

    now: str
    then: str
    name: str
    then_started_at: str
    changes: tuple[TaskChange, ...] = ()
    verdicts: tuple[Comparison, ...] = ()
    times: tuple[TimeChange, ...] = ()
    task_changed: tuple[str, ...] = ()
    only_then: tuple[str, ...] = ()
    only_now: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()
    same_machine: bool = True
    same_settings: bool = True
    differences: tuple[CleanText, ...] = ()
    partial: tuple[str, ...] = ()
