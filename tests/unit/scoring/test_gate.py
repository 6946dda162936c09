"""The gate language, and what a gate does with what was measured."""

from __future__ import annotations

import pytest
from scored import answer, fold, task

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.run import CategoryScore, Interval
from pytest_localbench.errors import ConfigError
from pytest_localbench.scoring.gate import evaluate_gates, fail_under_gate, parse_gate
from pytest_localbench.scoring.gate_words import comparison_words

DOCS = "document_understanding"


def row(category=DOCS, model="smollm2", **fields):
    usual = {"ultimate_score": 7.9666, "quality": 0.7, "n_tasks": 10, "n_scored": 10, "coverage": 1.0, "covered": True,
             "pass_rate": 0.5, "median_time_s": 2.0, "p95_time_s": 20.0, "cost_usd": 0.0,
             "peak_memory_bytes": 3_000_000_000}  # fmt: skip
    return CategoryScore(category=category, model=model, **{**usual, **fields})


def check(text, *summary, task_results=(), fail_under=None, categories=None, tasks=()):
    known = [Category(id=DOCS, name="D")] if categories is None else categories
    gates = [parse_gate(text)] if text else []
    return evaluate_gates(summary, task_results, fail_under=fail_under, gates=gates, categories=known, tasks=tasks)


def message(text, *summary, **more):
    outcome = check(text, *summary, **more)
    assert not outcome.passed
    return outcome.checks[0].message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("doc*:quality>=6", ("doc*", None, None, "quality", ">=", 6.0)),
        ("*:p95_s<=20", ("*", None, None, "p95_s", "<=", 20.0)),
        (f"{DOCS}@smollm2:score>=2", (DOCS, None, "smollm2", "score", ">=", 2.0)),
        ("docs/inv*@a*:pass_rate > .5", ("docs", "inv*", "a*", "pass_rate", ">", 0.5)),
        ("@smollm2:memory_mb<4e3", (None, None, "smollm2", "memory_mb", "<", 4000.0)),
        (" score>=5 ", (None, None, None, "score", ">=", 5.0)),
    ],
)
def test_expressions_are_read(text, parts):
    gate = parse_gate(text)
    assert (gate.category, gate.task, gate.model, gate.metric, gate.operator, gate.value) == parts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write [CATEGORY"),
        ("hello", "write [CATEGORY"),
        (">=5", "write [CATEGORY"),
        ("scroe>=5", "unknown metric 'scroe' (did you mean 'score'?)"),
        ("score=>5", "unknown comparison '=>'; use >="),
        ("score==5", "unknown comparison '=='"),
        ("score>=11", "score runs from 0 to 10, 11 is outside"),
        ("score>=-1", "score runs from 0 to 10, -1 is outside"),
        ("quality>=0.8", "a share of 0.8 of the points is quality 8.2"),
        ("pass_rate>=80", "a share: 80 % is 0.8"),
        ("pass_rate>=80%", "write a share, 80 % as pass_rate>=0.8"),
        ("score>=80%", "score is no percentage"),
        ("score>=7,5", "write 7.5"),
        ("p95_s<=20s", "leave the unit away"),
        ("score>=", "a value is missing"),
        ("score>=nan", "'nan' is no plain number"),
        ("p95_s<=1e999", "is outside"),
        ("docs/t:coverage>=0.5", "coverage is measured per category, not per task"),
        ("docs/t:p95_s<=5", "p95_s is measured per category, not per task"),
        (":score>=5", "the part before ':' is incomplete"),
        ("/t:score>=5", "the part before ':' is incomplete"),
        ("docs@:score>=5", "the part before ':' is incomplete"),
        ("a@b@c:score>=5", "the part before ':' is incomplete"),
    ],
)
def test_an_unreadable_gate_says_how_to_write_it(text, words):
    with pytest.raises(ConfigError) as caught:
        parse_gate(text)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"gate '{text}'")


def test_fail_under_is_on_the_scale_of_the_screen():
    assert fail_under_gate(7.5).value == 7.5
    with pytest.raises(ConfigError, match="runs from 0 to 10"):
        fail_under_gate(80)


def test_raw_values_are_compared_and_shown_apart():
    assert message("score>=7.97", row()) == f"gate not met: {DOCS}[smollm2] score 7.967 < 7.970"
    assert comparison_words(0.7966, ">=", 0.8, met=False) == "0.797 < 0.800"
    assert comparison_words(3.4976, ">=", 3.5, met=False) == "3.498 < 3.500"
    assert check("score>=7.9666", row(ultimate_score=7.9666 - 1e-12)).passed
    assert not check("score>=7.9666", row(ultimate_score=7.9666 - 1e-8)).passed


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("score>7.9666", False), ("score<7.9666", False), ("score<=7.9666", True), ("score<8", True),
        ("quality>=7.3", True), ("quality>=7.4", False), ("p95_s<=20", True), ("median_s<2", False),
        ("cost_usd<=0", True), ("memory_mb<=3000", True), ("coverage>=1", True), ("pass_rate>=0.5", True),
    ],
)  # fmt: skip
def test_metrics_have_the_units_of_the_screen(text, passed):
    assert check(text, row()).passed is passed


def test_every_model_in_every_category_that_ran_must_meet_the_bar():
    summary = [row(), row(model="other", ultimate_score=3.0), row(category="mail", ultimate_score=9.0)]
    outcome = check(None, *summary, fail_under=5)
    assert [(c.category, c.model, c.passed) for c in outcome.checks] == [
        (DOCS, "smollm2", True), (DOCS, "other", False), ("mail", "smollm2", True),
    ]  # fmt: skip
    assert not outcome.passed
    assert check("@smollm2:score>=5", *summary).passed


