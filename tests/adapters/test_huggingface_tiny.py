"""Real torch and transformers with random checkpoints: pictures, batches, templates, damage."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import threading

import psutil
import pytest

from pytest_localbench.adapters.huggingface import TransformersAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart
from pytest_localbench.errors import (
    ContextTooLong,
    GenerationFailed,
    GenerationTimeout,
    ModelUnavailable,
)

WHY = "torch is not installed: pip install 'pytest-localbench[transformers]'"
pytest.importorskip("torch", reason=WHY)
pytest.importorskip("transformers", reason=WHY)
pytestmark = pytest.mark.real_model
ENDLESS = {"max_tokens": 490, "extra": {"min_new_tokens": 490}}


@pytest.fixture(scope="module")
def tiny_picture_model(tmp_path_factory):
    from tiny_checkpoints import write_picture_model

    return write_picture_model(tmp_path_factory.mktemp("tiny-pictures"))


@pytest.fixture(scope="module")
def opened():
    made = {}

    def get(path, **more):
        key = (str(path), json.dumps(more, sort_keys=True))
        if key not in made:
            made[key] = TransformersAdapter(ModelConfig(id="m", provider="transformers", path=str(path), **more))
            made[key].open()
        return made[key]

    yield get
    for adapter in made.values():
        adapter.close()


def picture(colour):
    image = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    image.new("RGB", (64, 48), colour).save(file, "PNG")
    return ImagePart(mime="image/png", data=file.getvalue())


def shown(ask_for, *parts):
    return ask_for(messages=(Message(role="user", parts=parts),), timeout_s=60, params={"max_tokens": 12})


def test_the_picture_reaches_the_model(tiny_picture_model, opened, ask_for):
    adapter = opened(tiny_picture_model)
    assert adapter.capabilities().vision is True
    question = TextPart(text="Which colour?")
    plain, red, blue, again = (
        adapter.generate(shown(ask_for, *parts, question))
        for parts in ((), (picture("red"),), (picture("blue"),), (picture("red"),))
    )
    # 16 patches of 8 x 8 in 32 x 32 stand where the text alone has nothing.
    assert (red.usage.input_tokens, blue.usage.input_tokens) == (plain.usage.input_tokens + 16,) * 2
    assert red.text == again.text
    assert len({plain.text, red.text, blue.text}) == 3


def test_a_broken_picture_and_one_for_a_text_model_are_refused(tiny_picture_model, tiny_text_model, opened, ask_for):
    broken = ImagePart(mime="image/png", data=b"no picture")
    with pytest.raises(GenerationFailed, match="the image cannot be read"):
        opened(tiny_picture_model).generate(shown(ask_for, broken))
    text_only = opened(tiny_text_model, concurrency=4)
    assert text_only.capabilities().vision is False
    with pytest.raises(GenerationFailed, match="image input is not supported") as refused:
        text_only.generate(shown(ask_for, picture("red")))
    assert not refused.value.retryable


def test_a_batch_answers_as_one_at_a_time(tiny_text_model, opened, ask_for):
    adapter = opened(tiny_text_model, concurrency=4)
    prompts = ["a", "What is this about?", "word " * 40, "zz"]
    limits = [20, 20, 9, 20]
    requests = [ask_for(p, params={"max_tokens": n}) for p, n in zip(prompts, limits, strict=True)]
    batch = adapter.generate_batch(requests)
    alone = [adapter.generate(request) for request in requests]
    assert [r.text for r in batch] == [r.text for r in alone]
    assert [r.usage for r in batch] == [r.usage for r in alone]
    assert len({r.text for r in batch}) == 4


def test_a_schema_shapes_even_a_random_model(tiny_text_model, opened, ask_for):
    pytest.importorskip("llguidance")
    adapter = opened(tiny_text_model, concurrency=4)
    assert adapter.capabilities().json_schema is True
    schema = {"type": "object", "properties": {"n": {"enum": ["one", "two"]}, "ok": {"type": "boolean"}},
              "required": ["n", "ok"], "additionalProperties": False}  # fmt: skip
    params = {"max_tokens": 60, "response_format": "schema"}
    response = adapter.generate(ask_for(params=params, response_schema=schema))
    answer = json.loads(response.text)
    assert (list(answer), response.finish_reason) == (["n", "ok"], "stop")
    with pytest.raises(GenerationFailed, match="cannot be enforced") as impossible:
        adapter.generate(ask_for(params=params, response_schema={"type": "no such type"}))
    assert not impossible.value.retryable
    assert adapter.generate(ask_for(params=params, response_schema=schema)).notes == ()


def test_seeds_and_temperature(tiny_text_model, opened, ask_for):
    adapter = opened(tiny_text_model, concurrency=4)

    def answer(**params):
        return adapter.generate(ask_for("Go on", params={"max_tokens": 16, **params})).text

    assert answer() == answer(temperature=0, seed=99)
    assert answer(temperature=1.0, seed=1) == answer(temperature=1.0, seed=1)
    assert len({answer(temperature=1.0, seed=n) for n in range(4)}) > 1
    assert answer(temperature=1.0, seed=1, top_k=1) == answer()


def test_unknown_settings_are_refused(tiny_text_model, opened, ask_for):
    with pytest.raises(GenerationFailed, match=r"unknown setting 'num_beams'.*repetition_penalty"):
        opened(tiny_text_model, concurrency=4).generate(ask_for(params={"extra": {"num_beams": 4}}))


def test_prompt_and_answer_must_fit(tiny_text_model, opened, ask_for):
    adapter = opened(tiny_text_model, concurrency=4)
    with pytest.raises(ContextTooLong, match=r"512 tokens.*context_tokens.*\(now 512\)"):
        adapter.generate(ask_for("x" * 600))
    with pytest.raises(ContextTooLong, match="the context is full"):
        adapter.generate(ask_for("x" * 470, params={"max_tokens": 400, "extra": {"min_new_tokens": 400}}))
    response = adapter.generate(ask_for("x" * 400, params={"max_tokens": 4}))
    assert response.usage.input_tokens > 400


def test_the_deadline_and_abort_end_the_generation(tiny_text_model, opened, ask_for):
    adapter = opened(tiny_text_model)
    with pytest.raises(GenerationTimeout) as late:
        adapter.generate(ask_for(timeout_s=0.15, params=ENDLESS))
    assert late.value.kind == "too_slow"
    assert adapter.generate(ask_for(params={"max_tokens": 4})).usage.output_tokens == 4
    threading.Timer(0.1, adapter.abort).start()
    with pytest.raises(GenerationFailed, match="stopped"):
        adapter.generate(ask_for(timeout_s=30, params=ENDLESS))


def test_tools_go_through_the_template(tiny_text_model, tiny_picture_model, opened, ask_for):
    tool = {"name": "look", "description": "d", "parameters": {"type": "object", "properties": {}}}
    adapter = opened(tiny_text_model, concurrency=4)
    params = {"max_tokens": 2}
    with_tools, without = (adapter.generate(ask_for(params=params, tools=t)) for t in ((tool,), ()))
    assert with_tools.usage.input_tokens == without.usage.input_tokens + len("tools: 1") + 2
    with pytest.raises(GenerationFailed, match="no place for tools"):
        opened(tiny_picture_model).generate(ask_for(tools=(tool,)))


def test_a_template_that_refuses_the_system_role_gets_it_folded(tiny_text_model, opened, ask_for):
    template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}"
        "{% endif %}{{ m.content }}{% endfor %}"
    )
    adapter = opened(tiny_text_model, options={"chat_template": template})
    asked = ask_for(
        messages=(Message(role="system", content="Be short."), Message(role="user", content="Hi")),
        params={"max_tokens": 2},
    )
    response = adapter.generate(asked)
    assert response.notes == ("system_folded",)
    assert response.usage.input_tokens == len("Be short.\n\nHi")
    facts = adapter.fingerprint()
    assert (facts["architecture"], facts["dtype"], facts["device"]) == ("LlamaForCausalLM", "float32", "cpu")
    assert facts["runtime"].startswith("transformers 5")


def test_a_template_that_opens_the_thinking_block_leaves_it_visible(tiny_text_model, opened, ask_for):
    template = "{{ messages[0].content }}{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}"
    adapter = opened(tiny_text_model, options={"chat_template": template})
    assert adapter.capabilities().thinking is True
    thought = adapter.generate(ask_for("Hi", params={"max_tokens": 3}))
    assert thought.text.startswith("<think>\n")
    plain = adapter.generate(ask_for("Hi", params={"max_tokens": 3, "reasoning": "off"}))
    assert not plain.text.startswith("<think>")
    assert plain.usage.input_tokens == thought.usage.input_tokens - len("<think>\n")


def test_a_killed_child_is_started_again(tiny_text_model, ask_for):
    adapter = TransformersAdapter(
        ModelConfig(id="m", provider="transformers", path=str(tiny_text_model), options={"dtype": "bfloat16"})
    )
    adapter.open()
    try:
        assert adapter.fingerprint()["dtype"] == "bfloat16"
        (pid,) = adapter.processes()
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        with pytest.raises(GenerationFailed, match="signal 9"):
            adapter.generate(ask_for(timeout_s=60, params=ENDLESS))
        assert adapter.generate(ask_for(params={"max_tokens": 2})).usage.output_tokens == 2
        (second,) = adapter.processes()
    finally:
        adapter.close()
    assert not psutil.pid_exists(pid)
    assert not psutil.pid_exists(second)


def reconfigure(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


OWN_CODE = """
from transformers import LlamaConfig, LlamaForCausalLM

