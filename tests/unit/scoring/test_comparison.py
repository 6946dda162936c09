"""Intervals, paired tests and ranks."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_localbench.scoring.comparison import compare_models, holm, rank_models, sign_flip_p
from pytest_localbench.scoring.intervals import difference_interval, effective_n, score_interval, weighted_mean

ONES = [1.0] * 20


def compare(scores, weights=None):
    tasks = {task for own in scores.values() for task in own}
    return compare_models("c", scores, weights or dict.fromkeys(tasks, 1.0))


def ranks(scores):
    return rank_models(list(scores), compare(scores))


def named(values):
    return {f"t{i:02}": float(v) for i, v in enumerate(values)}


def test_fewer_than_five_tasks_have_no_interval():
    assert score_interval([0.2, 0.9, 0.4, 0.1], [1.0] * 4) is None
    assert difference_interval([1.0] * 4, [1.0] * 4) is None


def test_right_or_wrong_tasks_get_a_wilson_interval():
    found = score_interval([0.0, 1.0] * 10, ONES)
    assert (found.method, round(found.low, 2), round(found.high, 2)) == ("wilson", 2.99, 7.01)


def test_all_right_is_no_certainty():
    found = score_interval([0.98] * 20, ONES)
    assert found.method == "t with pseudo tasks"
    assert found.low < 9.5
    assert found.high <= 10
    assert score_interval([1.0] * 20, ONES).low == pytest.approx(8.39, abs=0.01)


def test_the_interval_worked_by_hand():
    values = [0.2, 0.4, 0.6, 0.8, 0.5]
    mean = (2.5 + 0.5) / 6
    variance = (sum((v - mean) ** 2 for v in values) + 0.5 * (mean**2 + (1 - mean) ** 2)) / 6
    half = 2.7764451 * (variance / 5) ** 0.5
    found = score_interval(values, [1.0] * 5)
    assert (found.low, found.high) == (pytest.approx(10 * (mean - half)), pytest.approx(10 * (mean + half)))


def test_weights_enter_through_the_effective_number_of_tasks():
    assert effective_n(ONES) == 20
    assert effective_n([3.0, 1.0]) == pytest.approx(1.6)
    even = score_interval([0.1, 0.9, 0.3, 0.7, 0.5, 0.6], [1.0] * 6)
    skewed = score_interval([0.1, 0.9, 0.3, 0.7, 0.5, 0.6], [5.0, 5.0, 1.0, 1.0, 1.0, 1.0])
    assert skewed.high - skewed.low > even.high - even.low


@pytest.mark.parametrize("skewed", [False, True])
def test_intervals_hold_the_truth_about_as_often_as_they_say(skewed):
    source = random.Random(11)
    held = 0
    for _ in range(400):
        values = [0.0 if (u := source.random()) < 0.3 else 1.0 if u < 0.6 else source.random() for _ in range(20)]
        weights = [float(source.randint(1, 5)) if skewed else 1.0 for _ in values]
        found = score_interval(values, weights)
        held += found.low <= 5.0 <= found.high
    assert 0.92 <= held / 400 <= 0.98


@given(st.lists(st.floats(0, 1), min_size=5, max_size=30))
@settings(max_examples=60)
def test_an_interval_stays_on_the_scale_and_near_the_mean(values):
    found = score_interval(values, [1.0] * len(values))
    assert 0 <= found.low <= found.high <= 10
    shrunk = 10 * (sum(values) + 0.5) / (len(values) + 1)
    assert found.low - 1e-9 <= shrunk <= found.high + 1e-9 or found.method == "wilson"


def test_five_wins_of_five_are_not_enough():
    assert sign_flip_p([1.0] * 5, [1.0] * 5) == pytest.approx(2 / 32)
    assert sign_flip_p([1.0] * 6, [1.0] * 6) == pytest.approx(2 / 64)


def test_equal_scores_have_p_one():
    assert sign_flip_p([0.0] * 20, ONES) == 1.0


def test_draws_agree_with_every_flip_and_repeat():
    differences = [0.51, -0.23, 0.37, 0.11, -0.41, 0.62, 0.29, 0.34, -0.13, 0.47, 0.19, 0.07, 0.31]
    flips = [abs(sum(d if bits >> i & 1 else -d for i, d in enumerate(differences))) for bits in range(2**13)]
    exact = sum(value >= sum(differences) - 1e-9 for value in flips) / len(flips)
    drawn = sign_flip_p(differences, [1.0] * 13)
    assert drawn == pytest.approx(exact, abs=0.01)
    assert drawn == sign_flip_p(differences, [1.0] * 13)


def test_many_tasks_are_drawn_in_pieces():
    assert sign_flip_p([1.0] * 500, [1.0] * 500) == pytest.approx(1 / 10_001)


def test_a_zero_difference_changes_nothing():
    assert sign_flip_p([1.0] * 6 + [0.0] * 30, [1.0] * 36) == pytest.approx(2 / 64)


def test_several_pairs_are_corrected_together():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_a_real_difference_is_told_in_words():
    (pair,) = compare({"a": named([5.0 + i % 3 for i in range(12)]), "b": named([3.0 + i % 2 for i in range(12)])})
    assert pair.better == "a"
    assert pair.verdict == "a beats b on 12 of 12 tasks, by 2.50 points"
    assert pair.delta == pytest.approx(2.5)
    assert pair.interval.low < 2.5 < pair.interval.high


def test_wins_that_balance_are_no_lead():
    (pair,) = compare({"a": named([9.0, 1.0] * 6), "b": named([1.0, 9.0] * 6)})
    assert pair.better is None
    assert pair.verdict == "a and b score the same on average, each ahead on some of 12 tasks"


def test_few_tasks_cannot_tell():
    (pair,) = compare({"a": named([9.0] * 5), "b": named([1.0] * 5)})
    assert pair.better is None
    assert pair.detectable is None
    assert pair.verdict == "a beats b on 5 of 5 tasks, by 8.00 points: cannot be told from chance"


def test_what_twenty_tasks_can_tell():
    same = named([5.0] * 20)
    (pair,) = compare({"a": same, "b": dict(same)})
    assert pair.verdict == "a and b score the same on all 20 tasks"
    assert pair.detectable == pytest.approx(1.566, abs=1e-3)


def test_only_common_tasks_are_compared():
    (pair,) = compare({"a": {"x": 9.0, "y": 5.0}, "b": {"y": 5.0, "z": 1.0}})
    assert (pair.n_tasks, pair.delta) == (1, 0.0)
    (pair,) = compare({"a": {"x": 9.0}, "b": {"z": 1.0}})
    assert (pair.n_tasks, pair.delta, pair.verdict) == (0, None, "a and b share no task")
    assert compare({"a": {"x": 9.0}}) == ()


def test_ties_share_a_rank_whatever_the_order():
    middle = named([5.0 + i % 3 for i in range(12)])
    scores = {"m-c": {t: v + 2 for t, v in middle.items()}, "m-b": middle, "m-a": dict(middle),
              "m-d": {t: v - 3 for t, v in middle.items()}}  # fmt: skip
    for order in permutations(scores):
        found = ranks({name: scores[name] for name in order})
        assert found == {"m-c": (1, False), "m-a": (2, True), "m-b": (2, True), "m-d": (4, False)}


def test_models_that_cannot_be_told_apart_are_tied_though_one_scores_higher():
    source = random.Random(3)
    noise = {f"t{i}": source.uniform(0, 10) for i in range(20)}
    other = {t: min(10.0, max(0.0, v + source.uniform(-4, 4.4))) for t, v in noise.items()}
    assert ranks({"a": noise, "b": other}) == {"a": (1, True), "b": (1, True)}


def test_a_single_model_has_rank_one():
    assert rank_models(["a"], ()) == {"a": (1, False)}


def test_weighted_mean():
    assert weighted_mean([1.0, 0.0], [3.0, 1.0]) == 0.75
