"""Components and the ultimate score, against values worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored import WEIGHTS, components, points

from pytest_localbench.domain.model import Pricing
from pytest_localbench.domain.response import Usage
from pytest_localbench.domain.score import EvaluationWeights
from pytest_localbench.scoring.components import cost_of, credit, grade, share_of_reference
from pytest_localbench.scoring.ultimate import components_used, ultimate_score

UNIT = st.floats(0, 1)
AMOUNT = st.floats(1e-3, 1e6)


def by_name(parts):
    return {c.name: c for c in parts}


def test_the_worked_example():
    shares = {c.name: c.normalized for c in components(0.8)}
    assert shares == pytest.approx({"quality": 0.8, "time": 2 / 3, "cost": 1.0, "memory": 2 / 3, "complexity": 0.6})
    assert points(0.8) == pytest.approx(7.7667, abs=1e-4)
    assert points(0.8, memory=None) == pytest.approx(7.8889, abs=1e-4)
    assert points(0.25) == pytest.approx(2.9833, abs=1e-4)
    assert points(0.0) == 0
    assert points(None) is None


def test_an_instant_empty_answer_earns_nothing_unless_efficiency_is_plain():
    fast = {"time_s": 0.0, "memory": 1, "complexity": 5}
    assert points(0.0, **fast) == 0.0
    assert points(0.0, **fast, efficiency="plain") == pytest.approx(4.0)
    assert points(1.0, **fast) == points(1.0, **fast, efficiency="plain") == 10.0


def test_an_easy_task_cannot_give_a_full_ten():
    assert points(1.0, time_s=0, memory=1, complexity=3) == pytest.approx(9.8)


@pytest.mark.parametrize(
    ("value", "reference", "share"),
    [
        (25, 10, 0.4), (10, 10, 1.0), (0, 10, 1.0), (None, 10, None), (5, None, None), (0, 0, 1.0), (1, 0, 0.0),
        (math.inf, 10, None), (math.nan, 10, None),
    ],
)  # fmt: skip
def test_the_share_is_full_up_to_the_reference_and_falls_beyond(value, reference, share):
    assert share_of_reference(value, reference) == share


def test_each_component_says_why_in_words():
    reasons = {c.name: c.reason for c in components(0.8, time_s=25, expected_s=10, cost=0.002)}
    assert reasons == {
        "time": "expected 10 s, took 25 s",
        "quality": "8.2 of 10, very good",
        "complexity": "level 3 of 5",
        "cost": "0.002 USD of 0.01 USD",
        "memory": "9 GB of 6 GB",
    }


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("time", {"time_s": None}, "time was not measured"),
        ("time", {"expected_s": None}, "names no expected_time_seconds"),
        ("time", {"timing_usable": False}, "other work ran at the same time"),
        ("cost", {"cost": None}, "price or token counts are not known"),
        ("memory", {"memory": None}, "memory was not measured"),
    ],
)
def test_what_is_missing_is_none_and_says_why(name, change, words):
    part = by_name(components(0.8, **change))[name]
    assert part.normalized is None
    assert part.uncredited is None
    assert words in part.reason


def test_a_weak_answer_keeps_the_share_before_credit():
    part = by_name(components(0.25))["time"]
    assert (part.uncredited, part.normalized) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert "counts 50 %" in part.reason
    assert part.reference == 20


@pytest.mark.parametrize(
    ("points_", "word"), [(1.9, "failed"), (3.9, "poor"), (6, "good"), (9.4, "very good"), (9.5, "excellent")]
)
def test_grades_in_words(points_, word):
    assert grade(points_) == word


def test_only_known_weighted_components_count():
    parts = components(0.8, memory=None, weights=EvaluationWeights(quality=1, time=1, memory=1))
    assert components_used(parts) == ("time", "quality")
    assert components_used(parts, frozenset({"quality", "memory"})) == ("quality",)
    assert ultimate_score(parts, frozenset({"quality"})) == pytest.approx(8.0)
    assert ultimate_score(parts, frozenset({"memory"})) is None
    assert ultimate_score(()) is None


@given(UNIT, UNIT)
def test_more_quality_is_never_worse(a, b):
    low, high = sorted((a, b))
    assert points(low) <= points(high) + 1e-9
    assert 0.0 <= points(low) <= 10.0


@given(UNIT, st.sampled_from(["time_s", "cost", "memory"]), AMOUNT, AMOUNT)
def test_needing_more_is_never_better(quality, what, a, b):
    low, high = sorted((a, b))
    assert points(quality, **{what: high}) <= points(quality, **{what: low}) + 1e-9


@given(UNIT, AMOUNT)
def test_a_missing_component_only_spreads_its_weight(quality, memory):
    known = components(quality, memory=memory)
    rest = ultimate_score(known, frozenset({"quality", "time", "cost", "complexity"}))
    assert points(quality, memory=None) == pytest.approx(rest)
    best, worst = points(quality, memory=1), points(quality, memory=1e15)
    assert min(worst, rest) - 1e-9 <= points(quality, memory=memory) <= max(best, rest) + 1e-9


@given(UNIT)
def test_credit_is_full_from_half_the_points_on(quality):
    assert credit(quality) == min(1.0, 2 * quality)


def test_cached_tokens_are_a_part_of_the_input():
    pricing = Pricing(input_usd_per_mtok=0.5, cached_input_usd_per_mtok=0.05, output_usd_per_mtok=3.0)
    usage = Usage(input_tokens=20000, cached_tokens=16000, output_tokens=900, reasoning_tokens=500)
    assert cost_of(usage, pricing, False) == pytest.approx(0.0055, abs=1e-9)
    unpriced = Pricing(input_usd_per_mtok=0.5, output_usd_per_mtok=3.0)
    assert cost_of(usage, unpriced, False) == pytest.approx(0.0127, abs=1e-9)


def test_an_unknown_price_or_count_is_not_free():
    pricing = Pricing(input_usd_per_mtok=0.5, output_usd_per_mtok=3.0)
    usage = Usage(input_tokens=10, output_tokens=10)
    assert cost_of(Usage(input_tokens=10), pricing, False) is None
    assert cost_of(usage, None, False) is None
    assert cost_of(Usage(), None, True) == 0.0


def test_weights_need_not_sum_to_one():
    double = EvaluationWeights(**{name: 2 * value for name, value in WEIGHTS.model_dump().items()})
    assert points(0.7, weights=double) == pytest.approx(points(0.7))
