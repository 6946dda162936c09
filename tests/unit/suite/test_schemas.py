"""The schemas accept what the loader accepts, and refuse what it refuses."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from pytest_localbench.suite.schema import category_schema, model_schema, task_schema

GOOD = {
    "kind": "task",
    "schema": 1,
    "id": "t",
    "input": {"prompt": "hi", "images": ["a.png", {"path": "b.png"}], "files": [{"path": "x", "as": "text"}]},
    "samples": [{"id": "a", "variables": {"q": 1}, "images": ["c.png"], "expected": {"a": None}, "skip": True}],
    "output": {"format": "json", "answer_marker": "Answer:", "schema": {"type": "object"}},
    "evaluators": [{"use": "exact", "with": {"fold": True}, "weight": 1}],
    "thresholds": {"pass": 0.9},
    "calibration": [{"name": "r", "output": "@expected", "min": 1, "tool_calls": [["get", {}], {"name": "x"}]}],
    "evaluation_weights": {"quality": 1},
}


def accepted(schema, data):
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema).is_valid(data)


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"samples": {"file": "rows.jsonl", "id": "n", "expected": ["a", "b"], "limit": 5, "shuffle_seed": 1}}, True),
        ({"input": "hi"}, True),
        ({"expeced": 1}, False),
        ({"has_expected": True}, False),
        ({"samples": {"file": "rows.txt"}}, False),
        ({"samples": {"file": "rows.csv", "lmit": 1}}, False),
        ({"samples": [{"id": "a", "has_expected": True}]}, False),
        ({"input": {"prompt": "hi", "files": [{"path": "x", "sha256": "y"}]}}, False),
        ({"evaluators": [{"use": "exact", "options": {}}]}, False),
        ({"complexity": 6}, False),
        ({"kind": "category"}, False),
        ({"schema": 2}, False),
    ],
)
def test_task_files(change, good):
    data = {**GOOD, **change}
    schema = task_schema()
    assert accepted(schema, data) is good
    assert accepted(schema, [data]) is good
    assert accepted(schema, {"kind": "task", "tasks": [data]}) is good


def test_short_forms_and_what_must_be_there():
    schema = task_schema()
    assert accepted(schema, {"prompt": "hi", "system": "Be brief."})
    assert not accepted(schema, {"title": "nothing asked"})
    assert not accepted(schema, {"tasks": []})


def test_category_and_model_files():
    assert accepted(category_schema(), {"defaults": {"generation": {"temperature": 0}}, "schema": 1})
    assert not accepted(category_schema(), {"nam": "x"})
    assert accepted(model_schema(), {"provider": "openai", "kind": "model", "tags": ["a"]})
    assert not accepted(model_schema(), {"provider": "openai", "source": {"path": "x"}})
    assert not accepted(model_schema(), {"model": "x"})


def test_options_of_a_model_file_are_those_of_its_provider():
    schema = model_schema()
    assert accepted(schema, {"provider": "llamacpp", "options": {"flash_attention": "on", "tensor_split": [1, 2]}})
    assert not accepted(schema, {"provider": "llamacpp", "options": {"n_ctx": 4096}})
    assert not accepted(schema, {"provider": "http", "options": {"answer": "text"}})
    assert accepted(schema, {"provider": "http", "options": {"answer": "text", "body": {"q": "{{ prompt }}"}}})
    assert accepted(schema, {"provider": "of-a-plugin", "options": {"n_ctx": 4096}})
