"""What evaluators that show a page in the browser share."""

from __future__ import annotations

from typing import TypeVar

from ..domain.task import Task
from .base import EvaluationContext, Evaluator, Score
from .ui_browser import missing_browser
from .ui_dom import ViewportOptions, check_viewport
from .ui_page import NO_PAGE

ViewportT = TypeVar("ViewportT", bound=ViewportOptions)


class ShownPage(Evaluator[ViewportT]):
    """Skipped without a browser; an answer without a page earns nothing."""

    heavy = True

    def __init__(self, options: ViewportT, task: Task) -> None:
        super().__init__(options, task)
        check_viewport(options.viewport)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Look at the page, if there is one and it can be shown."""
        if problem := missing_browser():
            return Score(None, problem, (), "skipped")
        if not ctx.answer.text:
            return Score(0.0, NO_PAGE)
        return self.look(ctx)

    def look(self, ctx: EvaluationContext) -> Score:
        """Judge the page of the answer."""
        raise NotImplementedError
