"""What a run records of its machine: comparable times need the same processors, memory, quota and GPUs."""

from __future__ import annotations

import pytest

from pytest_localbench.adapters.llamacpp import LlamaCppAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.engine import asking, environment
from pytest_localbench.engine.asking import Asker
from pytest_localbench.engine.environment import describe_machine
from pytest_localbench.errors import ModelUnavailable


class OneGpu:
    def describe(self):
        return {"devices": [{"name": "Some GPU", "memory_bytes": 8}], "driver": "550.1"}


@pytest.fixture
def plain(monkeypatch):
    monkeypatch.setattr(environment, "gpus", lambda: None)
    monkeypatch.setattr(environment, "processor_quota", lambda: None)
    monkeypatch.setattr(environment, "governor", lambda: None)
    return describe_machine(workers=3)


def test_what_is_not_known_is_left_out(plain):
    assert set(plain.facts) == {"kernel", "usable_processors"}
    assert (plain.workers, len(plain.machine)) == (3, 12)
    assert plain == describe_machine(workers=3)


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("processor_quota", 1.5, "processor_quota"),
        ("gpus", OneGpu(), "gpu"),
        ("usable_processors", 1, "usable_processors"),
    ],
)
def test_what_changes_times_changes_the_fingerprint(plain, monkeypatch, name, value, fact):
    monkeypatch.setattr(environment, "usable_processors", lambda: 97)
    before = describe_machine()
    monkeypatch.setattr(environment, name, lambda: value)
    after = describe_machine()
    assert after.machine != before.machine
    assert fact in after.facts


def test_how_the_clock_is_governed_is_told(plain, monkeypatch):
    monkeypatch.setattr(environment, "governor", lambda: "powersave")
    assert describe_machine().facts["governor"] == "powersave"


def test_weights_that_do_not_fit_are_not_loaded(tmp_path, monkeypatch):
    weights = tmp_path / "big.gguf"
    weights.write_bytes(b"w" * 1_000_000)
    monkeypatch.setattr(asking, "available_bytes", lambda: 1_100_000)
    asker = Asker(tmp_path, lambda *_, **__: None)
    config = ModelConfig(id="big", provider="llamacpp", path=str(weights))
    assert LlamaCppAdapter(config).memory_needed_bytes() == 1_200_000
    with pytest.raises(ModelUnavailable, match=r"model 'big' needs about 0\.0 GB of memory"):
        asker.adopt(LlamaCppAdapter(config))
    on_gpu = config.model_copy(update={"resources": config.resources.model_copy(update={"gpu_layers": -1})})
    asker.adopt(LlamaCppAdapter(on_gpu))
