"""Measures on text and labels, with values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError
from pytest_localbench.evaluators.overlap import anls, chrf, rouge_l, rouge_n
from pytest_localbench.scoring.labels import macro_f1

LABELS = {"output": {"format": "label", "labels": ["IT", "HR", "FINANCE", "SPAM", "NOT SPAM"]}}


def test_rouge_of_empty_texts_and_unusable_references():
    assert quality("rouge_l", "the cat", "") == 0
    assert quality("rouge_l", ["Paris", "???"], "Paris") == 1
    with pytest.raises(TaskFileError, match="no usable reference text"):
        judge(task_of("rouge_l", "???"), "the cat")


def test_overlap_sees_every_script():
    assert rouge_l("合同终止", "合同终止") == 1
    assert rouge_l("Größe", "Gr e") == 0
    assert rouge_n("Größe Münze", "Größe", 1) == pytest.approx(2 / 3)
    assert rouge_l("the cat sat on the mat", "the cat lay on the mat") == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    ("expected", "reply", "score"),
    [("42", "Total", 0), ("sitting", "kitten", 4 / 7), ("abxy", "abcd", 0), ("INV-2014", "INV-2041", 0.75)],
)
def test_anls_has_a_threshold_that_must_be_undercut(expected, reply, score):
    assert anls(expected, reply) == pytest.approx(score, abs=1e-9)


def test_chrf_of_equal_and_disjoint_texts():
    assert chrf("abc def", "abcdef") == 1
    assert chrf("abc", "xyz") == 0


@pytest.mark.parametrize(
    ("gold", "predicted", "value"),
    [(["invoice", "nda"], ["invoice", "nda"], 1.0),
     (["invoice"] * 3 + ["nda"] * 2, ["invoice", "invoice", "nda", "nda", "memo"], 13 / 30)],
)  # fmt: skip
def test_macro_f1_over_the_classes_that_occur(gold, predicted, value):
    assert macro_f1(list(zip(gold, predicted, strict=True))) == pytest.approx(value)


@pytest.mark.parametrize(
    ("reply", "label"),
    [("FINANCE", "FINANCE"), ("finance.", "FINANCE"), ("The right folder is **Finance**.", "FINANCE"), ("Answer: HR", "HR"),
     ("IT, HR or FINANCE", None), ("NOT SPAM", "NOT SPAM"), ("It fits.", "IT"), ("", None), ("Fitting", None)],
)  # fmt: skip
def test_exactly_one_label_counts(reply, label):
    if reply:
        assert judge(task_of("label", "IT", task=LABELS), reply).answer.label == label


def test_hedging_with_every_label_earns_nothing():
    assert quality("label", "HR", "IT, HR, FINANCE", task=LABELS) == 0


def test_phrases_need_word_boundaries_and_are_not_denied():
    assert quality("contains", "x", "We owe 100 euros", all=["10"]) == 0
    assert quality("contains", "x", "There is no price increase.", all=["price increase"]) == 0
    assert quality("contains", "x", "A price increase, of course", all=["price increase"]) == 1


def test_facts_contradictions_and_inventions():
    facts = [{"id": "notice", "any": ["60 days", "sixty days"]}, {"id": "price", "number": 4200, "locale": "en"}]
    wrong = [{"id": "old", "any": ["90 days"], "penalty": 0.25, "unless_near": ["instead of", "replaces"]}]
    options = {"facts": facts, "contradictions": wrong}
    assert quality("key_facts", "x", "Notice is 60 days, price GBP 4,200.", **options) == 1
    assert quality("key_facts", "x", "Notice is 90 days, price 4200.", **options) == 0.25
    assert quality("key_facts", "x", "60 days, which replaces 90 days; 4200.", **options) == 1


def test_a_loop_is_taken_away_and_called_a_loop():
    task = task_of("contains", "x", all=["days"])
    looping = task.model_copy(update={"evaluators": (*task.evaluators, type(task.evaluators[0])(use="repetition"))})
    found = judge(looping, "100 days (100 days) " * 40)
    assert found.outcome == "looped"
    assert found.quality == pytest.approx(0.2)


def test_a_slow_pattern_is_our_error_and_no_score():
    found = judge(task_of("regex", "x", all=["(a|aa)+$"]), "a" * 60 + "b")
    assert (found.outcome, found.quality) in {("evaluator_error", None), ("weak", 0.0)}


def test_personal_data_is_found_and_masked():
    task = task_of("pii", "x", detect=["email", "iban"])
    found = judge(task, "Write to jo@example.org, DE89 3704 0044 0532 0130 00")
    assert found.quality == 0
    assert "jo@example.org" not in str(found.verdicts)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_every_measure_lies_between_zero_and_one_for_any_text(text):
    for use in ("rouge_l", "chrf", "anls", "exact", "number", "date", "money"):
        expected = {"number": 5, "money": "5 EUR"}.get(use, "5 March 2025")
        found = judge(task_of(use, expected), text)
        assert found.quality is not None
        assert 0 <= found.quality <= 1
