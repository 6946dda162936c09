"""The world an agent leaves behind: what had to change, and what must not have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from ..domain.score import Detail
from ..domain.task import Task
from ..domain.world import Row, Tables, check_where, matches
from ..errors import did_you_mean
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .expectation import Expectation, expectations

_Pair = tuple[Row | None, Row | None]


class StateCheck(Options):
    """The rows of a table that match ``where`` hold these values (at least one row), are so many, or are there at all.

    A ``critical`` check that fails leaves nothing.
    """

    table: str
    where: dict[str, Any] = {}
    expect: dict[str, Any] = {}
    count: int | None = Field(default=None, ge=0)
    exists: bool | None = None
    critical: bool = False

    @model_validator(mode="after")
    def _one(self) -> StateCheck:
        if sum((bool(self.expect), self.count is not None, self.exists is not None)) != 1:
            raise ValueError("a check has exactly one of 'expect', 'count' and 'exists'")
        return self


class Unchanged(Options):
    """Rows of a table that must stay as they are; none may be added either."""

    table: str
    where: dict[str, Any] = {}
    critical: bool = False


class StateOptions(Options):
    """``strict``: rows that changed although no check names them count as damage."""

    checks: tuple[StateCheck, ...] = Field(min_length=1)
    unchanged: tuple[Unchanged | str, ...] = ()
    strict: bool = True


class State(Evaluator[StateOptions]):
    """Checks that hold, by the number of checks and of things damaged: entries of ``unchanged`` that changed, and with
    ``strict`` changed rows that no check names. The order of rows does not count.
    """

    options_type = StateOptions
    needs_call = True

    def __init__(self, options: StateOptions, task: Task) -> None:
        super().__init__(options, task)
        if task.environment is None:
            raise OptionError("the task has no 'environment'")
        start = task.environment.tables()
        self._kept = tuple(Unchanged(table=e) if isinstance(e, str) else e for e in options.unchanged)
        _check_places("checks", options.checks, start)
        _check_places("unchanged", self._kept, start)
        self._wanted = [expectations(c.expect, ("checks", n, "expect")) for n, c in enumerate(options.checks)]
        for index, (check, wanted) in enumerate(zip(options.checks, self._wanted, strict=True)):
            if _holds(check, wanted, start[check.table]):
                words = "holds before anything is done; write what must stay under 'unchanged'"
                raise OptionError(words, ("checks", index))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the tables before and after."""
        dialogue = ctx.response.dialogue
        before = self.task.environment.tables() if self.task.environment is not None else {}
        after = before if dialogue is None else dialogue.after
        details, critical, met = [], False, 0
        for check, wanted in zip(self.options.checks, self._wanted, strict=True):
            good = _holds(check, wanted, after[check.table])
            met += good
            critical = critical or (check.critical and not good)
            details.append(_detail(check, wanted, after[check.table], good))
        damage: list[str] = []
        for name in before:
            pairs = list(_changes(before[name], after[name]))
            for entry in self._kept:
                if entry.table == name and (hit := [pair for pair in pairs if _covers(entry.where, pair)]):
                    damage.append(_named(name, hit[0]))
                    critical = critical or entry.critical
            if self.options.strict:
                scopes = [c.where for c in self.options.checks if c.table == name]
                scopes += [e.where for e in self._kept if e.table == name]
                strays = [pair for pair in pairs if not any(_covers(where, pair) for where in scopes)]
                damage += [_named(name, pair) for pair in strays]
        details += [Detail(path=name, score=0.0, note="must not change") for name in damage]
        score = 0.0 if critical else met / (len(self.options.checks) + len(damage))
        reason = f"{met} of {len(self.options.checks)} things done"
        reason += f"; changed what had to stay: {', '.join(damage[:3])}" if damage else ""
        reason += "; a critical rule is broken" if critical else ""
        return Score(score, reason, tuple(details))


def _check_places(group: str, entries: Sequence[StateCheck | Unchanged], start: Tables) -> None:
    for index, entry in enumerate(entries):
        if entry.table not in start:
            near = did_you_mean(entry.table, start)
            raise OptionError(f"there is no table '{entry.table}'{near}", (group, index, "table"))
        try:
            check_where(entry.where)
        except ValueError as problem:
            raise OptionError(str(problem), (group, index, "where")) from None


def _holds(check: StateCheck, wanted: Mapping[str, Expectation], rows: Sequence[Row]) -> bool:
    found = [row for row in rows if matches(row, check.where)]
    if check.count is not None:
        return len(found) == check.count
    if check.exists is not None:
        return bool(found) == check.exists
    return bool(found) and all(e.holds(row.get(column)) for row in found for column, e in wanted.items())


def _detail(check: StateCheck, wanted: Mapping[str, Expectation], rows: Sequence[Row], good: bool) -> Detail:
    found = [row for row in rows if matches(row, check.where)]
    name = f"{check.table} {' '.join(str(v) for v in check.where.values())}".strip()
    if check.expect:
        expected: Any = {column: e.shown for column, e in wanted.items()}
        got: Any = [{column: row.get(column) for column in wanted} for row in found]
        got = got[0] if len(got) == 1 else got or None
    elif check.count is not None:
        expected, got = check.count, len(found)
    else:
        expected, got = check.exists, bool(found)
    note = "" if good else "critical" if check.critical else "not done"
    return Detail(path=name, expected=expected, got=got, score=float(good), note=note)


def _changes(before: Sequence[Row], after: Sequence[Row]) -> Iterator[_Pair]:
    """Rows that were altered, removed or added. Rows are known by their ``id`` where each has one of its own."""
    if _has_ids(before) and _has_ids(after):
        old, new = {_text(row["id"]): row for row in before}, {_text(row["id"]): row for row in after}
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                yield old.get(key), new.get(key)
        return
    counts = Counter(map(_text, after))
    for row in before:
        if counts[_text(row)]:
            counts[_text(row)] -= 1
        else:
            yield row, None
    for row in after:
        if counts[_text(row)]:
            counts[_text(row)] -= 1
            yield None, row


def _has_ids(rows: Sequence[Row]) -> bool:
    return all("id" in row for row in rows) and len({_text(row["id"]) for row in rows}) == len(rows)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _covers(where: Mapping[str, Any], pair: _Pair) -> bool:
    return any(row is not None and matches(row, where) for row in pair)


def _named(table: str, pair: _Pair) -> str:
    row = pair[1] or pair[0] or {}
    return f"{table} {row['id']}" if "id" in row else table
