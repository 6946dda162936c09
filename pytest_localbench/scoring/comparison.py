"""Comparing models on the tasks they share: paired sign-flip test, Holm's correction, ranks.

Sign flips: Fisher (1935), Good (2005); Monte Carlo p-value ``(1 + hits) / (draws + 1)`` after Phipson and Smyth (2010);
correction for several pairs: Holm (1979).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from ..domain.run import Comparison
from .constants import (
    ASSUMED_DIFFERENCE_SD,
    EXACT_SIGN_FLIPS_UP_TO,
    GATE_TOLERANCE,
    MIN_TASKS_TO_DIFFER,
    POWER_QUANTILE,
    SIGN_FLIP_DRAWS,
    SIGN_FLIP_SEED,
    SIGNIFICANCE,
)
from .intervals import difference_interval, effective_n, weighted_mean

_CHUNK = 1_000_000


def sign_flip_p(differences: Sequence[float], weights: Sequence[float]) -> float:
    """Two-sided p-value of "no difference" for weighted paired differences; exact up to 12 tasks, else seeded draws."""
    terms = [w * d for w, d in zip(weights, differences, strict=True) if abs(d) > GATE_TOLERANCE]
    if not terms:
        return 1.0
    bound = abs(math.fsum(terms)) - GATE_TOLERANCE * math.fsum(map(abs, terms))
    if len(terms) <= EXACT_SIGN_FLIPS_UP_TO:
        sums = [0.0]
        for term in terms:
            sums = [s + term for s in sums] + [s - term for s in sums]
        return sum(abs(s) >= bound for s in sums) / len(sums)
    import numpy as np

    generator = np.random.default_rng(SIGN_FLIP_SEED)
    values = np.asarray(terms)
    rows = max(1, _CHUNK // len(terms))
    hits = 0
    for start in range(0, SIGN_FLIP_DRAWS, rows):
        shape = (min(rows, SIGN_FLIP_DRAWS - start), len(terms))
        signs = 2.0 * generator.integers(0, 2, size=shape) - 1.0
        hits += int((np.abs(signs @ values) >= bound).sum())
    return (1 + hits) / (SIGN_FLIP_DRAWS + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number, in the given order."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for position, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - position) * p_values[index]))
        corrected[index] = highest
    return corrected


def compare_models(
    category: str, scores: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]
) -> tuple[Comparison, ...]:
    """Every pair of models on the tasks that all of them have.

    ``scores``: model -> task -> score (0 to 10); ``weights``: task -> weight. Pairs and their direction follow the
    models' names, so the order of ``scores`` changes nothing.
    """
    models = sorted(scores)
    common = sorted(set.intersection(*(set(scores[m]) for m in models))) if models else []
    pairs = list(combinations(models, 2))
    shares = [weights[t] for t in common]
    differences = [[scores[a][t] - scores[b][t] for t in common] for a, b in pairs]
    corrected = holm([sign_flip_p(d, shares) for d in differences])
    return tuple(
        _comparison(category, pair, d, shares, p) for pair, d, p in zip(pairs, differences, corrected, strict=True)
    )


def rank_models(models: Sequence[str], comparisons: Sequence[Comparison]) -> dict[str, tuple[int, bool]]:
    """Model -> (rank, tied): 1 + the number of models that are really better; tied while any other cannot be told apart."""
    better_than: dict[str, int] = dict.fromkeys(models, 0)
    decided: dict[str, int] = dict.fromkeys(models, 0)
    for pair in comparisons:
        if pair.better is None:
            continue
        decided[pair.first] += 1
        decided[pair.second] += 1
        better_than[pair.second if pair.better == pair.first else pair.first] += 1
    return {m: (1 + better_than[m], decided[m] < len(models) - 1) for m in models}


def _comparison(
    category: str, pair: tuple[str, str], differences: Sequence[float], weights: Sequence[float], p_value: float
) -> Comparison:
    first, second = pair
    if not differences:
        return Comparison(
            category=category, first=first, second=second, n_tasks=0, verdict=f"{first} and {second} share no task"
        )
    delta = weighted_mean(differences, weights)
    better = (first if delta > 0 else second) if p_value < SIGNIFICANCE else None
    interval = difference_interval(differences, weights)
    return Comparison(
        category=category,
        first=first,
        second=second,
        n_tasks=len(differences),
        delta=delta,
        interval=interval,
        p_value=p_value,
        better=better,
        detectable=_detectable(differences, weights, delta),
        verdict=_verdict(pair, differences, delta, better),
    )


def _verdict(pair: tuple[str, str], differences: Sequence[float], delta: float, better: str | None) -> str:
    ahead, behind = pair if delta >= 0 else (pair[1], pair[0])
    sign = 1.0 if delta >= 0 else -1.0
    wins = sum(sign * d > GATE_TOLERANCE for d in differences)
    losses = sum(sign * d < -GATE_TOLERANCE for d in differences)
    if not wins and not losses:
        return f"{pair[0]} and {pair[1]} score the same on all {len(differences)} tasks"
    if abs(delta) <= GATE_TOLERANCE:
        return f"{pair[0]} and {pair[1]} score the same on average, each ahead on some of {len(differences)} tasks"
    found = f"{ahead} beats {behind} on {wins} of {len(differences)} tasks, by {abs(delta):.2f} points"
    return found if better else f"{found}: cannot be told from chance"


def _detectable(differences: Sequence[float], weights: Sequence[float], delta: float) -> float | None:
    """Smallest true difference that a test on this many tasks finds with 80 % power at 5 %."""
    if len(differences) < MIN_TASKS_TO_DIFFER:
        return None
    n = effective_n(weights)
    variance = weighted_mean([(d - delta) ** 2 for d in differences], weights) * n / (n - 1)
    deviation = math.sqrt(variance) if variance > GATE_TOLERANCE else ASSUMED_DIFFERENCE_SD
    return POWER_QUANTILE * deviation / math.sqrt(n)
