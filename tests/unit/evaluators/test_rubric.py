"""Rubrics: grades to scores; quotations; whom a judge's grades are believed."""

from __future__ import annotations

import pytest

from pytest_localbench.evaluators.judge import Agreement, _occurs, _read
from pytest_localbench.evaluators.rubric import Rubric

RUBRIC = Rubric.model_validate({"criteria": [
    {"id": "a", "question": "A?", "weight": 3}, {"id": "b", "question": "B?"}, {"id": "c", "question": "C?"},
]})  # fmt: skip


@pytest.mark.parametrize(
    ("grades", "score"),
    [
        ({"a": 5, "b": 5, "c": 5}, 1.0),
        ({"a": 1, "b": 1, "c": 1}, 0.0),
        ({"a": 5, "b": 1, "c": 1}, 0.6),
        ({"a": 3, "b": None, "c": None}, 0.5),
        ({"a": None, "b": 5, "c": 5}, None),
        ({}, None),
        ({"a": 2.5, "b": 2.5, "c": 2.5, "other": 5}, 0.375),
    ],
)
def test_grades_are_weighted_and_too_few_make_no_score(grades, score):
    assert RUBRIC.score(grades) == (None if score is None else pytest.approx(score))


ANSWER = "dear kim, thank you for all your work. see you on friday."


@pytest.mark.parametrize(
    ("quotation", "occurs"),
    [
        ("thank you for all", True),
        ('"Thank you  for ALL your work."', True),
        ("Dear Kim ... see you on Friday", True),
        ("Dear Kim … see you on Monday", False),
        ("thanks for everything", False),
        ("you", False),
        ("", False),
        ("...", False),
    ],
)
def test_quotations_must_stand_in_the_answer(quotation, occurs):
    assert _occurs(quotation, ANSWER) is occurs


@pytest.mark.parametrize(
    ("vote", "grade"),
    [
        ({"grade": 5, "evidence": "thank you for all"}, 5),
        ({"grade": 4.0, "evidence": "thank you for all"}, 4),
        ({"grade": 1, "evidence": ""}, 1),
        ({"grade": 1}, 1),
        ({"grade": 2}, None),
        ({"grade": "5", "evidence": "thank you for all"}, None),
        ({"grade": 0, "evidence": "thank you for all"}, None),
        ({"grade": True, "evidence": "thank you for all"}, None),
        ({"grade": float("nan"), "evidence": "thank you for all"}, None),
        (5, None),
        (None, None),
    ],
)
def test_only_whole_grades_that_are_backed_count(vote, grade):
    assert _read(vote, ANSWER, quote=True)[0] == grade
    if grade is None and isinstance(vote, dict) and vote.get("grade") == 2:
        assert _read(vote, ANSWER, quote=False)[0] == 2


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        ([(1, 1), (3, 3), (5, 5)], None),
        ([(1, 2), (3, 4), (5, 4)], None),
        ([(1, 3), (3, 3), (5, 3)], "it is off by 1.3 grades on average (at most 1)"),
        ([(1, 1), (3, None), (5, None)], "it is close to 33% of the right grades (at least 60%)"),
        ([(1, None), (3, None), (5, None)], "it gave no grades that hold"),
    ],
)
def test_a_judge_must_agree_with_people(pairs, problem):
    assert Agreement.of(pairs).problem(0.6) == problem
