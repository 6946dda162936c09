"""What a page does when it is used: clicks and keys, with rules after each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic import Field, model_validator

from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, OptionError, Options, Score
from .ui_browser import BROWSER
from .ui_dom import ViewportOptions
from .ui_page import check_selector
from .ui_rules import DomRule, action_for, broken, check_rules, seen_by_browser
from .ui_shown import ShownPage

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


class Step(Options):
    """``do``: what is done, in order; ``rules``: what must hold then."""

    name: str
    do: tuple[Act, ...] = ()
    rules: tuple[DomRule, ...] = Field(min_length=1)


class InteractionOptions(ViewportOptions):
    """``steps``: carried out in order on one page."""

    steps: tuple[Step, ...]


class Interaction(ShownPage[InteractionOptions]):
    """Share of the rules of all steps that hold, by weight, times the share of the ``keep`` rules.

    An action that cannot be carried out fails the rules of its step.
    """

    options_type = InteractionOptions

    def __init__(self, options: InteractionOptions, task: Task) -> None:
        super().__init__(options, task)
        if not options.steps:
            raise OptionError("give at least one step", ("steps",))
        for index, step in enumerate(options.steps):
            check_rules(step.rules, ("steps", index, "rules"))
            for place, act in enumerate(step.do):
                for selector in filter(None, (act.click, act.hover, act.on)):
                    check_selector(selector, ("steps", index, "do", place))
        if all(rule.keep for step in options.steps for rule in step.rules):
            raise OptionError(
                "at least one rule must not be 'keep: true': what holds already earns nothing", ("steps",)
            )

    def look(self, ctx: EvaluationContext) -> Score:
        """Use the page."""
        actions: list[dict[str, Any]] = []
        for step in self.options.steps:
            actions += [*(act.action() for act in step.do), action_for(step.rules)]
        visit = BROWSER.visit(ctx.answer.text, actions, self.options.viewport)
        if visit.hung:
            return Score(0.0, visit.hung)
        return self._score(visit.results, actions)

    def _score(self, results: Sequence[Any], actions: Sequence[dict[str, Any]]) -> Score:
        details: list[Detail] = []
        met, total = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}
        at = 0
        for step in self.options.steps:
            end = at + len(step.do)
            stuck = next((r["failed"] for r in results[at : end + 1] if isinstance(r, dict) and "failed" in r), None)
            seen = None if stuck else seen_by_browser(actions[end], results[end])
            at = end + 1
            for rule in step.rules:
                problem = str(stuck) if seen is None else broken(rule, seen)
                total[rule.keep] += rule.weight
                met[rule.keep] += 0.0 if problem else rule.weight
                details.append(
                    Detail(path=f"{step.name}: {rule.id}", score=0.0 if problem else 1.0, note=problem or "")
                )
        edits = met[False] / total[False]
        wrong = [d for d in details if d.score == 0.0]
        reason = f"{len(details) - len(wrong)} of {len(details)} checks hold"
        reason += f"; {wrong[0].path}: {wrong[0].note}" if wrong else ""
        return Score(edits * (met[True] / total[True] if total[True] else 1.0), reason, tuple(details))
