"""Key facts, contradictions and inventions."""

from __future__ import annotations

import pytest
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError

OLD = {"id": "old", "any": ["90 days"], "penalty": 0.25, "unless_near": ["was", "replac", "instead of"]}


def facts(reply, *wanted, contradictions=()):
    return quality("key_facts", "x", reply, facts=list(wanted), contradictions=list(contradictions))


@pytest.mark.parametrize(
    ("fact", "reply", "score"),
    [
        ({"any": ["60 days", "sixty days"]}, "Sixty days.", 1),
        ({"any": ["60 days"]}, "160 days", 0),
        ({"any": ["60 days"]}, "not 60 days", 0),
        ({"any": ["not liable"]}, "The supplier is not liable.", 1),
        ({"all": ["Talent Team", "Brightwater"]}, "Talent Team, Brightwater Ltd", 1),
        ({"all": ["Talent Team", "Brightwater"]}, "Talent Team", 0),
        ({"regex": "not.{0,30}go on"}, "we decided not to\ngo on", 1),
        ({"regex": "can't"}, "We can’t", 1),
        ({"number": 4200, "locale": "en"}, "GBP 4,200 a month", 1),
        ({"number": 4200}, "GBP 4,200 a month", 0),
        ({"number": 4200, "locale": "de"}, "4.200,00 EUR", 1),
        ({"number": 420, "locale": "en"}, "4200 and 42.0", 0),
        ({"number": 0}, "0 complaints", 1),
        ({"date": "2025-07-01"}, "It starts on 1 July 2025.", 1),
        ({"date": "2025-07-01"}, "It starts on 01/07/2025.", 0),
        ({"date": "2025-07-01", "order": "dmy"}, "It starts on 01/07/2025.", 1),
        ({"date": "2025-07-01", "order": "dmy"}, "It starts on 07/01/2025.", 0),
    ],
)
def test_a_fact_in_each_of_its_forms(fact, reply, score):
    assert facts(reply, {"id": "f", **fact}) == score


def test_facts_have_weights_and_contradictions_penalties():
    notice, price = {"id": "n", "any": ["60 days"], "weight": 3}, {"id": "p", "number": 10}
    assert facts("60 days", notice, price) == 0.75
    assert facts("10 or 60 days, or 90 days", notice, price, contradictions=[OLD]) == 0.75
    assert facts("90 days", notice, price, contradictions=[OLD]) == 0
    assert facts("", notice, price) == 0


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("60 days, which replaces the 90 days of the first version", 1),
        ("60 days instead of 90 days", 1),
        ("60 days; it was 90 days", 1),
        ("60 days, not 90 days", 1),
        ("60 days for wash rooms, 90 days for others", 0.75),
        ("60 days. " + "It is a long text about other things entirely. " * 3 + "90 days", 0.75),
    ],
)
def test_a_wrong_statement_is_harmless_only_near_words_that_make_it_so(reply, score):
    assert facts(reply, {"id": "f", "any": ["60 days"]}, contradictions=[OLD]) == score


def test_short_words_that_make_harmless_are_whole_words():
    rise = {"id": "rise", "any": ["indexation"], "penalty": 0.5, "unless_near": ["no "]}
    fact = {"id": "f", "any": ["notice"]}
    assert facts("The notice period is short; indexation applies.", fact, contradictions=[rise]) == 0.5
    assert facts("The notice period is short, with no yearly indexation.", fact, contradictions=[rise]) == 1


def test_missing_facts_and_contradictions_are_named():
    task = task_of("key_facts", "x", facts=[{"id": "law", "any": ["Scots"]}, {"id": "term", "any": ["24 months"]}],
                   contradictions=[OLD])  # fmt: skip
    found = judge(task, "24 months, 90 days")
    assert found.reason == "1 of 2 facts; missing: law; contradicts: old"
    assert [(d.path, d.score) for d in found.verdicts[0].details] == [("law", 0.0), ("term", 1.0), ("old", 0.0)]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "'facts' is missing"),
        ({"facts": []}, r"'facts': must hold at least 1$"),
        ({"facts": [{"id": "a", "any": "x"}]}, r"'facts\[0\].any': a list was expected \(got 'x'; write \['x'\]\)$"),
        ({"facts": [{"id": "a", "number": "ten"}]}, r"'facts\[0\].number': a number was expected \(got 'ten'\)$"),
        ({"facts": [{"id": "a"}]}, "a fact needs any, all, regex, number or date"),
        ({"facts": [{"id": "a", "any": [""]}]}, "is empty"),
        ({"facts": [{"id": "a", "regex": "("}]}, "no valid pattern"),
        ({"facts": [{"id": "a", "date": "1.7.2025"}]}, "no date"),
        ({"facts": [{"id": "a", "date": "2025-02-30"}]}, "no date"),
        ({"facts": [{"id": "a", "any": ["x"]}, {"id": "a", "any": ["y"]}]}, "used twice"),
        (
            {"facts": [{"id": "a", "any": ["x"], "wieght": 2}]},
            r"unknown option 'wieght' \(did you mean 'weight'\?\) in 'facts\[0\]'",
        ),
    ],
)
def test_facts_that_cannot_be_checked_are_refused_at_load(options, problem):
    with pytest.raises(TaskFileError, match=problem):
        judge(task_of("key_facts", "x", **options), "a")


SOURCE = (
    "Northwind Analytics Ltd serves Harbour Foods plc for GBP 4,200 from 01.07.2025. Contact Anna Nowak, "
    "anna@example.org. Liability: 12 months. Discount 19 %. The notice period is 60 days. Order 77."
)


def grounded(reply, **options):
    task = {"input": {"prompt": "?", "variables": {"document": SOURCE}}}
    return quality("grounding", "x", reply, source="document", locale="en", task=task, **options)


@pytest.mark.parametrize(
    "reply",
    [
        "Northwind Analytics serves Harbour Foods for GBP 4200.00.",
        "It starts on 1 July 2025; the discount is 19%.",
        "Dear Ms Anna Nowak,\nthank you.",
        "Nowak, Anna is the contact: anna@example.org.",
        "1. Price\n2. Term\n13. Liability",
        "Three points and 12 reasons, 5 of them good.",
        "**Notice Period:** 60 days\n**Governing Law:** not stated",
        "THE ADDITIONAL TERMS are few.",
    ],
)
def test_what_the_source_says_in_other_words_is_supported(reply):
    if "Governing" in reply:
        assert grounded(reply) >= 2 / 3
    else:
        assert grounded(reply) == 1


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("The price is GBP 4,300.", 2 / 3),
        ("It ends on 30 June 2027.", 2 / 3),
        ("Ask peter@example.org.", 2 / 3),
        ("We spoke to Peter Miller about it.", 2 / 3),
        ("The price is 4,300, later 4,400, then 4,500 or 4,600.", 0),
        ("The price is 4,300 and 4,300 again.", 2 / 3),
    ],
)
def test_what_the_source_does_not_say_costs(reply, score):
    assert grounded(reply) == pytest.approx(score)
    assert grounded(reply, allow=1) == 0


def test_an_unknown_document_is_refused_at_load():
    task = {"input": {"prompt": "?", "variables": {"document": SOURCE}}}
    with pytest.raises(TaskFileError, match=r"no document 'documnet' \(did you mean 'document'\?\)"):
        judge(task_of("grounding", "x", source="documnet", task=task), "a")
