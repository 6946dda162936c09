"""Form of JSON answers: how it was given, and whether it fits its schema."""

from __future__ import annotations

import json

import pytest
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError

JSON = {"output": {"format": "json"}}


def form(reply):
    return quality("json_format", {"a": 1}, reply, task=JSON)


def fits(schema, value, **options):
    reply = value if isinstance(value, str) else json.dumps(value)
    return quality("json_schema", {"a": 1}, reply, schema=schema, task=JSON, **options)


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"a": 1}', 1),
        ('```json\n{"a": 1}\n```', 1),
        ('Here it is: {"a": 1} as you asked.', 0.7),
        ("{'a': 1,}", 0.4),
        ("{}", 0),
        ("[]", 0),
        ("a is 1", 0),
        ('{"a": ', 0),
    ],
)
def test_the_cleaner_the_json_the_better(reply, score):
    assert form(reply) == score


@pytest.mark.parametrize(
    ("schema", "value", "score"),
    [
        ({"type": "object", "required": ["a"]}, {"a": 1}, 1),
        ({"type": "object", "required": ["a"]}, {"b": 1}, 0),
        ({"properties": {"n": {"type": "integer"}}}, {"n": 3.0}, 1),
        ({"properties": {"n": {"type": "integer"}}}, {"n": 3.5}, 0),
        ({"properties": {"n": {"type": "integer"}}}, {"n": True}, 0),
        ({"type": "object"}, "{}", 0),
        ({"type": "array"}, "[]", 0),
        ({"type": "object"}, "no JSON", 0),
        ({"$defs": {"x": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/x"}}}, {"a": 1}, 0),
        ({"$defs": {"x": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/x"}}}, {"a": "s"}, 1),
    ],
)
def test_valid_is_one_and_an_empty_value_is_nothing(schema, value, score):
    assert fits(schema, value) == score


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", "2025-12-31", "31.12.2025"),
        ("date-time", "2025-12-31T23:59:00Z", "2025-12-31 23:59"),
        ("date-time", "2025-12-31T23:59:00.5+02:00", "2025-02-30T00:00:00Z"),
        ("time", "23:59:00Z", "25:00:00Z"),
        ("email", "jo@example.org", "jo@"),
        ("uri", "https://example.org/a?b=1", "example org"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
        ("uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8"),
    ],
)
def test_formats_are_checked(name, good, bad):
    schema = {"properties": {"v": {"type": "string", "format": name}}}
    assert fits(schema, {"v": good}) == 1
    assert fits(schema, {"v": bad}) == 0


def test_graded_counts_errors_per_leaf():
    schema = {"required": ["z"], "properties": {"a": {"type": "integer"}}}
    value = {"a": "x", "b": 1, "c": 2, "d": 3}
    assert fits(schema, value) == 0
    assert fits(schema, value, graded=True) == 0.5
    assert fits({"required": list("abcdefgh")}, {"z": 1}, graded=True) == 0


def test_the_schema_may_stand_in_the_output_block_and_the_place_is_named():
    task = {"output": {"format": "json", "schema": {"properties": {"rows": {"items": {"type": "integer"}}}}}}
    found = judge(task_of("json_schema", {"a": 1}, task=task), '{"rows": [1, "x"]}')
    assert found.outcome == "schema_mismatch"
    assert "rows.1" in found.verdicts[0].reason


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "give 'schema'"),
        ({"schema": {"type": "objekt"}}, "the schema is not valid"),
        ({"schema": {"properties": {"a": {"$ref": "#/$defs/x"}}}}, "points nowhere"),
        ({"schema": {"$ref": "https://example.org/schema.json"}}, "points nowhere"),
        ({"schema": {"$ref": "other.json"}}, "points nowhere"),
        ({"schema": {}, "strict": True}, "unknown option 'strict'"),
    ],
)
def test_schemas_that_cannot_work_are_refused_at_load(options, problem):
    with pytest.raises(TaskFileError, match=problem):
        judge(task_of("json_schema", {"a": 1}, task=JSON, **options), '{"a": 1}')
