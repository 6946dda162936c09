"""A real Ollama: set LOCALBENCH_REAL_OLLAMA to its address (models named localbench-* are made in it from SmolLM2)."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import threading
from urllib.parse import urlsplit

import psutil
import pytest

from pytest_localbench.adapters.ollama_api import OllamaAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import Message, ToolCall
from pytest_localbench.errors import ContextTooLong, GenerationFailed, ModelUnavailable, TruncatedInput

ADDRESS = os.environ.get("LOCALBENCH_REAL_OLLAMA", "")
pytestmark = [
    pytest.mark.real_model,
    pytest.mark.skipif(not ADDRESS, reason="LOCALBENCH_REAL_OLLAMA is not set"),
]
WAIT_S = 240.0
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "Weather now", "parameters": {"city": {"type": "string"}}}
CALL = {
    "type": "object",
    "properties": {"name": {"enum": ["get_weather"]}, "parameters": SCHEMA},
    "required": ["name", "parameters"],
}
CHATML = "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n"
TOOLS = (
    "{{- if .Tools }}<|im_start|>system\nAnswer with JSON to call one of: {{ range .Tools }}{{ . }}{{ end }}<|im_end|>\n"
    '{{ end }}{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ if .ToolCalls }}{{ range .ToolCalls }}{"name": '
    '"{{ .Function.Name }}", "parameters": {{ .Function.Arguments }}}{{ end }}{{ else }}{{ .Content }}{{ end }}<|im_end|>\n'
    "{{ end }}<|im_start|>assistant\n"
)
# The small model knows no thinking tags, so words that it says anyway stand for them.
THINKS = (
    "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ if .Thinking }}Hello{{ .Thinking }}world{{ end }}{{ .Content }}"
    "<|im_end|>\n{{ end }}<|im_start|>assistant\n"
)


def call(method, path, body=None):
    parts = urlsplit(ADDRESS if "//" in ADDRESS else f"//{ADDRESS}")
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=WAIT_S)
    connection.request(method, path, body=json.dumps(body) if isinstance(body, dict) else body)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status < 300 or method == "HEAD", text
    return json.loads(text) if text else answer.status


@pytest.fixture(scope="module")
def models(smollm2):
    """The models that are asked; made once per server."""
    there = {entry["name"] for entry in call("GET", "/api/tags")["models"]}
    weights = smollm2.read_bytes()
    digest = "sha256:" + hashlib.sha256(weights).hexdigest()
    if "localbench-plain:latest" not in there:
        if call("HEAD", f"/api/blobs/{digest}") == 404:  # it does not listen to weights that it has
            call("POST", f"/api/blobs/{digest}", weights)
        create = {"files": {"smollm2.gguf": digest}, "template": CHATML, "stream": False}
        call("POST", "/api/create", {"model": "localbench-plain", **create})
    for name, template in (("localbench-tools", TOOLS), ("localbench-thinks", THINKS)):
        if f"{name}:latest" not in there:
            body = {"model": name, "from": "localbench-plain", "template": template, "stream": False}
            call("POST", "/api/create", body)


@pytest.fixture
def make(models):
    made = []

    def build(model="localbench-plain", context=1024, **more):
        resources = {"threads": 1, "context_tokens": context}
        config = ModelConfig(id="m", provider="ollama", model=model, base_url=ADDRESS, resources=resources, **more)
        made.append(OllamaAdapter(config))
        made[-1].open()
        return made[-1]

    yield build
    for adapter in made:
        adapter.close()


def loaded():
    return [entry["name"] for entry in call("GET", "/api/ps")["models"]]


def test_what_is_measured(make, ask_for):
    adapter = make()
    request = ask_for("Name one colour of the sky, please.", timeout_s=WAIT_S, params={"max_tokens": 8})
    first, again = adapter.generate(request), adapter.generate(request)
    assert first.text == again.text
    assert (first.finish_reason, first.usage.output_tokens) == ("length", 8)
    assert first.usage.input_tokens == again.usage.input_tokens > 10
    assert 0 < first.timing.first_token_s < first.timing.generation_s
    assert first.timing.output_tokens_per_s > 0
    assert first.timing.queued_s == 0
    assert (again.timing.prompt_tokens_per_s, again.notes) == (None, ("prompt_cached",))
    assert first.memory.peak_bytes > 50e6
    assert "reported" in first.memory.method
    facts = adapter.fingerprint()
    assert (facts["quantization"], facts["num_ctx"], facts["trained_context"]) == ("Q4_1", 1024, 8192)
    assert len(facts["digest"]) == 64


def test_the_runner_is_a_process_that_holds_the_model(make):
    adapter = make()
    (pid,) = adapter.processes()
    assert psutil.Process(pid).memory_info().rss > 50e6
    adapter.close()
    assert not psutil.pid_exists(pid)


def test_closing_unloads(make):
    adapter = make()
    assert "localbench-plain:latest" in loaded()
    adapter.close()
    assert "localbench-plain:latest" not in loaded()
    assert adapter.notes() == ()


def test_a_load_in_the_middle_is_no_answer_time(make, ask_for):
    adapter = make()
    options = {"max_tokens": 2, "extra": {"options": {"num_ctx": 512}}}
    response = adapter.generate(ask_for("Hello?", timeout_s=WAIT_S, params=options))
    assert response.timing.load_s > 0.2
    assert response.timing.generation_s > 0


@pytest.mark.parametrize("many", [False, True], ids=["one-long-message", "long-history"])
def test_a_prompt_that_does_not_fit(make, ask_for, many):
    adapter = make(context=256)
    if many:
        words = "tell me about the weather in town today please " * 3
        turns = [Message(role="user" if n % 2 == 0 else "assistant", content=f"{n} {words}") for n in range(13)]
        request = ask_for(messages=(Message(role="system", content="Be brief."), *turns), timeout_s=WAIT_S)
    else:
        request = ask_for("word " * 400, timeout_s=WAIT_S, params={"max_tokens": 2})
    with pytest.raises((TruncatedInput, ContextTooLong), match="context_tokens"):
        adapter.generate(request)


def test_an_answer_beyond_the_window_is_cut_off(make, ask_for):
    response = make(context=64).generate(
        ask_for("Tell a very long story about a fox.", timeout_s=WAIT_S, params={"max_tokens": 80})
    )
    assert response.finish_reason == "length"


def test_a_schema_shapes_the_answer(make, ask_for):
    params = {"max_tokens": 40, "response_format": "schema"}
    request = ask_for("Where is the Louvre?", timeout_s=WAIT_S, params=params, response_schema=SCHEMA)
    response = make().generate(request)
    assert list(json.loads(response.text)) == ["city"]
    assert response.finish_reason == "stop"


def test_a_tool_is_called(make, ask_for):
    adapter = make("localbench-tools")
    assert adapter.capabilities().tools is True
    params = {"max_tokens": 60, "response_format": "schema"}
    request = ask_for(
        "What is the weather in Paris?", timeout_s=WAIT_S, params=params, response_schema=CALL, tools=(WEATHER,)
    )
    response = adapter.generate(request)
    (found,) = response.tool_calls
    assert (response.finish_reason, found.name, list(found.arguments)) == ("tool_calls", "get_weather", ["city"])
    history = (
        Message(role="user", content="Weather?"),
        Message(role="assistant", tool_calls=(ToolCall(id="c", name="get_weather", arguments={"city": "Rome"}),)),
        Message(role="tool", tool_call_id="c", content="18 C"),
    )
    assert adapter.generate(ask_for(messages=history, timeout_s=WAIT_S, params={"max_tokens": 4})).text


def test_thinking_is_apart_or_off(make, ask_for):
    adapter = make("localbench-thinks")
    assert adapter.capabilities().thinking is True
    params = {"max_tokens": 12}
    on = adapter.generate(ask_for("Write hello", timeout_s=WAIT_S, params=params))
    off = adapter.generate(ask_for("Write hello", timeout_s=WAIT_S, params={**params, "reasoning": "off"}))
    assert on.thinking
    assert "Hello" not in on.text
    assert (off.text.startswith("Hello"), off.thinking) == (True, None)


def test_tools_of_a_model_without_them(make, ask_for):
    with pytest.raises(GenerationFailed, match="does not support tools") as caught:
        make().generate(ask_for(timeout_s=WAIT_S, tools=(WEATHER,)))
    assert not caught.value.retryable


def test_a_model_that_is_not_there(make):
    with pytest.raises(ModelUnavailable, match="ollama pull localbench-none"):
        make("localbench-none")


def test_an_abort_ends_the_answer_and_unloads(make, ask_for):
    adapter = make()
    threading.Timer(1.0, adapter.abort).start()
    with pytest.raises(GenerationFailed, match="stopped"):
        adapter.generate(ask_for("Tell a very long story.", timeout_s=WAIT_S, params={"max_tokens": 900}))
    adapter.close()
    assert "localbench-plain:latest" not in loaded()
