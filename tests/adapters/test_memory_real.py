"""Memory of real weights, mapped and copied: the same figure, with the file-backed part told apart."""

from __future__ import annotations

import pytest

from pytest_localbench.adapters.llamacpp import LlamaCppAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ResultKey
from pytest_localbench.domain.task import GenerationParams, Task, TaskInput
from pytest_localbench.engine.asking import Asker
from pytest_localbench.engine.plan import Job

pytestmark = pytest.mark.real_model
MB = 1 << 20


def measured(path, tmp_path, mode):
    config = ModelConfig(id="m", provider="llamacpp", path=str(path), resources={"context_tokens": 512, "threads": 1},
                         options={"load_mode": mode})  # fmt: skip
    task = Task(id="t", title="T", category="c", input=TaskInput(prompt="Say hello in one word."), timeout_seconds=300,
                generation=GenerationParams(max_tokens=4))  # fmt: skip
    asker = Asker(tmp_path, lambda *_, **__: None)
    adapter = asker.adopt(LlamaCppAdapter(config))
    adapter.open()
    try:
        warm_up = asker.warm_up(adapter)["warm_up"]
        key = ResultKey(category="c", task="t", sample="-", model="m")
        return asker.ask(adapter, Job(key, task, task.samples[0], config)), warm_up
    finally:
        adapter.close()


def test_mapped_weights_count_as_much_as_copied_ones(smollm2, tmp_path):
    (mapped, warm_up), (copied, _) = (measured(smollm2, tmp_path, mode) for mode in ("mmap", "none"))
    assert mapped.memory.peak_bytes == pytest.approx(copied.memory.peak_bytes, rel=0.1)
    size = smollm2.stat().st_size
    assert mapped.memory.peak_bytes > size
    assert mapped.memory.file_mapped_bytes - copied.memory.file_mapped_bytes > 0.8 * size
    assert mapped.memory.method.startswith("RSS")
    assert mapped.memory.baseline_bytes is None
    assert (warm_up["output_tokens"], warm_up["cost_usd"]) == (1, 0.0)
    assert mapped.timing.speeds_from == "server"
    assert mapped.usage.cached_tokens == 0
