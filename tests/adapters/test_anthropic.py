"""The Messages API through Anthropic's own SDK, against a double that checks what it is sent."""

from __future__ import annotations

import hashlib
import json

import pytest
from anthropic_server import FACTS, KEY, MessagesServer, block, end, error, start, stream, text, thinking, tool_use

from pytest_localbench.adapters.anthropic_api import AnthropicAdapter, server_root
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart, ToolCall
from pytest_localbench.errors import ConfigError, GenerationFailed, MissingCredential

anthropic = pytest.importorskip("anthropic")

SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 9}}, "required": ["city"]}
TOOL = {"name": "book", "description": "Books a slot.", "parameters": {"id": {"type": "integer"}}}


@pytest.fixture
def opened(monkeypatch, opening):
    monkeypatch.setenv("DOUBLE_KEY", KEY)

    def make(*replies, config=None, **double):
        server = MessagesServer(*replies, **double)
        given = {"base_url": server.url, "api_key": "${env:DOUBLE_KEY}", **(config or {})}
        adapter = AnthropicAdapter(ModelConfig(id="m", provider="anthropic", model="claude-x", **given))
        return opening(server, adapter)

    return make


def test_a_plain_question(opened, ask_for):
    adapter, server = opened()
    messages = (Message(role="system", content="Be brief."), Message(role="user", content="Hi."))
    params = {"max_tokens": 9, "stop": ("END",), "seed": 7}
    response = adapter.generate(ask_for(messages=messages, params=params))
    assert (response.text, response.thinking, response.finish_reason) == ("Hello.", None, "stop")
    assert response.resolved_model == "claude-x-served"
    assert 0 < response.timing.first_token_s <= response.timing.generation_s
    assert server.requests[0]["path"] == "/v1/messages"
    assert server.requests[0]["body"] == {
        "model": "claude-x", "max_tokens": 9, "system": "Be brief.", "stop_sequences": ["END"], "stream": True,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi."}]}],
    }  # fmt: skip


def test_counts_include_what_the_cache_held(opened, ask_for):
    details = {"output_tokens_details": {"thinking_tokens": 20}}
    begin = start(input_tokens=1, cache_read_input_tokens=35, cache_creation_input_tokens=4)
    adapter, _ = opened(stream(begin, text(0, "x"), end(output_tokens=25, **details)))
    assert adapter.generate(ask_for()).usage.model_dump() == {
        "input_tokens": 40, "output_tokens": 25, "reasoning_tokens": 20, "cached_tokens": 35,
    }  # fmt: skip


def test_unknown_counts_stay_unknown(opened, ask_for):
    usage = {"input_tokens": None, "output_tokens": None}
    adapter, _ = opened(stream(start(**usage), text(0, "x"), end(output_tokens=None)))
    assert set(adapter.generate(ask_for()).usage.model_dump().values()) == {None}


@pytest.mark.parametrize(
    ("told", "finish"),
    [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("tool_use", "tool_calls"),
        ("model_context_window_exceeded", "length"), ("refusal", "refusal"), ("pause_turn", "unknown"),
        ("novel", "unknown"),
    ],
)  # fmt: skip
def test_why_it_stopped(opened, ask_for, told, finish):
    adapter, _ = opened(stream(start(), text(0, "x"), end(told)))
    assert adapter.generate(ask_for()).finish_reason == finish


def test_pictures_reach_the_server(opened, ask_for):
    picture = b"\x89PNG\r\n\x1a\n picture"
    parts = (TextPart(text="Look:"), ImagePart(mime="image/png", data=picture))
    adapter, _ = opened()
    response = adapter.generate(ask_for(messages=(Message(role="user", parts=parts),)))
    assert response.text == f"image/png {hashlib.sha256(picture).hexdigest()[:12]}"


