"""Weighted kappa of two reviewers."""

from __future__ import annotations

import pytest

from pytest_localbench.scoring.agreement import quadratic_kappa


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([(1, 1), (5, 5)], 1.0),
        ([(1, 5), (5, 1)], -1.0),
        ([(1, 1), (1, 5), (5, 1), (5, 5)], 0.0),
        ([(5, 3), (5, 5), (1, 1), (1, 1)], 1 - 1 / 7),
        ([], None),
        ([(3, 3), (3, 3)], None),
    ],
)
def test_kappa_of_grades(pairs, kappa):
    assert quadratic_kappa(pairs) == (None if kappa is None else pytest.approx(kappa, abs=1e-6))
