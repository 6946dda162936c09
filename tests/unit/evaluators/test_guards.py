"""Length, loops and copying."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError

WORDS = ["".join(pair) for pair in itertools.product(("ka", "lo", "mi", "nu", "pe", "ri", "sa", "tu"), repeat=3)]
SOURCE = " ".join(WORDS[:400])
DOCUMENT = {"input": {"prompt": "?", "variables": {"document": SOURCE}}}


def words(n):
    return " ".join(WORDS[-n:])


@pytest.mark.parametrize(
    ("n", "score"), [(90, 1), (100, 1), (110, 1), (135, 0.5), (160, 0), (500, 0), (45, 1), (35, 0.6)]
)
def test_length_is_free_inside_and_falls_outside(n, score):
    assert quality("length", "x", words(n), min=50, max=100, tolerance=0.1) == pytest.approx(score)


def test_length_below_the_minimum():
    assert quality("length", "x", words(20), min=40) == 0
    assert quality("length", "x", words(30), min=40) == 0.5
    assert quality("length", "x", words(40), min=40) == 1


@pytest.mark.parametrize(
    ("unit", "reply", "n"),
    [
        ("words", "**Two** words", 2),
        ("words", "# One\n- two\n- three\n1. four", 4),
        ("words", "合同终止", 4),
        ("chars", " abc ", 3),
        ("sentences", "One. Two! 3.5 is three? Yes", 4),
        ("sentences", "一。二。", 2),
        ("lines", "a\n\nb\n", 2),
    ],
)
def test_what_is_counted(unit, reply, n):
    assert quality("length", "x", reply, unit=unit, min=n, max=n) == 1


def test_a_loop_of_counted_up_numbers_is_a_loop():
    looping = " ".join(f"{n} days ({n} days)" for n in range(100, 180))
    assert quality("repetition", "x", looping) == 0
    assert quality("repetition", "x", "I will. " * 200) == 0


@pytest.mark.parametrize("reply", ["yes yes yes yes yes", SOURCE[:300], "The fee is due. " * 2 + words(60)])
def test_short_and_ordinary_texts_are_no_loops(reply):
    assert quality("repetition", "x", reply) == 1


def test_copies_cost_beyond_the_free_share():
    assert quality("copy_ratio", "x", SOURCE, source="document", max=0.5, task=DOCUMENT) == 0
    assert quality("copy_ratio", "x", words(80), source="document", task=DOCUMENT) == 1
    half = " ".join(SOURCE.split()[:100]) + " " + words(100)
    assert quality("copy_ratio", "x", half, source="document", max=0.5, task=DOCUMENT) == 1
    assert 0.5 < quality("copy_ratio", "x", half, source="document", max=0.2, task=DOCUMENT) < 1
    assert quality("copy_ratio", "x", "too short", source="document", task=DOCUMENT) == 1


@pytest.mark.parametrize(
    ("use", "options", "problem"),
    [
        ("length", {}, "give 'min'"),
        ("length", {"min": 0}, "give 'min'"),
        ("length", {"min": 5, "max": 4}, "'min' is larger than 'max'"),
        ("length", {"max": 5, "unit": "tokens"}, "unit"),
        ("copy_ratio", {"source": "doc"}, "no document 'doc'"),
        ("copy_ratio", {"source": "document", "max": 1}, "max"),
        ("repetition", {"max": 1}, "unknown option 'max'"),
    ],
)
def test_options_that_cannot_work_are_refused_at_load(use, options, problem):
    with pytest.raises(TaskFileError, match=problem):
        judge(task_of(use, "x", task=DOCUMENT, **options), "a")


@settings(max_examples=80, deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_guards_stay_between_zero_and_one(text):
    for use, options in (("length", {"min": 3, "max": 9}), ("repetition", {}), ("copy_ratio", {"source": "document"})):
        found = judge(task_of(use, "x", task=DOCUMENT, **options), text)
        assert found.quality is not None
        assert 0 <= found.quality <= 1
