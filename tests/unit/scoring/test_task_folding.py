"""Samples and attempts of one task become one task result."""

from __future__ import annotations

import pytest
from scored import WEIGHTS, answer, fold

from pytest_localbench.scoring.labels import balanced_accuracy, label_metrics, macro_f1
from pytest_localbench.scoring.passk import pass_at_k, pass_hat_k
from pytest_localbench.scoring.tasks import slow_percentile


def component(result, name):
    return next(c for c in result.components if c.name == name)


def test_attempts_are_averaged_before_samples():
    folded = fold(answer(1.0, sample="a"), answer(0.0, sample="a", attempt=2), answer(1.0, sample="b"))
    assert folded.quality == 0.75
    assert folded.spread == 0.5
    assert (folded.n_samples, folded.n_scored, folded.n_passed) == (2, 3, 2)


def test_samples_have_weights():
    assert fold(answer(1.0, sample="a", weight=3.0), answer(0.0, sample="b")).quality == 0.75


def test_more_than_a_fifth_without_a_score_is_incomplete_but_shown():
    good = [answer(1.0, sample=f"s{i}") for i in range(4)]
    assert fold(*good, answer(None, sample="x")).status == "passed"
    broken = fold(*good[:3], answer(None, sample="x", reason="no connection"))
    assert (broken.status, broken.quality, broken.n_errors) == ("incomplete", 1.0, 1)
    assert broken.reason == "1 of 4 answers have no score: no connection"


def test_a_weak_task_says_how_many_passed_and_what_the_weakest_lacks():
    pair = (answer(1.0, sample="a"), answer(0.2, sample="b", outcome="weak", reason="total is wrong"))
    assert fold(*pair).reason == "1 of 2 passed: total is wrong"
    assert fold(pair[1]).reason == "total is wrong"
    assert fold(pair[0]).reason == ""


@pytest.mark.parametrize(
    ("outcome", "status"), [("backend_error", "error"), ("pending", "pending"), ("skipped", "skipped")]
)
def test_without_any_score_there_is_none(outcome, status):
    folded = fold(answer(None, outcome=outcome))
    assert (folded.status, folded.quality, folded.ultimate_score, folded.components) == (status, None, None, ())


def test_a_few_pending_answers_do_not_hold_up_the_task():
    good = [answer(1.0, sample=f"s{i}") for i in range(4)]
    assert fold(*good, answer(None, sample="x", outcome="pending")).status == "passed"
    assert fold(*good[:3], answer(None, sample="x", outcome="pending")).status == "pending"


def test_skipped_samples_are_no_errors():
    folded = fold(answer(1.0, sample="a"), answer(None, sample="b", outcome="skipped"))
    assert (folded.status, folded.n_samples, folded.n_errors) == ("passed", 1, 0)


def test_unparsable_and_refused_answers_stay_in_the_mean():
    wrong = [answer(0.0, sample="r", outcome="refused"), answer(0.0, sample="j", outcome="invalid_json")]
    assert fold(*(answer(1.0, sample=f"s{i}") for i in range(4)), *wrong).quality == pytest.approx(4 / 6)


def test_time_is_the_median_over_samples_compared_once():
    slow = [
        answer(1.0, sample=f"s{i}", time_s=t, expected_s=2.0, weights=WEIGHTS) for i, t in enumerate((1.0, 3.0, 100.0))
    ]
    time = component(fold(*slow, weights=WEIGHTS), "time")
    assert (time.raw, time.normalized, time.reference) == (3.0, pytest.approx(2 / 3), 2.0)


def test_credit_comes_from_the_quality_of_the_task():
    mixed = [answer(1.0, sample="a", weights=WEIGHTS), answer(0.0, sample="b", weights=WEIGHTS)]
    folded = fold(*mixed, weights=WEIGHTS)
    assert folded.quality == 0.5
    assert component(folded, "time").normalized == 1.0


