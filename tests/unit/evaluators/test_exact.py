"""Single values in text and JSON answers."""

from __future__ import annotations

import pytest
from judging import judge, task_of

from pytest_localbench.errors import TaskFileError

JSON = {"output": {"format": "json"}}
NUMBER = {"output": {"format": "number"}}


def score(use, expected, reply, *, task=None, finish_reason="stop", **options):
    return judge(task_of(use, expected, task=task, **options), reply, finish_reason=finish_reason).quality


@pytest.mark.parametrize(
    ("reply", "options", "right"),
    [
        ("Paris", {}, 1), ("paris", {}, 1), ("paris", {"fold": False}, 0), ("**Paris**.", {}, 1), ("Answer: Paris", {}, 1),
        ("It is\nParis", {}, 1), ("Paris is the capital", {}, 0), ("Paris and Lyon", {}, 0), ("```\nParis\n```", {}, 1),
        ("Lutetia", {"any_of": ["Lutetia"]}, 1), ("", {}, 0),
    ],
)  # fmt: skip
def test_exact_texts(reply, options, right):
    assert score("exact", "Paris", reply, **options) == right


@pytest.mark.parametrize("fold", [True, False])
def test_composed_and_decomposed_accents_are_one_text(fold):
    assert score("exact", "Caf\u00e9 Zo\u00eb", "Cafe\u0301 Zoe\u0308", fold=fold) == 1


@pytest.mark.parametrize(
    ("reply", "right"),
    [("false", 1), ("No", 1), ("**Nein.**", 1), ("Answer: no", 1), ("Yes", 0), ("maybe", 0), ("0", 0), ("", 0)],
)
def test_yes_and_no_are_an_expected_boolean(reply, right):
    assert score("exact", False, reply) == right


def test_abbreviations_keep_their_dot():
    assert score("exact", "Kessler Ltd.", "Kessler Ltd.", fold=False) == 1


def test_texts_of_several_lines_are_compared_whole():
    assert score("exact", "one\ntwo", "one\ntwo") == 1
    assert score("exact", "one\ntwo", "two") == 0


@pytest.mark.parametrize(
    ("expected", "reply", "right"),
    [({"a": 1}, '{"a": 1.0}', 1), ({"a": 1}, '{"a": true}', 0), ({"a": 5}, '{"a": "5"}', 0), (5, "5.0", 1), (5, '"5"', 0),
     (True, "1", 0), (1, "true", 0), ([1, 0], "[true, false]", 0), ({"amount": 100}, "null", 0), ({"amount": 100}, '"100"', 0),
     (12345678901234567890, "12345678901234567891", 0), ("x", '"X"', 1)],
)  # fmt: skip
def test_json_is_compared_as_json(expected, reply, right):
    assert score("exact", expected, reply, task=JSON) == right


def test_a_field_of_a_json_answer():
    assert score("exact", "HR", '{"queue": "hr"}', task=JSON, field="queue") == 1
    assert score("exact", {"queue": "HR"}, '{"Queue": "hr"}', task=JSON, field="queue") == 1
    assert score("exact", "HR", '{"other": "hr"}', task=JSON, field="queue") == 0
    assert score("number", 7, '{"rows": [{"n": 7}]}', task=JSON, field="rows[0].n") == 1


@pytest.mark.parametrize("task", [None, NUMBER])
@pytest.mark.parametrize(
    ("expected", "reply", "right"),
    [(-3, "The temperature is -3 degrees.", 1), (-3, "It falls by 5, so 2 - 5 = \u22123", 1), (-3, "3", 0), (-3, "It is minus 3.", 1), (3, "minus 3", 0), (-3, "\u20113", 1), (3, "5 minus 2 is 3", 1),
     (72, "Answer: 72 (24 + 48)", 1), (72, "24 + 48 = 72", 1), (1250, "It is 1,250.00", 1), (-1250, "(1,250.00)", 1),
     (7, "about seven", 0), (5, "", 0), ("1.234", "1,234", 0)],
)  # fmt: skip
def test_the_number_of_a_text(task, expected, reply, right):
    assert score("number", expected, reply, task=task) == right


@pytest.mark.parametrize("task", [None, NUMBER])
def test_a_cut_off_number_is_none(task):
    for end in ("", ".", ","):
        assert score("number", 12, f"The total is 12{end}", task=task, finish_reason="length") == 0
    assert score("number", 12, "The total is 12 EUR", task=task, finish_reason="length") == 1


def test_a_marker_counts_where_it_occurs_first():
    reply = "24+48=72\n#### 72\n\nQuestion: A farmer has 5 cows...\nAnswer: #### 15"
    for use, form in (("exact", "text"), ("number", "number"), ("number", "text")):
        assert score(use, "72", reply, task={"output": {"format": form, "answer_marker": ("####",)}}) == 1


