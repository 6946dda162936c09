"""What every adapter keeps to, whatever it talks to."""

from __future__ import annotations

import os

import pytest
from scripted_server import Reply, answer, chunk

from pytest_localbench.adapters import pytest_localbench_register
from pytest_localbench.domain.model import Capabilities, ModelConfig
from pytest_localbench.domain.response import ModelResponse
from pytest_localbench.errors import ConfigError, GenerationFailed, MissingDependency, ModelError, UnknownName
from pytest_localbench.registry import Registry


def build(config):
    registry = Registry()
    pytest_localbench_register(registry)
    return registry.adapter_class(config.provider)(config)


@pytest.fixture(
    params=[
        *("openai", "openai-streamed", "scripted", "ollama-modern", "ollama-old", "ollama-real", "anthropic", "google"),
        *(pytest.param(name, marks=pytest.mark.real_model) for name in ("llamacpp", "transformers")),
    ]
)
def adapter(request, serve):
    if request.param == "llamacpp":
        path = request.getfixturevalue("smollm2")
        config = ModelConfig(id="m", provider="llamacpp", path=str(path), generation={"max_tokens": 8})
    elif request.param in {"anthropic", "google"}:
        url = request.getfixturevalue("provider_double")(request.param).url
        config = ModelConfig(id="m", provider=request.param, model="x", base_url=url)
    elif request.param == "ollama-real":
        real = os.environ.get("LOCALBENCH_REAL_OLLAMA") or pytest.skip("LOCALBENCH_REAL_OLLAMA is not set")
        config = ModelConfig(id="m", provider="ollama", model="smollm2:135m", base_url=real, resources={"threads": 1})
    elif request.param.startswith("ollama"):
        double = request.getfixturevalue("ollama")(modern=request.param == "ollama-modern")
        config = ModelConfig(id="m", provider="ollama", model="tiny:1b", base_url=double.url)
    elif request.param == "transformers":
        path = request.getfixturevalue("tiny_text_model")
        config = ModelConfig(id="m", provider="transformers", path=str(path), generation={"max_tokens": 8})
    elif request.param == "scripted":
        config = ModelConfig(id="m", provider="scripted", options={"default": "Hello."})
    else:
        streamed = request.param == "openai-streamed"
        reply = Reply(events=[chunk(content="Hello."), chunk("stop")]) if streamed else Reply(answer())
        options = {"stream": streamed}
        config = ModelConfig(id="m", provider="openai", model="x", base_url=serve(reply).url, options=options)
    made = build(config)
    yield made
    made.close()


def test_open_generate_close(adapter, ask_for):
    assert adapter.preflight() is None
    adapter.open()
    response = adapter.generate(ask_for(params={"max_tokens": 8}))
    assert type(response) is ModelResponse
    assert response.text
    assert response.finish_reason in {"stop", "length"}
    assert response.timing.generation_s >= 0
    assert response.attempts == 1
    adapter.close()
    adapter.close()


def test_close_without_open_and_abort_without_requests(adapter):
    adapter.abort()
    adapter.close()


def test_plain_facts_are_known_before_open(adapter):
    assert isinstance(adapter.capabilities(), Capabilities)
    assert adapter.processes() == []
    assert isinstance(adapter.fingerprint(), dict)


def test_asking_a_model_that_is_not_open_is_a_model_error(ask_for, smollm2):
    for config in (
        ModelConfig(id="m", provider="openai", model="x", base_url="http://127.0.0.1:9"),
        ModelConfig(id="m", provider="anthropic", model="x", base_url="http://127.0.0.1:9"),
        ModelConfig(id="m", provider="google", model="x", base_url="http://127.0.0.1:9"),
        ModelConfig(id="m", provider="scripted"),
        ModelConfig(id="m", provider="ollama", model="x", base_url="http://127.0.0.1:9"),
        ModelConfig(id="m", provider="llamacpp", path=str(smollm2)),
    ):
        with pytest.raises(ModelError):
            build(config).generate(ask_for())


def test_unknown_providers_and_missing_packages():
    registry = Registry()
    pytest_localbench_register(registry)
    with pytest.raises(UnknownName, match="did you mean 'llamacpp'"):
        registry.adapter_class("lamacpp")
    registry.adapter("acme", "acme:Adapter", extra="acme", package="no_such_package_here")
    with pytest.raises(MissingDependency, match=r"pytest-localbench\[acme\]"):
        registry.adapter_class("acme")


