"""What a page does when it is used: clicks, keys and calls, with rules after each step."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from pydantic import Field, model_validator

from ..domain.base import PlainJson
from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .ui_browser import BROWSER, missing_browser
from .ui_dom import ViewportOptions, check_viewport
from .ui_page import NO_PAGE, check_selector
from .ui_rules import DomRule, action_for, broken, check_rules, seen_by_browser

FLOAT_SLACK: Final = 1e-9
_FUNCTION: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*")
_VERBS: Final = ("click", "hover", "fill", "select", "press", "resize", "wait_ms")


class Act(Options):
    """One thing a user does: ``click`` and ``hover`` take a selector; ``fill`` and ``select`` a text and ``on``;
    ``press`` a key, on the focused element or ``on``; ``resize`` [width, height]; ``wait_ms`` up to 2000."""

    click: str | None = None
    hover: str | None = None
    fill: str | None = None
    select: str | None = None
    press: str | None = None
    on: str | None = None
    resize: tuple[int, int] | None = None
    wait_ms: int | None = Field(default=None, gt=0, le=2000)

    @model_validator(mode="after")
    def _one(self) -> Act:
        if sum(getattr(self, verb) is not None for verb in _VERBS) != 1:
            raise ValueError(f"an action is exactly one of {', '.join(_VERBS)}")
        if self.on is None and (self.fill is not None or self.select is not None):
            raise ValueError("'fill' and 'select' need 'on', the selector of a field")
        if self.on is not None and self.fill is None and self.select is None and self.press is None:
            raise ValueError("'on' goes with 'fill', 'select' and 'press'")
        return self

    def action(self) -> dict[str, Any]:
        """As the browser is told."""
        if self.resize is not None:
            return {"do": "resize", "size": self.resize}
        if self.wait_ms is not None:
            return {"do": "wait", "ms": self.wait_ms}
        if self.press is not None:
            return {"do": "press", "key": self.press, "on": self.on}
        if self.fill is not None or self.select is not None:
            verb = "fill" if self.fill is not None else "select"
            return {"do": verb, "text": getattr(self, verb), "on": self.on}
        return {"do": "click", "on": self.click} if self.click is not None else {"do": "hover", "on": self.hover}


class Call(Options):
    """A function of the page's script, called with JSON arguments, and the value it must return."""

    function: str
    args: tuple[PlainJson, ...] = ()
    expect: PlainJson = None
    weight: float = Field(default=1.0, gt=0)


class Step(Options):
    """``do``: what is done, in order; ``rules``: what must hold then; ``calls``: what functions must return then."""

    name: str
    do: tuple[Act, ...] = ()
    rules: tuple[DomRule, ...] = ()
    calls: tuple[Call, ...] = ()

    @model_validator(mode="after")
    def _checks(self) -> Step:
        if not (self.rules or self.calls):
            raise ValueError("a step needs 'rules' or 'calls', else it checks nothing")
        return self


class InteractionOptions(ViewportOptions):
    """``steps``: carried out in order on one page."""

    steps: tuple[Step, ...]


