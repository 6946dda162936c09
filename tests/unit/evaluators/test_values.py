"""Values as people and models write them: right ones count, near misses do not."""

from __future__ import annotations

import json

import pytest
from judging import judge, quality, task_of

JSON = {"output": {"format": "json"}}


@pytest.mark.parametrize(("reply", "score"), [("27,80", 1), ("27.80 EUR", 1), ("2780", 0), ("27,8", 1)])
def test_decimal_comma_is_not_a_thousands_separator(reply, score):
    assert quality("money", "27.80", reply, locale="de") == score


@pytest.mark.parametrize(("locale", "expected", "score"), [("de", 1.234, 1), ("en", 1.234, 0), ("en", 1234, 1), (None, 1.234, 0),
                                                            (None, 1234, 0)])  # fmt: skip
def test_one_separator_and_three_digits_are_ambiguous_without_a_locale(locale, expected, score):
    assert quality("number", expected, "1,234", locale=locale) == score


@pytest.mark.parametrize(
    ("expected", "reply", "score"),
    [("-1250.00", "(1,250.00)", 1), ("-1250.00", "EUR (1,250.00)", 1), ("100.00", "100.00 (incl. VAT)", 1),
     ("100.00", "(100.00)", 0), ("-12.50", "12.50-", 1), ("-12.50", "\u221212.50", 1)],
)  # fmt: skip
def test_brackets_around_a_number_negate_it_and_around_words_do_not(expected, reply, score):
    assert quality("money", expected, reply, locale="en") == score


@pytest.mark.parametrize(("reply", "score"), [("€90.00", 1), ("EUR 90", 1), ("90.00", 1), ("$90.00", 0)])
def test_another_currency_is_another_amount(reply, score):
    assert quality("money", "90.00 EUR", reply, locale="en") == score


@pytest.mark.parametrize(
    ("reply", "score"), [("15 %", 1), ("15%", 1), ("0.15", 0), ("15", 0), ("0.15%", 0), ("1.5", 0)]
)
def test_percentages_are_not_guessed_by_magnitude(reply, score):
    assert quality("percent", "15%", reply, locale="en") == score
    assert quality("percent", "15%", "15", locale="en", unit="percent") == 1


@pytest.mark.parametrize(
    ("order", "reply", "score"),
    [("dmy", "03/04/2025", 1), ("dmy", "03.04.2025", 1), ("dmy", "3 April 2025", 1), ("dmy", "2025-04-03", 1),
     ("dmy", "04/03/2025", 0), (None, "03/04/2025", 0), (None, "3. April 2025", 1)],
)  # fmt: skip
def test_dates_follow_the_declared_order_and_ambiguous_ones_earn_nothing(order, reply, score):
    assert quality("date", "2025-04-03", reply, order=order) == score


def test_a_day_beyond_twelve_is_not_ambiguous():
    assert quality("date", "2025-04-13", "13/04/2025") == 1


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("2025-03-05T04:30:00+00:00", 1),
        ("2025-03-04T23:30:00-05:00", 1),
        ("2025-03-05T04:30:00", 0),
        ("2025-03-05T04:30Z", 1),
    ],
)
def test_one_instant_in_several_offsets(reply, score):
    assert quality("date", "2025-03-05T04:30:00Z", reply, precision="minute") == score


def test_a_date_field_is_the_day_as_written():
    assert quality("date", "2025-03-05", "2025-03-04T23:30:00-05:00") == 0


@pytest.mark.parametrize("fold", [True, False])
def test_composed_and_decomposed_accents_are_equal(fold):
    assert quality("exact", "Caf\u00e9 Zo\u00eb", "Cafe\u0301 Zoe\u0308", fold=fold) == 1


@pytest.mark.parametrize(
    ("reply", "score"),
    [('{"po_number": null, "vendor": "Alba"}', 1), ('{"vendor": "Alba"}', 0.5), ('{"po_number": "", "vendor": "Alba"}', 0.5),
     ('{"po_number": "N/A", "vendor": "Alba"}', 0.5), ("{}", 0), ('{"po_number": null, "vendor": "Albo"}', 0)],
)  # fmt: skip
def test_null_missing_and_empty_are_three_things(reply, score):
    assert quality("json_fields", {"po_number": None, "vendor": "Alba"}, reply, task=JSON) == score


def test_null_words_and_missing_keys_count_when_declared():
    expected = {"po_number": None, "vendor": "Alba"}
    assert quality("json_fields", expected, '{"vendor": "Alba"}', missing_is_null=True, task=JSON) == 1
    assert (
        quality("json_fields", expected, '{"po_number": "N/A", "vendor": "Alba"}', null_words=["n/a"], task=JSON) == 1
    )


@pytest.mark.parametrize(
    ("expected", "given", "f1"),
    [(["A12", "B7"], ["A12", "A12", "B7"], 0.8), (["food", "food"], ["food"], 2 / 3), (["x"], ["x", "x", "x"], 0.5)],
)
def test_lists_are_matched_one_to_one(expected, given, f1):
    assert quality("json_fields", {"codes": expected}, json.dumps({"codes": given}), task=JSON) == pytest.approx(f1)


@pytest.mark.parametrize(("expected", "given"), [(1, True), (True, 1), (0, False), ([1, 0], [True, False])])
def test_true_is_not_one(expected, given):
    reply = json.dumps({"a": given, "b": "x"})
    assert quality("json_fields", {"a": expected, "b": "x"}, reply, task=JSON) == 0.5
    assert quality("exact", {"a": expected}, json.dumps({"a": given}), task=JSON) == 0


@pytest.mark.parametrize(
    ("expected", "given", "score"),
    [
        (5, 5.0, 1),
        ({"amount": 100}, None, 0),
        ({"amount": 100}, "100", 0),
        (12345678901234567890, 12345678901234567891, 0),
    ],
)
def test_numbers_are_exact_and_nothing_raises(expected, given, score):
    reply = json.dumps({"a": given})
    assert quality("json_fields", {"a": expected}, reply, task=JSON) == score
    assert quality("exact", {"a": expected}, reply, task=JSON) == score


@pytest.mark.parametrize(
    ("reply", "score"),
    [("false", 1), ('"No"', 1), ('"False"', 1), ('"Yes"', 0), ('"maybe"', 0), ('""', 0), ('"nein"', 1)],
)
def test_yes_and_no_are_booleans_other_words_are_not(reply, score):
    task = {**JSON, "traps": {}}
    found = quality("json_fields", {"ok": False}, f'{{"ok": {reply}}}', fields={"ok": {"match": "boolean"}}, task=task)
    assert found == score


def test_rows_in_any_order_and_invented_rows():
    rows = [{"d": "a", "n": 1}, {"d": "b", "n": 2}, {"d": "c", "n": 3}]
    expected = {"rows": rows}
    assert quality("json_fields", expected, json.dumps({"rows": rows[::-1]}), task=JSON) == 1
    assert quality("json_fields", expected, json.dumps({"rows": rows[:2]}), task=JSON) == pytest.approx(4 / 6)
    more = json.dumps({"rows": [*rows, {"d": "z", "n": 9}]})
    assert quality("json_fields", expected, more, task=JSON) == pytest.approx(6 / 8)


def test_the_reason_names_the_field_and_the_trap():
    task = task_of(
        "json_fields", {"due": 2467.98, "no": "7"}, task={**JSON, "traps": {"2967.98": "the deposit was not taken off"}}
    )
    found = judge(task, '{"due": 2967.98, "no": "7"}')
    assert found.reason.startswith("1 of 2 fields right; due 2967.98 should be 2467.98 (the deposit was not taken off)")
