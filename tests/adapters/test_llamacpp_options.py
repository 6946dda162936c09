"""Settings of llama.cpp: what a model file may say, what the child is told, and that it runs with them."""

from __future__ import annotations

import json
import struct
import sys

import pytest

from pytest_localbench.adapters.child import _environment
from pytest_localbench.adapters.llamacpp import LlamaCppAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import ConfigError, ModelFileError
from pytest_localbench.suite.models import load_model_file

OPTIONS = {
    "batch_size": 256, "ubatch_size": 128, "threads_batch": 1, "flash_attention": "off", "cache_type_k": "q8_0",
    "load_mode": "none", "split_mode": "none", "tensor_split": [1, 0.5], "main_gpu": 0, "load_timeout_s": 200,
}  # fmt: skip


def gguf(path, architecture, template="{{ tools }}"):
    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = [("general.architecture", architecture), ("tokenizer.chat_template", template)]
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs))
    path.write_bytes(head + b"".join(text(k) + struct.pack("<I", 8) + text(v) for k, v in pairs))
    return path


def adapter(path, **more):
    return LlamaCppAdapter(ModelConfig(id="m", provider="llamacpp", path=str(path), **more))


def test_the_child_is_told_what_was_stated_and_nothing_else(tmp_path):
    weights = gguf(tmp_path / "w.gguf", "llama")
    assert adapter(weights).settings()["options"] == {}
    told = adapter(weights, options=OPTIONS).settings()["options"]
    assert told == {name: value for name, value in OPTIONS.items() if name != "load_timeout_s"}
    json.dumps(told)
    assert adapter(weights, options=OPTIONS).fingerprint()["cache_type_k"] == "q8_0"


def test_every_setting_reaches_llama_cpp():
    xllamacpp = pytest.importorskip("xllamacpp")
    from pytest_localbench.adapters.llamacpp_server import build_params

    base = {"path": "w.gguf", "alias": "m", "parallel": 2, "n_ctx": 512, "threads": 2, "gpu_layers": 0}
    plain = build_params(base)
    params = build_params({**base, "options": OPTIONS})
    assert (params.n_batch, params.n_ubatch, params.n_ctx, params.main_gpu) == (256, 128, 1024, 0)
    assert (params.cpuparams.n_threads, params.cpuparams_batch.n_threads) == (2, 1)
    assert params.flash_attn_type == xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    assert (params.cache_type_k, params.cache_type_v) == (xllamacpp.ggml_type.GGML_TYPE_Q8_0, plain.cache_type_v)
    assert params.load_mode == xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    assert list(params.tensor_split[:3]) == [1.0, 0.5, 0.0]
    for word in ("auto", "on", "off"):
        build_params({**base, "options": {"flash_attention": word}})
    for word in ("mmap", "mlock", "mmap_mlock", "direct_io", "none"):
        build_params({**base, "options": {"load_mode": word}})
    for word in ("none", "layer", "row"):
        build_params({**base, "options": {"split_mode": word}})
    for word in ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"):
        build_params({**base, "options": {"cache_type_v": word}})


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("options:\n  flash_attn: on\n", 4, "unknown option 'flash_attn' (did you mean 'flash_attention'?)"),
        ("options:\n  flash_attention: maybe\n", 4, "'flash_attention': must be 'auto', 'on' or 'off'"),
        (
            "options:\n  mmproj: a.gguf\n  n_ctx: 4096\n",
            5,
            "unknown option 'n_ctx'; write 'resources: {context_tokens: 8192}'",
        ),
        ("options: {n_gpu_layers: 99}\n", 3, "write 'resources: {gpu_layers: -1}'"),
        ("options:\n  batch_size: 0\n", 4, "'batch_size': must be above 0"),
        ("options: {batch_size: 64, ubatch_size: 128}\n", 3, "'ubatch_size' is above 'batch_size'"),
        ("options:\n  cache_type_k: q9\n", 4, "'cache_type_k': must be"),
        ("resources:\n  gpu_layers: -2\n", 4, "'resources.gpu_layers': must be at least -1"),
    ],
)
def test_wrong_settings_are_a_sentence_with_their_line(tmp_path, text, line, words):
    path = tmp_path / "m.yaml"
    path.write_text(f"provider: llamacpp\npath: w.gguf\n{text}")
    with pytest.raises(ModelFileError) as caught:
        load_model_file(path, tmp_path)
    assert str(caught.value).startswith(f"m.yaml:{line}: model 'm': ")
    assert words in str(caught.value)


def test_settings_of_a_model_without_a_file_are_checked_too(tmp_path):
    weights = gguf(tmp_path / "w.gguf", "llama")
    with pytest.raises(ConfigError, match=r"unknown option 'batchsize' \(did you mean 'batch_size'\?\); known: "):
        adapter(weights, options={"batchsize": 1}).check()
    with pytest.raises(ConfigError, match=r"'options\.batch_size'"):
        adapter(weights, options={"batch_size": "many"}).check()


def test_a_projector_gives_eyes_and_must_be_one(tmp_path):
    weights, eyes = gguf(tmp_path / "w.gguf", "llama"), gguf(tmp_path / "mmproj.gguf", "clip")
    (tmp_path / "m.yaml").write_text("provider: llamacpp\npath: w.gguf\noptions: {mmproj: mmproj.gguf}\n")
    seeing = LlamaCppAdapter(load_model_file(tmp_path / "m.yaml", tmp_path))
    assert seeing.preflight() is None
    assert seeing.capabilities().vision is True
    assert seeing.settings()["mmproj"] == str(eyes)
    assert len(seeing.fingerprint()["mmproj_sha256"]) == 64
    assert (
        adapter(weights, options={"mmproj": str(eyes)}, capabilities={"vision": False}).capabilities().vision is False
    )
    assert (
        "is no projector (its architecture is 'llama'" in adapter(weights, options={"mmproj": str(weights)}).preflight()
    )
    missing = adapter(weights, options={"mmproj": str(tmp_path / "none.gguf")}).preflight()
    assert "none.gguf cannot be read" in missing


def test_without_a_projector_no_model_sees_whatever_its_file_states(tmp_path):
    blind = adapter(gguf(tmp_path / "w.gguf", "llama"), capabilities={"vision": True, "tools": False})
    assert (blind.capabilities().vision, blind.capabilities().tools) == (False, False)


@pytest.mark.parametrize(("devices", "seen"), [(None, None), ([], ""), ([0, 2], "0,2"), (["GPU-1"], "GPU-1")])
def test_the_child_sees_the_devices_that_are_named(monkeypatch, devices, seen):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    config = ModelConfig(id="m", provider="llamacpp", resources={"devices": devices})
    assert _environment(config).get("CUDA_VISIBLE_DEVICES") == seen


@pytest.mark.real_model
def test_a_real_model_answers_with_all_settings(smollm2, ask_for):
    if sys.platform == "darwin":
        pytest.skip("split modes differ on Metal")
    model = adapter(
        smollm2, options={**OPTIONS, "split_mode": "layer"}, resources={"context_tokens": 512, "devices": []}
    )
    model.open()
    try:
        assert model.generate(ask_for(timeout_s=60, params={"max_tokens": 8})).text.strip()
    finally:
        model.close()
