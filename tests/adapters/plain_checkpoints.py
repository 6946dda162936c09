"""Checkpoints without a model: the files that tell what it would be."""

from __future__ import annotations

import json
import struct
from pathlib import Path


def safetensors(values: int = 8) -> bytes:
    """A whole safetensors file with one tensor of float32 zeros."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [values], "data_offsets": [0, 4 * values]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4 * values)


def write_checkpoint(folder: Path, template: str | None = "{{ messages }}", **config: object) -> Path:
    """A folder that looks like a small text model."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {"architectures": ["TinyForCausalLM"], "max_position_embeddings": 64, **config}
    (folder / "config.json").write_text(json.dumps(made))
    (folder / "model.safetensors").write_bytes(safetensors())
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    return folder
