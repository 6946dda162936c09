"""One expected value against one given value, by type."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_localbench.evaluators.compare import FieldSpec, compare, strict_equal


def score(expected, got, **spec):
    return compare(expected, got, FieldSpec(**spec)).score


def note(expected, got, **spec):
    return compare(expected, got, FieldSpec(**spec)).note


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, True, False), (True, 1, False), (0, False, False), ([1, 0], [True, False], False), ({"a": 1}, {"a": True}, False),
        (5, 5.0, True), (5, "5", False), (None, {"a": 1}, False), (None, None, True), (None, 0, False), ("", None, False),
        (12345678901234567890, 12345678901234567891, False), (2**53, float(2**53), True), (0.1, 0.1, True),
        ("Caf\u00e9", "Cafe\u0301", True), ("a", "A", False), ([1, 2], [2, 1], False), ([1], [1, 1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True), ({"a": 1}, {"a": 1, "b": None}, False), (float("nan"), float("nan"), False),
    ],
)  # fmt: skip
def test_strict_equality_is_that_of_json(one, other, equal):
    assert strict_equal(one, other) is equal
    assert strict_equal(other, one) is equal


@pytest.mark.parametrize(
    ("reply", "right"), [("27,80", 1), ("27.80 EUR", 1), ("2780", 0), ("27,8", 1), (27.8, 1), (27.806, 0)]
)
def test_money_under_a_locale(reply, right):
    assert score("27.80", reply, match="money", locale="de") == right


@pytest.mark.parametrize(
    ("expected", "locale", "right"),
    [
        ("1.234", "de", 1),
        ("1.234", "en", 0),
        ("1.234", None, 0),
        ("1234", None, 0),
        ("1234", "en", 1),
        (1.234, "de", 1),
    ],
)
def test_a_comma_before_three_digits(expected, locale, right):
    assert score(expected, "1,234", match="number", locale=locale) == right
    assert ("ambiguous" in note(expected, "1,234", match="number", locale=locale)) == (locale is None)


@pytest.mark.parametrize(
    ("expected", "reply", "right"),
    [("-1250.00", "(1,250.00)", 1), ("-1250.00", "EUR (1,250.00)", 1), ("100.00", "100.00 (incl. VAT)", 1),
     ("100.00", "(100.00)", 0), ("-100.00", "100.00", 0)],
)  # fmt: skip
def test_brackets_around_the_number_negate(expected, reply, right):
    assert score(expected, reply, match="money") == right


@pytest.mark.parametrize(
    ("expected", "reply", "right"),
    [("90.00 EUR", "\u20ac90.00", 1), ("90.00 EUR", "EUR 90", 1), ("90.00 EUR", "90.00", 1), ("90.00 EUR", "$90.00", 0),
     ("$90", "USD 90", 1), ("90 SEK", "90 kr", 1), (90, "90 EUR", 1), ("90 EUR", 90.0, 1), ("90 EUR", 90.004, 1),
     ("90 EUR", 90.005, 0), ("90 EUR", "EUR90", 1), ("90 EUR", "90 BTC", 0), ("90 EUR", "90.00 (incl. 19% VAT)", 1),
     ("90 EUR", "90 to 95 (19%)", 0), ("90 EUR", "ninety", 0), ("90 EUR", None, 0), ("90 EUR", True, 0), ("90 EUR", [90], 0)],
)  # fmt: skip
def test_another_currency_is_another_amount(expected, reply, right):
    assert score(expected, reply, match="money") == right


def test_a_bare_dollar_is_what_the_task_says():
    assert score("90 AUD", "$90", match="money", dollar="AUD") == 1
    assert note("90 AUD", "$90", match="money") == "currency $"


@pytest.mark.parametrize(
    ("expected", "unit", "right"),
    [
        ("15%", None, {"15 %", "15%", "15 percent"}),
        ("15%", "percent", {"15 %", "15%", "15 percent", "15", 15}),
        ("15%", "fraction", {"15 %", "15%", "15 percent", "0.15", 0.15}),
        (15, None, {"15 %", "15%", "15 percent", "15", 15}),
        (0.15, "fraction", {"15 %", "15%", "15 percent", "0.15", 0.15}),
    ],
)
def test_percentages_are_never_guessed_by_size(expected, unit, right):
    for reply in (
        "15 %",
        "15%",
        "15 percent",
        "15",
        15,
        "0.15",
        0.15,
        "0.15%",
        "1.5",
        1.5,
        "150 %",
        "15 \u2030",
        "15 bps",
        "many",
    ):
        assert score(expected, reply, match="percent", unit=unit) == (reply in right), reply


@pytest.mark.parametrize(
    ("expected", "reply", "spec", "right"),
    [
        (5, 5.0, {}, 1), (5, "5", {}, 1), (5, "5 pieces", {}, 1), (5, "5 or 6", {}, 0), (0.3, 0.1 + 0.2, {}, 0),
        (100, 101, {"abs": 1}, 1), (100, 102, {"abs": 1}, 0), (100, 102, {"rel": 0.02}, 1), (-100, -102, {"rel": 0.02}, 1),
        (100, 102, {"abs": 1, "rel": 0.02}, 1), (0.19, "19 %", {"match": "number", "unit": "percent"}, 1),
        (19, "19 %", {}, 0), (12, 12.9, {"match": "integer"}, 0), (12, "12.0", {"match": "integer"}, 1),
        (12345678901234567890, 12345678901234567891, {}, 0), (5, float("inf"), {}, 0), (5, "", {}, 0),
    ],
)  # fmt: skip
def test_numbers(expected, reply, spec, right):
    assert score(expected, reply, **spec) == right


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("03/04/2025", 1),
        ("03.04.2025", 1),
        ("3 April 2025", 1),
        ("2025-04-03", 1),
        ("04/03/2025", 0),
        (20250403, 1),
        ("soon", 0),
    ],
)
def test_dates_under_a_declared_order(reply, right):
    assert score("2025-04-03", reply, match="date", order="dmy") == right


def test_ambiguous_dates_earn_nothing_unless_allowed():
    assert score("2025-04-03", "03/04/2025") == 0
    assert "ambiguous" in note("2025-04-03", "03/04/2025")
    assert score("2025-04-03", "03/04/2025", match="date", ambiguous_ok=True) == 1
    assert score("2025-04-13", "13/04/2025") == 1
    assert score("2025-03-05", "2025-03-04T23:30:00-05:00", match="date") == 0


@pytest.mark.parametrize(
    ("reply", "right"),
    [("2025-03-05T04:30:00+00:00", 1), ("2025-03-04T23:30:00-05:00", 1), ("2025-03-05T04:30:00", 0),
     ("2025-03-05T04:30Z", 1), ("2025-03-05T04:31Z", 0), ("2025-03-05", 0)],
)  # fmt: skip
@pytest.mark.parametrize("match", ["datetime", "auto"])
def test_one_instant_in_several_offsets(reply, right, match):
    assert score("2025-03-05T04:30:00Z", reply, match=match) == right


@pytest.mark.parametrize(
    ("reply", "right", "why"),
    [(False, 1, ""), ("No", 1, ""), ('"False"', 1, ""), ("nein.", 1, ""), ("Yes", 0, ""), (True, 0, ""),
     ("maybe", 0, "not a boolean"), ("", 0, "not a boolean"), (0, 0, "not a boolean"), (None, 0, "")],
)  # fmt: skip
def test_booleans_come_from_a_closed_list_of_words(reply, right, why):
    for expected in (False, "no"):
        found = compare(expected, reply, FieldSpec(match="boolean"))
        assert (found.score, found.note) == (right, why)


@pytest.mark.parametrize(
    ("expected", "got", "spec", "right"),
    [
        ("Kessler GmbH", "kessler  gmbh.", {}, 1), ("C++", "C", {}, 0), ("$90", "\u20ac90", {}, 0), ("1.5", "15", {}, 0),
        ("90.00", 90.0, {}, 1), ("007", 7, {}, 0), ("7", 7, {}, 1), ("true", True, {}, 0), ("a", ["a"], {}, 0),
        ("Kessler Metallbau", "Kesler Metallbau", {"match": "fuzzy"}, 16 / 17), ("abcd", "wxyz", {"match": "fuzzy"}, 0),
        ("DE 811.907-654", "de811907654", {"match": "id"}, 1), ("0417", 417, {"match": "id"}, 0), ("417", 417, {"match": "id"}, 1),
        ("approve", "Approved", {"match": "enum", "values": {"approve": ("approved", "ok")}}, 1),
        ("approve", "rejected", {"match": "enum", "values": {"approve": ("approved", "ok")}}, 0),
        ("Dublin", "Ireland", {"any_of": ("Ireland", "IE")}, 1), (None, "none", {"any_of": ("none",)}, 1),
        ("a", "anything", {"match": "ignore"}, 1), ("A", "a", {"match": "exact"}, 0),
        ({"a": 1}, {"a": 1.0}, {}, 1), ({"a": 1}, "a", {}, 0), ({"amount": 100}, None, {}, 0), ({"amount": 100}, "100", {}, 0),
    ],
)  # fmt: skip
def test_texts_ids_and_enums(expected, got, spec, right):
    assert score(expected, got, **spec) == pytest.approx(right)


@pytest.mark.parametrize(
    ("expected", "got", "spec", "f1"),
    [
        (["A12", "B7"], ["A12", "A12", "B7"], {}, 0.8), (["food", "food"], ["food"], {}, 2 / 3), (["x"], ["x"] * 3, {}, 0.5),
        (["a", "b"], ["b", "a"], {}, 1), (["a", "b"], ["b", "a"], {"ordered": True}, 0), (["a", "b"], ["a"], {"ordered": True}, 2 / 3),
        (["a", "a", "b"], ["b", "A"], {"match": "set"}, 1), ([1.5, 2], ["1,5", 2], {"locale": "de"}, 1), (["A"], "a", {}, 1),
        ([100, 200], [201, 99], {"abs": 1}, 1), ([], [], {}, 1), ([], ["a"], {}, 0), (["a"], [], {}, 0), ([{"a": 1}], [{"a": 1.0}], {}, 1),
    ],
)  # fmt: skip
def test_lists_are_matched_one_to_one(expected, got, spec, f1):
    assert score(expected, got, **spec) == pytest.approx(f1)


@pytest.mark.parametrize(
    "spec",
    [{"match": "exact", "locale": "de"}, {"match": "text", "threshold": 0.5}, {"match": "number", "order": "dmy"},
     {"match": "date", "abs": 1}, {"match": "money", "unit": "percent"}, {"match": "set", "ordered": True}],
)  # fmt: skip
def test_options_that_would_do_nothing_are_refused(spec):
    with pytest.raises(ValidationError, match="does nothing with match"):
        FieldSpec(**spec)


def test_unknown_options_are_refused():
    with pytest.raises(ValidationError):
        FieldSpec(tolerance=1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KINDS = ["auto", "exact", "text", "fuzzy", "id", "number", "integer", "money", "percent", "date", "datetime", "boolean",
         "enum", "set", "list", "ignore"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80, deadline=None)
@given(expected=JSON, got=JSON)
def test_comparing_never_raises_and_stays_between_zero_and_one(kind, expected, got):
    assert 0 <= score(expected, got, match=kind) <= 1


@settings(max_examples=200, deadline=None)
@given(value=JSON.filter(lambda v: "nan" not in repr(v) and "inf" not in repr(v)))
def test_every_value_equals_itself(value):
    assert strict_equal(value, value)
    assert score(value, value) == 1
