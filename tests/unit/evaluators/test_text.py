"""Phrases and patterns: what is said counts, what is denied or stands inside other words does not."""

from __future__ import annotations

import pytest
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError


def contains(reply, *phrases, **options):
    return quality("contains", "x", reply, all=list(phrases), **options)


@pytest.mark.parametrize(
    ("reply", "phrase"),
    [
        ("We owe 100 euros.", "10"),
        ("Version 10.5 is out.", "10"),
        ("It rose by 2.10 points.", "10"),
        ("The balance is -3.", "3"),
        ("We meet in March.", "March 3"),
        ("A summary in march.", "A."),
        ("Unpaid", "paid"),
    ],
)
def test_a_phrase_inside_another_word_or_number_is_not_found(reply, phrase):
    assert contains(reply, phrase) == 0


@pytest.mark.parametrize(
    ("reply", "phrase"),
    [
        ("The tenant's right", "tenant’s right"),
        ("a 60‑day notice", "60-day notice"),
        ("GBP\u00a04,200", "GBP 4,200"),
        ("**Northwind** Analytics", "Northwind Analytics"),
        ("__60 days__", "60 days"),
        ("`60 days`", "60 days"),
        ("sixty\ndays", "sixty days"),
        ("STRASSE 5", "Straße 5"),
        ("合同终止于三月", "终止"),
    ],
)
def test_typography_case_and_emphasis_make_no_difference(reply, phrase):
    assert contains(reply, phrase) == 1


@pytest.mark.parametrize(
    "reply",
    [
        "There is no price increase.",
        "It doesn’t include a price increase.",
        "We never agreed to any price increase",
        "The contract runs without price increase.",
        "Neither rent nor price increase is due.",
        "Es gibt keine price increase.",
        "Il n'y a pas de price increase.",
        "The discount is no longer a price increase.",
    ],
)
def test_what_is_denied_in_its_clause_is_not_said(reply):
    assert contains(reply, "price increase") == 0
    assert contains(reply, "price increase", allow_negated=True) == 1


@pytest.mark.parametrize(
    ("reply", "phrase"),
    [
        ("There is no deposit. Notice is 60 days.", "60 days"),
        ("No deposit, 60 days notice", "60 days"),
        ("Terms:\n- no deposit\n- 60 days notice", "60 days"),
        ("1. no deposit\n2. 60 days notice", "60 days"),
        ("| no deposit | 60 days |", "60 days"),
        ("not 90 but 60 days", "60 days"),
        ("Not only 60 days but more", "60 days"),
        ("Pay no later than 30 June.", "30 June"),
        ("It shall not exceed 12 months of fees", "12 months"),
        ("nicht später als am 30. Juni", "30. Juni"),
        ("nicht nur Python", "Python"),
        ("Purchase order no 4711", "4711"),
        ("Invoice No. 2025-0417", "2025-0417"),
        ("A knot of 60 days", "60 days"),
    ],
)
def test_what_is_denied_elsewhere_or_only_limited_is_said(reply, phrase):
    assert contains(reply, phrase) == 1


def test_groups_and_forbidden_phrases_are_counted():
    reply = "The tenant pays rent in advance and a late fee."
    assert contains(reply, "tenant", "landlord", any=["rent", "lease"]) == pytest.approx(2 / 3)
    assert contains(reply, "tenant", "rent", none=["late fee"]) == 0.5
    assert contains(reply, "tenant", none=["late fee", "rent"]) == 0
    assert contains("", "tenant") == 0


def test_patterns_are_counted_as_phrases_are():
    options = {"all": [r"\d+ days", r"Scot(land|tish)"], "any": ["x", "law"], "none": ["90 days"]}
    assert quality("regex", "x", "60 days, Scottish law", **options) == 1
    assert quality("regex", "x", "60 days, English law", **options) == pytest.approx(2 / 3)
    assert quality("regex", "x", "90 days, Scottish law", **options) == pytest.approx(2 / 3)
    assert quality("regex", "x", "60 days more", all=["60 days"], fullmatch=True) == 0
    assert quality("regex", "x", "it’s", all=["it's"]) == 0
    assert quality("regex", "x", "it’s", all=["it's"], on="folded") == 1
    assert quality("regex", "x", "IT", all=["it"], ignore_case=False) == 0


def test_a_pattern_that_runs_away_is_our_error_and_no_score():
    found = judge(task_of("regex", "x", all=["(a|aa)+$"]), "a" * 60 + "b")
    assert (found.outcome, found.quality) == ("evaluator_error", None)
    assert "took longer than 1 s" in found.reason


@pytest.mark.parametrize(
    ("use", "options", "problem"),
    [
        ("contains", {}, "at least one phrase"),
        ("contains", {"none": ["x"]}, "at least one phrase"),
        ("contains", {"all": ["a", " "]}, "is empty"),
        ("contains", {"alll": ["a"]}, r"unknown option 'alll' \(did you mean 'all'\?\)"),
        ("contains", {"text": ["a"]}, r"unknown option 'text' \(known: all, any, none, allow_negated\)"),
        ("regex", {"all": ["(a"]}, "no valid pattern"),
        ("regex", {"any": [""]}, "empty pattern"),
        ("regex", {"none": ["a"]}, "at least one pattern"),
    ],
)
def test_options_that_cannot_work_are_refused_at_load(use, options, problem):
    with pytest.raises(TaskFileError, match=problem):
        judge(task_of(use, "x", **options), "a")


def test_patterns_find_composed_and_decomposed_accents():
    assert quality("regex", "x", "so Cafe\u0301 it is", all=["Caf\u00e9"]) == 1
    assert quality("regex", "x", "so Caf\u00e9 it is", all=["cafe\u0301 it"]) == 1
