"""What became of the judges of a run: whether they may count, and what they cost."""

from __future__ import annotations

from .base import CleanText, Frozen


class RubricTest(Frozen):
    """A judge and one rubric: how close it came to the graded answers. ``mean_error`` in grades, ``close`` 0 to 1."""

    category: str
    task: str
    evaluator: str
    accepted: bool
    n_grades: int = 0
    mean_error: float | None = None
    close: float | None = None
    reason: CleanText = ""


class JudgeReport(Frozen):
    """One judge. ``n_*`` count answers of the models under test; tokens, cost and seconds are the judge's own, tests
    included, and are part of no score. ``None`` = not known."""

    model: str
    tests: tuple[RubricTest, ...] = ()
    n_waiting: int = 0
    n_judged: int = 0
    n_errors: int = 0
    requests: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None
    reason: CleanText = ""
