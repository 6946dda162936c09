"""What a gate can ask for, and where the value stands."""

from __future__ import annotations

import math

from ..domain.result import TaskResult
from ..domain.run import CategoryScore
from ..domain.score import ComponentName
from .components import CACHED, DISTURBED

BOUNDS: dict[str, tuple[float, float]] = {
    "score": (0.0, 10.0),
    "quality": (1.0, 10.0),
    "pass_rate": (0.0, 1.0),
    "coverage": (0.0, 1.0),
    "median_s": (0.0, math.inf),
    "p95_s": (0.0, math.inf),
    "cost_usd": (0.0, math.inf),
    "memory_mb": (0.0, math.inf),
}
METRICS = tuple(BOUNDS)
TIME_METRICS = ("median_s", "p95_s")
TASK_METRICS = ("score", "quality", "pass_rate", "median_s", "cost_usd", "memory_mb")
_NO_TIME = "no usable timing (not measured, or other work ran at the same time)"
_UNKNOWN = {
    "score": "the score is not known",
    "quality": "the quality is not known",
    "pass_rate": "the pass rate is not known",
    "coverage": "no task could be asked",
    "median_s": _NO_TIME,
    "p95_s": _NO_TIME,
    "cost_usd": "the cost is not known (price or token counts are missing)",
    "memory_mb": "memory was not measured",
}
_NO_INTERVAL = "no interval for gate_on: lower (fewer than 5 tasks were scored)"


def category_value(row: CategoryScore, metric: str, *, lower: bool = False) -> tuple[float | None, str]:
    """The value in the units on screen, or ``None`` and why it is not known."""
    if lower:
        return (None, _NO_INTERVAL) if row.interval is None else (row.interval.low, "")
    values: dict[str, float | None] = {
        "score": row.ultimate_score,
        "quality": _points(row.quality),
        "pass_rate": row.pass_rate,
        "coverage": row.coverage,
        "median_s": row.median_time_s,
        "p95_s": row.p95_time_s,
        "cost_usd": row.cost_usd,
        "memory_mb": _megabytes(row.peak_memory_bytes),
    }
    return values[metric], _UNKNOWN[metric]


def task_value(result: TaskResult, metric: str) -> tuple[float | None, str]:
    """The same for one task of one model; ``cost_usd`` is the mean per sample."""
    values: dict[str, float | None] = {
        "score": result.ultimate_score,
        "quality": _points(result.quality),
        "pass_rate": result.n_passed / result.n_scored if result.n_scored else None,
        "median_s": _raw(result, "time"),
        "cost_usd": _raw(result, "cost"),
        "memory_mb": _megabytes(_raw(result, "memory")),
    }
    return values[metric], _UNKNOWN[metric]


def disturbed(row: CategoryScore | TaskResult, metric: str) -> bool:
    """True when a time is not known because other work ran during every answer: such noise decides no gate."""
    if metric not in TIME_METRICS:
        return False
    if isinstance(row, CategoryScore):
        return row.n_contended > 0 or row.n_cached > 0
    return any(c.name == "time" and (DISTURBED in c.reason or CACHED in c.reason) for c in row.components)


def _points(quality: float | None) -> float | None:
    return None if quality is None else 1.0 + 9.0 * quality


def _megabytes(amount: float | None) -> float | None:
    return None if amount is None else amount / 1e6


def _raw(result: TaskResult, name: ComponentName) -> float | None:
    return next((c.raw for c in result.components if c.name == name), None)
