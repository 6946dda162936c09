"""Whatever a model writes: its calls never raise, never reach beyond the tables, and can be stored."""

from __future__ import annotations

import json

import pytest

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from pytest_localbench.domain.response import ToolCall  # noqa: E402
from pytest_localbench.domain.world import World  # noqa: E402
from pytest_localbench.engine.text_calls import text_calls  # noqa: E402
from pytest_localbench.engine.world import Simulation, as_told  # noqa: E402
from tests.agents import WORLD  # noqa: E402

NAMES = [tool["name"] for tool in WORLD["tools"]]
LOOSE = World.model_validate(
    {
        "state": WORLD["state"],
        "tools": [
            {"name": "read", "parameters": {"a": {}, "b": {"optional": True}},
             "effect": {"read": "applicants", "where": {"years": {"min": "{a}"}, "cv": {"contains": "{b}"}}}},
            {"name": "write", "parameters": {"a": {}},
             "effect": {"insert": "outbox", "row": {"body": "{a}", "text": "x {a} {now}", "id": "{a}"}}},
            {"name": "change", "parameters": {"a": {}}, "effect": {"update": "outbox", "where": {"id": "{a}"}, "set": {"b": "{a}"}}},
        ],
    }
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from([*NAMES, "read", "nope"]), arguments=VALUES)
def test_any_arguments_get_a_result(name, arguments):
    simulation = Simulation(World.model_validate(WORLD))
    result, status = simulation.call(name, ToolCall(name=name, arguments=arguments).arguments)
    assert status in {"ok", "failed", "invalid"}
    json.loads(as_told(result))
    assert set(simulation.tables) == {"applicants", "outbox"}


@settings(max_examples=60, deadline=None)
@given(calls=st.lists(st.tuples(st.sampled_from(["read", "write", "change"]), VALUES, VALUES), max_size=4))
def test_any_values_may_lie_in_the_tables(calls):
    simulation = Simulation(LOOSE)
    for name, first, second in calls:
        made = ToolCall(name=name, arguments={"a": first, **({"b": second} if name == "read" else {})})
        result, status = simulation.call(name, made.arguments)
        assert status in {"ok", "failed"}
        json.loads(as_told(result))


@settings(max_examples=80, deadline=None)
@given(parts=st.lists(st.sampled_from(['{"name": "', "read_cv", '", "arguments": ', "{}", "}", "<tool_call>", "</tool_call>",
                                       "<function=read_cv>", "<parameter=id>", "<think>", "</think>", "[TOOL_CALLS]", "```json\n",
                                       "\n```", "\ud800", "\\", '"', "{", "A-1 "]), max_size=14))  # fmt: skip
def test_any_text_is_read(parts):
    reply = "".join(parts)
    calls, rest = text_calls(reply, NAMES)
    assert all(call.name in NAMES for call in calls)
    assert calls or rest == reply
