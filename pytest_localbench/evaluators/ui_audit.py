"""Accessibility of a page, as axe-core finds it."""

from __future__ import annotations

from typing import Final

from ..domain.score import Detail
from .base import EvaluationContext, Score
from .ui_browser import BROWSER
from .ui_dom import ViewportOptions
from .ui_shown import ShownPage

IMPACTS: Final = {"minor": 0.5, "moderate": 1.0, "serious": 2.0, "critical": 3.0}
WORST: Final = 10.0


class AccessibilityOptions(ViewportOptions):
    """``standard``: tags of axe-core whose rules are checked."""

    standard: tuple[str, ...] = ("wcag2a", "wcag2aa")


class Accessibility(ShownPage[AccessibilityOptions]):
    """1 minus a tenth of the violations, each element by impact (minor 0.5, moderate 1, serious 2, critical 3).

    What axe-core cannot decide does not count.
    """

    role = "guard"
    guard_share = 0.15
    options_type = AccessibilityOptions

    def look(self, ctx: EvaluationContext) -> Score:
        """Run axe-core on the page."""
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
