"""A small real model through transformers, from the same GGUF file that llama.cpp uses."""

from __future__ import annotations

import json
import struct

import pytest

from pytest_localbench.adapters.gguf import read_header
from pytest_localbench.adapters.huggingface import TransformersAdapter
from pytest_localbench.adapters.weights import fetched_path
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import ContextTooLong, ModelUnavailable

WHY = "torch is not installed: pip install 'pytest-localbench[transformers]'"
pytest.importorskip("torch", reason=WHY)
pytest.importorskip("transformers", reason=WHY)
pytest.importorskip("gguf", reason="gguf is not installed: pip install 'pytest-localbench[transformers]'")
pytestmark = pytest.mark.real_model
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}}, "required": ["city"]}


@pytest.fixture(scope="module")
def adapter():
    if not fetched_path("smollm2").exists():
        pytest.skip("the weights are not there: localbench models pull smollm2")
    made = TransformersAdapter(ModelConfig(id="smollm2", provider="transformers", model="smollm2", concurrency=4))
    made.open()
    yield made
    made.close()


def test_a_gguf_file_is_what_it_was_and_answers_are_measured(adapter, ask_for):
    response = adapter.generate(
        ask_for("What is the capital of France? Answer in one sentence.", timeout_s=60, params={"max_tokens": 24})
    )
    assert "Paris" in response.text
    assert response.finish_reason == "stop"
    assert response.usage.input_tokens == 42
    assert 0 < response.timing.first_token_s <= response.timing.generation_s
    assert response.timing.prompt_tokens_per_s > 0
    assert response.timing.output_tokens_per_s > 0
    facts = adapter.fingerprint()
    assert facts["weights_sha256"].startswith("b179c9523d0e")
    assert (facts["converted_from"], facts["dtype"], facts["context_tokens"]) == ("gguf", "float32", 8192)
    assert facts["template_sha256"]


def test_a_batch_of_unequal_prompts_answers_as_one_at_a_time(adapter, ask_for):
    prompts = ["Say hello.", "Write one sentence about rain in the mountains of Norway.", "2 + 2 ="]
    requests = [ask_for(prompt, timeout_s=120, params={"max_tokens": 10}) for prompt in prompts]
    batch = adapter.generate_batch(requests)
    assert [r.text for r in batch] == [adapter.generate(request).text for request in requests]


def test_a_schema_shapes_the_answer(adapter, ask_for):
    pytest.importorskip("llguidance")
    params = {"max_tokens": 40, "response_format": "schema"}
    request = ask_for("Where is the Louvre?", timeout_s=60, params=params, response_schema=SCHEMA)
    assert json.loads(adapter.generate(request).text) == {"city": "Paris"}


def test_a_prompt_that_does_not_fit_names_the_setting(adapter, ask_for):
    with pytest.raises(ContextTooLong, match=r"context_tokens.*\(now 8192\)"):
        adapter.generate(ask_for("word " * 8200, timeout_s=60))


def test_a_second_load_finds_the_converted_weights(adapter):
    again = TransformersAdapter(adapter.config)
    again.open()
    again.close()
    assert again.notes() == ()


def test_a_damaged_gguf_file_is_one_sentence(adapter, tmp_path, monkeypatch):
    """Whole as far as its header tells, but of an architecture that does not exist."""
    monkeypatch.setenv("LOCALBENCH_CACHE_DIR", str(tmp_path))

    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = {"general.architecture": "nothingknown", "tokenizer.chat_template": "{{ messages }}"}
    body = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in pairs.items())
    path = tmp_path / "odd.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + body)
    assert read_header(path).architecture == "nothingknown"
    odd = TransformersAdapter(ModelConfig(id="m", provider="transformers", path=str(path)))
    assert odd.preflight() is None
    with pytest.raises(ModelUnavailable, match=r"could not load model 'm'.*nothingknown") as failed:
        odd.open()
    assert "\n" not in str(failed.value)
