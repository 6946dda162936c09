"""Servers known by name: where they are, what they tell, what they refuse."""

from __future__ import annotations

import pytest
from scripted_server import Reply, answer, chunk

from pytest_localbench.adapters.chat_api import chat_path
from pytest_localbench.adapters.openai import OpenAIAdapter
from pytest_localbench.adapters.presets import preset_of
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import Message
from pytest_localbench.errors import ConfigError, GenerationFailed, MissingCredential, ModelError, ModelUnavailable

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
LM_STUDIO = {"data": [
    {"id": "qwen-vl", "type": "vlm", "state": "loaded", "loaded_context_length": 8192, "max_context_length": 32768,
     "capabilities": ["tool_use"]},
    {"id": "tiny", "type": "llm", "state": "not-loaded", "max_context_length": 4096, "capabilities": []},
    {"id": "embed", "type": "embeddings", "state": "loaded"},
]}  # fmt: skip
PROPS = {
    "default_generation_settings": {"n_ctx": 16384}, "modalities": {"vision": False, "audio": False},
    "chat_template": "{% if enable_thinking %}<think>", "chat_template_caps": {"supports_tools": True, "supports_system_role": False},
}  # fmt: skip
NOT_FOUND = Reply({"error": "no such route"}, status=404)


def opened(provider, url, model="x", **more):
    options = {"stream": False, **more.pop("options", {})}
    adapter = OpenAIAdapter(ModelConfig(id="m", provider=provider, model=model, base_url=url, options=options, **more))
    adapter.open()
    return adapter


@pytest.mark.parametrize(
    ("provider", "local", "address"),
    [
        ("openai", False, "https://api.openai.com/v1"),
        ("deepseek", False, "https://api.deepseek.com"),
        ("vllm", True, "http://127.0.0.1:8000/v1"),
        ("lmstudio", True, "http://127.0.0.1:1234/v1"),
        ("llama-server", True, "http://127.0.0.1:8080/v1"),
    ],
)
def test_where_a_server_is_when_nothing_is_said(provider, local, address):
    config = ModelConfig(id="m", provider=provider, model="x")
    assert preset_of(provider).base_url == address
    assert chat_path(address) == "/v1/chat/completions"
    assert config.is_local is local
    assert OpenAIAdapter(config).fingerprint()["base_url"] == address


@pytest.mark.parametrize("path", ["/v1/v1", "/v1/v1/chat/completions", "/v1/"])
def test_a_doubled_v1_is_one(path):
    assert chat_path(f"http://host{path}") == "/v1/chat/completions"
    assert chat_path("http://host/openai/v1/v1") == "/openai/v1/chat/completions"


def test_deepseek_reads_its_own_key_and_counts_its_cache(serve, ask_for, monkeypatch):
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)
    with pytest.raises(MissingCredential, match="DEEPSEEK_API_KEY"):
        OpenAIAdapter(ModelConfig(id="m", provider="deepseek", model="x")).open()
    usage = {"prompt_tokens": 20, "completion_tokens": 9, "prompt_cache_hit_tokens": 15, "prompt_cache_miss_tokens": 5}
    server = serve(Reply(answer("Hi.", usage=usage, message={"reasoning_content": "hmm"})))
    request = ask_for(params={"max_tokens": 9, "reasoning": "off", "response_format": "schema"}, response_schema=SCHEMA)
    response = opened("deepseek", server.url).generate(request)
    body = server.requests[0]["body"]
    assert body["max_tokens"] == 9
    assert body["thinking"] == {"type": "disabled"}
    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"][0]["role"] == "system"
    assert '{"type": "object", "properties": {"a": {"type": "string"}}}' in body["messages"][0]["content"]
    assert (response.usage.cached_tokens, response.usage.input_tokens, response.thinking) == (15, 20, "hmm")
    assert response.notes == ("json_asked_in_prompt",)
    told = opened("deepseek", server.url).capabilities()
    assert (told.vision, told.tools, told.json_schema, told.thinking) == (False, True, False, True)


def test_lm_studio_tells_vision_tools_and_window(serve, ask_for):
    server = serve(Reply(LM_STUDIO), Reply(answer("Hi.")))
    adapter = opened("lmstudio", server.url, "")
    assert server.requests[0]["path"] == "/api/v0/models"
    told = adapter.capabilities()
    assert (told.vision, told.tools, told.json_schema, told.context_tokens) == (True, True, True, 8192)
    adapter.generate(ask_for(params={"response_format": "json"}))
    body = server.requests[1]["body"]
    assert body["model"] == "qwen-vl"
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    text = opened("lmstudio", serve(Reply(LM_STUDIO)).url, "tiny").capabilities()
    assert (text.vision, text.tools, text.context_tokens) == (False, False, None)


def test_a_name_that_is_not_served_is_told_with_the_names_that_are(serve):
    with pytest.raises(ModelUnavailable, match="does not serve 'x'; write one of these as 'model': qwen-vl, tiny"):
        opened("lmstudio", serve(Reply(LM_STUDIO)).url)
    served = Reply({"data": [{"id": "a"}, {"id": "b"}]})
    with pytest.raises(ModelUnavailable, match="serves several models"):
        opened("vllm", serve(served).url, "")