def test_a_tool_is_called_and_its_result_comes_back(opened, ask_for):
    adapter, server = opened()
    question = Message(role="user", content="Book slot 1.")
    params = {"reasoning": "high", "max_tokens": 2000}
    asked = adapter.generate(ask_for(messages=(question,), tools=(TOOL,), params=params))
    assert (asked.finish_reason, asked.text, asked.thinking) == ("tool_calls", "", "Let me see.")
    assert [(c.id, c.name, c.arguments) for c in asked.tool_calls] == [("toolu_1", "book", {"id": 1})]
    assert server.requests[0]["body"]["tools"] == [{
        "name": "book", "description": "Books a slot.",
        "input_schema": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
    }]  # fmt: skip
    turns = (
        question,
        Message(role="assistant", tool_calls=asked.tool_calls),
        Message(role="tool", content="done", tool_call_id="toolu_1"),
        Message(role="tool", content="paid", tool_call_id="toolu_2"),
    )
    told = adapter.generate(ask_for(messages=turns, tools=(TOOL,), params=params))
    assert (told.text, told.finish_reason) == ("The tools said: done, paid", "stop")
    assert [m["role"] for m in server.requests[1]["body"]["messages"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("pieces", "arguments", "notes"),
    [
        ((), {}, ()),
        (("{not json",), "{not json", ()),
        (("[1]",), "[1]", ()),
        ((json.dumps('{"id": 2}'),), {"id": 2}, ("double_encoded_arguments",)),
    ],
)
def test_arguments_that_are_no_object_are_kept_as_text(opened, ask_for, pieces, arguments, notes):
    adapter, _ = opened(stream(start(), tool_use(0, "book", *pieces), end("tool_use")))
    response = adapter.generate(ask_for(tools=(TOOL,)))
    assert (response.tool_calls[0].arguments, response.notes) == (arguments, notes)


def test_a_call_with_broken_arguments_can_be_told_back(opened, ask_for):
    adapter, server = opened()
    call = ToolCall(id="toolu_9", name="book", arguments="{not json")
    turns = (Message(role="user", content="x"), Message(role="assistant", content="Trying.", tool_calls=(call,)),
             Message(role="tool", content="no", tool_call_id="toolu_9"))  # fmt: skip
    assert adapter.generate(ask_for(messages=turns)).text == "The tools said: no"
    told, used = server.requests[0]["body"]["messages"][1]["content"]
    assert told == {"type": "text", "text": "Trying."}
    assert used == {"type": "tool_use", "id": "toolu_9", "name": "book", "input": {"arguments": "{not json"}}


def test_a_schema_is_sent_as_the_api_takes_it(opened, ask_for):
    adapter, server = opened()
    response = adapter.generate(ask_for(params={"response_format": "schema"}, response_schema=SCHEMA))
    assert json.loads(response.text) == {"city": "CITY"}
    sent = server.requests[0]["body"]["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["additionalProperties"] is False
    assert "maxLength" in sent["schema"]["properties"]["city"]["description"]


def test_reasoning_is_kept_apart(opened, ask_for):
    hidden = block(1, {"type": "redacted_thinking", "data": "xyz"})
    adapter, _ = opened(stream(start(), thinking(0, "Hm", "m."), hidden, text(2, "Yes."), end()))
    response = adapter.generate(ask_for())
    assert (response.text, response.thinking) == ("Yes.", "Hmm.")


@pytest.mark.parametrize(
    ("level", "thinks", "output"),
    [
        (None, None, None),
        ("auto", None, None),
        ("off", {"type": "disabled"}, None),
        ("on", {"type": "adaptive", "display": "summarized"}, None),
        ("low", {"type": "adaptive", "display": "summarized"}, {"effort": "low"}),
    ],
)
def test_levels_of_reasoning(opened, ask_for, level, thinks, output):
    adapter, server = opened()
    adapter.generate(ask_for(params={"reasoning": level}))
    body = server.requests[0]["body"]
    assert (body.get("thinking"), body.get("output_config")) == (thinks, output)


def test_models_that_know_budgets_only_get_one(opened, ask_for):
    types = {"adaptive": {"supported": False}, "enabled": {"supported": True}}
    old = {**FACTS, "capabilities": {**FACTS["capabilities"], "thinking": {"supported": True, "types": types}}}
    adapter, server = opened(facts=old)
    adapter.generate(ask_for(params={"reasoning": "high", "max_tokens": 8000}))
    assert server.requests[0]["body"]["thinking"] == {"type": "enabled", "budget_tokens": 4000}


def test_a_refused_temperature_is_left_out_from_then_on(opened, ask_for):
    adapter, server = opened(refuses=("temperature", "top_p"))
    request = ask_for(params={"temperature": 0.0, "top_p": 0.5, "top_k": 1})
    for _ in range(2):
        response = adapter.generate(request)
        assert (response.text, response.notes) == ("Hello.", ("temperature_refused", "top_p_refused"))
    sent = [{k for k in ("temperature", "top_p", "top_k") if k in r["body"]} for r in server.requests]
    assert sent == [{"temperature", "top_p", "top_k"}, {"top_p", "top_k"}, {"top_k"}, {"top_k"}]
    assert adapter.generate(ask_for()).notes == ()


def test_of_settings_that_exclude_one_another_the_temperature_stays(opened, ask_for):
    words = "`temperature` and `top_p` cannot both be specified for this model"
    adapter, server = opened(error(400, "invalid_request_error", words), stream(start(), text(0, "x"), end()))
    response = adapter.generate(ask_for(params={"temperature": 0.0, "top_p": 0.5}))
    assert response.notes == ("top_p_refused",)
    assert "temperature" in server.requests[1]["body"]


def test_a_setting_among_the_extra_ones_is_never_left_out(opened, ask_for):
    adapter, server = opened(error(400, "invalid_request_error", "`top_k` is not available for this model"))
    with pytest.raises(GenerationFailed, match="top_k"):
        adapter.generate(ask_for(params={"extra": {"top_k": 3}}))
    assert len(server.requests) == 1


def test_extra_settings_go_through_untouched(opened, ask_for):
    adapter, server = opened()
    assert adapter.generate(ask_for(params={"extra": {"metadata": {"user_id": "u"}}})).text == "Hello."
    assert server.requests[0]["body"]["metadata"] == {"user_id": "u"}
    with pytest.raises(GenerationFailed, match="Extra inputs"):
        adapter.generate(ask_for(params={"extra": {"odd": 1}}))


def test_what_the_provider_tells_of_the_model(opened):
    adapter, server = opened(facts=FACTS, config={"capabilities": {"context_tokens": 1000}})
    can = adapter.capabilities()
    assert (can.vision, can.tools, can.json_schema, can.thinking, can.context_tokens) == (True, True, True, True, 1000)
    assert (server.looked_up, server.requests) == (1, [])
    assert adapter.fingerprint() == {
        "base_url": server.url, "model": "claude-x", "sdk": f"anthropic {anthropic.__version__}",
    }  # fmt: skip


def test_a_server_that_tells_nothing_is_used_all_the_same(opened, ask_for):
    adapter, _ = opened(config={"capabilities": {"vision": True}})
    assert adapter.capabilities().model_dump(exclude_none=True) == {"vision": True}
    assert adapter.generate(ask_for()).text == "Hello."


def test_key_and_headers(opened, ask_for, monkeypatch):
    monkeypatch.setenv("TEAM", "blue")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-not-for-this-server")
    adapter, server = opened(stream(start(), text(0, "x"), end()), config={
        "api_key": None, "options": {"headers": {"X-Team": "${env:TEAM}"}},
    })  # fmt: skip
    adapter.generate(ask_for())
    assert server.requests[0]["headers"]["X-Team"] == "blue"
    assert "not-for-this-server" not in str(server.requests[0]["headers"])


def test_problems_are_found_before_it_is_opened(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    def made(**config):
        return AnthropicAdapter(ModelConfig(id="m", provider="anthropic", **config))

    assert "ANTHROPIC_API_KEY" in made(model="x").preflight()
    with pytest.raises(MissingCredential, match="ANTHROPIC_API_KEY"):
        made(model="x").open()
    assert "'model' is missing" in made(base_url="http://127.0.0.1:1").preflight()
    assert "NOT_SET" in made(model="x", base_url="https://host.example", api_key="env:NOT_SET").preflight()
    assert made(model="x", base_url="http://127.0.0.1:1").preflight() is None
    with pytest.raises(ConfigError, match="unknown option 'heders'"):
        made(model="x", base_url="http://127.0.0.1:1", options={"heders": {}}).open()


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080"),
        ("https://host/api/v1/messages", "https://host/api"),
        ("127.0.0.1:8080/v1", "127.0.0.1:8080"),
    ],
)
def test_addresses_with_and_without_the_route(given, root):
    assert server_root(given) == root
