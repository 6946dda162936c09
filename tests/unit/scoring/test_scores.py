"""The arithmetic, against values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_localbench.domain.model import Pricing
from pytest_localbench.domain.response import ResultKey, Timing, Usage
from pytest_localbench.domain.result import SampleResult, TaskResult
from pytest_localbench.domain.run import CategoryScore
from pytest_localbench.domain.score import EvaluationWeights
from pytest_localbench.domain.task import Task
from pytest_localbench.errors import ConfigError
from pytest_localbench.scoring.comparison import compare_models, ranks, sign_flip_p
from pytest_localbench.scoring.components import cost_of, score_components
from pytest_localbench.scoring.gate import distinct_digits, evaluate_gates, parse_gate
from pytest_localbench.scoring.intervals import mean_interval
from pytest_localbench.scoring.passk import pass_at_k, pass_hat_k
from pytest_localbench.scoring.tasks import fold_task
from pytest_localbench.scoring.ultimate import ultimate_score

WEIGHTS = EvaluationWeights(quality=0.60, time=0.15, complexity=0.05, cost=0.10, memory=0.10)


def points(quality, memory=9_000_000_000, time_s=30.0, **more):
    components = score_components(
        quality=quality, complexity=3, generation_s=time_s, expected_s=20.0, cost_usd=0.0, cost_budget_usd=0.01,
        memory_bytes=memory, memory_budget_bytes=6_000_000_000, weights=WEIGHTS, **more,
    )  # fmt: skip
    return ultimate_score(components)


def test_the_worked_example():
    assert points(0.8) == pytest.approx(7.7667, abs=1e-4)
    assert points(0.8, memory=None) == pytest.approx(7.8889, abs=1e-4)
    assert points(0.25) == pytest.approx(2.9833, abs=1e-4)
    assert points(0.0) == 0
    assert points(None) is None


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 1000), st.floats(0.1, 1000))
def test_better_is_never_worse(q1, q2, t1, t2):
    low, high = sorted((q1, q2))
    fast, slow = sorted((t1, t2))
    assert points(low) <= points(high) + 1e-9
    assert points(high, time_s=slow) <= points(high, time_s=fast) + 1e-9
    assert 0 <= points(low) <= 10


def test_cached_tokens_are_a_part_of_the_input():
    pricing = Pricing(input_usd_per_mtok=0.5, cached_input_usd_per_mtok=0.05, output_usd_per_mtok=3.0)
    usage = Usage(input_tokens=20000, cached_tokens=16000, output_tokens=900)
    assert cost_of(usage, pricing, False) == pytest.approx(0.0055, abs=1e-9)
    assert cost_of(Usage(), pricing, False) is None
    assert cost_of(usage, None, False) is None
    assert cost_of(Usage(), None, True) == 0.0


@pytest.mark.parametrize(
    ("n", "c", "k", "value"), [(4, 1, 4, 1.0), (5, 2, 3, 0.9), (10, 3, 5, 11 / 12), (20, 1, 10, 0.5), (2, 0, 5, None)]
)
def test_pass_at_k_is_exact_and_undefined_beyond_n(n, c, k, value):
    found = pass_at_k(n, c, k)
    assert found is None if value is None else found == pytest.approx(value)


def test_pass_hat_k():
    assert pass_hat_k(4, 2, 2) == pytest.approx(1 / 6)


def row(**fields):
    defaults = {"category": "c", "model": "m", "ultimate_score": 7.966, "quality": 0.7, "coverage": 1.0, "covered": True,
                "n_scored": 5, "p95_time_s": 3.0}  # fmt: skip
    return CategoryScore(**{**defaults, **fields})


def gate(text, *rows, **more):
    options = {"fail_under": None, "gates": [parse_gate(text)] if text else [], "categories": (), "tasks": (), **more}
    return evaluate_gates(rows, (), **options)


def test_gates_compare_raw_values_and_show_the_difference():
    outcome = gate("score>=7.97", row(ultimate_score=7.9666))
    assert not outcome.passed
    assert outcome.checks[0].message == "gate not met: c m: score 7.967 < 7.97"
    assert distinct_digits(0.7966, 0.8) == ("0.7966", "0.8") or distinct_digits(0.7966, 0.8)[0] != "0.80"
    assert gate("score>=7.9666", row(ultimate_score=7.9666 - 1e-12)).passed


@pytest.mark.parametrize(
    ("text", "rows", "passed"),
    [
        ("c:quality>=7.3", [row()], True),
        ("c@m:p95_s<=2", [row()], False),
        ("p95_s<=5", [row(p95_time_s=None)], False),
        ("x:score>=1", [row()], False),
        ("score>=1", [], False),
        ("score>=1", [row(coverage=0.5, covered=False)], False),
        ("coverage>=0.4", [row(coverage=0.5, covered=False)], True),
        ("score>=0", [row(n_scored=0, ultimate_score=None)], False),
    ],
)
def test_gates_need_known_values_of_covered_categories(text, rows, passed):
    assert gate(text, *rows).passed is passed


def test_no_gate_is_no_outcome():
    assert gate(None, row()) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [("scroe>=1", "did you mean 'score'?"), ("score>=12", "between 0 and 10"), ("hi", "cannot be read")],
)
def test_unreadable_gates_say_how_to_mend_them(text, words):
    with pytest.raises(ConfigError) as caught:
        parse_gate(text)
    assert words in str(caught.value)


def test_ties_share_a_rank_whatever_the_order():
    tasks = {f"t{i}": 5.0 + i % 3 for i in range(10)}
    better = {name: value + 2 for name, value in tasks.items()}
    scores = {"b": tasks, "a": dict(tasks), "c": better}
    weights = dict.fromkeys(tasks, 1.0)
    for order in (["a", "b", "c"], ["c", "b", "a"]):
        found = ranks(order, compare_models("x", {name: scores[name] for name in order}, weights))
        assert found == {"a": 2, "b": 2, "c": 1}


def test_few_tasks_cannot_tell():
    (pair,) = compare_models("x", {"a": {"t": 9.0}, "b": {"t": 1.0}}, {"t": 1.0})
    assert pair.better is None
    assert "cannot tell" in pair.verdict
    assert sign_flip_p([1.0] * 5, [1.0] * 5) == pytest.approx(2 / 32)


def test_intervals_hold_their_mean_and_need_five_tasks():
    assert mean_interval([0.5] * 4, [1.0] * 4) is None
    low, high, method = mean_interval([0.0, 1.0] * 10, [1.0] * 20)
    assert (round(low, 3), round(high, 3), method) == (0.299, 0.701, "Wilson")
    low, high, method = mean_interval([0.9] * 20, [1.0] * 20)
    assert method == "t with pseudo tasks"
    assert low < 0.9 < high <= 1


def sample(quality, *, sample="-", attempt=1, outcome=None, seconds=1.0):
    key = ResultKey(category="c", task="t", sample=sample, model="m", attempt=attempt)
    components = () if quality is None else score_components(
        quality=quality, complexity=2, generation_s=seconds, expected_s=1.0, cost_usd=0.0, cost_budget_usd=0.01,
        memory_bytes=None, memory_budget_bytes=None, weights=WEIGHTS)  # fmt: skip
    name = outcome or ("passed" if quality is not None and quality >= 0.8 else "weak")
    return SampleResult(
        key=key, outcome=name, quality=quality, components=components, timing=Timing(generation_s=seconds)
    )


TASK = Task.model_validate({"id": "t", "title": "T", "category": "c", "input": {"prompt": "?"}})


def fold(*results) -> TaskResult:
    return fold_task(results, task=TASK, weights=WEIGHTS)


def test_samples_are_averaged_before_attempts_count():
    folded = fold(sample(1.0, sample="a"), sample(0.0, sample="a", attempt=2), sample(1.0, sample="b"))
    assert folded.quality == 0.75
    assert folded.spread == 0.5


def test_more_than_a_fifth_without_a_score_is_incomplete():
    good = [sample(1.0, sample=f"s{i}") for i in range(4)]
    assert fold(*good, sample(None, sample="x", outcome="backend_error")).status == "passed"
    assert fold(*good[:3], sample(None, sample="x", outcome="backend_error")).status == "incomplete"
    assert fold(sample(None, outcome="backend_error")).status == "error"
    assert fold(sample(None, outcome="skipped")).status == "skipped"


def test_one_slow_answer_does_not_move_the_median_time():
    folded = fold(*(sample(1.0, sample=f"s{i}", seconds=s) for i, s in enumerate((1.0, 1.0, 100.0))))
    time = next(c for c in folded.components if c.name == "time")
    assert time.raw == 1.0