def scripted(**options):
    adapter = build(ModelConfig(id="m", provider="scripted", options=options))
    adapter.open()
    return adapter


def key(ask_for, task="t", sample="-", attempt=1, prompt="Say hello."):
    request = ask_for(prompt)
    return request.model_copy(
        update={"key": request.key.model_copy(update={"task": task, "sample": sample, "attempt": attempt})}
    )


def test_scripted_looks_up_sample_then_task_then_prompt_then_default(ask_for):
    adapter = scripted(
        answers={"t/one": "sample", "t": ["first", "second"]},
        contains=[{"when": "France", "text": "Paris"}],
        default="?",
    )
    asked = [
        key(ask_for, "t", "one"),
        key(ask_for, "t", "two"),
        key(ask_for, "t", "two", 2),
        key(ask_for, "t", "two", 9),
        key(ask_for, "u", prompt="capital of France"),
        key(ask_for, "u"),
    ]
    assert [adapter.generate(r).text for r in asked] == ["sample", "first", "second", "second", "Paris", "?"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", "t: filed\nu: [one, {text: two}]\n"), ("a.json", '{"t": "filed", "u": ["one", "two"]}')],
)
def test_scripted_answers_from_a_file(ask_for, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    config = ModelConfig(id="m", provider="scripted", path=str(tmp_path / name), options={"answers": {"t": "stated"}})
    adapter = build(config)
    adapter.open()
    asked = [key(ask_for, "t"), key(ask_for, "u"), key(ask_for, "u", attempt=2)]
    assert [adapter.generate(r).text for r in asked] == ["stated", "one", "two"]
    assert adapter.fingerprint()["answers_sha256"] is not None


@pytest.mark.parametrize(
    ("text", "says"), [(None, "cannot be read"), ("a: [", "is not JSON or YAML"), ("- a\n", "must be a mapping")]
)
def test_scripted_answer_files_are_checked(tmp_path, text, says):
    if text is not None:
        (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        build(ModelConfig(id="m", provider="scripted", path=str(tmp_path / "a.yaml"))).open()


def test_scripted_full_entry(ask_for):
    entry = {
        "text": "x", "thinking": "y", "usage": {"input_tokens": 1, "output_tokens": 2},
        "tool_calls": [{"name": "look", "arguments": {"id": 1}}],
    }  # fmt: skip
    response = scripted(answers={"t": entry}).generate(ask_for())
    assert (response.thinking, response.finish_reason, response.usage.output_tokens) == ("y", "tool_calls", 2)
    assert response.tool_calls[0].arguments == {"id": 1}


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        ("boom", "backend_error", True),
        ({"kind": "failed", "retryable": False}, "backend_error", False),
        ({"kind": "unavailable"}, "backend_error", False),
        ({"kind": "timeout"}, "backend_error", True),
        ({"kind": "context"}, "context_overflow", False),
    ],
)
def test_scripted_errors(ask_for, error, kind, retryable):
    with pytest.raises(ModelError) as caught:
        scripted(default={"error": error}).generate(ask_for())
    assert (caught.value.kind, caught.value.retryable) == (kind, retryable)


def test_scripted_fails_some_times_then_answers(ask_for):
    adapter = scripted(default={"text": "ok", "error": {"times": 2, "retry_after_s": 3}})
    for _ in range(2):
        with pytest.raises(GenerationFailed) as caught:
            adapter.generate(ask_for())
        assert caught.value.retry_after_s == 3
    assert adapter.generate(ask_for()).text == "ok"


def test_scripted_delay_beyond_the_deadline(ask_for):
    with pytest.raises(ModelError) as caught:
        scripted(default={"text": "late", "delay_s": 5}).generate(ask_for(timeout_s=0.05))
    assert caught.value.kind == "too_slow"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"answer": {}}, "has no 'answer'"),
        ({"answers": {"t": []}}, "empty list"),
        ({"answers": {"t": {"txt": "a"}}}, "has no 'txt'"),
        ({"answers": []}, "must be a mapping"),
        ({"contains": [{"text": "a"}]}, "list of"),
        ({"default": {"error": {"kind": "odd"}}}, "error.kind"),
        ({"default": {"finish_reason": "odd"}}, "finish_reason"),
        ({"default": {"delay_s": "soon"}}, "delay_s"),
    ],
)
def test_scripted_tables_are_checked(options, says):
    with pytest.raises(ConfigError, match=says):
        scripted(**options)
