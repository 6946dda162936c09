"""What repeated attempts say: how often at least one of k passes, how often all do, how far they spread."""

from __future__ import annotations

from collections.abc import Mapping


def repeats_text(metrics: Mapping[str, float | None], spread: float | None = None) -> str:
    """``pass@1 67 %, pass@3 100 %, pass^3 0 %, spread 0.9 points``; empty when nothing was asked more than once.

    ``spread``: standard deviation of quality (0 to 1) over attempts, shown on the scale of 1 to 10.
    """
    if not any(name.startswith("pass^") for name in metrics):
        return ""
    parts = [f"{name} {value:.0%}" for name, value in metrics.items() if name.startswith("pass") and value is not None]
    if spread is not None:
        parts.append(f"spread {9 * spread:.1f} points")
    return ", ".join(parts)