@pytest.mark.parametrize(
    ("reply", "options", "right"),
    [("101", {"abs": 1}, 1), ("102", {"abs": 1}, 0), ("102", {"rel": 0.02}, 1), ("104", {"abs": 1, "graded": True}, 2 / 3),
     ("110", {"abs": 1, "graded": True}, 0), ("none", {"abs": 1, "graded": True}, 0)],
)  # fmt: skip
def test_tolerance_and_partial_credit(reply, options, right):
    assert score("number", 100, reply, **options) == pytest.approx(right)


def test_partial_credit_reads_under_the_locale():
    assert score("number", 1000, "1.004", locale="de", abs=1, graded=True) == pytest.approx(2 / 3)


def test_percent_signs_in_a_number_need_a_declaration():
    assert score("number", 0.19, "19 %", unit="percent") == 1
    assert score("number", 19, "19 %") == 0


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("The fee is 99,90 \u20ac.", 1),
        ("99.90", 1),
        ("$99.90", 0),
        ("9990", 0),
        ("free", 0),
        ("99.90 EUR incl. 19 % VAT", 1),
    ],
)
def test_money(reply, right):
    assert score("money", "99.90 EUR", reply) == right


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("15 %", 1),
        ("It is 15%.", 1),
        ("15% (0.15)", 1),
        ("150 \u2030", 1),
        ("15 \u2030", 0),
        ("\\boxed{15}\\%", 1),
        ("0.15", 0),
        ("15", 0),
        ("0.15%", 0),
        ("1.5", 0),
    ],
)
def test_percent(reply, right):
    assert score("percent", "15%", reply) == right


def test_percent_without_a_sign_when_the_unit_is_declared():
    assert score("percent", "15%", "15", unit="percent") == 1
    assert score("percent", "15%", "0.15", unit="fraction") == 1
    assert score("percent", "15%", "1.5", unit="percent") == 0


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("2025-04-03", 1),
        ("It starts on 3 April 2025.", 1),
        ("not 1 May 2025 but 3 April 2025", 1),
        ("03/04/2025", 0),
        ("13/04/2025", 0),
    ],
)
def test_date(reply, right):
    assert score("date", "2025-04-03", reply) == right


@pytest.mark.parametrize(
    ("reply", "right"),
    [("2025-03-05T04:30:00+00:00", 1), ("2025-03-04T23:30:00-05:00", 1), ("2025-03-05T04:30:00", 0), ("2025-03-05T04:30Z", 1),
     ("Answer: 2025-03-05T04:30Z.", 1)],
)  # fmt: skip
def test_instant(reply, right):
    assert score("date", "2025-03-05T04:30:00Z", reply, precision="minute") == right


@pytest.mark.parametrize(
    ("reply", "options", "right"),
    [("85", {}, 1), ("100", {}, 1), ("69", {}, 0), ("55", {"graded": True}, 0.5), ("10", {"graded": True}, 0), ("none", {}, 0),
     ("about 85 points", {}, 1)],
)  # fmt: skip
def test_range(reply, options, right):
    assert score("number_range", {"min": 70, "max": 100}, reply, **options) == pytest.approx(right)


def test_range_in_a_json_field_and_with_one_bound():
    assert (
        score("number_range", {"min": 70, "max": 100}, '{"score": 85, "reason": "ok"}', task=JSON, field="score") == 1
    )
    assert score("number_range", "x", "1000000", min=5) == 1
    assert score("number_range", {"min": 70, "max": 100}, '{"reason": "ok"}', task=JSON, field="score") == 0


@pytest.mark.parametrize(
    ("use", "expected", "options", "message"),
    [
        ("number", "five", {}, "'five' is not one number"),
        ("number", None, {}, "nothing expected"),
        ("number", 5, {"graded": True}, "'graded' needs a tolerance"),
        ("number", "1,234", {}, "'1,234' is not one number"),
        ("money", "gratis", {}, "is not one amount"),
        ("date", "03/04/2025", {}, "is not one date"),
        ("date", "2025-03-05", {"precision": "minute"}, "is not one date with time"),
        ("number_range", 5, {}, "give 'min' or 'max'"),
        ("number_range", {"min": 5, "max": 1}, {}, "'min' 5 is above 'max' 1"),
        ("number_range", {"min": 5}, {"graded": True}, "two different bounds"),
        ("exact", None, {}, "nothing expected"),
    ],
)
def test_what_cannot_be_judged_is_told_at_load(use, expected, options, message):
    with pytest.raises(TaskFileError, match=message):
        score(use, expected, "5", **options)
