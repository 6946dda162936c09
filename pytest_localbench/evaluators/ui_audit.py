"""Accessibility of a page, as axe-core finds it."""

from __future__ import annotations

from typing import Final

from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, Score
from .ui_browser import BROWSER, missing_browser
from .ui_dom import ViewportOptions, check_viewport
from .ui_page import NO_PAGE

IMPACTS: Final = {"minor": 0.5, "moderate": 1.0, "serious": 2.0, "critical": 3.0}
WORST: Final = 10.0


class AccessibilityOptions(ViewportOptions):
    """``standard``: tags of axe-core whose rules are checked."""

    standard: tuple[str, ...] = ("wcag2a", "wcag2aa")


class Accessibility(Evaluator[AccessibilityOptions]):
    """1 minus a tenth of the violations, each element by impact (minor 0.5, moderate 1, serious 2, critical 3).

    What axe-core cannot decide does not count.
    """

    role = "guard"
    guard_share = 0.15
    heavy = True
    options_type = AccessibilityOptions

    def __init__(self, options: AccessibilityOptions, task: Task) -> None:
        super().__init__(options, task)
        check_viewport(options.viewport)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Run axe-core on the page."""
        if problem := missing_browser():
            return Score(None, problem, (), "skipped")
        if not ctx.answer.text:
            return Score(0.0, NO_PAGE)
        action = {"do": "audit", "tags": list(self.options.standard)}
        visit = BROWSER.visit(ctx.answer.text, [action], self.options.viewport)
        if problem := visit.hung or visit.failed(0):
            return Score(0.0, problem)
        violations = visit.results[0]
        if not violations:
            return Score(1.0, "no violations")
        weight = sum(IMPACTS.get(v["impact"], 1.0) * v["nodes"] for v in violations)
        details = tuple(
            Detail(path=v["id"], score=0.0, note=f"{v['nodes']}x {v['impact']}: {v['help']} ({v['target']})")
            for v in violations[:20]
        )
        words = f"{len(violations)} rule(s) broken; {violations[0]['id']}: {violations[0]['help']}"
        return Score(max(0.0, 1.0 - weight / WORST), words, details)
