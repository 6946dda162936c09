"""What ``options`` of an ``ollama`` model may hold."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field, field_validator

from .base import Frozen

_DURATION = re.compile(r"-?(\d+|(\d+(\.\d+)?(ns|us|ms|s|m|h))+)")


class OllamaOptions(Frozen):
    """``keep_alive``: how long Ollama keeps the model after a question (seconds, or a duration such as ``10m``)."""

    ELSEWHERE: ClassVar[dict[str, str]] = {
        "num_ctx": "resources: {context_tokens: 8192}",
        "num_thread": "resources: {threads: 4}",
        "num_gpu": "resources: {gpu_layers: 99}",
        "num_predict": "generation: {max_tokens: 512}",
        "think": "generation: {reasoning: off}",
        "temperature": "generation: {temperature: 0}",
        "seed": "generation: {seed: 7}",
        **dict.fromkeys(
            ("repeat_penalty", "num_batch", "mirostat", "min_p"),
            "generation: {extra: {options: {repeat_penalty: 1.1}}}",
        ),
    }

    keep_alive: str | float = "10m"
    stream: bool = True
    load_timeout_s: float = Field(default=300.0, gt=0)

    @field_validator("keep_alive")
    @classmethod
    def _keeps(cls, value: str | float) -> str | float:
        text = str(value)
        if isinstance(value, str) and not _DURATION.fullmatch(text):
            raise ValueError("must be seconds or a duration such as 10m; a negative one keeps the model")
        if not re.search(r"[1-9]", text):
            raise ValueError("0 would load the model anew for every question")
        return int(value) if isinstance(value, str) and re.fullmatch(r"-?\d+", value) else value
