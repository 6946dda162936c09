"""What ``options`` of a ``llamacpp`` model may hold."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from .base import Frozen

CacheType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]


class LlamaCppOptions(Frozen):
    """Settings of llama.cpp; ``None`` = its own default. Window, threads and GPU layers stand under ``resources``."""

    ELSEWHERE: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("n_ctx", "ctx_size", "context", "num_ctx"), "resources: {context_tokens: 8192}"),
        **dict.fromkeys(("n_gpu_layers", "ngl", "gpu_layers", "num_gpu"), "resources: {gpu_layers: -1}"),
        **dict.fromkeys(("threads", "n_threads", "num_thread"), "resources: {threads: 4}"),
        **dict.fromkeys(("parallel", "n_parallel", "concurrency"), "concurrency: 2"),
        "n_batch": "options: {batch_size: 512}",
        "n_ubatch": "options: {ubatch_size: 512}",
    }

    mmproj: str | None = None
    chat_template: str | None = None
    load_timeout_s: float = Field(default=300.0, gt=0)
    batch_size: int | None = Field(default=None, gt=0)
    ubatch_size: int | None = Field(default=None, gt=0)
    threads_batch: int | None = Field(default=None, gt=0)
    flash_attention: Literal["auto", "on", "off"] | None = None
    cache_type_k: CacheType | None = None
    cache_type_v: CacheType | None = None
    load_mode: Literal["mmap", "mlock", "mmap_mlock", "direct_io", "none"] | None = None
    split_mode: Literal["none", "layer", "row"] | None = None
    tensor_split: tuple[Annotated[float, Field(ge=0)], ...] = Field(default=(), max_length=128)
    main_gpu: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _batches_fit(self) -> LlamaCppOptions:
        if self.batch_size is not None and self.ubatch_size is not None and self.ubatch_size > self.batch_size:
            raise ValueError("'ubatch_size' is above 'batch_size'")
        return self