def test_disturbed_times_count_only_as_gaps():
    calm = answer(1.0, sample="a", time_s=2.0, weights=WEIGHTS)
    busy = answer(1.0, sample="b", time_s=90.0, contended=True, weights=WEIGHTS)
    assert component(fold(calm, busy, weights=WEIGHTS), "time").raw == 2.0
    alone = component(fold(busy, weights=WEIGHTS), "time")
    assert (alone.raw, alone.normalized) == (None, None)
    assert "other work ran" in alone.reason


def test_memory_is_the_largest_and_cost_the_mean():
    pair = [
        answer(1.0, sample=s, memory=m, cost=c, weights=WEIGHTS) for s, m, c in (("a", 4e9, 0.01), ("b", 8e9, 0.03))
    ]
    folded = fold(*pair, weights=WEIGHTS)
    assert component(folded, "memory").raw == 8e9
    assert component(folded, "memory").normalized == 0.75
    assert component(folded, "cost").normalized == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("n", "c", "k", "value"),
    [
        (4, 1, 4, 1.0),
        (5, 2, 3, 0.9),
        (10, 3, 5, 11 / 12),
        (20, 1, 10, 0.5),
        (2, 0, 5, None),
        (1, 1, 2, None),
        (3, 0, 2, 0.0),
    ],
)
def test_pass_at_k_is_exact_and_undefined_beyond_n(n, c, k, value):
    found = pass_at_k(n, c, k)
    assert found is None if value is None else found == pytest.approx(value)


def test_all_of_k_pass():
    assert pass_hat_k(4, 2, 2) == pytest.approx(1 / 6)
    assert pass_hat_k(2, 2, 3) is None
    with pytest.raises(ValueError, match="0 <= c <= n"):
        pass_hat_k(2, 3, 1)


def test_one_attempt_reports_pass_at_one_only():
    assert fold(answer(1.0)).metrics == {"pass@1": 1.0}


def test_attempts_report_every_k_there_is():
    tries = [answer(q, attempt=i + 1) for i, q in enumerate((1.0, 1.0, 0.0, 0.0, 0.0))]
    metrics = fold(*tries).metrics
    assert metrics["pass@3"] == pytest.approx(0.9)
    assert metrics["pass^2"] == pytest.approx(0.1)
    assert "pass@10" not in metrics


def test_an_attempt_without_a_score_leaves_the_largest_k_open():
    tries = [answer(1.0, attempt=i) for i in range(1, 5)]
    metrics = fold(*tries, answer(None, attempt=5)).metrics
    assert metrics["pass@4"] == 1.0
    assert metrics["pass@5"] is None


def test_a_class_that_never_occurs_has_no_f1():
    assert macro_f1([("invoice", "invoice"), ("nda", "nda")]) == 1.0
    gold = ["invoice"] * 3 + ["nda"] * 2
    pairs = list(zip(gold, ["invoice", "invoice", "nda", "nda", "memo"], strict=True))
    assert macro_f1(pairs) == pytest.approx(13 / 30)
    assert balanced_accuracy(pairs) == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_an_answer_without_a_label_is_a_miss():
    found = label_metrics([("a", "a"), ("b", None)])
    assert found == {"accuracy": 0.5, "balanced_accuracy": 0.5, "macro_f1": 0.5, "no_label": 0.5}
    assert label_metrics([]) == {}


def test_the_headline_of_a_label_task_replaces_the_mean():
    gold = {"a": "x", "b": "x", "c": "y"}
    fields = {
        "output": {"format": "label", "labels": ["x", "y"]},
        "samples": [{"id": name, "expected": label, "has_expected": True} for name, label in gold.items()],
        "evaluators": [{"use": "label", "weight": 1.0, "with": {"headline": "macro_f1"}}],
    }
    answers = [answer(1.0 if gold[s] == "x" else 0.0, sample=s, label="x", expected_label=gold[s]) for s in gold]
    folded = fold(*answers, **fields)
    assert folded.metrics["accuracy"] == pytest.approx(2 / 3)
    assert folded.quality == pytest.approx(0.4)


def test_the_slow_percentile_is_a_measured_value():
    assert slow_percentile([]) is None
    assert slow_percentile([3.0, 1.0, 2.0]) == 3.0
    assert slow_percentile([float(i) for i in range(1, 101)]) == 95.0
