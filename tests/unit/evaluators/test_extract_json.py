"""JSON inside replies: found, never completed, exact to the last digit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_localbench.domain.task import OutputSpec
from pytest_localbench.evaluators.extract import extract
from pytest_localbench.evaluators.extract_json import find_json

JSON = OutputSpec(format="json")


def value_of(reply, expected=None, **more):
    return extract(reply, JSON, expected=expected, **more)


@pytest.mark.parametrize(
    ("reply", "expected", "level"),
    [
        ('{"a": 1}', {"a": 1}, 0),
        (' [1, 2]\n', [1, 2], 0),
        ('```json\n{"a": 1}\n```', {"a": 1}, 1),
        ('Sure:\n```\n{"a": 1}\n```\nBye', {"a": 1}, 1),
        ('The result is {"a": 1}.', {"a": 1}, 2),
        ('```python\nx = {"a": 1}\n```', {"a": 1}, 2),
        ('{"a": 1,}', {"a": 1}, 3),
        ('```json\n{"a": 1,}\n```', {"a": 1}, 3),
        ("{'a': 'it''s'}".replace("''", "\\'"), {"a": "it's"}, 3),
        ('{"a": 1, // the first\n "b": [1, 2,], /* all */}', {"a": 1, "b": [1, 2]}, 3),
        ("{'a': True, 'b': None, \"c\": false}", {"a": True, "b": None, "c": False}, 3),
        ('{"a": NaN, "b": undefined, "c": -Infinity}', {"a": None, "b": None, "c": None}, 3),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}, 3),
        ('I used:\n```bash\npdftotext r17.pdf -\n```\nResult:\n```json\n{"no": "R-17"}\n```\n', {"no": "R-17"}, 1),
        ('Use `this`:\n{"cmd": "run `make` or ```make all```"}', {"cmd": "run `make` or ```make all```"}, 2),
        ('```json\n{"cmd": "run `make` or ```make all```"}\n```', {"cmd": "run `make` or ```make all```"}, 1),
        ('{"note": "Wrap drafts in <think> and </think>."}', {"note": "Wrap drafts in <think> and </think>."}, 0),
        ('{"note": "ends with </think>"}', {"note": "ends with </think>"}, 0),
        ("{'vendor': \"O'Hara & Sons\", 'paid': True, 'po': None}",
         {"vendor": "O'Hara & Sons", "paid": True, "po": None}, 3),
        ('Maybe {"total": "80.00"}? No.\n</think>\n{"total": "90.00"}', {"total": "90.00"}, 0),
        ('{"mood": "\\ud83c\\udf78"}', {"mood": "\U0001f378"}, 0),
        ("{'mood': '\\U0001f378', 'pair': (1, 2), 'one': ('x',), 'none': ()}",
         {"mood": "\U0001f378", "pair": [1, 2], "one": ["x"], "none": []}, 3),
    ],
)  # fmt: skip
def test_json_is_found_wherever_it_stands(reply, expected, level):
    found = value_of(reply, expected)
    assert found.value == expected
    assert found.level == level
    assert ("not_strict_json" in found.notes) == (level == 3)


@pytest.mark.parametrize(
    "reply",
    ['{"a": 1', '{"a": 1, "b": 12', '{"a": "cut', '{"rows": [{"a": 1}, {"a": 2}', '[{"a": 1},\n{"a": 2},\n{"a"',
     '{"a": tru', '{"a": 1 "b": {"a": 1}}', "{a: 1}", '{"a": 007}', '{"a": 1_000}', '{"a": "\\q"}', "no JSON", "{}}{",
     "[see page 2]", "\\boxed{x}", '{"a": (1)}', "{'a': (1, 2", "{'a': (1, 2]}"],
)  # fmt: skip
def test_broken_and_cut_off_json_is_never_completed(reply):
    assert value_of(reply, {"a": 1}).value in ({}, value_of("nothing").value)


def test_what_was_cut_off_is_flagged():
    found = value_of('{"qty": 12, "total": 12', {"qty": 12, "total": 12}, finish_reason="length")
    assert not found.has_value
    assert set(found.notes) == {"truncated", "unclosed_json"}


@pytest.mark.parametrize(
    ("reply", "expected", "value"),
    [
        ('Draft: {"total": "80.00"}\nfinal: {"total": "90.00"}', {"total": "90.00"}, {"total": "90.00"}),
        ('{"a": 1} and {"b": 2}', {"a": 1, "b": 2}, {"b": 2}),
        ('{"a": 1, "b": 2} as in {"c": 3}', {"a": 0, "b": 0}, {"a": 1, "b": 2}),
        ('{"A": 1} then [1, 2]', {"a": 0}, {"A": 1}),
        ('["x", "y"], see [1]', ["q"], ["x", "y"]),
        ('{"total": "90"} final {"total": "80"', {"total": "1"}, {"total": "90"}),
        ('The format is {"a": number}. {"a": 5}', {"a": 1}, {"a": 5}),
        ('Start with `{"a": ` and end.\n{"a": 5}', {"a": 1}, {"a": 5}),
        ('Use { to open. {"a": 5}', {"a": 1}, {"a": 5}),
    ],
)
def test_of_several_values_the_last_that_fits_counts(reply, expected, value):
    assert value_of(reply, expected).value == value


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('#### {"a": 1}\n\nQuestion: next?\n#### {"a": 2}', {"a": 1}),
        ('Draft {"a": 9}\n####\n```json\n{"a": 1}\n```\n{"a": 3}', {"a": 1}),
        ('<think>#### {"a": 9}</think>#### {"a": 1} {"a": 2}', {"a": 1}),
        ('{"a": 8} {"a": 1}', {"a": 1}),
        ('{"a": "#### 1"}', {"a": "#### 1"}),
    ],
)
def test_after_a_configured_marker_the_first_value_counts(reply, value):
    assert extract(reply, OutputSpec(format="json", answer_marker=("####",)), expected={"a": 0}).value == value


def test_a_bare_value_may_follow_a_marker():
    assert extract("Is it 4? #### 5", OutputSpec(format="json", answer_marker=("####",)), expected=0).value == 5


@pytest.mark.parametrize(
    ("reply", "several"),
    [('{"a": 1} {"a": 2}', True), ('{"a": 1} {"a": 1}', False), ('{"a": 1} [1]', False), ('{"a": 1}', False)],
)
def test_several_candidates_are_flagged(reply, several):
    assert ("several_candidates" in value_of(reply, {"a": 1}).notes) == several


def test_a_key_named_twice_is_flagged_and_the_last_one_counts():
    found = value_of('{"a": 1, "a": 2}')
    assert (found.value, found.notes) == ({"a": 2}, ("duplicate_keys",))
    assert "duplicate_keys" in value_of("{'a': 1, 'a': 2}").notes


@pytest.mark.parametrize(
    ("reply", "expected", "value"),
    [("5", 5, 5), ("true", True, True), ("```\nnull\n```", None, None), ('"x"', "x", "x"), ("True", True, True)],
)
def test_a_bare_value_is_an_answer_where_one_is_expected(reply, expected, value):
    assert value_of(reply, expected).value is value or value_of(reply, expected).value == value
    assert not value_of(reply, {"a": 1}).has_value


def test_a_bare_number_that_was_cut_off_is_none():
    assert not value_of("12", 12, finish_reason="length").has_value


def test_numbers_keep_every_digit():
    reply = '{"id": 12345678901234567891, "total": 2967.98, "deep": [0.1]}'
    found = value_of(reply).value
    assert found["id"] == 12345678901234567891
    assert repr(found["total"]) == "2967.98"


def test_huge_integers_are_kept_as_their_digits():
    digits = "9" * 6000
    assert value_of(f'{{"a": {digits}}}').value == {"a": digits}
    json.dumps(value_of(f"{{'a': {digits}}}").value)


def test_half_of_a_surrogate_pair_becomes_a_replacement_character():
    for reply in ('{"mood": "x\\ud835"}', "{'mood': 'x\\ud835'}"):
        found = value_of(reply).value
        assert found == {"mood": "x\ufffd"}


@pytest.mark.parametrize("depth", [50, 5000])
def test_nesting_is_limited(depth):
    assert value_of("[" * depth + "]" * depth).has_value == (depth == 50)


@pytest.mark.parametrize(
    "piece", ["{", "[", '{"', "{'", '{"a":', '{"a":1,', "[1,", "[[1],", '{"a" "b"}', "[/*", "[/**/[/*", '{"k": tru}', '[{"a":1} ',
              '{"a": x ', "{//\n", "[-", '{"a":"\\u']
)  # fmt: skip
def test_hostile_replies_take_bounded_work(piece):
    found = find_json(piece * (300_000 // len(piece)), expected={"zz": 1})
    assert found.value != {"zz": 1}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(value=st.dictionaries(st.text(max_size=5), JSON_VALUES, min_size=1, max_size=4), ascii_=st.booleans())
def test_any_object_is_read_back_bare_fenced_and_in_prose(value, ascii_):
    text = json.dumps(value, ensure_ascii=ascii_)
    for reply, level in ((text, 0), (f"```json\n{text}\n```", 1), (f"Here: {text} as asked", 2)):
        found = value_of(reply, value)
        assert (found.value, found.level) == (value, level)


@settings(max_examples=100, deadline=None)
@given(value=st.dictionaries(st.text("abc'\"\\\n", max_size=5), JSON_VALUES, min_size=1, max_size=3))
def test_python_literals_are_read_as_what_they_mean(value):
    found = value_of(repr(value), value)
    assert found.value == value or "\\x" in repr(value) or "\\U" in repr(value)
