"""Where Hugging Face weights are, whether they are whole, and what their files say; without torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from plain_checkpoints import safetensors, write_checkpoint

from pytest_localbench.adapters.checkpoints import (
    Checkpoint,
    check_checkpoint,
    find_checkpoint,
    hub_cache,
    read_facts,
    weights_sha256,
)
from pytest_localbench.adapters.huggingface import TransformersAdapter
from pytest_localbench.domain.model import Capabilities, ModelConfig
from pytest_localbench.domain.transformers_options import TransformersOptions
from pytest_localbench.errors import ConfigError, ModelUnavailable

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _own_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCALBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def config(**more):
    return ModelConfig(id="m", provider="transformers", **more)


def find(more, **options):
    return find_checkpoint(config(**more), TransformersOptions(**options))


def cached(tmp_path, **files):
    repo = tmp_path / "hub" / "models--org--name"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    folder = write_checkpoint(repo / "snapshots" / COMMIT)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_and_a_file_are_taken_as_they_are(tmp_path):
    folder = write_checkpoint(tmp_path / "model")
    assert find({"path": str(folder)}).folder == folder
    (tmp_path / "w.gguf").write_bytes(b"GGUF")
    assert find({"path": str(tmp_path / "w.gguf")}).gguf == tmp_path / "w.gguf"
    (folder / "q4.gguf").write_bytes(b"GGUF")
    assert find({"path": str(folder)}, gguf="q4.gguf").gguf == folder / "q4.gguf"


@pytest.mark.parametrize("revision", [None, "main", COMMIT])
def test_a_name_is_looked_up_in_the_cache_of_the_hub(tmp_path, revision):
    folder = cached(tmp_path)
    found = find({"model": "org/name"}, revision=revision)
    assert (found.folder, found.repo, found.revision) == (folder, "org/name", COMMIT)


def test_what_is_not_there_is_fetched_only_when_that_is_allowed():
    with pytest.raises(
        ModelUnavailable, match=r"run 'hf download org/other --revision v2', or allow it with .*download"
    ):
        find({"model": "org/other"}, revision="v2")
    with pytest.raises(ModelUnavailable, match=r"run 'hf download org/other q4.gguf'"):
        find({"model": "org/other"}, gguf="q4.gguf")
    assert find({"model": "org/other"}, download=True) == Checkpoint(shown="org/other", repo="org/other")


def test_a_download_that_was_cut_off_is_fetched_again_or_named(tmp_path):
    (cached(tmp_path) / "model.safetensors").unlink()
    assert find({"model": "org/name"}, download=True).folder is None
    problem = TransformersAdapter(config(model="org/name")).preflight()
    assert problem == "org/name holds no weights in the safetensors format: run 'hf download org/name'."


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({}, ConfigError, "names no weights"),
        ({"model": "../etc"}, ConfigError, "names no weights"),
        ({"model": "smollm2"}, ModelUnavailable, "localbench models pull smollm2"),
        ({"path": "/no/such/folder"}, ModelUnavailable, "no weights file"),
        ({"path": __file__}, ModelUnavailable, "neither a checkpoint's folder nor a .gguf file"),
    ],
)
def test_names_that_lead_nowhere_are_one_sentence(more, error, says):
    with pytest.raises(error, match=says):
        find(more)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [({"HF_HUB_CACHE": "/a"}, "/a"), ({"HF_HOME": "/b"}, "/b/hub"), ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub")],
)
def test_the_cache_of_the_hub_is_where_its_client_keeps_it(monkeypatch, variables, folder):
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert hub_cache() == Path(folder)


def spoil(folder, how):
    weights = folder / "model.safetensors"
    if how == "none":
        weights.unlink()
    elif how == "pickle":
        weights.rename(folder / "pytorch_model.bin")
    elif how == "no config":
        (folder / "config.json").unlink()
    elif how == "missing shard":
        index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        weights.rename(folder / "model-1.safetensors")
    else:
        data = weights.read_bytes()
        weights.write_bytes(
            {"cut": data[:-5], "noise": b"\xff" * 40, "pointer": b"version https://git", "empty": b""}[how]
        )


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("none", "holds no weights in the safetensors format"),
        ("pickle", "pickle files, which can run code"),
        ("no config", "holds no config.json"),
        ("missing shard", r"model-2.safetensors cannot be read \(No such file"),
        ("cut", "is cut off or damaged"),
        ("noise", "is damaged or no safetensors file"),
        ("pointer", "is damaged or no safetensors file"),
        ("empty", "is damaged or no safetensors file"),
    ],
)
def test_weights_that_cannot_be_used_are_found_without_loading_them(tmp_path, how, says):
    folder = write_checkpoint(tmp_path / "model")
    spoil(folder, how)
    problem = TransformersAdapter(config(path=str(folder))).preflight()
    assert problem is not None
    with pytest.raises(ModelUnavailable, match=says):
        check_checkpoint(Checkpoint(shown="it", folder=folder), TransformersOptions())


def test_pickle_files_are_taken_when_they_are_trusted(tmp_path):
    folder = write_checkpoint(tmp_path / "model")
    spoil(folder, "pickle")
    adapter = TransformersAdapter(config(path=str(folder), options={"allow_pickle": True}))
    assert adapter.preflight() is None
    assert adapter.fingerprint()["allow_pickle"] is True


def test_a_missing_template_is_one_sentence_and_an_option_mends_it(tmp_path):
    folder = str(write_checkpoint(tmp_path / "model", template=None))
    assert "bring no chat template" in TransformersAdapter(config(path=folder)).preflight()
    mended = TransformersAdapter(config(path=folder, options={"chat_template": "chatml"}))
    assert mended.preflight() is None
    assert mended.fingerprint()["template_sha256"]


@pytest.mark.parametrize(
    ("name", "content", "template"),
    [
        ("chat_template.jinja", "{{ a }}", "{{ a }}"),
        ("chat_template.json", '{"chat_template": "{{ b }}"}', "{{ b }}"),
        ("tokenizer_config.json", '{"chat_template": "{{ c }}"}', "{{ c }}"),
        ("tokenizer_config.json", '{"chat_template": [{"name": "default", "template": "{{ d }}"}]}', "{{ d }}"),
        ("tokenizer_config.json", '{"chat_template": [{"name": "rag", "template": "{{ e }}"}]}', None),
        ("tokenizer_config.json", "[broken", None),
    ],
)
def test_templates_are_found_wherever_they_are_kept(tmp_path, name, content, template):
    folder = write_checkpoint(tmp_path / "model", template=None)
    (folder / name).write_text(content)
    assert read_facts(Checkpoint(shown="it", folder=folder)).chat_template == template


def test_capabilities_come_from_config_and_template(tmp_path):
    folder = write_checkpoint(
        tmp_path / "model", "{{ tools }} <think>", vision_config={}, text_config={"max_position_embeddings": 4096}
    )
    found = TransformersAdapter(config(path=str(folder))).capabilities()
    assert (found.vision, found.tools, found.thinking, found.context_tokens) == (True, True, True, 4096)
    stated = config(path=str(folder), capabilities=Capabilities(vision=False), resources={"context_tokens": 100})
    assert TransformersAdapter(stated).capabilities().vision is False
    assert TransformersAdapter(stated).capabilities().context_tokens == 100


def test_what_is_not_downloaded_yet_is_unknown_and_learned_later(tmp_path):
    adapter = TransformersAdapter(config(model="org/name", options={"download": True}))
    assert adapter.preflight() is None
    assert adapter.capabilities().vision is None
    assert "vision" in adapter.learns()
    cached(tmp_path)
    assert adapter.capabilities().vision is False
    assert "vision" in adapter.learns()
    assert adapter.fingerprint()["revision"] == COMMIT
    assert TransformersAdapter(adapter.config).learns() == frozenset()


@pytest.mark.parametrize(
    ("options", "megabytes"),
    [({"device": "cpu"}, 240), ({"device": "cpu", "dtype": "bfloat16"}, 120), ({}, None), ({"device": "cuda"}, None)],
)
def test_memory_is_estimated_for_what_runs_on_a_processor(tmp_path, options, megabytes):
    folder = write_checkpoint(tmp_path / "model", dtype="bfloat16")
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(100_000_000)
    needed = TransformersAdapter(config(path=str(folder), options=options)).memory_needed_bytes()
    assert needed == (None if megabytes is None else megabytes * 1_000_000)


def test_layers_of_llama_cpp_are_not_ignored(tmp_path):
    folder = str(write_checkpoint(tmp_path / "model"))
    adapter = TransformersAdapter(config(path=folder, resources={"gpu_layers": 9}))
    assert "'resources: gpu_layers' is not for transformers" in adapter.preflight()


def test_weights_are_known_by_their_content(tmp_path):
    folder = write_checkpoint(tmp_path / "model")
    whole = Checkpoint(shown="it", folder=folder)
    assert weights_sha256(whole) == hashlib.sha256(safetensors()).hexdigest()
    spoil(folder, "missing shard")
    (folder / "model-2.safetensors").write_bytes(safetensors(3))
    first = weights_sha256(whole)
    (folder / "model-2.safetensors").write_bytes(safetensors(4))
    assert weights_sha256(whole) not in {first, hashlib.sha256(safetensors()).hexdigest()}


def test_files_of_the_hub_are_named_by_their_hash(tmp_path):
    folder = cached(tmp_path)
    blob = tmp_path / "hub" / "models--org--name" / "blobs" / ("ab" * 32)
    blob.parent.mkdir()
    (folder / "model.safetensors").rename(blob)
    (folder / "model.safetensors").symlink_to(blob)
    assert weights_sha256(find({"model": "org/name"})) == "ab" * 32


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"quantize": True}, "unknown option 'quantize'"),
        ({"device": "gpu"}, "is no device"),
        ({"chat_template": "llama"}, "neither 'chatml' nor a Jinja template"),
        ({"model_kwargs": {"dtype": "float16"}}, "has an option of its own"),
        ({"trust_remote_code": True, "download": True}, "needs a 'revision'"),
    ],
)
def test_options_are_checked(tmp_path, options, says):
    folder = str(write_checkpoint(tmp_path / "model"))
    assert says in TransformersAdapter(config(path=folder, options=options)).preflight()
