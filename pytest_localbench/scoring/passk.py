"""pass@k and pass^k from n answers of which c passed.

pass@k (Chen et al. 2021, arXiv 2107.03374): chance that at least one of k answers passes, ``1 - C(n-c,k) / C(n,k)``.
pass^k (Yao et al. 2024, arXiv 2406.12045): chance that all k pass, ``C(c,k) / C(n,k)``. Both are unbiased, per problem,
and averaged over problems afterwards.
"""

from __future__ import annotations

from math import comb


def pass_at_k(n: int, c: int, k: int) -> float | None:
    """Chance that at least one of ``k`` answers passes; ``None`` (not defined) when ``k > n``."""
    if not _defined(n, c, k):
        return None
    return 1.0 - comb(n - c, k) / comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float | None:
    """Chance that all of ``k`` answers pass; ``None`` (not defined) when ``k > n``."""
    if not _defined(n, c, k):
        return None
    return comb(c, k) / comb(n, k)


def _defined(n: int, c: int, k: int) -> bool:
    if k < 1 or n < 0 or not 0 <= c <= n:
        raise ValueError(f"pass@k needs k >= 1 and 0 <= c <= n, not n={n}, c={c}, k={k}")
    return k <= n
