"""What goes wrong in the child of the transformers adapter, in words; and how model files name its models."""

from __future__ import annotations

import json

import pytest

from pytest_localbench.adapters.huggingface_load import explain, is_out_of_memory
from pytest_localbench.adapters.huggingface_rows import Row
from pytest_localbench.adapters.huggingface_runtime import Runtime
from pytest_localbench.errors import ModelFileError
from pytest_localbench.suite.models import load_model_file, select_models


class SafetensorError(Exception):
    """As the package raises it."""


class LocalEntryNotFoundError(OSError):
    """As the hub's client raises it."""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "does not fit into memory; choose a smaller 'options: dtype'"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), "does not fit into memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "does not fit into memory"),
        (SafetensorError("invalid header"), "a weights file is damaged (invalid header); fetch it again"),
        (ImportError("requires bitsandbytes: `pip install -U bitsandbytes>=0.46`"), "pip install bitsandbytes"),
        (ModuleNotFoundError("No module named 'timm'", name="timm"), "it needs the package timm: pip install timm"),
        (json.JSONDecodeError("Expecting value", "", 0), "a JSON file of it is damaged; fetch it again"),
        (LocalEntryNotFoundError("no\nconnection"), "the Hugging Face hub cannot be reached"),
        (ValueError("two\nlines"), "ValueError: two lines"),
    ],
)
def test_errors_of_loading_say_how_to_mend_them(error, says):
    assert says in explain(error)
    assert "\n" not in explain(error)


def test_only_memory_errors_are_memory_errors():
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
    assert not is_out_of_memory(ValueError("out of memory"))


@pytest.mark.parametrize(
    ("error", "says"),
    [(RuntimeError("CUDA out of memory"), "not enough memory for the answer; lower 'concurrency'"),
     (IndexError("no such row"), "generation failed: IndexError: no such row")],
)  # fmt: skip
def test_a_failed_generation_fails_its_rows_and_nothing_else(error, says):
    class Failing(Runtime):
        freed = False

        def __init__(self):
            """Nothing is loaded."""

        def _generate(self, rows):
            raise error

        def _free(self):
            self.freed = True

    runtime = Failing()
    rows = [Row(inputs={}, prompt_tokens=1, limit=5, decode=lambda ids: "x" * len(ids)) for _ in range(2)]
    runtime.generate(rows)
    for row in rows:
        event = row.events.get_nowait()
        assert says in event["error"]["message"]
        assert event["error"]["code"] == 400
        assert row.events.get_nowait() is None
    assert runtime.freed is ("memory" in says)


def test_options_of_a_model_file_are_checked_with_their_line(tmp_path):
    path = tmp_path / "hf.yaml"
    path.write_text("provider: transformers\nmodel: org/name\noptions:\n  dtype: bfloat16\n  torch_dtype: float16\n")
    with pytest.raises(ModelFileError, match=r"hf.yaml:5: .*write 'options: \{dtype: bfloat16\}'"):
        load_model_file(path, tmp_path)
    path.write_text("provider: transformers\npath: weights\noptions: {dtype: float64}\n")
    with pytest.raises(ModelFileError, match=r"hf.yaml:3: .*dtype"):
        load_model_file(path, tmp_path)


def test_models_can_be_named_without_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["transformers:org/Name", "transformers:./folder", "transformers:w.gguf"]
    hub, folder, weights = select_models(names, {})
    assert (hub.model, hub.path, hub.is_local) == ("org/Name", None, True)
    assert folder.path == str(tmp_path / "folder")
    assert weights.path == str(tmp_path / "w.gguf")
