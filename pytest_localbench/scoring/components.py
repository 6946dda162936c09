"""From measurements to the five score components, each with its reason in one plain sentence."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

from ..domain.model import Pricing
from ..domain.response import Usage
from ..domain.score import EvaluationWeights, ScoreComponent
from .constants import CREDIT_FULL_AT

Efficiency = Literal["earned", "plain"]
DISTURBED = "other work ran at the same time, so time is left out"
CACHED = "the answer came from the cache, so time is left out"
_GRADES = ((2.0, "failed"), (4.0, "poor"), (6.0, "partly right"), (8.0, "good"), (9.5, "very good"))


def share_of_reference(value: float | None, reference: float | None) -> float | None:
    """``n(x; ref)``: 1 up to the reference, ``ref / x`` beyond it; ``None`` when either is unknown.

    Bounded, falling and free of scale: expected 10 s, took 25 s gives 0.40.
    """
    if value is None or reference is None or not math.isfinite(value) or not math.isfinite(reference):
        return None
    if reference <= 0:
        return 1.0 if value <= 0 else 0.0
    return 1.0 if value <= reference else reference / value


def credit(quality: float) -> float:
    """Share of efficiency and difficulty that an answer of this quality (0 to 1) has earned."""
    return min(1.0, quality / CREDIT_FULL_AT)


def grade(points: float) -> str:
    """The word for a quality on the 1 to 10 scale."""
    return next((word for limit, word in _GRADES if points < limit), "excellent")


def cost_of(usage: Usage, pricing: Pricing | None, is_local: bool) -> float | None:
    """USD of one answer; a local answer costs 0, an unknown price or token count gives ``None``.

    Cached tokens are a part of the input and are priced apart when their price is known; reasoning tokens are already
    in the output.
    """
    if is_local:
        return 0.0
    if pricing is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    cached_price = pricing.cached_input_usd_per_mtok
    if cached_price is None:
        cached_price = pricing.input_usd_per_mtok
    total = (
        (usage.input_tokens - cached) * pricing.input_usd_per_mtok
        + cached * cached_price
        + usage.output_tokens * pricing.output_usd_per_mtok
    )
    return total / 1e6


def score_components(
    *,
    quality: float | None,
    complexity: int,
    generation_s: float | None,
    expected_s: float | None,
    cost_usd: float | None,
    cost_budget_usd: float | None,
    memory_bytes: int | None,
    memory_budget_bytes: int | None,
    weights: EvaluationWeights,
    efficiency: Efficiency = "earned",
    timing_usable: bool = True,
    untimed: str = DISTURBED,
) -> tuple[ScoreComponent, ...]:
    """The five components of one answer or task, in the order of ``domain.score.COMPONENTS``.

    ``quality`` is 0 to 1. ``efficiency="earned"`` multiplies time, complexity, cost and memory by :func:`credit`;
    ``"plain"`` leaves them as they are. What is not known, or not comparable with anything, has ``normalized=None``
    and says why; without a quality nothing is normalized.
    """
    earned = None if quality is None else credit(quality) if efficiency == "earned" else 1.0
    return (
        _time(generation_s, expected_s, "" if timing_usable else untimed, earned, weights.time),
        _quality(quality, weights.quality),
        _complexity(complexity, earned, weights.complexity),
        _cost(cost_usd, cost_budget_usd, earned, weights.cost),
        _memory(memory_bytes, memory_budget_bytes, earned, weights.memory),
    )


def _time(
    seconds: float | None, expected: float | None, untimed: str, earned: float | None, weight: float
) -> ScoreComponent:
    share = None if untimed else share_of_reference(seconds, expected)
    return ScoreComponent(
        name="time",
        raw=seconds,
        unit="s",
        normalized=_times(share, earned),
        weight=weight,
        uncredited=share,
        reference=expected,
        reason=_credited(_time_reason(seconds, expected, untimed), share, earned),
    )


# Answers of a run share most of these values: each is made once and kept once.


@lru_cache(maxsize=1024)
def _quality(quality: float | None, weight: float) -> ScoreComponent:
    return ScoreComponent(
        name="quality",
        raw=None if quality is None else 1.0 + 9.0 * quality,
        unit="points",
        normalized=quality,
        weight=weight,
        uncredited=quality,
        reason=_quality_reason(quality),
    )


@lru_cache(maxsize=1024)
def _complexity(level: int, earned: float | None, weight: float) -> ScoreComponent:
    return ScoreComponent(
        name="complexity",
        raw=float(level),
        unit="level",
        normalized=_times(level / 5, earned),
        weight=weight,
        uncredited=level / 5,
        reference=5.0,
        reason=_credited(f"level {level} of 5", level / 5, earned),
    )


@lru_cache(maxsize=1024)
def _cost(usd: float | None, budget: float | None, earned: float | None, weight: float) -> ScoreComponent:
    share = share_of_reference(usd, budget)
    return ScoreComponent(
        name="cost",
        raw=usd,
        unit="usd",
        normalized=_times(share, earned),
        weight=weight,
        uncredited=share,
        reference=budget,
        reason=_credited(_cost_reason(usd, budget), share, earned),
    )


@lru_cache(maxsize=1024)
def _memory(used: int | None, budget: int | None, earned: float | None, weight: float) -> ScoreComponent:
    share = share_of_reference(used, budget)
    return ScoreComponent(
        name="memory",
        raw=None if used is None else float(used),
        unit="bytes",
        normalized=_times(share, earned),
        weight=weight,
        uncredited=share,
        reference=None if budget is None else float(budget),
        reason=_credited(_memory_reason(used, budget), share, earned),
    )


def _times(share: float | None, earned: float | None) -> float | None:
    return None if share is None or earned is None else share * earned


def _credited(reason: str, share: float | None, earned: float | None) -> str:
    if share is None or earned is None or earned >= 1.0:
        return reason
    return f"{reason}; counts {100 * earned:.0f} % because the answer earned less than half the points"


def _quality_reason(quality: float | None) -> str:
    if quality is None:
        return "not scored"
    points = 1.0 + 9.0 * quality
    return f"{points:.1f} of 10, {grade(points)}"


def _time_reason(seconds: float | None, expected: float | None, untimed: str) -> str:
    if untimed:
        taken = "" if seconds is None else f"took {_number(seconds)} s; "
        return f"{taken}{untimed}"
    if seconds is None:
        return "time was not measured"
    if expected is None:
        return f"took {_number(seconds)} s; the task names no expected_time_seconds, so time is left out"
    return f"expected {_number(expected)} s, took {_number(seconds)} s"


def _cost_reason(usd: float | None, budget: float | None) -> str:
    if usd is None:
        return "price or token counts are not known, so cost is left out"
    if budget is None:
        return f"{_number(usd)} USD; no cost budget is set, so cost is left out"
    return f"{_number(usd)} USD of {_number(budget)} USD" if usd else "no API cost"


def _memory_reason(used: int | None, budget: int | None) -> str:
    if used is None:
        return "memory was not measured, so it is left out"
    if budget is None:
        return f"{_gigabytes(used)} GB; no memory budget is set, so memory is left out"
    return f"{_gigabytes(used)} GB of {_gigabytes(budget)} GB"


def _number(value: float) -> str:
    """Three digits that matter, never in scientific notation."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def _gigabytes(amount: int) -> str:
    return _number(amount / 1e9)
