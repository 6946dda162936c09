"""The ultimate score: the weighted mean of the components that are known, on a scale of 0 to 10."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..domain.score import COMPONENTS, ComponentName, ScoreComponent


def components_used(
    components: Sequence[ScoreComponent], only: frozenset[ComponentName] | None = None
) -> tuple[ComponentName, ...]:
    """Names of the components that count: known, with a weight above 0 and, if given, among ``only``."""
    names = {c.name for c in _counting(components, only)}
    return tuple(name for name in COMPONENTS if name in names)


def ultimate_score(components: Sequence[ScoreComponent], only: frozenset[ComponentName] | None = None) -> float | None:
    """``10 * sum(w * n) / sum(w)`` over the components that count; the weight of a missing one is spread over the rest.

    ``None`` when quality was not scored or nothing counts.
    """
    if any(c.name == "quality" and c.normalized is None for c in components):
        return None
    counting = list(_counting(components, only))
    weight = sum(c.weight for c in counting)
    if weight <= 0:
        return None
    earned = sum(c.weight * (c.normalized or 0.0) for c in counting)
    return min(10.0, 10.0 * earned / weight)


def _counting(components: Sequence[ScoreComponent], only: frozenset[ComponentName] | None) -> Iterable[ScoreComponent]:
    return (c for c in components if c.normalized is not None and c.weight > 0 and (only is None or c.name in only))
