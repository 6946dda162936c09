"""What is sent to a chat-completions server, and what its answers become."""

from __future__ import annotations

import base64

import pytest
from scripted_server import Reply, answer, chunk

from pytest_localbench.adapters.chat_api import chat_path
from pytest_localbench.adapters.openai import OpenAIAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart, ToolCall
from pytest_localbench.errors import ConfigError, MissingCredential

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def opened(url, **more):
    options = {"stream": False, **more.pop("options", {})}
    adapter = OpenAIAdapter(
        ModelConfig(id="m", provider="openai", model="gpt-x", base_url=url, options=options, **more)
    )
    adapter.open()
    return adapter


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/chat/completions"])
def test_every_spelling_of_the_address_reaches_the_route(serve, ask_for, suffix):
    server = serve()
    assert opened(server.url + suffix).generate(ask_for()).text == "Hello."
    assert server.requests[0]["path"] == "/v1/chat/completions"


def test_other_paths_and_queries_are_kept():
    assert chat_path("https://host/beta/") == "/beta/chat/completions"
    assert chat_path("https://host/v1?api-version=2") == "/v1/chat/completions?api-version=2"
    assert chat_path("localhost:8080") == "/v1/chat/completions"


def test_only_stated_settings_are_sent(serve, ask_for):
    server = serve()
    opened(server.url).generate(ask_for())
    assert server.requests[0]["body"] == {"model": "gpt-x", "messages": [{"role": "user", "content": "Say hello."}]}


