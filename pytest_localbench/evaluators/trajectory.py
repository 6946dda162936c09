"""The way an agent took: calls it had to make, calls it must not make, calls too many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import Field

from ..domain.dialogue import Step
from ..domain.score import Detail
from ..domain.task import Task
from ..errors import did_you_mean
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .expectation import expectations
from .rules import tool_names

SEVERITY: Final = {"critical": 0.0, "major": 0.5, "minor": 0.9}
INVALID_COST: Final = 0.05
INVALID_FLOOR: Final = 0.5
FREE_REPEATS: Final = 2
ANY_TOOL: Final = "*"


class CallSpec(Options):
    """A call: its tool and what its arguments must be; arguments that are not named are free.

    ``after``: ids of required calls that come before it.
    """

    tool: str
    id: str | None = None
    args: dict[str, Any] = {}
    after: tuple[str, ...] = ()


class Forbidden(Options):
    """A call that must not be made, also in vain; ``tool: "*"`` is any."""

    tool: str
    args: dict[str, Any] = {}
    severity: Literal["critical", "major", "minor"] = "critical"


class TrajectoryOptions(Options):
    """``order``: ``partial`` (each call occurs, after those it names), ``any``, or ``strict`` (these calls in this order
    and no others). Calls above ``max_calls`` cost in proportion.
    """

    order: Literal["partial", "any", "strict"] = "partial"
    required: tuple[CallSpec, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()
    max_calls: int | None = Field(default=None, ge=1)


class Trajectory(Evaluator[TrajectoryOptions]):
    """Share of the required calls that were made and worked; forbidden, superfluous and broken calls cut it down.

    A forbidden call leaves 0 (critical), half (major) or 0.9 (minor); n calls above ``max_calls`` leave max_calls / n;
    each call of an unknown tool or with unusable arguments costs 0.05, at most half. Two identical repetitions of a
    reading call are free.
    """

    options_type = TrajectoryOptions

    def __init__(self, options: TrajectoryOptions, task: Task) -> None:
        super().__init__(options, task)
        known = tool_names(task)
        if not known:
            raise OptionError("the task has no tools ('environment' or 'tools')")
        if not (options.required or options.forbidden):
            raise OptionError("give at least one call in 'required' or 'forbidden'")
        self.needs_call = bool(options.required)
        self.only_forbids = not options.required
        self._ids = [spec.id or f"{spec.tool} {n}" for n, spec in enumerate(options.required, 1)]
        self._args = []
        for group in ("required", "forbidden"):
            for index, spec in enumerate(getattr(options, group)):
                path = (group, index)
                if spec.tool not in known and not (group == "forbidden" and spec.tool == ANY_TOOL):
                    raise OptionError(
                        f"there is no tool '{spec.tool}'{did_you_mean(spec.tool, known)}", (*path, "tool")
                    )
                self._args.append(expectations(spec.args, (*path, "args")))
        self._order = self._sorted()
        self._reading = task.environment.reading if task.environment is not None else frozenset[str]()

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the calls that were made with those that had to be."""
        made = _calls(ctx)
        options = self.options
        details: list[Detail] = []
        reasons: list[str] = []
        score = 1.0
        if options.required:
            done = self._strict(made) if options.order == "strict" else self._matched(made)
            for name, spec, at in zip(self._ids, options.required, done, strict=True):
                details.append(Detail(path=name, expected=_shown(spec.tool, spec.args), score=float(at is not None),
                                      got=None if at is None else at + 1, note="" if at is not None else "missing"))  # fmt: skip
            hits = sum(at is not None for at in done)
            score = hits / (max(len(done), len(made)) if options.order == "strict" else len(done))
            missing = [detail.path for detail in details if detail.score == 0.0]
            reasons.append(f"{hits} of {len(done)} required calls")
            if missing:
                reasons.append(f"missing: {', '.join(missing[:4])}")
            if options.order == "strict" and len(made) > len(done):
                reasons.append(f"{len(made)} calls instead of {len(done)}")
        for rule, args in zip(options.forbidden, self._args[len(options.required) :], strict=True):
            hit = next((c for c in made if rule.tool in (ANY_TOOL, c.tool) and _fits(c, args)), None)
            if hit is not None:
                score *= SEVERITY[rule.severity]
                reasons.append(f"forbidden: {hit.tool}")
            got = None if hit is None else _shown(hit.tool, hit.arguments)
            details.append(Detail(path=f"forbidden ({rule.severity})", expected=None if hit else rule.tool, got=got,
                                  score=float(hit is None), note="" if hit is None else "must not occur"))  # fmt: skip
        counted = len(made) - self._free(made)
        if options.max_calls is not None and counted > options.max_calls:
            score *= options.max_calls / counted
            reasons.append(f"{counted} calls, {options.max_calls} are enough")
        invalid = sum(call.status == "invalid" for call in made)
        if invalid:
            score *= max(INVALID_FLOOR, 1.0 - INVALID_COST * invalid)
            reasons.append(f"{invalid} calls of no tool or with unusable arguments")
        return Score(score, "; ".join(reasons), tuple(details))

    def _matched(self, made: Sequence[Step]) -> list[int | None]:
        """Position of the call that meets each requirement: every call once, the earliest that fits and comes late enough."""
        taken: dict[int, int | None] = {}
        ids = {name: index for index, name in enumerate(self._ids)}
        for index in self._order:
            spec = self.options.required[index]
            earlier = [taken.get(ids[name]) for name in spec.after] if self.options.order == "partial" else []
            found: int | None = None
            if None not in earlier:
                start = max((at for at in earlier if at is not None), default=-1) + 1
                fits = (n for n in range(start, len(made)) if n not in taken.values() and self._meets(index, made[n]))
                found = next(fits, None)
            taken[index] = found
        return [taken[index] for index in range(len(self._ids))]

    def _strict(self, made: Sequence[Step]) -> list[int | None]:
        """Longest common subsequence of the required calls and those made (Wagner and Fischer 1974)."""
        rows, columns = len(self._ids), len(made)
        best = [[0] * (columns + 1) for _ in range(rows + 1)]
        for i in reversed(range(rows)):
            for j in reversed(range(columns)):
                hit = self._meets(i, made[j])
                best[i][j] = best[i + 1][j + 1] + 1 if hit else max(best[i + 1][j], best[i][j + 1])
        done: list[int | None] = [None] * rows
        i = j = 0
        while i < rows and j < columns:
            if self._meets(i, made[j]) and best[i][j] == best[i + 1][j + 1] + 1:
                done[i] = j
                i, j = i + 1, j + 1
            elif best[i + 1][j] >= best[i][j + 1]:
                i += 1
            else:
                j += 1
        return done

    def _meets(self, index: int, call: Step) -> bool:
        return call.tool == self.options.required[index].tool and call.status == "ok" and _fits(call, self._args[index])

    def _free(self, made: Sequence[Step]) -> int:
        """Repetitions of reading calls that are not counted."""
        reads = Counter(_key(call) for call in made if call.tool in self._reading)
        return sum(min(FREE_REPEATS, n - 1) for n in reads.values())

    def _sorted(self) -> list[int]:
        """Requirements after those they come after; among equals the more particular first."""
        options = self.options
        ids = {name: index for index, name in enumerate(self._ids)}
        if len(ids) < len(self._ids):
            raise OptionError("two required calls have the same id", ("required",))
        for index, spec in enumerate(options.required):
            path = ("required", index, "after")
            for name in spec.after:
                if name not in ids:
                    raise OptionError(f"no required call has the id '{name}'{did_you_mean(name, ids)}", path)
            if spec.after and options.order != "partial":
                raise OptionError(f"'after' does nothing with 'order: {options.order}'", path)
        left = sorted(ids.values(), key=lambda index: -len(options.required[index].args))
        order: list[int] = []
        while left:
            ready = [n for n in left if all(ids[name] in order for name in options.required[n].after)]
            if not ready:
                raise OptionError("the 'after' of some required calls form a circle", ("required",))
            order.append(ready[0])
            left.remove(ready[0])
        return order


def _calls(ctx: EvaluationContext) -> tuple[Step, ...]:
    if ctx.response.dialogue is not None:
        return ctx.response.dialogue.calls
    return tuple(
        Step(turn=1, kind="call", tool=call.name, arguments=call.arguments, status="ok", from_text=call.from_text)
        for call in ctx.response.tool_calls
    )


def _fits(call: Step, wanted: dict[str, Any]) -> bool:
    given = call.arguments if isinstance(call.arguments, dict) else {}
    return all(name in given and expected.holds(given[name]) for name, expected in wanted.items())


def _key(call: Step) -> str:
    return json.dumps([call.tool, call.arguments], sort_keys=True, default=str)


def _shown(tool: str, arguments: Any) -> dict[str, Any]:
    return {"tool": tool, "arguments": arguments}
