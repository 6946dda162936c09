"""A small real model through llama.cpp."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from pytest_localbench.adapters.llamacpp import LlamaCppAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import ContextTooLong, GenerationFailed, GenerationTimeout, ModelError, ModelUnavailable

pytestmark = pytest.mark.real_model
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}}, "required": ["city"]}


@pytest.fixture
def make(smollm2):
    made = []

    def build(**more):
        adapter = LlamaCppAdapter(ModelConfig(id="smollm2", provider="llamacpp", path=str(smollm2), **more))
        made.append(adapter)
        adapter.open()
        return adapter

    yield build
    for adapter in made:
        adapter.close()


def test_the_same_question_gets_the_same_answer(make, ask_for):
    request = ask_for("Write one sentence about rain.", timeout_s=60, params={"max_tokens": 24})
    texts = []
    for _ in range(2):
        adapter = make()
        texts += [adapter.generate(request).text, adapter.generate(request).text]
        adapter.close()
    assert texts[0].strip()
    assert len(set(texts)) == 1


def test_a_template_can_be_named(make, ask_for):
    adapter = make(options={"chat_template": "chatml"})
    plain = LlamaCppAdapter(adapter.config.model_copy(update={"options": {}}))
    assert adapter.generate(ask_for(timeout_s=60, params={"max_tokens": 8})).text.strip()
    assert adapter.fingerprint()["template_sha256"] != plain.fingerprint()["template_sha256"]


def test_what_is_measured(make, ask_for):
    adapter = make()
    response = adapter.generate(ask_for(timeout_s=60, params={"max_tokens": 8}))
    assert (response.finish_reason, response.usage.output_tokens, response.usage.cached_tokens) == ("length", 8, 0)
    assert response.usage.input_tokens > 10
    assert response.timing.output_tokens_per_s > 0
    assert response.timing.prompt_tokens_per_s > 0
    assert 0 < response.timing.first_token_s <= response.timing.generation_s
    assert response.resolved_model == "smollm2"
    facts = adapter.fingerprint()
    assert (facts["architecture"], facts["file_type"], facts["context_tokens"]) == ("llama", "Q4_1", 8192)
    assert facts["weights_sha256"].startswith("b179c9523d0e")


def test_a_schema_shapes_the_answer(make, ask_for):
    params = {"max_tokens": 60, "response_format": "schema"}
    request = ask_for("Where is the Louvre?", timeout_s=60, params=params, response_schema=SCHEMA)
    assert list(json.loads(make().generate(request).text)) == ["city"]


def test_a_prompt_that_does_not_fit_names_the_setting(make, ask_for):
    adapter = make(resources={"context_tokens": 256}, concurrency=2)
    with pytest.raises(ContextTooLong, match="context_tokens"):
        adapter.generate(ask_for("word " * 400, timeout_s=60))
    response = adapter.generate(ask_for("word " * 150, timeout_s=60, params={"max_tokens": 2}))
    assert 128 < response.usage.input_tokens < 256


def test_the_deadline_while_it_writes_is_slow_not_silent(make, ask_for):
    adapter = make()
    with pytest.raises(GenerationTimeout) as caught:
        adapter.generate(ask_for("Tell a very long story.", timeout_s=0.5, params={"extra": {"ignore_eos": True}}))
    assert (caught.value.generating, caught.value.kind) == (True, "too_slow")


def test_a_child_that_dies_is_started_again_twice(make, ask_for):
    adapter = make()
    request = ask_for(timeout_s=60, params={"max_tokens": 2})
    endless = ask_for(timeout_s=60, params={"max_tokens": 4000, "extra": {"ignore_eos": True}})
    for _ in range(2):
        threading.Timer(0.4, os.kill, (adapter.processes()[0], signal.SIGKILL)).start()
        with pytest.raises(GenerationFailed, match="signal 9") as caught:
            adapter.generate(endless)
        assert caught.value.retryable
        assert adapter.generate(request).text
    threading.Timer(0.4, os.kill, (adapter.processes()[0], signal.SIGKILL)).start()
    with pytest.raises(GenerationFailed, match="signal 9"):
        adapter.generate(endless)
    with pytest.raises(ModelUnavailable, match="restarted 2 times"):
        adapter.generate(request)


def test_no_process_is_left_behind(make):
    adapter = make()
    (pid,) = adapter.processes()
    assert psutil.pid_exists(pid)
    adapter.close()
    assert adapter.processes() == []
    assert not psutil.pid_exists(pid)


def test_the_child_ends_when_its_parent_is_killed(smollm2):
    code = (
        "import sys; from pytest_localbench.adapters.llamacpp import LlamaCppAdapter as A;"
        "from pytest_localbench.domain.model import ModelConfig as M;"
        "a = A(M(id='m', provider='llamacpp', path=sys.argv[1])); a.open(); print(a.processes()[0], flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(smollm2)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    child.wait(timeout=10)
    assert not child.is_running()


def test_close_ends_a_model_that_is_still_loading(smollm2):
    adapter = LlamaCppAdapter(ModelConfig(id="m", provider="llamacpp", path=str(smollm2)))
    errors = []

    def load():
        try:
            adapter.open()
        except ModelError as error:
            errors.append(error)

    thread = threading.Thread(target=load)
    thread.start()
    while not adapter.processes():
        pass
    (pid,) = adapter.processes()
    adapter.close()
    thread.join(10)
    assert not thread.is_alive()
    assert errors
    assert not psutil.pid_exists(pid)
