"""Known wrong values are found by their value, however author and model write them."""

from __future__ import annotations

import json

import pytest
from judging import judge, task_of

from pytest_localbench.suite.tasks import load_category, load_task_file

JSON = {"output": {"format": "json"}}


def reason(use, expected, reply, trap, *, form=JSON, **options):
    task = task_of(use, expected, task={**form, "traps": {"unlikely": "another trap", trap: "known"}}, **options)
    return judge(task, reply).reason


@pytest.mark.parametrize(
    ("trap", "given", "spec"),
    [
        ("2465.0", 2465, {}),
        ("2465", 2465.0, {}),
        ("2465.0", "2465", {}),
        ("1'686.91", 1686.91, {}),
        ("2465.0", "2'465.00 CHF", {"match": "money"}),
        ("1686.91", "1.686,91", {"match": "number", "locale": "de"}),
        ("2025-03-04", "4 March 2025", {}),
        ("4 March 2025", "2025-03-04", {}),
        ("04.03.2025", "2025-03-04", {"match": "date", "order": "dmy"}),
        ("true", True, {}),
        ("True", True, {"match": "boolean"}),
        ("false", "no", {"match": "boolean"}),
        ("null", None, {}),
        ("CH89 0076 2000", "CH8900762000", {"match": "id"}),
        ("A-2024", "a-2024", {}),
    ],
)
def test_a_trap_in_a_field_is_found_by_value(trap, given, spec):
    fields = {"a": {**spec, "any_of": [9]}} if spec else {}
    assert "(known)" in reason("json_fields", {"a": 7}, json.dumps({"a": given}), trap, fields=fields)


@pytest.mark.parametrize(
    ("trap", "given"), [("1", True), ("true", 1), ("246", 2465), ("2025-03-04", "2025-04-03"), ("null", "x")]
)
def test_another_value_is_no_trap(trap, given):
    assert "known" not in reason("json_fields", {"a": 7}, json.dumps({"a": given}), trap)


def test_a_field_that_is_missing_is_not_the_trap_null():
    assert reason("json_fields", {"a": 7, "b": 1}, '{"b": 1}', "null").startswith("1 of 2 fields right; a is missing")


def test_an_invented_field_may_be_a_trap():
    said = reason("json_fields", {"a": 7}, '{"a": 7, "due": "26.0"}', "26")
    assert said == "1 of 1 fields right; due 26.0 is invented (known); 1 correction"


@pytest.mark.parametrize(
    ("use", "expected", "reply", "trap", "said"),
    [
        ("exact", "Paris", "Lyon", "lyon", "'Lyon' should be 'Paris' (known)"),
        ("number", 5, "It is 404.52 EUR.", "404.520", "'404.52 EUR' should be '5' (known)"),
        ("money", "5 EUR", "404,50 €", "404.50", "'404,50 €' should be '5 EUR' (known)"),
        ("date", "2025-03-06", "On 4 March 2025", "2025-03-04", "'4 March 2025' should be '2025-03-06' (known)"),
    ],
)
def test_single_values_have_traps_as_well(use, expected, reply, trap, said):
    assert reason(use, expected, reply, trap, form={}) == said


def test_labels_have_traps_as_well():
    form = {"output": {"format": "label", "labels": ("HR", "IT")}}
    assert reason("label", "HR", "IT", "it", form=form) == "'IT' should be 'HR' (known)"


def test_keys_may_be_written_without_quotes(tmp_path):
    (tmp_path / "category.yaml").write_text("name: x\n")
    (tmp_path / "t.yaml").write_text(
        "prompt: hi\nexpected: {a: 1, b: 2, c: 3, d: 4}\noutput: {format: json}\nevaluators: [{use: json_fields}]\n"
        "traps: {2967.98: number, true: boolean, null: nothing, 2025-03-04: day}\n"
    )
    (task,) = load_task_file(tmp_path / "t.yaml", load_category(tmp_path, tmp_path), tmp_path)
    for value, why in ((2967.980, "number"), (True, "boolean"), (None, "nothing"), ("4 March 2025", "day")):
        reply = json.dumps({"a": value, "b": 2, "c": 3, "d": 4})
        assert f"({why})" in judge(task, reply).reason
