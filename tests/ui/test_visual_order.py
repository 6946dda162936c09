"""Likeness falls with every step away from the reference, on pages of several kinds."""

from __future__ import annotations

import pytest
from graded_pages import LATER, PAGES
from visual_order import measure_of, pairs, scores_of

CHOSEN = [page for page in (*PAGES, *LATER) if page.name in {"pricing", "data table", "chat", "toolbar"}]


@pytest.mark.parametrize("graded", CHOSEN, ids=lambda page: page.name)
def test_pages_come_out_in_the_order_that_nobody_would_argue_about(judging_browser, graded):
    scores = scores_of(graded, measure_of("visual_blocks"))
    assert [f"{a} <= {b}" for a, b in pairs() if scores[a] <= scores[b]] == []
    assert scores["exact"] == 1.0
    assert scores["same"] >= 0.97
    assert scores["no css"] <= 0.4
    assert scores["unrelated"] <= 0.1
