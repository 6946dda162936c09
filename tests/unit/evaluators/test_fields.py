"""Documents field by field: nulls, rows, inventions, and the sentence that explains the score."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import judge, task_of

from pytest_localbench.errors import TaskFileError

JSON = {"output": {"format": "json"}}
ROWS = [
    {"description": "Beam IPE 200", "quantity": 12, "unit_price": 184.5, "line_total": 2214.0},
    {"description": "Bracket", "quantity": 150, "unit_price": 1.234, "line_total": 185.1},
    {"description": "Delivery", "quantity": 1, "unit_price": 95.0, "line_total": 95.0},
]
INVOICE = {
    "invoice_number": "2025-0417", "invoice_date": "2025-03-04", "supplier_name": "Kessler Metallbau GmbH",
    "vat_id": "DE811907654", "purchase_order": None, "currency": "EUR", "net_total": 2494.10, "vat_total": 473.88,
    "amount_due": 2467.98, "line_items": ROWS,
}  # fmt: skip
FIELDS = {
    "invoice_number": {"match": "id", "weight": 2},
    "invoice_date": {"match": "date", "weight": 2},
    "supplier_name": {"match": "fuzzy", "threshold": 0.85},
    "vat_id": {"match": "id"},
    "purchase_order": {"match": "id", "weight": 2},
    "currency": {"match": "exact"},
    "net_total": {"match": "money", "locale": "de"},
    "vat_total": {"match": "money", "locale": "de"},
    "amount_due": {"match": "money", "locale": "de", "weight": 3},
    "line_items[].description": {"match": "fuzzy", "threshold": 0.8, "weight": 0.5},
    "line_items[].quantity": {"match": "number", "locale": "de", "weight": 0.5},
    "line_items[].unit_price": {"match": "number", "locale": "de", "abs": 0.0005, "weight": 0.5},
    "line_items[].line_total": {"match": "money", "locale": "de", "weight": 0.5},
}
TRAPS = {"2967.98": "the deposit was not taken off"}


def found(expected, reply, *, task=None, **options):
    reply = reply if isinstance(reply, str) else json.dumps(reply)
    return judge(task_of("json_fields", expected, task={**JSON, **(task or {})}, **options), reply).verdicts[0]


def score(expected, reply, **options):
    return found(expected, reply, **options).score


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({}, 1),
        ({"line_items": ROWS[::-1]}, 1),
        ({"net_total": "2.494,10 EUR", "invoice_date": "4. M\u00e4rz 2025"}, 1),
        ({"invoice_date": "2025-04-03"}, 0.9),
        ({"amount_due": 2967.98}, 0.85),
        ({"purchase_order": "A-2024-991"}, 0.9),
        ({"purchase_order": ""}, 0.9),
        ({"line_items": ROWS[:2]}, 0.9),
        ({"line_items": []}, 0.7),
        (
            {"line_items": [*ROWS, {"description": "Tip", "quantity": None, "unit_price": 5, "line_total": 5}]},
            20 / 21.5,
        ),
        ({"remark": "paid"}, 20 / 21),
        ({"remark": None, "notes": "", "tags": []}, 1),
    ],
)
def test_an_invoice(change, right):
    assert score(INVOICE, {**INVOICE, **change}, fields=FIELDS) == pytest.approx(right)


@pytest.mark.parametrize(
    "reply",
    [
        "{}",
        "[]",
        "null",
        "5",
        dict.fromkeys(INVOICE),
        dict.fromkeys(INVOICE, ""),
        {"x": 1},
        "I cannot read it.",
    ],
)
def test_forms_without_a_value_earn_nothing(reply):
    assert score(INVOICE, reply, fields=FIELDS) == 0


def test_the_sentence_names_the_costliest_field_and_the_trap():
    reply = {**INVOICE, "amount_due": 2967.98, "purchase_order": "A-2024-991"}
    verdict = found(INVOICE, reply, fields=FIELDS, task={"traps": TRAPS})
    assert verdict.reason == (
        "19 of 21 fields right; amount_due 2967.98 should be 2467.98 (the deposit was not taken off); 2 corrections"
    )
    assert [detail.path for detail in verdict.details[:2]] == ["amount_due", "purchase_order"]


@pytest.mark.parametrize(("trap", "value"), [("2967.980", 2967.98), ("A-2024", "a-2024"), ("7", 7)])
def test_traps_are_recognised_by_value(trap, value):
    assert "(known)" in found({"a": 1}, {"a": value}, task={"traps": {trap: "known", "x": "other"}}).reason


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        ({"a": 1, "b": "x"}, "2 of 2 fields right"),
        ({"a": 1}, "1 of 2 fields right; b is missing, should be x; 1 correction"),
        ({"a": 1, "b": None}, "1 of 2 fields right; b null should be x; 1 correction"),
        ({"a": 1, "b": "x", "c": 3}, "2 of 2 fields right; c 3 is invented; 1 correction"),
        ("nothing", "no JSON value in the answer"),
    ],
)
def test_the_sentence_says_what_is_wrong(reply, sentence):
    assert found({"a": 1, "b": "x"}, reply).reason == sentence


def test_corrections_and_the_exact_document_are_counted():
    verdict = found({"a": 1, "rows": [{"n": 1}]}, {"a": 2, "rows": [{"n": 1}, {"n": 2, "m": None}], "c": 1})
    counts = {detail.path: detail.got for detail in verdict.details if detail.score is None}
    assert counts == {"(corrections)": 3, "(exact document)": False}


@pytest.mark.parametrize(
    ("change", "right"), [({}, 1), ({"amount_due": 1}, 0), ({"extra": 1}, 0), ({"extra": None}, 1)]
)
def test_an_exact_document_is_all_or_nothing(change, right):
    assert score(INVOICE, {**INVOICE, **change}, fields=FIELDS, exact_document=True) == right


@pytest.mark.parametrize(
    ("reply", "options", "right"),
    [
        ({"po_number": None, "vendor": "Alba"}, {}, 1),
        ({"vendor": "Alba"}, {}, 0.5),
        ({"vendor": "Alba"}, {"missing_is_null": True}, 1),
        ({"po_number": "", "vendor": "Alba"}, {}, 0.5),
        ({"po_number": "", "vendor": "Alba"}, {"null_words": [""]}, 1),
        ({"po_number": "N/A", "vendor": "Alba"}, {}, 0.5),
        ({"po_number": "n/a", "vendor": "Alba"}, {"null_words": ["N/A"]}, 1),
        ({"po_number": "N/A", "vendor": "Alba"}, {"task": {"null_words": ["N/A"]}}, 1),
        ({"po_number": None}, {"missing_is_null": True}, 0),
        ({"po_number": None, "vendor": "Albo"}, {}, 0),
    ],
)
def test_null_missing_and_empty_are_three_states(reply, options, right):
    assert score({"po_number": None, "vendor": "Alba"}, reply, **options) == right


def test_a_document_of_nulls_is_answered_by_nulls():
    assert score({"a": None, "b": []}, {"a": None, "b": []}) == 1
    assert score({"a": None, "b": []}, {}) == 0


def test_a_null_word_can_be_the_expected_value():
    assert score({"a": "N/A", "b": 1}, {"a": "N/A", "b": 1}, null_words=["N/A"]) == 1


@pytest.mark.parametrize(
    ("given_key", "right"),
    [("invoice_no", 1), ("Invoice No", 1), ("invoice-no", 1), ("INVOICE_NO", 1), ("invoiceNo", 0.5)],
)
def test_keys_may_be_spelled_differently(given_key, right):
    assert score({"invoice_no": 1, "b": 2}, {given_key: 1, "b": 2}, extra_keys="ignore") == right


def test_an_exact_key_goes_before_a_similar_one():
    assert score({"a_b": 1}, {"A B": 2, "a_b": 1}, extra_keys="ignore") == 1
    assert score({"a_b": 1}, {"A B": 2, "a_b": 1}) == 0.5


@pytest.mark.parametrize(
    ("expected", "reply", "right"),
    [
        ([{"n": 1}, {"n": 2}], [{"n": 2}, {"n": 1}], 1),
        ([{"n": 1}], {"n": 1}, 1),
        ([{"n": 1}, {"n": 2}], {"items": [{"n": 1}, {"n": 2}]}, 1),
        ({"n": 1}, [{"n": 1}], 1),
        ([{"n": 1}, {"n": 1}], [{"n": 1}], 0.5),
        ([{"n": 1}], [{"n": 1}, {"n": 1}], 0.5),
        (["a", "b"], ["b", "a"], 1),
        ([1, 0], [True, False], 0),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 1}}}, 1),
        ({"a": {"b": 1, "c": 2}}, {"a": "1"}, 0),
        ({"rows": [{"n": 1}]}, {"rows": "none"}, 0),
        ({"l": ["A12", "B7"]}, {"l": ["A12", "A12", "B7"]}, 0.8),
    ],
)
def test_shapes(expected, reply, right):
    assert score(expected, reply) == pytest.approx(right)


def test_rows_are_paired_so_that_the_total_is_largest():
    expected = {"rows": [{"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "c": 2}]}
    reply = {"rows": [{"a": 1, "b": 2, "c": 9}, {"a": 1, "b": 9, "c": 9}]}
    assert score(expected, reply) == pytest.approx(3 / 6)


def test_rows_that_share_only_nulls_are_no_pair():
    verdict = found({"rows": [{"a": 1, "b": None}], "k": 1}, {"rows": [{"a": 2, "b": None}], "k": 1})
    assert verdict.score == pytest.approx(1 / 4)


def test_long_tables_are_paired_by_their_key():
    rows = [{"id": f"R{i}", "n": i, "t": "x"} for i in range(300)]
    shuffled = [{**row, "t": "y"} for row in reversed(rows)]
    assert score({"rows": rows}, {"rows": rows[::-1]}) == 1
    assert score({"rows": rows}, {"rows": shuffled}) == pytest.approx(2 / 3)


def test_thousands_of_invented_rows_make_a_short_report():
    verdict = found({"rows": [{"n": 1}]}, {"rows": [{"n": i, "text": "x" * 2000} for i in range(3000)]})
    assert verdict.score < 0.001
    assert len(verdict.details) < 60
    assert len(str(verdict.details)) < 20_000


def test_containers_can_be_ignored_or_matched_as_one_field():
    expected = {"a": 1, "skills": ["x", "y"], "rows": [{"n": 1}], "meta": {"k": 1}}
    reply = {"a": 1, "skills": ["Y", "x", "x"], "rows": [], "meta": 5}
    fields = {"skills": {"match": "set", "weight": 2}, "rows": {"match": "ignore"}, "meta": {"match": "ignore"}}
    assert score(expected, reply, fields=fields) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"amont_due": {}}, r"no expected document has the field 'amont_due' \(did you mean 'amount_due'\?\)"),
        ({"line_items.quantity": {}}, r"did you mean 'line_items\[\].quantity'"),
        ({"amount_due": {"match": "cash"}}, "fields.amount_due.match"),
        ({"amount_due": {"match": "money", "order": "dmy"}}, "'order' does nothing with match: money"),
        ({"amount_due": {"weight": 0}}, "fields.amount_due.weight"),
    ],
)
def test_wrong_options_are_told_at_load(fields, message):
    with pytest.raises(TaskFileError, match=message):
        found(INVOICE, "{}", fields=fields)


def test_something_must_be_expected():
    with pytest.raises(TaskFileError, match="nothing expected"):
        found(None, "{}")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["a", "b", "c", "rows"]), VALUES, min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(expected=DOCUMENTS, reply=DOCUMENTS)
def test_any_document_scores_between_zero_and_one_and_the_expected_one_scores_one(expected, reply):
    assert 0 <= score(expected, reply) <= 1
    assert score(expected, expected) == pytest.approx(1)
