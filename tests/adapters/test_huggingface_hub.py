"""Downloads of the transformers adapter, from a double of the hub."""

from __future__ import annotations

import pytest
from hub_double import COMMIT, HubDouble

from pytest_localbench.adapters.huggingface import TransformersAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import ModelUnavailable

pytestmark = pytest.mark.real_model


@pytest.fixture
def hub(tiny_text_model, tmp_path, monkeypatch):
    server = HubDouble(tiny_text_model)
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def make():
    made = []

    def build(model="org/tiny", **options):
        adapter = TransformersAdapter(ModelConfig(id="m", provider="transformers", model=model, options=options))
        made.append(adapter)
        return adapter

    yield build
    for adapter in made:
        adapter.close()


def test_a_model_is_fetched_once_and_then_found_without_asking(hub, make, ask_for):
    with pytest.raises(ModelUnavailable, match="run 'hf download org/tiny'"):
        make().open()
    assert hub.paths == []
    first = make(download=True)
    first.open()
    assert first.generate(ask_for(params={"max_tokens": 2})).usage.output_tokens == 2
    first.close()
    assert first.notes() == ("fetching org/tiny from the Hugging Face hub",)
    assert first.capabilities().context_tokens == 512
    assert first.fingerprint()["revision"] == COMMIT
    assert any(path.endswith("model.safetensors") for path in hub.paths)
    hub.paths.clear()
    second = make()
    second.open()
    assert second.fingerprint()["weights_sha256"] == first.fingerprint()["weights_sha256"]
    assert hub.paths == []


def test_what_the_hub_does_not_give_is_one_sentence(hub, make, monkeypatch):
    with pytest.raises(ModelUnavailable, match="does not give it to you: check name and revision, or log in"):
        make("org/none", download=True).open()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.paths.clear()
    with pytest.raises(ModelUnavailable, match=r"cannot be reached \(or HF_HUB_OFFLINE is set\)"):
        make("org/none", download=True).open()
    assert hub.paths == []
