"""Paired comparison of models on their common tasks: sign-flip permutation test, Holm correction, ranks with ties."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from statistics import stdev

from ..domain.run import Comparison, Interval
from .constants import (
    ASSUMED_DIFFERENCE_SD,
    EXACT_SIGN_FLIPS_UP_TO,
    MIN_TASKS_TO_DIFFER,
    POWER_QUANTILE,
    SIGN_FLIP_DRAWS,
    SIGN_FLIP_SEED,
    SIGNIFICANCE,
)
from .intervals import t_quantile


def sign_flip_p(differences: Sequence[float], weights: Sequence[float]) -> float:
    """Two-sided p value of a weighted mean difference of 0: exact up to 12 tasks, else 10,000 seeded draws."""
    parts = [d * w for d, w in zip(differences, weights, strict=True)]
    observed = abs(math.fsum(parts)) - 1e-12
    if len(parts) <= EXACT_SIGN_FLIPS_UP_TO:
        sums = (
            abs(sum(s * p for s, p in zip(signs, parts, strict=True))) for signs in product((1, -1), repeat=len(parts))
        )
        return float(sum(value >= observed for value in sums) / 2 ** len(parts))
    import numpy as np

    signs = np.random.default_rng(SIGN_FLIP_SEED).choice((-1.0, 1.0), size=(SIGN_FLIP_DRAWS, len(parts)))
    extreme = int((np.abs(signs @ np.array(parts)) >= observed).sum())
    return (1 + extreme) / (SIGN_FLIP_DRAWS + 1)


def compare_models(
    category: str, scores: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]
) -> tuple[Comparison, ...]:
    """Every pair of models over the tasks that all of them have; ``scores[model][task]`` is 0 to 10."""
    if len(scores) < 2:
        return ()
    common = sorted(set.intersection(*(set(tasks) for tasks in scores.values())))
    pairs = [_pair(category, a, b, common, scores, weights) for a, b in combinations(sorted(scores), 2)]
    order = sorted(range(len(pairs)), key=lambda i: pairs[i][1])
    corrected, running = [1.0] * len(pairs), 0.0
    for position, index in enumerate(order):
        running = max(running, min(1.0, (len(pairs) - position) * pairs[index][1]))
        corrected[index] = running
    return tuple(_worded(pair, p) for (pair, _), p in zip(pairs, corrected, strict=True))


def ranks(models: Sequence[str], comparisons: Sequence[Comparison]) -> dict[str, int]:
    """1 plus the number of models that are really better."""
    worse = [c.second if c.better == c.first else c.first for c in comparisons if c.better is not None]
    return {model: 1 + worse.count(model) for model in models}


def detectable_difference(n_tasks: int, spread: float = ASSUMED_DIFFERENCE_SD) -> float | None:
    """About the smallest true difference (0 to 10 scale) that this many tasks show with 80 % power."""
    return POWER_QUANTILE * spread / math.sqrt(n_tasks) if n_tasks > 1 else None


def _pair(
    category: str,
    first: str,
    second: str,
    common: Sequence[str],
    scores: Mapping[str, Mapping[str, float]],
    weights: Mapping[str, float],
) -> tuple[Comparison, float]:
    differences = [scores[first][t] - scores[second][t] for t in common]
    w = [weights[t] for t in common]
    n = len(common)
    if not n:
        return Comparison(category=category, first=first, second=second, n_tasks=0), 1.0
    delta = math.fsum(d * x for d, x in zip(differences, w, strict=True)) / math.fsum(w)
    p = sign_flip_p(differences, w) if n >= MIN_TASKS_TO_DIFFER else 1.0
    spread = stdev(differences) if n > 1 else 0.0
    interval = None
    if n >= MIN_TASKS_TO_DIFFER:
        half = t_quantile(n - 1) * spread / math.sqrt(n)
        interval = Interval(low=delta - half, high=delta + half, method="paired t")
    found = Comparison(
        category=category, first=first, second=second, n_tasks=n, delta=delta, interval=interval,
        detectable=detectable_difference(n, spread or ASSUMED_DIFFERENCE_SD),
    )  # fmt: skip
    return found, p


def _worded(pair: Comparison, p: float) -> Comparison:
    better = None
    if p < SIGNIFICANCE and pair.delta:
        better = pair.first if pair.delta > 0 else pair.second
    if better is not None:
        words = f"{better} is better by {abs(pair.delta or 0):.1f} points"
    elif pair.n_tasks < MIN_TASKS_TO_DIFFER:
        words = f"cannot tell: {pair.n_tasks} common tasks are too few"
    else:
        words = f"cannot tell {pair.first} and {pair.second} apart on {pair.n_tasks} tasks"
    return pair.model_copy(update={"p_value": p, "better": better, "verdict": words})
