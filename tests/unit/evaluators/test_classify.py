"""Labels: one right one earns, naming several does not."""

from __future__ import annotations

import json

import pytest
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError
from pytest_localbench.scoring.labels import label_metrics

LABELS = ("IT", "HR", "FINANCE", "SPAM", "NOT SPAM")
TASK = {"output": {"format": "label", "labels": LABELS}}
JSON = {"output": {"format": "json", "labels": ("low", "high")}}


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("HR", 1),
        ("hr.", 1),
        ("**HR**", 1),
        ("The right folder is HR.", 1),
        ("Label: HR", 1),
        ("IT", 0),
        ("IT, HR, FINANCE", 0),
        ("HR or IT", 0),
        ("HR\nIT", 0),
        ("IT, HR, FINANCE, SPAM or NOT SPAM", 0),
        ("three", 0),
        ("", 0),
        ("I cannot help with that.", 0),
        ("not HR", 0),
    ],
)
def test_exactly_the_expected_label_earns(reply, score):
    assert quality("label", "HR", reply, task=TASK) == score


def test_the_longer_label_wins_and_part_of_a_word_is_none():
    assert quality("label", "NOT SPAM", "NOT SPAM", task=TASK) == 1
    assert quality("label", "SPAM", "NOT SPAM", task=TASK) == 0
    assert quality("label", "IT", "Item fitting", task=TASK) == 0


@pytest.mark.parametrize(
    ("value", "score"), [("high", 1), ("HIGH ", 1), ("low", 0), (["high", "low"], 0), (None, 0), (1, 0)]
)
def test_a_label_inside_json(value, score):
    assert quality("label", {"risk": "high"}, json.dumps({"risk": value}), field="risk", task=JSON) == score


def test_no_json_at_all_is_no_label():
    found = judge(task_of("label", {"risk": "high"}, field="risk", task=JSON), "high, I think")
    assert found.quality == 0
    assert "no single label found, 'high' expected" in found.verdicts[0].reason


@pytest.mark.parametrize(
    ("task", "expected", "options", "problem"),
    [
        ({}, "HR", {}, "needs 'output"),
        ({"output": {"format": "text", "labels": LABELS}}, "HR", {}, "this one is text"),
        (TASK, "HRR", {}, r"expects 'HRR', which is not among output.labels \(did you mean 'HR'\?\)"),
        (TASK, None, {}, "no expected label"),
        (TASK, "", {}, "no expected label"),
        (TASK, ["HR"], {}, "no expected label"),
        (JSON, {"risk": "none"}, {"field": "risk"}, "not among"),
        (JSON, {"level": "low"}, {"field": "risk"}, "no expected label"),
        (TASK, "HR", {"headline": "f1"}, "headline"),
    ],
)
def test_labels_that_cannot_be_right_are_refused_at_load(task, expected, options, problem):
    with pytest.raises(TaskFileError, match=problem):
        judge(task_of("label", expected, task=task, **options), "HR")


def test_the_sample_is_named_in_the_error():
    samples = [{"id": "a", "expected": "HR", "has_expected": True}, {"id": "b", "expected": "PR", "has_expected": True}]
    with pytest.raises(TaskFileError, match="sample 'b' expects 'PR'"):
        judge(task_of("label", task={**TASK, "samples": samples}), "HR")


@pytest.mark.parametrize(
    ("expected", "reply", "score"),
    [
        (["HR", "IT"], "HR, IT", 1),
        (["HR", "IT"], "- IT\n- HR", 1),
        (["HR", "IT"], "They are IT and HR.", 1),
        (["HR", "IT"], "HR", 2 / 3),
        (["HR"], "HR, IT, FINANCE, SPAM, NOT SPAM", 2 / 6),
        (["SPAM"], "NOT SPAM", 0),
        (["HR"], "none of them", 0),
        ([], "nothing fits", 1),
        ([], "HR", 0),
    ],
)
def test_sets_of_declared_labels_are_read_from_text(expected, reply, score):
    task = {"output": {"format": "text", "labels": LABELS}}
    assert quality("multi_label", expected, reply, task=task) == pytest.approx(score)


@pytest.mark.parametrize(
    ("reply", "score"),
    [("red; blue", 1), ("1. red\n2. Blue.", 1), ("red", 2 / 3), ("red, red, blue", 1), ('"red", "green"', 0.5)],
)
def test_sets_of_free_labels_are_read_from_a_list_in_text(reply, score):
    assert quality("multi_label", ["red", "blue"], reply) == pytest.approx(score)


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"tags": ["low", "HIGH"]}', 1),
        ('{"tags": "low, high"}', 1),
        ('{"tags": null}', 0),
        ("{}", 0),
        ('{"tags": []}', 0),
    ],
)
def test_sets_inside_json(reply, score):
    assert quality("multi_label", {"tags": ["low", "high"]}, reply, field="tags", task=JSON) == score


@pytest.mark.parametrize("expected", ["HR", ["HR", 3], {"a": 1}, ["PR"]])
def test_sets_that_cannot_be_right_are_refused_at_load(expected):
    with pytest.raises(TaskFileError, match=r"list of labels|not among"):
        judge(task_of("multi_label", expected, task={"output": {"labels": LABELS}}), "HR")


def test_answers_without_a_label_stay_in_the_measures():
    pairs = [("a", "a")] * 4 + [("a", None), ("b", None)]
    metrics = label_metrics(pairs)
    assert metrics["accuracy"] == pytest.approx(4 / 6)
    assert metrics["no_label"] == pytest.approx(2 / 6)
    assert metrics["balanced_accuracy"] == pytest.approx((4 / 5 + 0) / 2)
    assert metrics["macro_f1"] == pytest.approx((8 / 9 + 0) / 2)


def test_a_class_that_never_occurs_has_no_part_in_the_mean():
    assert label_metrics([("invoice", "invoice"), ("nda", "nda")])["macro_f1"] == 1
    gold, found = ["i", "i", "i", "n", "n"], ["i", "i", "n", "n", "memo"]
    assert label_metrics(list(zip(gold, found, strict=True)))["macro_f1"] == pytest.approx(13 / 30)


@pytest.mark.parametrize(
    ("reply", "labels"),
    [
        ('{"risk": "HIGH"}', ("high", "high")),
        ('{"risk": "low"}', ("high", "low")),
        ('{"risk": "severe"}', ("high", "severe")),
        ('{"risk": ["high"]}', ("high", None)),
        ("", ("high", None)),
    ],
)
def test_expected_and_given_label_are_kept_for_the_measures(reply, labels):
    assert judge(task_of("label", {"risk": "high"}, field="risk", task=JSON), reply).labels == labels


def test_other_evaluators_keep_no_label():
    assert judge(task_of("exact", "HR", task=TASK), "HR").labels == (None, None)
