"""Confidence intervals for a category score: the unit is the task.

Scores that are all 0 or 1: Wilson (1927). Anything else: Student's t after adding one task that scored 0 and one that
scored 1, together of the weight of one average task; the plain t interval collapses when nearly all tasks are solved.
Unequal weights enter through the effective number of tasks ``(sum w)^2 / sum w^2`` (Kish 1965).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..domain.run import Interval
from .constants import CONFIDENCE, MIN_TASKS_FOR_INTERVAL

_Z = 1.959963984540054
SCALE = 10.0


def weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """``sum(w x) / sum(w)``."""
    return math.fsum(w * x for w, x in zip(weights, values, strict=True)) / math.fsum(weights)


def effective_n(weights: Sequence[float]) -> float:
    """How many equally weighted tasks these weights are worth."""
    return math.fsum(weights) ** 2 / math.fsum(w * w for w in weights)


def score_interval(values: Sequence[float], weights: Sequence[float]) -> Interval | None:
    """95 % interval of the weighted mean of task scores (0 to 1), on the 0 to 10 scale; ``None`` below 5 tasks."""
    if len(values) < MIN_TASKS_FOR_INTERVAL:
        return None
    if all(v in {0.0, 1.0} for v in values):
        low, high = _wilson(weighted_mean(values, weights), effective_n(weights))
        return Interval(low=SCALE * low, high=SCALE * high, method="wilson")
    half_each = math.fsum(weights) / len(weights) / 2
    low, high = _t_bounds([*values, 0.0, 1.0], [*weights, half_each, half_each], len(values), effective_n(weights))
    return Interval(low=SCALE * max(0.0, low), high=SCALE * min(1.0, high), method="t with pseudo tasks")


def difference_interval(differences: Sequence[float], weights: Sequence[float]) -> Interval | None:
    """95 % t interval of the weighted mean of paired differences (already 0 to 10); ``None`` below 5 tasks."""
    if len(differences) < MIN_TASKS_FOR_INTERVAL:
        return None
    low, high = _t_bounds(differences, weights, len(differences), effective_n(weights), correction=True)
    return Interval(low=low, high=high, method="paired t")


def _wilson(share: float, n: float) -> tuple[float, float]:
    middle = (share + _Z * _Z / (2 * n)) / (1 + _Z * _Z / n)
    half = _Z / (1 + _Z * _Z / n) * math.sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _t_bounds(
    values: Sequence[float], weights: Sequence[float], tasks: int, n: float, *, correction: bool = False
) -> tuple[float, float]:
    mean = weighted_mean(values, weights)
    variance = weighted_mean([(v - mean) ** 2 for v in values], weights)
    if correction and n > 1:
        variance *= n / (n - 1)
    half = t_quantile(tasks - 1) * math.sqrt(variance / n)
    return mean - half, mean + half


def t_quantile(degrees: int) -> float:
    """Two-sided 95 % quantile of Student's t."""
    from scipy.special import stdtrit  # lighter by far than scipy.stats

    return float(stdtrit(degrees, 0.5 + CONFIDENCE / 2))
