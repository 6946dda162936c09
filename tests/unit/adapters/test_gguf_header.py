"""GGUF headers: what is read, and which files are refused with a sentence."""

from __future__ import annotations

import hashlib
import struct

import pytest

from pytest_localbench.adapters.gguf import read_header, sha256_of
from pytest_localbench.adapters.llamacpp import LlamaCppAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import ModelUnavailable

TEMPLATE = "{% for m in messages %}{{ m }}{% endfor %}"


def text(value):
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def gguf(template=TEMPLATE, version=3, values=64, context=2048):
    """A small file: one F16 tensor of ``values`` numbers."""
    pairs = [
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("general.file_type") + struct.pack("<II", 4, 15),
        text("llama.context_length") + struct.pack("<II", 4, context),
        text("tokenizer.chat_template") + struct.pack("<I", 8) + text(template),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
        text("tokenizer.ggml.scores") + struct.pack("<IIQff", 9, 6, 2, 0.5, 1.5),
    ]
    head = b"GGUF" + struct.pack("<IQQ", version, 1, len(pairs)) + b"".join(pairs)
    head += text("w") + struct.pack("<IQIQ", 1, values, 1, 0)
    return head + b"\0" * (-len(head) % 32) + b"\1" * (2 * values)


@pytest.fixture
def write(tmp_path):
    def put(data):
        path = tmp_path / "model.gguf"
        path.write_bytes(data)
        return path

    return put


@pytest.mark.parametrize("version", [2, 3])
def test_header_is_read(write, version):
    header = read_header(write(gguf(version=version)))
    assert (header.architecture, header.file_type, header.context_length) == ("llama", "Q4_K_M", 2048)
    assert header.chat_template == TEMPLATE


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"PK\3\4 zip", "not a GGUF file"),
        (b"version https://git-lfs", "Git LFS pointer"),
        (b"GGUF", "cut off inside its header"),
        (gguf()[:90], "cut off inside its header"),
        (gguf()[:-10], "is cut off: "),
        (gguf(version=7), "version 7"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 1), "absurd"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**63) + b"x", "cut off inside its header"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<I", 99), "damaged"),
    ],
)
def test_unusable_files_are_refused(write, data, says):
    path = write(data)
    with pytest.raises(ModelUnavailable, match=says) as caught:
        read_header(path)
    assert str(path) in str(caught.value)


def test_every_shortened_file_is_refused(write):
    whole = gguf()
    for size in range(0, len(whole), 7):
        with pytest.raises(ModelUnavailable):
            read_header(write(whole[:size]))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        read_header(tmp_path / "none.gguf")
    with pytest.raises(ModelUnavailable, match="is a folder"):
        read_header(tmp_path)


def test_sha256_is_remembered_until_the_file_changes(write, tmp_path):
    path = write(b"one")
    assert sha256_of(path, tmp_path / "cache") == hashlib.sha256(b"one").hexdigest()
    assert "model.gguf" in (tmp_path / "cache/sha256.json").read_text()
    path.write_bytes(b"twenty-two")
    assert sha256_of(path, tmp_path / "cache") == hashlib.sha256(b"twenty-two").hexdigest()


def adapter(path, **more):
    return LlamaCppAdapter(ModelConfig(id="mine", provider="llamacpp", path=str(path), **more))


def test_capabilities_come_from_the_header(write):
    found = adapter(write(gguf())).capabilities()
    assert (found.vision, found.tools, found.json_schema, found.system_prompt) == (False, False, True, True)
    assert found.context_tokens == 2048
    path = write(gguf(template="{{ tools }} <think>", context=131072))
    found = adapter(path).capabilities()
    assert (found.tools, found.thinking, found.context_tokens) == (True, True, 8192)
    found = adapter(path, capabilities={"tools": False}, resources={"context_tokens": 512}).capabilities()
    assert (found.tools, found.context_tokens) == (False, 512)


def test_preflight_says_what_is_missing(write, tmp_path, monkeypatch):
    monkeypatch.setenv("LOCALBENCH_CACHE_DIR", str(tmp_path / "empty"))
    smollm2 = LlamaCppAdapter(ModelConfig(id="smollm2", provider="llamacpp", model="smollm2"))
    assert smollm2.preflight() == "smollm2 has not been fetched yet: run 'localbench models pull smollm2'"
    assert smollm2.capabilities().context_tokens is None
    assert "names no weights" in LlamaCppAdapter(ModelConfig(id="x", provider="llamacpp")).preflight()
    assert "there is no weights file" in adapter(tmp_path / "none.gguf").preflight()
    assert "is cut off" in adapter(write(gguf()[:-10])).preflight()
    assert adapter(write(gguf())).preflight() is None
    assert "unknown option 'mmprj'" in adapter(write(gguf()), options={"mmprj": "x"}).preflight()


def test_weights_without_a_template_need_one_named(write):
    bare = write(gguf(template=""))
    assert "bring no chat template" in adapter(bare).preflight()
    named = adapter(bare, options={"chat_template": "chatml"})
    assert named.preflight() is None
    assert named.fingerprint()["template_sha256"] == hashlib.sha256(b"chatml").hexdigest()


def test_one_of_the_processors_we_may_use_is_left_free(write, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert adapter(write(gguf())).fingerprint()["threads"] == 2
    assert adapter(write(gguf()), resources={"threads": 1}).fingerprint()["threads"] == 1
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    assert adapter(write(gguf())).fingerprint()["threads"] == 1


def test_a_file_that_llama_cpp_refuses_is_unavailable(write):
    pytest.importorskip("xllamacpp")
    broken = adapter(write(gguf()))
    with pytest.raises(ModelUnavailable, match="could not load model 'mine'"):
        broken.open()
    broken.close()