class Interaction(Evaluator[InteractionOptions]):
    """Share of the rules and calls of all steps that hold, by weight, times the share of the ``keep`` rules.

    An action that cannot be carried out fails the rest of its step. A script (``output: {format: code}``) is put into
    an empty page.
    """

    heavy = True
    options_type = InteractionOptions

    def __init__(self, options: InteractionOptions, task: Task) -> None:
        super().__init__(options, task)
        check_viewport(options.viewport)
        if not options.steps:
            raise OptionError("give at least one step", ("steps",))
        for index, step in enumerate(options.steps):
            if step.rules:
                check_rules(step.rules, ("steps", index, "rules"))
            for place, act in enumerate(step.do):
                for selector in filter(None, (act.click, act.hover, act.on)):
                    check_selector(selector, ("steps", index, "do", place))
            for place, call in enumerate(step.calls):
                if not _FUNCTION.fullmatch(call.function):
                    raise OptionError(f"'{call.function}' is no name of a function", ("steps", index, "calls", place))
        if all(rule.keep for step in options.steps for rule in step.rules) and not any(s.calls for s in options.steps):
            raise OptionError(
                "at least one rule must not be 'keep: true': what holds already earns nothing", ("steps",)
            )

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Use the page."""
        if problem := missing_browser():
            return Score(None, problem, (), "skipped")
        page = ctx.answer.text
        if not page:
            return Score(0.0, NO_PAGE if self.task.output.format != "code" else "no program in the answer")
        if self.task.output.format == "code":
            page = f"<!doctype html><meta charset=utf-8><title></title><script>\n{_inside_script(page)}\n</script>"
        actions: list[dict[str, Any]] = []
        for step in self.options.steps:
            actions += [act.action() for act in step.do]
            actions += [action_for(step.rules)] if step.rules else []
            actions += [{"do": "call", "function": c.function, "args": list(c.args)} for c in step.calls]
        visit = BROWSER.visit(page, actions, self.options.viewport)
        if visit.hung:
            return Score(0.0, visit.hung)
        return self._score(list(visit.results), actions)

    def _score(self, results: list[Any], actions: list[dict[str, Any]]) -> Score:
        details: list[Detail] = []
        met, total = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}

        def count(name: str, weight: float, problem: str | None, *, keep: bool = False, **shown: Any) -> None:
            total[keep] += weight
            met[keep] += 0.0 if problem else weight
            details.append(Detail(path=name, score=0.0 if problem else 1.0, note=problem or "", **shown))

        at = 0
        for step in self.options.steps:
            done = results[at : at + len(step.do)]
            at += len(step.do)
            stuck = next((str(r["failed"]) for r in done if isinstance(r, dict) and "failed" in r), None)
            seen = None
            if step.rules:
                measured, action, at = results[at], actions[at], at + 1
                stuck = stuck or measured.get("failed")
                seen = None if stuck else seen_by_browser(action, measured)
            for rule in step.rules:
                problem = stuck if seen is None else broken(rule, seen)
                count(f"{step.name}: {rule.id}", rule.weight, problem, keep=rule.keep)
            for call in step.calls:
                result, at = results[at], at + 1
                words = f"{call.function}({', '.join(json.dumps(a, ensure_ascii=False) for a in call.args)})"
                if "failed" in result:
                    count(words, call.weight, stuck or str(result["failed"]), expected=call.expect)
                else:
                    right = stuck is None and same(call.expect, result.get("value"))
                    problem = None if right else stuck or f"returned {json.dumps(result.get('value'))[:120]}"
                    count(words, call.weight, problem, expected=call.expect)
        edits = met[False] / total[False] if total[False] else 1.0
        wrong = [d for d in details if d.score == 0.0]
        reason = f"{len(details) - len(wrong)} of {len(details)} checks hold"
        reason += f"; {wrong[0].path}: {wrong[0].note}" if wrong else ""
        return Score(edits * (met[True] / total[True] if total[True] else 1.0), reason, tuple(details))


def _inside_script(code: str) -> str:
    """A program that cannot end the element it stands in."""
    return re.sub(r"</(?=script)", r"<\\/", code, flags=re.IGNORECASE)


def same(expected: Any, got: Any) -> bool:
    """JSON equality; numbers within 1e-9, truth values are no numbers, the order of keys does not count."""
    if isinstance(expected, bool) or isinstance(got, bool) or expected is None or got is None:
        return expected is got
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return math.isclose(expected, got, rel_tol=FLOAT_SLACK, abs_tol=FLOAT_SLACK)
    if isinstance(expected, dict) and isinstance(got, dict):
        return expected.keys() == got.keys() and all(same(value, got[key]) for key, value in expected.items())
    if isinstance(expected, list | tuple) and isinstance(got, list | tuple):
        return len(expected) == len(got) and all(same(a, b) for a, b in zip(expected, got, strict=True))
    return bool(expected == got)
