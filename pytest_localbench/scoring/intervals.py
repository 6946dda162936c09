"""Confidence intervals of a mean over few tasks, on the 0 to 1 scale.

All values 0 or 1: Wilson 1927 with the effective number of tasks. Otherwise a t interval after adding two half-weight
pseudo tasks with the values 0 and 1, which keeps its coverage near the ends where the plain one fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .constants import CONFIDENCE, MIN_TASKS_FOR_INTERVAL


def mean_interval(values: Sequence[float], weights: Sequence[float]) -> tuple[float, float, str] | None:
    """(low, high, method) of the weighted mean; ``None`` for fewer than five tasks."""
    n = len(values)
    if n < MIN_TASKS_FOR_INTERVAL:
        return None
    if all(v in (0.0, 1.0) for v in values):
        low, high = wilson(values, weights)
        return low, high, "Wilson"
    centre = math.fsum(weights) / n
    all_values = [*values, 0.0, 1.0]
    all_weights = [*weights, centre / 2, centre / 2]
    total = math.fsum(all_weights)
    mean = math.fsum(v * w for v, w in zip(all_values, all_weights, strict=True)) / total
    variance = math.fsum(w * (v - mean) ** 2 for v, w in zip(all_values, all_weights, strict=True)) / total
    half = t_quantile(n - 1) * math.sqrt(variance / n)
    return max(0.0, mean - half), min(1.0, mean + half), "t with pseudo tasks"


def wilson(values: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """Wilson score interval of a weighted share."""
    total = math.fsum(weights)
    n = total**2 / math.fsum(w * w for w in weights)
    p = math.fsum(v * w for v, w in zip(values, weights, strict=True)) / total
    z = normal_quantile()
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def t_quantile(degrees: int) -> float:
    """Two-sided Student t quantile for the confidence of the reports."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + CONFIDENCE / 2))


def normal_quantile() -> float:
    """Two-sided normal quantile for the confidence of the reports."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
