"""What ``options`` of a ``transformers`` model may hold."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from .base import Frozen, PlainJson


class TransformersOptions(Frozen):
    """How weights are found and loaded; ``None`` = the adapter's documented default.

    ``gguf`` names a file inside the repository or folder; ``model_kwargs`` go to ``from_pretrained`` as they are.
    """

    model_config = ConfigDict(protected_namespaces=())
    ELSEWHERE: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("max_length", "n_ctx", "context"), "resources: {context_tokens: 8192}"),
        **dict.fromkeys(("threads", "num_threads"), "resources: {threads: 4}"),
        **dict.fromkeys(("batch_size", "parallel"), "concurrency: 8"),
        "torch_dtype": "options: {dtype: bfloat16}",
        "quantization_config": "options: {model_kwargs: {quantization_config: {load_in_4bit: true}}}",
        "gguf_file": "options: {gguf: FILE.gguf}",
    }

    device: str = "auto"
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    device_map: str | dict[str, PlainJson] | None = None
    model_kwargs: dict[str, PlainJson] = Field(default_factory=dict)
    chat_template: str | None = None
    gguf: str | None = None
    revision: str | None = None
    download: bool = False
    trust_remote_code: bool = False
    allow_pickle: bool = False
    load_timeout_s: float = Field(default=600.0, gt=0)

    @field_validator("device")
    @classmethod
    def _is_device(cls, value: str) -> str:
        if not re.fullmatch(r"auto|cpu|mps|(cuda|xpu)(:\d+)?", value):
            raise ValueError("is no device: write auto, cpu, cuda, cuda:1, mps or xpu")
        return value

    @field_validator("chat_template")
    @classmethod
    def _is_template(cls, value: str | None) -> str | None:
        if value is not None and value != "chatml" and "{{" not in value:
            raise ValueError("is neither 'chatml' nor a Jinja template")
        return value

    @field_validator("model_kwargs")
    @classmethod
    def _not_ours(cls, value: dict[str, PlainJson]) -> dict[str, PlainJson]:
        ours = {"dtype", "torch_dtype", "device_map", "trust_remote_code", "use_safetensors", "local_files_only",
                "revision", "gguf_file", "pretrained_model_name_or_path"}  # fmt: skip
        if taken := sorted(ours & value.keys()):
            raise ValueError(f"'{taken[0]}' has an option of its own")
        return value

    @model_validator(mode="after")
    def _code_is_pinned(self) -> TransformersOptions:
        if self.trust_remote_code and self.download and not re.fullmatch(r"[0-9a-f]{40}", self.revision or ""):
            raise ValueError(
                "'trust_remote_code' with 'download' needs a 'revision': the commit (40 hex digits) you read"
            )
        return self
