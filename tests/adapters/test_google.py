"""The Gemini API through Google's own SDK, against a double that checks what it is sent."""

from __future__ import annotations

import hashlib
import json

import pytest
from google_server import FACTS, KEY, GenerateServer, chunk, stream, text

from pytest_localbench.adapters.google_api import GoogleAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart, ToolCall
from pytest_localbench.errors import ConfigError, GenerationFailed, MissingCredential

pytest.importorskip("google.genai")

SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 9}}, "required": ["city"]}
TOOL = {"name": "book", "description": "Books a slot.", "parameters": {"id": {"type": "integer"}}}


@pytest.fixture
def opened(monkeypatch, opening):
    monkeypatch.setenv("DOUBLE_KEY", KEY)

    def make(*replies, config=None, facts=None):
        server = GenerateServer(*replies, facts=facts)
        given = {"base_url": server.url, "api_key": "${env:DOUBLE_KEY}", "model": "gemini-x", **(config or {})}
        adapter = GoogleAdapter(ModelConfig(id="m", provider="google", **given))
        return opening(server, adapter)

    return make


def test_a_plain_question(opened, ask_for):
    adapter, server = opened()
    messages = (Message(role="system", content="Be brief."), Message(role="user", content="Hi."))
    params = {"temperature": 0.0, "top_p": 0.5, "top_k": 4, "max_tokens": 9, "stop": ("END",), "seed": 7}
    response = adapter.generate(ask_for(messages=messages, params=params))
    assert (response.text, response.thinking, response.finish_reason) == ("Hello.", None, "stop")
    assert (response.resolved_model, response.notes) == ("gemini-x-001", ())
    assert 0 < response.timing.first_token_s <= response.timing.generation_s
    body = server.requests[0]["body"]
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Hi."}]}]
    assert body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert body["generationConfig"] == {
        "temperature": 0.0, "topP": 0.5, "topK": 4, "maxOutputTokens": 9, "stopSequences": ["END"], "seed": 7,
    }  # fmt: skip


def test_settings_that_are_not_stated_are_not_sent(opened, ask_for):
    adapter, server = opened()
    adapter.generate(ask_for())
    assert set(server.requests[0]["body"]) <= {"contents", "generationConfig"}
    assert not server.requests[0]["body"].get("generationConfig")


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ({"promptTokenCount": 20, "candidatesTokenCount": 4, "thoughtsTokenCount": 9, "cachedContentTokenCount": 16},
         (20, 13, 9, 16)),
        ({"promptTokenCount": 20, "candidatesTokenCount": 4}, (20, 4, None, None)),
        ({"promptTokenCount": 20, "thoughtsTokenCount": 9}, (20, 9, 9, None)),
        ({"promptTokenCount": 20, "toolUsePromptTokenCount": 5}, (25, None, None, None)),
        (None, (None, None, None, None)),
    ],
)  # fmt: skip
def test_thoughts_are_part_of_the_output(opened, ask_for, told, counts):
    more = {"usageMetadata": told} if told else {}
    adapter, _ = opened(stream(chunk(text("x"), finish="STOP", **more)))
    assert tuple(adapter.generate(ask_for()).usage.model_dump().values()) == counts


@pytest.mark.parametrize(
    ("told", "finish", "notes"),
    [
        ("STOP", "stop", ()), ("MAX_TOKENS", "length", ()), ("SAFETY", "refusal", ("safety",)),
        ("RECITATION", "refusal", ("recitation",)), ("PROHIBITED_CONTENT", "refusal", ("prohibited_content",)),
        ("MALFORMED_FUNCTION_CALL", "unknown", ("malformed_function_call",)), ("OTHER", "unknown", ("other",)),
        ("CONTINUATION", "length", ("continuation",)),
    ],
)  # fmt: skip
def test_why_it_stopped(opened, ask_for, told, finish, notes):
    adapter, server = opened(stream(chunk(text("x")), chunk(finish=told)))
    response = adapter.generate(ask_for())
    assert (response.text, response.finish_reason, response.notes) == ("x", finish, notes)
    assert len(server.requests) == 1


@pytest.mark.filterwarnings("ignore:.*is not a valid FinishReason")
def test_a_reason_that_the_sdk_does_not_know(opened, ask_for):
    adapter, _ = opened(stream(chunk(text("x"), finish="NOVEL_REASON")))
    assert adapter.generate(ask_for()).finish_reason == "unknown"


