"""Anthropic's SDK against the Messages route of a real llama.cpp server with a small real model."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest

from pytest_localbench.adapters.anthropic_api import AnthropicAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart
from pytest_localbench.errors import ContextTooLong, GenerationFailed, GenerationTimeout

pytest.importorskip("anthropic")
pytestmark = pytest.mark.real_model

ENDLESS = {"max_tokens": 1500, "extra": {"ignore_eos": True}}


@pytest.fixture(scope="module")
def address(smollm2):
    """A server with two windows of 1024 tokens each."""
    told = {
        "path": str(smollm2), "alias": "small", "mmproj": None, "chat_template": None, "n_ctx": 1024, "parallel": 2,
        "threads": 1, "gpu_layers": 0,
    }  # fmt: skip
    command = [sys.executable, "-m", "pytest_localbench.adapters.llamacpp_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        child.stdin.write(json.dumps(told) + "\n")
        child.stdin.flush()
        yield json.loads(child.stdout.readline())["url"]
        child.stdin.close()
        child.wait(20)


@pytest.fixture
def adapter(address):
    made = AnthropicAdapter(ModelConfig(id="m", provider="anthropic", model="small", base_url=f"{address}/v1"))
    made.open()
    yield made
    made.close()


def test_an_answer_with_its_measures(adapter, ask_for):
    messages = (
        Message(role="system", content="Be brief."),
        Message(role="user", content="What is the capital of France?"),
    )
    request = ask_for(messages=messages, timeout_s=120, params={"temperature": 0.0, "max_tokens": 12})
    first, second = adapter.generate(request), adapter.generate(request)
    assert first.text.strip()
    assert first.text == second.text
    assert first.finish_reason in {"stop", "length"}
    assert 0 < first.usage.output_tokens <= 12
    assert 20 < first.usage.input_tokens < 80
    assert second.usage.input_tokens == first.usage.input_tokens
    assert 0 < first.timing.first_token_s <= first.timing.generation_s
    assert first.resolved_model == "small"
    assert (first.tool_calls, first.thinking, first.notes) == ((), None, ())


def test_the_limit_is_kept_and_told(adapter, ask_for):
    response = adapter.generate(ask_for("Tell a long story.", timeout_s=120, params={"max_tokens": 4}))
    assert (response.finish_reason, response.usage.output_tokens) == ("length", 4)


def test_a_dialogue_of_several_turns(adapter, ask_for):
    turns = (
        Message(role="user", content="My name is Ada."),
        Message(role="assistant", content="Hello Ada."),
        Message(role="user", content="Say my name."),
    )
    assert adapter.generate(
        ask_for(messages=turns, timeout_s=120, params={"temperature": 0.0, "max_tokens": 12})
    ).text.strip()


def test_a_prompt_that_does_not_fit(adapter, ask_for):
    with pytest.raises(ContextTooLong) as caught:
        adapter.generate(ask_for("word " * 2000, timeout_s=120))
    assert "context" in str(caught.value)


def test_a_picture_is_refused_with_a_reason(adapter, ask_for):
    parts = (TextPart(text="Look:"), ImagePart(mime="image/png", data=b"\x89PNG\r\n\x1a\n"))
    with pytest.raises(GenerationFailed) as caught:
        adapter.generate(ask_for(messages=(Message(role="user", parts=parts),), timeout_s=60))
    assert not caught.value.retryable
    assert "image" in str(caught.value)


def test_the_deadline_while_it_writes_is_slow_not_silent(adapter, ask_for):
    with pytest.raises(GenerationTimeout) as caught:
        adapter.generate(ask_for("Tell a long story.", timeout_s=3, params=ENDLESS))
    assert (caught.value.generating, caught.value.kind) == (True, "too_slow")
    assert caught.value.partial_text


def test_abort_ends_an_answer_and_frees_the_server(adapter, address, ask_for):
    errors = []

    def ask():
        try:
            adapter.generate(ask_for("Tell a long story.", timeout_s=120, params=ENDLESS))
        except GenerationFailed as error:
            errors.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(1.0)
    adapter.abort()
    thread.join(20)
    assert errors == ["the run was stopped"]
    again = AnthropicAdapter(adapter.config)
    again.open()
    assert again.generate(ask_for(timeout_s=120, params={"temperature": 0.0, "max_tokens": 4})).text
    again.close()


def test_two_questions_at_once(adapter, ask_for):
    texts = {}

    def ask(number):
        texts[number] = adapter.generate(
            ask_for(f"Count to {number}.", timeout_s=120, params={"temperature": 0.0, "max_tokens": 6})
        ).text

    threads = [threading.Thread(target=ask, args=(n,)) for n in (3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert all(texts[n].strip() for n in (3, 4))
