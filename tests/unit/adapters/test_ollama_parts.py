"""Addresses as Ollama reads them, where its models run, and the signs of a prompt that was cut."""

from __future__ import annotations

import pytest

from pytest_localbench.adapters.ollama_facts import full_name
from pytest_localbench.adapters.ollama_guard import truncation
from pytest_localbench.domain.address import ollama_url
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import Message
from pytest_localbench.suite.models import select_models


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":1234", "http://127.0.0.1:1234"),
        ("localhost", "http://localhost:11434"),
        ("'10.0.0.1'", "http://10.0.0.1:11434"),
        ("[::]:11434", "http://127.0.0.1:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]:99", "http://[::1]:99"),
        ("http://gpu.lan", "http://gpu.lan:80"),
        ("https://gpu.lan", "https://gpu.lan:443"),
        ("gpu.lan:9", "http://gpu.lan:9"),
        ("1.2.3.4:70000", "http://1.2.3.4:11434"),
        ("http://gpu.lan:x", "http://gpu.lan:80"),
        ("http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434"),
        ("gpu.lan/ollama/api", "http://gpu.lan:11434/ollama"),
    ],
)
def test_addresses(monkeypatch, written, called):
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    assert ollama_url(written) == called
    monkeypatch.setenv("OLLAMA_HOST", written)
    assert ollama_url() == called
    assert ollama_url("http://else:1") == "http://else:1"


@pytest.mark.parametrize(
    ("model", "base_url", "host", "local"),
    [
        ("qwen3:4b", None, None, True),
        ("qwen3:4b", None, "0.0.0.0", True),
        ("qwen3:4b", None, "gpu.lan", False),
        ("qwen3:4b", "http://gpu.lan:11434", None, False),
        ("qwen3:4b", "0.0.0.0:11434", "gpu.lan", True),
        ("gpt-oss:120b-cloud", None, None, False),
        ("kimi-k2:cloud", None, None, False),
    ],
)
def test_where_a_model_runs(monkeypatch, model, base_url, host, local):
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    if host:
        monkeypatch.setenv("OLLAMA_HOST", host)
    config = ModelConfig(id="m", provider="ollama", model=model, base_url=base_url)
    assert config.is_local is local
    assert config.lane_id == ("local" if local else "m")


def test_a_name_with_a_colon_can_be_given_ad_hoc():
    (model,) = select_models(["ollama:qwen3:4b"], {})
    assert (model.id, model.provider, model.model) == ("qwen3-4b", "ollama", "qwen3:4b")
    (model,) = select_models(["ollama:hf.co/org/Model-GGUF:Q4_K_M"], {})
    assert model.model == "hf.co/org/Model-GGUF:Q4_K_M"


@pytest.mark.parametrize(
    ("name", "full"),
    [("tiny", "tiny:latest"), ("Tiny:1B", "tiny:1b"), ("org/tiny", "org/tiny:latest"),
     ("registry.ollama.ai/library/tiny:1b", "tiny:1b"), ("host:5000/org/tiny", "host:5000/org/tiny:latest")],
)  # fmt: skip
def test_names_have_a_tag(name, full):
    assert full_name(name) == full


ENGLISH = "The supplier shall deliver the goods to the address that the customer names, at the latest on Friday. " * 60
GERMAN = "Rechtsschutzversicherungsgesellschaften verlangen Zahlungsbestätigungen innerhalb vereinbarter Fristen. " * 60
TABLE = "| 4711 | 12.50 | 2025-03-04 |\n|------|-------|------------|\n" * 60
CODE = ("        if value is not None:\n" + " " * 16 + "return value\n") * 60
CHINESE = "供应商应当在星期五之前把货物送到客户指定的地址" * 60


def guard(text, tokens, window):
    return truncation([Message(role="user", content=text)], tokens, window)


@pytest.mark.parametrize(
    ("text", "per_token"), [(ENGLISH, 5.3), (GERMAN, 3.6), (TABLE, 2.2), (CODE, 5.0), (CHINESE, 0.9)],
    ids=["english", "german", "table", "code", "chinese"],
)  # fmt: skip
def test_whole_prompts_of_every_kind_are_not_suspected(text, per_token):
    tokens = int(len(text) / per_token)
    for window in (tokens + 2, tokens + 500, 4 * tokens):
        assert guard(text, tokens, window) is None


@pytest.mark.parametrize("tokens", [4096, 4095])
def test_a_count_that_reaches_the_window(tokens):
    assert "whole window of 4096" in guard("word " * 9000, tokens, 4096)


def test_a_count_of_half_the_window():
    long = "Versicherungsbestätigung " * 400
    assert guard(long, 2050, 4096) is not None
    assert guard(long, 2050, 8192 * 8) is None


def test_fewer_tokens_than_words():
    assert "of a prompt of 1000 words" in guard("word " * 1000, 700, 2048)


def test_far_too_few_tokens_for_the_characters():
    assert "visible characters" in guard("Donaudampfschifffahrtsgesellschaftskapitän " * 300, 900, 4096)


def test_a_prompt_that_must_fit_is_never_suspected():
    assert guard("word " * 100, 3, 1200) is None


def test_without_a_count_nothing_is_said():
    assert guard("word " * 9000, None, 512) is None


def test_rulers_and_indentation_are_not_counted_as_text():
    assert guard(("-" * 80 + "\n" + " " * 80 + "x\n") * 60, 600, 2048) is None
