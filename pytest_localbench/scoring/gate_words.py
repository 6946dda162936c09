"""Selecting by glob, and the words of gate messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from ..errors import did_you_mean

Where = tuple[str | None, str | None, str | None]
"""Category, model and task of a check."""

_OPPOSITE = {">=": "<", "<=": ">", ">": "<=", "<": ">="}
_MOST_DIGITS = 12


def select(pattern: str | None, name: str) -> bool:
    """True when the glob matches; no glob matches all."""
    return pattern is None or fnmatchcase(name, pattern)


def nothing_matches(
    patterns: tuple[str | None, str | None, str | None],
    known: tuple[Collection[str], Collection[str], Collection[str]],
) -> str:
    """Why a gate found nothing: which of category, task and model names does not exist, or that nothing was scored."""
    for kind, pattern, names in zip(("category", "task", "model"), patterns, known, strict=True):
        if pattern is not None and names and not any(fnmatchcase(name, pattern) for name in names):
            return f"nothing that ran matches: no {kind} '{pattern}'{did_you_mean(pattern, names) or _listed(names)}"
    return "0 items scored"


def comparison_words(value: float, operator: str, threshold: float, *, met: bool) -> str:
    """``4.21 < 5.00``: both numbers with as many digits as it takes to tell them apart."""
    sign = operator if met else _OPPOSITE[operator]
    digits = 2
    while digits < _MOST_DIGITS and abs(value - threshold) > 0 and f"{value:.{digits}f}" == f"{threshold:.{digits}f}":
        digits += 1
    shown, limit = f"{value:.{digits}f}", f"{threshold:.{digits}f}"
    return f"{shown} {sign} {limit}"


def _listed(names: Iterable[str]) -> str:
    return f" (known: {', '.join(sorted(set(names)))})"
