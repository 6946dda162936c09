"""Pairing of expected and given rows, one to one, so that the total is largest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from .compare import canonical
from .folding import norm

MAX_TABLE: Final = 40_000

Worth = Callable[[Any, Any], float]
"""What a pair of an expected and a given row earns."""


def pair_rows(expected: list[Any], rows: list[Any], worth: Worth) -> dict[int, int]:
    """Index of an expected row -> index of its given row; pairs that earn nothing are left out.

    Identical rows first, then the assignment of the largest total (Hungarian method; nearer rows win ties). Tables
    beyond 40,000 pairs are matched by the column that tells the expected rows apart best.
    """
    pairs = _identical(expected, rows)
    taken = set(pairs.values())
    left = [i for i in range(len(expected)) if i not in pairs]
    right = [j for j in range(len(rows)) if j not in taken]
    if not left or not right:
        return pairs
    if len(left) * len(right) > MAX_TABLE:
        return pairs | _by_key(expected, rows, left, right, worth)
    table = [[worth(expected[i], rows[j]) - 1e-6 * abs(i - j) for j in right] for i in left]
    return pairs | {left[a]: right[b] for a, b in _assigned(table) if table[a][b] > 0}


def _identical(expected: list[Any], rows: list[Any]) -> dict[int, int]:
    places: dict[str, list[int]] = defaultdict(list)
    for j in reversed(range(len(rows))):
        places[canonical(rows[j])].append(j)
    found = {}
    for i, row in enumerate(expected):
        same = places.get(canonical(row))
        if same:
            found[i] = same.pop()
    return found


def _assigned(table: list[list[float]]) -> list[tuple[int, int]]:
    best = [max(range(len(line)), key=line.__getitem__) for line in table]
    if len(set(best)) == len(best):
        # every row has its own best partner: nothing can be better
        return list(enumerate(best))
    from scipy.optimize import linear_sum_assignment

    left, right = linear_sum_assignment(table, maximize=True)
    return [(int(a), int(b)) for a, b in zip(left, right, strict=True)]


def _by_key(expected: list[Any], rows: list[Any], left: list[int], right: list[int], worth: Worth) -> dict[int, int]:
    columns: dict[str, set[str]] = defaultdict(set)
    for i in left:
        for key, value in expected[i].items() if isinstance(expected[i], dict) else ():
            columns[key].add(_text(value))
    if not columns:
        return {}
    key = max(columns, key=lambda name: len(columns[name]))
    places: dict[str, list[int]] = defaultdict(list)
    for j in reversed(right):
        if isinstance(rows[j], dict):
            places[_text(rows[j].get(key))].append(j)
    found = {}
    for i in left:
        partners = places.get(_text(expected[i].get(key))) if isinstance(expected[i], dict) else None
        if partners and worth(expected[i], rows[partners[-1]]) > 0:
            found[i] = partners.pop()
    return found


def _text(value: Any) -> str:
    return norm(value) if isinstance(value, str) else canonical(value)
