"""How far two people agree: kappa with quadratic weights (Cohen 1968), which counts a near miss as less than a far one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def quadratic_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """1 = the same grades, 0 = as often as chance, below 0 = less; ``None`` without pairs, or where both always gave one
    and the same grade, so that chance alone explains everything."""
    count = len(pairs)
    if not count:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum((a - b) ** 2 for a, b in pairs) / count
    by_chance = sum(n * m * (a - b) ** 2 for a, n in first.items() for b, m in second.items()) / count**2
    return None if by_chance == 0 else 1.0 - observed / by_chance