def test_vllm_tells_name_and_window_and_takes_the_template_switch(serve, ask_for):
    served = Reply({"data": [{"id": "Qwen/Qwen3-8B", "max_model_len": 40960}]})
    message = {"reasoning": "hmm"}
    server = serve(served, Reply(answer("Hi.", message=message)))
    adapter = opened("vllm", f"{server.url}/v1", "", options={"stream": True})
    assert server.requests[0]["path"] == "/v1/models"
    assert adapter.capabilities().context_tokens == 40960
    assert adapter.capabilities().vision is None
    assert adapter.learns() == {"context_tokens"}
    assert adapter.generate(ask_for(params={"reasoning": "on"})).thinking == "hmm"
    assert server.requests[1]["body"]["chat_template_kwargs"] == {"enable_thinking": True}
    assert server.requests[1]["body"]["model"] == adapter.fingerprint()["model"] == "Qwen/Qwen3-8B"


def test_llama_server_tells_everything_and_its_prompt_cache_is_off(serve, ask_for):
    server = serve(Reply(PROPS), Reply(answer("Hi.")))
    adapter = opened("llama-server", server.url, "", capabilities={"vision": True, "context_tokens": 4096})
    told = adapter.capabilities()
    assert (told.tools, told.thinking, told.system_prompt, told.context_tokens) == (True, True, False, 4096)
    assert told.vision is False
    adapter.generate(ask_for())
    assert (server.requests[0]["path"], server.requests[1]["body"]["cache_prompt"]) == ("/props", False)
    assert (server.requests[1]["body"]["temperature"], server.requests[1]["body"]["seed"]) == (0, 7)


@pytest.mark.parametrize("provider", ["lmstudio", "llama-server", "vllm"])
def test_a_server_without_that_route_is_asked_all_the_same(serve, ask_for, provider):
    server = serve(NOT_FOUND, Reply(answer("Hi.")))
    adapter = opened(provider, server.url)
    assert adapter.generate(ask_for()).text == "Hi."
    assert adapter.capabilities().context_tokens is None


def test_a_server_that_is_not_there_is_known_on_opening():
    with pytest.raises(ModelError, match=r"nothing listens at http://127.0.0.1:9/"):
        opened("vllm", "http://127.0.0.1:9")


def test_the_first_token_is_timed_in_a_stream_that_counts(serve, ask_for):
    events = [chunk(reasoning="hm"), chunk(content="Hi."), chunk("stop"),
              {"object": "chat.completion.chunk", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}]  # fmt: skip
    server = serve(Reply({"data": [{"id": "x"}]}), Reply(events=events))
    response = opened("vllm", server.url, options={"stream": True}).generate(ask_for())
    assert server.requests[1]["body"]["stream_options"] == {"include_usage": True}
    assert (response.text, response.thinking, response.usage.output_tokens) == ("Hi.", "hm", 2)
    assert response.timing.first_token_s > 0


def refuses(words):
    return Reply({"error": {"message": words}}, status=400)


@pytest.mark.parametrize(
    ("wanted", "refusals", "forms", "in_words"),
    [
        ("schema", ["This response_format type is unavailable now"], ["json_schema", "json_object"], True),
        ("schema", ["response_format: json_schema unknown", "response_format is not supported"],
         ["json_schema", "json_object", None], True),
        ("json", ["'response_format.type' must be 'json_schema' or 'text'"], ["json_object", "json_schema"], False),
        ("json", ["response_format is not supported"], ["json_object", None], True),
        ("json", ["Prompt must contain the word 'json' in some form"], ["json_object", "json_object"], True),
    ],
)  # fmt: skip
def test_json_is_asked_for_in_the_strongest_form_that_is_taken(serve, ask_for, wanted, refusals, forms, in_words):
    server = serve(*map(refuses, refusals), Reply(answer("{}")))
    adapter = opened("openai", server.url)
    request = ask_for(params={"response_format": wanted}, response_schema=SCHEMA)
    for _ in range(2):
        response = adapter.generate(request)
        assert response.notes == (("json_asked_in_prompt",) if in_words else ())
    sent = [(seen["body"].get("response_format") or {}).get("type") for seen in server.requests]
    assert sent == [*forms, forms[-1]]


def test_a_refusal_of_something_else_keeps_the_form(serve, ask_for):
    server = serve(refuses("temperature must be 1"))
    with pytest.raises(GenerationFailed, match="temperature must be 1"):
        opened("openai", server.url).generate(ask_for(params={"response_format": "json", "temperature": 0}))
    assert len(server.requests) == 1


def test_words_about_json_reach_a_model_without_a_system_role(serve, ask_for):
    server = serve(refuses("System role not supported"), Reply(answer("{}")))
    system = Message(role="system", content="Be brief.")
    request = ask_for(
        messages=(system, Message(role="user", content="Hi")), params={"response_format": "schema"},
        response_schema=SCHEMA,
    )  # fmt: skip
    response = opened("deepseek", server.url).generate(request)
    (message,) = server.requests[1]["body"]["messages"]
    assert message["content"].startswith("Be brief.\n\nAnswer with one JSON value")
    assert response.notes == ("json_asked_in_prompt", "system_folded")


def test_header_values_may_hold_references(serve, ask_for, monkeypatch):
    monkeypatch.setenv("TEAM_TOKEN", "tok-123456789")
    server = serve(Reply(answer("Hi.")))
    opened("openai", server.url, options={"headers": {"X-Team": "t ${env:TEAM_TOKEN}"}}).generate(ask_for())
    assert server.requests[0]["headers"]["X-Team"] == "t tok-123456789"
    with pytest.raises(ConfigError, match=r"unknown option 'heders' \(did you mean 'headers'\?\)"):
        opened("openai", server.url, options={"heders": {}})