def test_gates_use_a_models_own_score_not_the_common_one():
    assert check("score>=7", row(common_score=1.0)).passed


@pytest.mark.parametrize(
    ("text", "fields", "words"),
    [
        ("p95_s<=99", {"p95_time_s": None}, "no usable timing (not measured, or other work ran"),
        ("cost_usd<=99", {"cost_usd": None}, "the cost is not known"),
        ("memory_mb<=1e9", {"peak_memory_bytes": None}, "memory was not measured"),
    ],
)
def test_what_is_not_known_fails_with_the_reason(text, fields, words):
    assert words in message(text, row(**fields))


def test_nothing_scored_fails_whatever_is_asked():
    empty = row(n_scored=0, n_errors=2, n_skipped=3, ultimate_score=None, coverage=0.0, covered=False)
    assert message("score>=0", empty).endswith("0 items scored (2 errors, 3 skipped)")
    assert not check("coverage<=0.5", empty).passed
    assert message("score>=0") == "gate not met: 0 items scored"
    assert message(None, fail_under=0, categories=[]) == "gate not met: 0 items scored"


def test_too_few_scored_tasks_fail_though_the_score_is_high():
    thin = row(n_scored=8, coverage=0.8, covered=False)
    assert "only 80% of the tasks were scored (8 of 10)" in message("score>=1", thin)
    assert check("coverage>=0.75", thin).passed


def test_a_selector_that_matches_nothing_fails_and_names_what_is_near():
    assert "no category 'doc_understnding' (did you mean 'document_understanding'?)" in message(
        "doc_understnding:score>=1", row()
    )
    assert "no model 'gpt' (known: smollm2)" in message("@gpt:score>=1", row())
    one = fold(answer(1.0, category=DOCS), category=DOCS)
    assert "no task 'x' (known: t)" in message(
        f"{DOCS}/x:score>=1", row(), task_results=[one], tasks=[task(category=DOCS)]
    )
    assert message("mail:score>=1", row(), categories=[Category(id=n, name=n) for n in (DOCS, "mail")]).endswith(
        "0 items scored"
    )


def test_gates_on_tasks():
    weak = fold(answer(0.5, category=DOCS, time_s=3.0), category=DOCS)
    for text, passed in ((f"{DOCS}/t:quality>=5.5", True), ("*/t:pass_rate>=0.5", False), ("*/t:median_s<=3", True)):
        assert check(text, row(), task_results=[weak]).passed is passed
    assert message("*/t:score>=9", row(), task_results=[weak]) == f"gate not met: {DOCS}/t[m] score 5.00 < 9.00"


def test_noise_decides_no_gate_on_time():
    busy = fold(answer(1.0, category=DOCS, contended=True), category=DOCS)
    for found in (
        check("*/t:median_s<=0.001", row(), task_results=[busy]),
        check("*:p95_s<=0.001", row(p95_time_s=None, n_contended=10)),
    ):
        assert found.passed
        assert found.checks[0].message.startswith("gate not judged: ")
        assert "other work ran during every answer" in found.checks[0].message
    assert not check("cost_usd<=9", row(cost_usd=None, n_contended=10)).passed
    assert not check("*:p95_s<=0.001", row(n_contended=3)).passed


def test_incomplete_and_pending_tasks_fail():
    broken = fold(answer(1.0, sample="a"), answer(None, sample="b", reason="no connection"), category=DOCS)
    assert "is incomplete: 1 of 2 answers have no score: no connection" in message(
        "*/t:score>=0", row(), task_results=[broken]
    )


def test_thresholds_of_a_category():
    point = Category(id=DOCS, name="D", thresholds={"fail_under": 7})
    lower = Category(id=DOCS, name="D", thresholds={"fail_under": 7, "gate_on": "lower"})
    wide = row(interval=Interval(low=6.5, high=9.0, method="wilson"))
    assert check(None, wide, categories=[point]).passed
    assert "lower end of score 6.50 < 7.00" in message(None, wide, categories=[lower])
    assert "fewer than 5 tasks" in message(None, row(interval=None), categories=[lower])
    assert check(None, row(category="mail"), categories=[point]) is None


@pytest.mark.parametrize(
    ("thresholds", "quality", "passed"),
    [
        ({"must_pass": True}, 0.8, True), ({"must_pass": True}, 0.79, False), ({"must_pass": True}, None, False),
        ({"fail_under": 5}, 0.5, True), ({"fail_under": 6}, 0.5, False),
        ({"must_pass": True, "pass": 0.4, "fail_under": 1}, 0.5, True),
    ],
)  # fmt: skip
def test_thresholds_of_a_task(thresholds, quality, passed):
    own = task(category=DOCS, thresholds=thresholds)
    result = fold(answer(quality, category=DOCS), category=DOCS, thresholds=thresholds)
    assert check(None, row(), task_results=[result], tasks=[own]).passed is passed


def test_a_task_the_model_could_not_be_asked_is_no_gate_of_its_own():
    own = task(category=DOCS, thresholds={"must_pass": True})
    skipped = fold(answer(None, category=DOCS, outcome="skipped"), category=DOCS)
    assert check(None, row(), task_results=[skipped], tasks=[own]) is None


def test_without_a_threshold_there_is_no_outcome():
    assert check(None, row()) is None