class OwnConfig(LlamaConfig):
    model_type = "own"

class OwnModel(LlamaForCausalLM):
    config_class = OwnConfig
"""
OWN = {
    "model_type": "own",
    "architectures": ["OwnModel"],
    "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"},
}


@pytest.mark.parametrize(
    ("changes", "options", "says"),
    [
        ({"hidden_size": 48}, {}, "its weights do not fit its config.json"),
        ({"num_hidden_layers": 3}, {}, r"lack 9 of its weights, such as model\.layers\.2\."),
        ({"model_type": "nothing-known"}, {}, "does not know its architecture; update it: .*nothing-known"),
        (OWN, {}, "brings code of its own: read it, then allow it with 'options: {trust_remote_code: true}'"),
        ({}, {"chat_template": "{{ messages | nofilter }}"}, "the chat template does not take the conversation"),
        ({}, {"device": "xpu"}, "torch sees no device 'xpu' here"),
        ({}, {"model_kwargs": {"nonsense": 1}}, "unexpected keyword argument 'nonsense'"),
    ],
)
def test_checkpoints_that_do_not_load_are_one_sentence(tiny_text_model, tmp_path, changes, options, says):
    folder = tmp_path / "model"
    shutil.copytree(tiny_text_model, folder)
    (folder / "own.py").write_text(OWN_CODE)
    reconfigure(folder, **changes)
    adapter = TransformersAdapter(ModelConfig(id="m", provider="transformers", path=str(folder), options=options))
    with pytest.raises(ModelUnavailable, match=f"could not load model 'm' from .*{says}") as failed:
        adapter.open()
    assert "\n" not in str(failed.value)


def test_code_of_a_repository_runs_when_it_is_trusted(tiny_text_model, tmp_path, ask_for, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    folder = tmp_path / "model"
    shutil.copytree(tiny_text_model, folder)
    (folder / "own.py").write_text(OWN_CODE)
    reconfigure(folder, **OWN)
    options = {"trust_remote_code": True}
    adapter = TransformersAdapter(ModelConfig(id="m", provider="transformers", path=str(folder), options=options))
    adapter.open()
    try:
        assert adapter.generate(ask_for(params={"max_tokens": 2})).notes == ("remote_code",)
        facts = adapter.fingerprint()
        assert (facts["architecture"], facts["trust_remote_code"]) == ("OwnModel", True)
    finally:
        adapter.close()
