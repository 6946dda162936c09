"""Overlap measures, against values of the usual tools and values worked out by hand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError
from pytest_localbench.evaluators.overlap import anls, anls_tree, chrf, rouge_l, rouge_n

LEASE = "The tenant may end this lease after three years."
MOVED = "After three years the tenant may leave this lease."
TEXT = st.text(max_size=120)


@pytest.mark.parametrize(
    ("reference", "prediction", "one", "two", "longest"),
    [
        ("the cat sat on the mat", "the cat lay on the mat", 5 / 6, 0.6, 5 / 6),
        ("a long sentence here", "a", 0.4, 0, 0.4),
        (LEASE, MOVED, 8 / 9, 0.625, 5 / 9),
        ("Dear Mr Brown, call 01632", "Dear [NAME], call [PHONE]", 4 / 9, 0, 4 / 9),
        ("Größe Münze", "Größe", 2 / 3, 0, 2 / 3),
        ("合同终止", "合同终止", 1, 1, 1),
        ("สัญญา", "สัญญา", 1, 1, 1),
        ("résumé naïve", "resume naive", 0, 0, 0),
        ("Größe", "Gr e", 0, 0, 0),
        ("Договор окончен", "договор ОКОНЧЕН", 1, 1, 1),
        ("the cat", "", 0, 0, 0),
        ("", "the cat", 0, 0, 0),
        ("", "", 1, 1, 1),
        ("one", "one", 1, 1, 1),
        ("one", "two", 0, 0, 0),
    ],
)
def test_rouge(reference, prediction, one, two, longest):
    assert rouge_n(reference, prediction, 1) == pytest.approx(one)
    assert rouge_n(reference, prediction, 2) == pytest.approx(two)
    assert rouge_l(reference, prediction) == pytest.approx(longest)


@pytest.mark.parametrize(
    ("reference", "prediction", "value"),
    [
        ("the cat sat on the mat", "the cat lay on the mat", 0.6108866623572505),
        ("abc", "ab", 0.6363636363636362),
        ("a long sentence here", "a", 0.07246376811594203),
        (LEASE, MOVED, 0.7111271035109381),
        ("abcdef", "abcxef", 0.28055555555555556),
        ("Dear Mr Brown, call 01632", "Dear [NAME], call [PHONE]", 0.216937686376718),
        ("x", "xyzxyz", 0.5),
        ("abc", "", 0),
        ("", "", 1),
        ("caf\u00e9", "cafe\u0301", 1),
    ],
)
def test_chrf(reference, prediction, value):
    assert chrf(reference, prediction) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("expected", "reply", "score"),
    [
        ("42", "Total", 0),
        ("sitting", "kitten", 4 / 7),
        ("abxy", "abcd", 0),
        ("INV-2014", "INV-2041", 0.75),
        ("Paris", "PARIS", 1),
        ("Paris", "", 0),
    ],
)
def test_anls_earns_nothing_from_the_threshold_on(expected, reply, score):
    assert anls(expected, reply) == pytest.approx(score, abs=1e-9)
    assert quality("anls", expected, reply) == pytest.approx(score, abs=1e-9)


def test_anls_takes_the_best_reference_and_the_short_answer():
    assert quality("anls", ["Lisbon", "Lisboa"], "Lisboa") == 1
    assert quality("anls", "Lisbon", "Lisboa", references=["Lisboa"]) == 1
    assert quality("anls", "Lisbon", "The minutes name the place.\nAnswer: Lisbon") == 1
    assert quality("anls", "abcd", "abxy", threshold=1) == 0.5


@pytest.mark.parametrize(
    ("expected", "got", "score"),
    [
        ({"name": "sitting", "n": 5}, {"name": "kitten", "n": 5}, (4 / 7 + 1) / 2),
        ({"total": 1234.5}, {"total": "1234.50"}, 1),
        ({"total": 1234.5}, {"total": 1234.6}, 0),
        ({"day": "2025-03-04"}, {"day": "4 March 2025"}, 1),
        ({"day": "2025-03-04"}, {"day": "2025-04-03"}, 0),
        ({"ok": True, "x": "yes"}, {"ok": 1, "x": "yes"}, 0.5),
        ({"a": "x", "b": None}, {"a": "x", "b": None}, 1),
        ({"a": "x"}, {"a": "x", "b": None}, 1),
        ({"a": "x"}, {"a": "x", "b": "invented"}, 0.5),
        ({"a": "x", "b": None}, {"a": "x"}, 0.5),
        ({"a": "x", "b": None}, {"b": None}, 0),
        ({"a": "x"}, {}, 0),
        ({"a": None}, {"a": None}, 1),
        (["ab", "cd", "ef"], ["ef", "ab"], 2 / 3),
        (["ab"], ["ab", "zz", "yy"], 1 / 3),
        (["ab", "cd"], ["ab", "zz"], 0.5),
        (["ab"], "ab", 1),
        ([], [], 1),
        ([], ["x"], 0),
        (
            {"rows": [{"d": "pen", "n": 1}, {"d": "ink", "n": 2}]},
            {"rows": [{"d": "ink", "n": 2}, {"d": "pen", "n": 1}]},
            1,
        ),
        ({"a": "x"}, ["x"], 0),
        ("x", {"a": "x"}, 0),
    ],
)
def test_anls_of_json_compares_leaves_by_their_kind(expected, got, score):
    assert anls_tree(expected, got) == pytest.approx(score)


def test_anls_reads_the_json_of_an_answer():
    task = {"output": {"format": "json"}}
    assert quality("anls", {"city": "Lisbon"}, 'Here: {"city": "Lisbon"}', task=task) == 1
    assert quality("anls", ["Lisbon", "Porto"], '["Porto", "Lisbon"]', task=task) == 1
    assert quality("anls", {"city": "Lisbon"}, "Lisbon", task=task) == 0


def test_anls_copes_with_very_long_lists():
    assert anls_tree(["a", "b"], ["zz"] * 5000) == 0
    assert anls_tree([f"row {i}" for i in range(150)], [f"row {i}" for i in range(149, -1, -1)]) == 1


def test_a_missing_answer_is_a_miss_and_an_unusable_reference_is_left_out():
    assert [quality("rouge_l", r, p) for r, p in (("a b c", "a b c"), ("d e f", ""))] == [1, 0]
    assert quality("rouge_l", ["Paris", "???"], "Paris") == 1
    assert quality("rouge_l", "Paris", "Lutetia", references=["Lutetia"]) == 1


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("rouge_l", ""),
        ("rouge_l", "???"),
        ("rouge_l", ["", "!"]),
        ("rouge_l", 7),
        ("chrf", " "),
        ("anls", ""),
        ("anls", {}),
    ],
)
def test_a_task_without_usable_reference_is_refused_at_load(use, expected):
    with pytest.raises(TaskFileError, match="no usable reference text"):
        judge(task_of(use, expected), "the cat")


def test_the_untouched_text_earns_nothing_when_it_is_the_baseline():
    letter = "Dear Mr Brown, please call 01632 960932 before Friday. Kind regards, the office."
    redacted = letter.replace("Mr Brown", "[NAME]").replace("01632 960932", "[PHONE]")
    task = {"input": {"prompt": "?", "variables": {"letter": letter}}}
    assert quality("chrf", redacted, letter, baseline="letter", task=task) == 0
    assert quality("chrf", redacted, redacted, baseline="letter", task=task) == 1
    half = quality("chrf", redacted, letter.replace("Mr Brown", "[NAME]"), baseline="letter", task=task)
    assert 0.2 < half < 0.8
    free, plain = chrf(redacted, letter), chrf(redacted, letter.replace("Mr Brown", "[NAME]"))
    assert half == pytest.approx((plain - free) / (1 - free))
    with pytest.raises(TaskFileError, match="no document 'leter'"):
        judge(task_of("chrf", redacted, baseline="leter", task=task), "a")


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT)
def test_every_overlap_lies_between_zero_and_one_and_identity_is_one(one, two):
    for measure in (rouge_l, rouge_n, chrf, anls):
        assert 0 <= measure(one, two) <= 1
        assert measure(one, one) == 1


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
                    max_leaves=12),
       st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
                    max_leaves=12))  # fmt: skip
def test_anls_of_any_json_lies_between_zero_and_one(expected, got):
    assert 0 <= anls_tree(expected, got) <= 1 + 1e-12
    assert anls_tree(expected, json.loads(json.dumps(expected))) == pytest.approx(1)
