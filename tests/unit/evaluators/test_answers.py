"""The answer inside a reply."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import judge, quality, task_of

from pytest_localbench.domain.task import OutputSpec
from pytest_localbench.evaluators.extract import extract

JSON = {"output": {"format": "json"}}


@pytest.mark.parametrize(
    ("expected", "reply", "score"),
    [
        ({"invoice_no": "R-17", "total": "90.00"},
         'I used:\n```bash\npdftotext r17.pdf -\n```\nResult:\n```json\n{"invoice_no": "R-17", "total": "90.00"}\n```\n', 1),
        ({"total": "90.00"}, 'Draft: {"total": "80.00"}\nAfter checking the VAT line, final: {"total": "90.00"}', 1),
        ({"a": 1, "b": 2}, '{"a": 1} and {"b": 2}', 0.5),
        ({"total": "90.00"}, 'Maybe {"total": "80.00"}? No, VAT is missing.\n</think>\n{"total": "90.00"}', 1),
        ({"note": "Wrap drafts in <think> and </think>."}, '{"note": "Wrap drafts in <think> and </think>."}', 1),
        ({"cmd": "run `make` or ```make all```"}, 'Use `this`:\n{"cmd": "run `make` or ```make all```"}', 1),
        ({"vendor": "O'Hara & Sons", "paid": True, "po": None}, "{'vendor': \"O'Hara & Sons\", 'paid': True, 'po': None}", 1),
        ({"mood": "\U0001f378"}, '{"mood": "\\ud83c\\udf78"}', 1),
        ({"mood": "\U0001f378"}, '{"mood": "x\\ud835"}', 0),
    ],
)  # fmt: skip
def test_json_is_found_and_nothing_is_invented(expected, reply, score):
    assert quality("json_fields", expected, reply, task=JSON) == score


def test_several_candidates_are_flagged():
    found = judge(task_of("json_fields", {"total": "90"}, task=JSON), 'Draft {"total": "80"} final {"total": "90"}')
    assert "several_candidates" in found.answer.notes


@pytest.mark.parametrize("total", [12, 1200])
def test_a_number_that_was_cut_off_never_scores(total):
    task = task_of("json_fields", {"qty": 12, "total": total}, task=JSON)
    found = judge(task, '{"qty": 12, "total": 12', finish_reason="length")
    assert found.quality == 0
    assert found.outcome == "truncated"


def test_a_configured_marker_counts_at_its_first_place():
    reply = "24+48=72\n#### 72\n\nQuestion: A farmer has 5 cows...\nAnswer: #### 15"
    task = {"output": {"format": "number", "answer_marker": ("####",)}}
    assert quality("number", 72, reply, task=task) == 1


@pytest.mark.parametrize(
    ("reply", "score"), [("The temperature is -3 degrees.", 1), ("It falls by 5, so 2 - 5 = \u22123", 1), ("3", 0)]
)
def test_the_sign_belongs_to_the_number(reply, score):
    assert quality("number", -3, reply, task={"output": {"format": "number"}}) == score


def test_thinking_that_never_ends_is_no_answer():
    found = judge(task_of("exact", "Paris"), "<think>Paris? or", finish_reason="length")
    assert (found.outcome, found.quality) == ("budget_exhausted", 0.0)


@pytest.mark.parametrize("prefix", ["", "<think>hm</think>\n", "\ufeff", "\x1b[32m"])
def test_what_stands_around_an_answer_does_not_matter(prefix):
    assert quality("exact", "Paris", prefix + "**Paris**.") == 1


@pytest.mark.parametrize("format_", ["text", "json", "label", "html", "code", "number"])
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300))
def test_extraction_never_raises(format_, text):
    output = OutputSpec.model_validate({"format": format_, "labels": ["a", "b"]})
    assert extract(text, output).clean is not None


@pytest.mark.parametrize(
    "reply", ["{" * 200_000, "[" * 200_000 + "]", '{"a": ' * 20_000, '"' * 100_000, "```" * 50_000]
)
def test_hostile_replies_are_read_in_bounded_work(reply):
    assert extract(reply, OutputSpec(format="json"), expected={"a": 1}).has_value is False
