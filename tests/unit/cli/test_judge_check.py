"""``localbench judge check``: which rubrics a model may judge by."""

from __future__ import annotations

import json

import pytest

GRADED = {"You are dismissed.": 1, "We have to tell you the news.": 3, "Thank you so much.": 5}
TASK = {"prompt": "Write.", "evaluators": [{"use": "judge", "with": {"rubric": {
    "criteria": [{"id": "tone", "question": "Is it kind?"}],
    "examples": [{"answer": answer, "grades": {"tone": grade}} for answer, grade in GRADED.items()]}}}]}  # fmt: skip


def said(grades):
    known = [{"when": answer, "text": json.dumps({"tone": {"evidence": answer, "grade": grade}})}
             for answer, grade in zip(GRADED, grades, strict=True)]  # fmt: skip
    return json.dumps({"provider": "scripted", "options": {"contains": known}})


@pytest.fixture
def there(here):
    here.put("cat/category.yaml", "name: Cat\n")
    here.put("cat/letter.json", json.dumps(TASK))
    return here


@pytest.mark.parametrize(
    ("grades", "code", "told"),
    [
        ((1, 3, 5), 0, "off by 0.0 grades on average, close to 100% of 3; j counts"),
        ((2, 3, 4), 0, "off by 0.7 grades on average, close to 100% of 3; j counts"),
        ((3, 3, 3), 1, "off by 1.3 grades on average, close to 33% of 3; j does not count: it is off by 1.3 grades"),
        ((1, 5, 4), 0, "off by 1.0 grades on average, close to 67% of 3; j counts"),
    ],
)
def test_a_judge_is_measured_on_graded_answers(there, grades, code, told):
    there.put("data/models/j.json", said(grades))
    found = there("judge", "check", "j")
    assert found[0] == code
    assert found[1].startswith(f"cat/letter (judge): {told}")


def test_the_bar_may_be_raised(there):
    there.put("data/models/j.json", said((1, 5, 4)))
    code, out, _ = there("judge", "check", "j", "--min-agreement=0.9")
    assert code == 1
    assert "it is close to 67% of the right grades (at least 90%)" in out


def test_a_project_without_rubrics_has_nothing_to_check(there):
    there.put("cat/letter.json", json.dumps({"prompt": "A?", "expected": "b"}))
    there.put("data/models/j.json", said((1, 3, 5)))
    code, _, err = there("judge", "check", "j")
    assert (code, err) == (1, "localbench: no task here has a 'judge' evaluator.\n")


def test_a_judge_that_is_silent_has_no_grades(there):
    there.put("data/models/j.json", json.dumps({"provider": "scripted", "options": {"default": "Nice."}}))
    code, out, _ = there("judge", "check", "j")
    assert code == 1
    assert "no grades; j does not count: it gave no grades that hold (the judge j gave no grades in the form" in out
