"""Score arithmetic: pure functions from measurements to components, task results, category scores and gates."""

from __future__ import annotations

from .aggregate import category_comparisons, category_scores, overall
from .comparison import compare_models
from .components import cost_of, score_components
from .gate import Gate, evaluate_gates, fail_under_gate, parse_gate
from .tasks import fold_task
from .ultimate import components_used, ultimate_score

__all__ = [
    "Gate",
    "category_comparisons",
    "category_scores",
    "compare_models",
    "components_used",
    "cost_of",
    "evaluate_gates",
    "fail_under_gate",
    "fold_task",
    "overall",
    "parse_gate",
    "score_components",
    "ultimate_score",
]
