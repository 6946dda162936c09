"""Answers of this run beside those of an earlier one, for the page."""

from __future__ import annotations

from typing import Any

from ..domain.base import plain
from ..domain.result import SampleResult
from ..domain.run import BenchmarkRun
from .dashboard_blocks import rounded
from .dashboard_tables import OUTCOMES, Columns, Tables, columns

_Key = tuple[str, str, str, str, int]


def compare_tables(tables: Tables, then: BenchmarkRun) -> dict[str, Columns]:
    """``now``: for each answer of the page, in its order, what the same question got then (outcome -1 = not asked).

    ``changed``: 1 = the task is another one now, 2 = the model is, 3 = both. ``gone``: answers that this run lacks.
    """
    earlier = {_key(r): r for r in then.results}
    asked = {_key(r) for r in tables.run.results}
    rows = [_row(now, earlier.get(_key(now)), tables) for now in tables.run.results]
    gone = [_gone(r, tables) for key, r in earlier.items() if key not in asked]
    return {
        "now": columns(("outcome", "quality", "score", "time", "cost", "changed", "detail"), rows),
        "gone": columns(("task", "model", "sample", "attempt", "outcome", "quality"), gone),
    }


def _gone(r: SampleResult, tables: Tables) -> tuple[Any, ...]:
    texts = (tables.strings(r.key.task), tables.strings(r.key.model), tables.strings(r.key.sample))
    return (*texts, r.key.attempt, OUTCOMES.index(r.outcome), rounded(r.quality, 4))


def _row(now: SampleResult, then: SampleResult | None, tables: Tables) -> tuple[Any, ...]:
    if then is None:
        return (-1, None, None, None, None, 0, -1)
    changed = int(now.task_hash != then.task_hash) + 2 * int(now.model_hash != then.model_hash)
    detail = -1
    if now.answer != then.answer and tables.privacy.wants((now.outcome, then.outcome)):
        detail = tables.chunks.add({"answer": plain(tables.privacy.made(then.answer))})
    return (
        OUTCOMES.index(then.outcome),
        rounded(then.quality, 4),
        rounded(then.ultimate_score, 3),
        rounded(then.timing.generation_s if then.timing else None, 3),
        rounded(then.cost_usd, 8),
        changed,
        detail,
    )


def _key(r: SampleResult) -> _Key:
    return (r.key.category, r.key.task, r.key.sample, r.key.model, r.key.attempt)