def test_stated_settings_are_sent(serve, ask_for):
    server = serve()
    params = {
        "temperature": 0, "top_p": 0.9, "max_tokens": 5, "seed": 3, "stop": ("END",), "response_format": "schema",
        "reasoning": "low", "extra": {"logit_bias": {"1": 2}},
    }  # fmt: skip
    tools = ({"name": "look", "description": "d", "parameters": {"id": {"type": "string"}}, "effects": []},)
    opened(server.url).generate(ask_for(params=params, response_schema=SCHEMA, tools=tools))
    body = server.requests[0]["body"]
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["seed"]) == (0, 0.9, 5, 3)
    assert body["stop"] == ["END"]
    assert body["reasoning_effort"] == "low"
    assert body["logit_bias"] == {"1": 2}
    assert body["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}
    parameters = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    assert body["tools"] == [
        {"type": "function", "function": {"name": "look", "description": "d", "parameters": parameters}}
    ]


def test_strict_is_not_claimed_for_a_lax_schema(serve, ask_for):
    server = serve()
    lax = {"type": "object", "properties": {"a": {"type": "string"}}}
    opened(server.url).generate(ask_for(params={"response_format": "schema"}, response_schema=lax))
    assert "strict" not in server.requests[0]["body"]["response_format"]["json_schema"]


def test_pictures_and_tool_turns(serve, ask_for):
    server = serve()
    call = ToolCall(id="c1", name="look", arguments={"id": "ü"})
    messages = (
        Message(role="user", parts=(TextPart(text="see"), ImagePart(mime="image/png", data=b"\x89PNG"))),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", content="found", tool_call_id="c1"),
    )
    opened(server.url).generate(ask_for(messages=messages))
    user, assistant, tool = server.requests[0]["body"]["messages"]
    url = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    assert user["content"] == [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": url}}]
    assert assistant["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"id": "ü"}'}
    assert tool == {"role": "tool", "content": "found", "tool_call_id": "c1"}


def test_answer_with_everything(serve, ask_for):
    usage = {
        "prompt_tokens": 20, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }  # fmt: skip
    message = {"reasoning_content": "hmm", "tool_calls": [
        {"id": "a", "function": {"name": "look", "arguments": '{"id": 1}'}},
        {"id": "b", "function": {"name": "put", "arguments": {"x": 2}}},
        {"id": "c", "function": {"name": "bad", "arguments": "{not json"}},
    ]}  # fmt: skip
    timings = {"prompt_per_second": 80.5, "predicted_per_second": 20}
    body = answer(None, message=message, finish_reason="tool_calls", usage=usage, timings=timings)
    response = opened(serve(Reply(body)).url).generate(ask_for())
    assert (response.text, response.thinking, response.finish_reason) == ("", "hmm", "tool_calls")
    assert [c.arguments for c in response.tool_calls] == [{"id": 1}, {"x": 2}, "{not json"]
    assert response.usage.model_dump() == {
        "input_tokens": 20, "output_tokens": 9, "reasoning_tokens": 5, "cached_tokens": 4,
    }  # fmt: skip
    assert (response.timing.prompt_tokens_per_s, response.timing.output_tokens_per_s) == (80.5, 20)
    assert response.resolved_model == "served-model"


@pytest.mark.parametrize(
    ("body", "text", "finish"),
    [
        (answer("cut", finish_reason="length"), "cut", "length"),
        (answer(None, message={"refusal": "No."}), "No.", "refusal"),
        (answer("x", finish_reason="content_filter"), "x", "refusal"),
        (answer([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab", "stop"),
        (answer("odd", finish_reason="novel"), "odd", "unknown"),
        (answer("no usage", usage=None), "no usage", "stop"),
    ],
)
def test_forms_of_an_answer(serve, ask_for, body, text, finish):
    response = opened(serve(Reply(body)).url).generate(ask_for())
    assert (response.text, response.finish_reason) == (text, finish)


def test_a_stream_is_put_together(serve, ask_for):
    events = [
        b": ping\r\n\r\n",
        chunk(role="assistant", content=None),
        chunk(reasoning_content="th"), chunk(reasoning_content="ink"),
        chunk(content="Hel"), chunk(content="lo"),
        chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "look", "arguments": '{"i'}}]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": 'd": 1}'}}]),
        chunk("tool_calls"),
        {"object": "chat.completion.chunk", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    ]  # fmt: skip
    server = serve(Reply(events=events))
    adapter = opened(server.url, options={"stream": True})
    for _ in range(2):
        response = adapter.generate(ask_for())
        assert (response.text, response.thinking, response.finish_reason) == ("Hello", "think", "tool_calls")
        assert response.tool_calls[0].arguments == {"id": 1}
        assert (response.usage.input_tokens, response.usage.output_tokens) == (1, 2)
        assert 0 <= response.timing.first_token_s <= response.timing.generation_s
    assert server.requests[0]["body"]["stream_options"] == {"include_usage": True}
    assert server.connections == 1


def test_a_server_that_ignores_stream_is_understood(serve, ask_for):
    response = opened(serve(Reply(answer("whole"))).url, options={"stream": True}).generate(ask_for())
    assert (response.text, response.timing.first_token_s) == ("whole", None)


@pytest.mark.parametrize(
    ("refusal", "gone", "there"),
    [
        ("Unknown field: stream_options", "stream_options", "stream"),
        ("streaming is not available for this model", "stream", "model"),
        ("Unsupported parameter: 'max_tokens'; use 'max_completion_tokens'", "max_tokens", "max_completion_tokens"),
    ],
)
def test_a_refused_setting_is_left_out_from_then_on(serve, ask_for, refusal, gone, there):
    server = serve(Reply({"error": {"message": refusal}}, status=400), Reply(answer("ok")))
    adapter = opened(server.url, options={"stream": True})
    request = ask_for(params={"max_tokens": 4})
    assert adapter.generate(request).text == "ok"
    assert adapter.generate(request).text == "ok"
    assert len(server.requests) == 3
    for seen in server.requests[1:]:
        assert gone not in seen["body"]
        assert there in seen["body"]


def test_key_and_headers_are_sent(serve, ask_for, monkeypatch):
    monkeypatch.setenv("BENCH_KEY", "sk-local-secret-1")
    server = serve()
    opened(server.url, api_key="${env:BENCH_KEY}", options={"headers": {"X-Team": "a"}}).generate(ask_for())
    assert server.requests[0]["headers"]["Authorization"] == "Bearer sk-local-secret-1"
    assert server.requests[0]["headers"]["X-Team"] == "a"


def test_problems_of_the_model_file_are_told_on_open(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(MissingCredential, match="OPENAI_API_KEY"):
        OpenAIAdapter(ModelConfig(id="m", provider="openai", model="x")).open()
    with pytest.raises(ConfigError, match="'model' is missing"):
        OpenAIAdapter(ModelConfig(id="m", provider="openai", base_url="http://127.0.0.1:1")).open()
    with pytest.raises(ConfigError, match="unknown option 'strem'"):
        opened("http://127.0.0.1:1", options={"strem": 1})
    with pytest.raises(ConfigError, match="not an address"):
        opened("ftp://host/v1")