def test_a_blocked_answer_without_content(opened, ask_for):
    adapter, _ = opened(stream(chunk(finish="SAFETY")))
    response = adapter.generate(ask_for())
    assert (response.text, response.finish_reason) == ("", "refusal")


def test_a_blocked_prompt_is_a_refusal(opened, ask_for):
    counts = {"promptTokenCount": 5}
    adapter, _ = opened(stream({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": counts}))
    response = adapter.generate(ask_for())
    assert (response.text, response.finish_reason) == ("", "refusal")
    assert response.notes == ("prompt_blocked_prohibited_content",)
    assert response.usage.input_tokens == 5


def test_pictures_reach_the_server(opened, ask_for):
    picture = b"\x89PNG\r\n\x1a\n \xff\xfe picture"
    parts = (TextPart(text="Look:"), ImagePart(mime="image/png", data=picture))
    adapter, _ = opened()
    response = adapter.generate(ask_for(messages=(Message(role="user", parts=parts),)))
    assert response.text == f"image/png {hashlib.sha256(picture).hexdigest()[:12]}"


def test_a_tool_is_called_and_its_result_comes_back(opened, ask_for):
    adapter, server = opened()
    question = Message(role="user", content="Book slot 1.")
    asked = adapter.generate(ask_for(messages=(question,), tools=(TOOL,), params={"reasoning": "on"}))
    assert (asked.finish_reason, asked.text, asked.thinking) == ("tool_calls", "", "Let me see.")
    (call,) = asked.tool_calls
    assert (call.name, call.arguments) == ("book", {"id": 1})
    assert server.requests[0]["body"]["tools"] == [{"functionDeclarations": [{
        "name": "book", "description": "Books a slot.",
        "parametersJsonSchema": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
    }]}]  # fmt: skip
    turns = (
        question,
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", content='{"slot": 1}', tool_call_id=call.id),
        Message(role="tool", content="done", tool_call_id="other"),
    )
    told = adapter.generate(ask_for(messages=turns, tools=(TOOL,)))
    assert told.text == 'book: {"slot": 1}, other: {"result": "done"}'
    assert [c["role"] for c in server.requests[1]["body"]["contents"]] == ["user", "model", "user"]


def test_calls_of_one_answer_are_told_apart(opened, ask_for):
    parts = [{"functionCall": {"name": "book", "args": {"id": n}}} for n in (1, 2)]
    parts.append({"functionCall": {"name": "list", "id": "given"}})
    adapter, _ = opened(stream(chunk(*parts, finish="STOP")))
    calls = adapter.generate(ask_for(tools=(TOOL,))).tool_calls
    assert [(c.name, c.arguments) for c in calls] == [("book", {"id": 1}), ("book", {"id": 2}), ("list", {})]
    assert len({c.id for c in calls}) == 3
    assert calls[2].id == "given"


def test_a_call_with_broken_arguments_can_be_told_back(opened, ask_for):
    adapter, server = opened(stream(chunk(text("ok"), finish="STOP")))
    call = ToolCall(id="c9", name="book", arguments="{not json")
    turns = (Message(role="user", content="x"), Message(role="assistant", content="Trying.", tool_calls=(call,)),
             Message(role="tool", content="no", tool_call_id="c9"))  # fmt: skip
    adapter.generate(ask_for(messages=turns))
    assert server.requests[0]["body"]["contents"][1]["parts"] == [
        {"text": "Trying."}, {"functionCall": {"name": "book", "args": {"arguments": "{not json"}}},
    ]  # fmt: skip


def test_a_schema_is_sent(opened, ask_for):
    adapter, server = opened()
    response = adapter.generate(ask_for(params={"response_format": "schema"}, response_schema=SCHEMA))
    assert json.loads(response.text) == {"city": "CITY"}
    sent = server.requests[0]["body"]["generationConfig"]
    assert (sent["responseMimeType"], sent["responseJsonSchema"]) == ("application/json", SCHEMA)


def test_json_without_a_schema_is_asked_for(opened, ask_for):
    adapter, server = opened()
    adapter.generate(ask_for(params={"response_format": "json"}))
    assert server.requests[0]["body"]["generationConfig"] == {"responseMimeType": "application/json"}


@pytest.mark.parametrize(
    ("model", "level", "thinks"),
    [
        ("gemini-x", None, None),
        ("gemini-x", "off", {"thinkingBudget": 0}),
        ("gemini-x", "on", {"includeThoughts": True}),
        ("gemini-x", "high", {"includeThoughts": True, "thinkingLevel": "HIGH"}),
        ("gemini-2.5-flash", "low", {"includeThoughts": True, "thinkingBudget": 1024}),
    ],
)
def test_levels_of_reasoning(opened, ask_for, model, level, thinks):
    adapter, server = opened(config={"model": model})
    adapter.generate(ask_for(params={"reasoning": level}))
    assert server.requests[0]["body"].get("generationConfig", {}).get("thinkingConfig") == thinks


def test_extra_settings_go_through_untouched(opened, ask_for):
    adapter, server = opened()
    safety = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]
    params = {"max_tokens": 5, "extra": {"safetySettings": safety, "generationConfig": {"topK": 3}}}
    assert adapter.generate(ask_for(params=params)).text == "Hello."
    body = server.requests[0]["body"]
    assert body["safetySettings"] == safety
    assert body["generationConfig"] == {"maxOutputTokens": 5, "topK": 3}
    with pytest.raises(GenerationFailed, match="Unknown name"):
        adapter.generate(ask_for(params={"extra": {"odd": 1}}))


def test_what_the_provider_tells_of_the_model(opened):
    adapter, server = opened(facts=FACTS, config={"capabilities": {"vision": True}})
    can = adapter.capabilities()
    assert (can.vision, can.tools, can.thinking, can.context_tokens) == (True, None, True, 1048576)
    assert (server.looked_up, server.requests) == (1, [])
    facts = adapter.fingerprint()
    assert (facts["base_url"], facts["model"]) == (server.url, "gemini-x")
    assert facts["sdk"].startswith("google-genai ")


@pytest.mark.parametrize(
    ("name", "known"), [("gemini-3.8-flash", True), ("models/gemini-2.5-pro", True), ("gemma-3", None)]
)
def test_what_is_known_of_a_model_by_its_name(name, known):
    adapter = GoogleAdapter(ModelConfig(id="m", provider="google", model=name, capabilities={"tools": False}))
    can = adapter.capabilities()
    assert (can.vision, can.tools, can.json_schema, can.context_tokens) == (known, False, known, None)
    assert adapter.learns() == {"thinking", "context_tokens"}


def test_bytes_of_bodies_are_counted(opened, ask_for):
    adapter, server = opened()
    assert GoogleAdapter(adapter.config).traffic() == (0, 0)
    before = adapter.traffic()
    adapter.generate(ask_for("x" * 1000))
    sent, received = (now - then for now, then in zip(adapter.traffic(), before, strict=True))
    assert sent == int(server.requests[0]["headers"]["Content-Length"])
    assert 200 < received < 1000


def test_key_and_headers(opened, ask_for, monkeypatch):
    monkeypatch.setenv("TEAM", "blue")
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaNotForThisServer")
    monkeypatch.setenv("GOOGLE_API_KEY", "AIzaNotForThisServer")
    adapter, server = opened(stream(chunk(text("x"), finish="STOP")), config={
        "api_key": None, "options": {"headers": {"X-Team": "${env:TEAM}"}},
    })  # fmt: skip
    adapter.generate(ask_for())
    assert server.requests[0]["headers"]["X-Team"] == "blue"
    assert "NotForThisServer" not in str(server.requests[0]["headers"])


def test_the_version_may_stand_in_the_address(opened, ask_for):
    adapter, server = opened(stream(chunk(text("x"), finish="STOP")))
    other = GoogleAdapter(adapter.config.model_copy(update={"base_url": f"{server.url}/api/v1alpha/"}))
    other.open()
    assert other.generate(ask_for()).text == "x"
    assert server.requests[-1]["path"].startswith("/api/v1alpha/models/gemini-x:streamGenerateContent")
    other.close()


def test_problems_are_found_before_it_is_opened(monkeypatch):
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def made(**config):
        return GoogleAdapter(ModelConfig(id="m", provider="google", **config))

    assert "GEMINI_API_KEY" in made(model="x").preflight()
    with pytest.raises(MissingCredential, match="GEMINI_API_KEY"):
        made(model="x").open()
    assert "'model' is missing" in made(base_url="http://127.0.0.1:1").preflight()
    assert made(model="x", base_url="http://127.0.0.1:1").preflight() is None
    with pytest.raises(ConfigError, match="unknown option 'heders'"):
        made(model="x", base_url="http://127.0.0.1:1", options={"heders": {}}).open()
    monkeypatch.setenv("GOOGLE_API_KEY", "AIzaSomething0123456789")
    assert made(model="x").preflight() is None
