"""A model to be benchmarked: one file of ``data/models/``."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from functools import cached_property
from urllib.parse import urlsplit

from pydantic import Field

from .address import ollama_url
from .base import Frozen, Id, PlainJson
from .task import GenerationParams, SourceRef

CHAT_PROVIDERS = frozenset({"openai", "deepseek", "vllm", "lmstudio", "llama-server"})
"""Providers that speak the chat-completions dialect."""

LOCAL_PROVIDERS = frozenset({"llamacpp", "scripted", "transformers", "vllm", "lmstudio", "llama-server"})
"""Providers that run on this machine unless a ``base_url`` says otherwise."""


class Pricing(Frozen):
    """USD per million tokens, with the day the price was read."""

    input_usd_per_mtok: float = Field(ge=0)
    output_usd_per_mtok: float = Field(ge=0)
    cached_input_usd_per_mtok: float | None = Field(default=None, ge=0)
    as_of: str | None = None


class Capabilities(Frozen):
    """What the model can do; ``None`` = not known."""

    vision: bool | None = None
    tools: bool | None = None
    json_schema: bool | None = None
    thinking: bool | None = None
    system_prompt: bool | None = None
    context_tokens: int | None = Field(default=None, gt=0)
    max_picture_bytes: int | None = Field(default=None, gt=0)


class Resources(Frozen):
    """What a local runtime may take; ``None`` = the adapter's documented default.

    ``devices``: the GPUs that it may see, by number or id (an empty list: none).
    """

    threads: int | None = Field(default=None, gt=0)
    context_tokens: int | None = Field(default=None, gt=0)
    gpu_layers: int | None = Field(default=None, ge=-1)
    devices: tuple[int | str, ...] | None = None
    memory_mb: float | None = Field(default=None, gt=0)


class ModelConfig(Frozen):
    """One configured model.

    ``model`` is the provider's own name, ``path`` a weights file. ``api_key`` is a reference such as
    ``${env:OPENAI_API_KEY}``, never a key. ``base_urls``: several servers that serve the same; questions spread over them. ``lane``: models of one lane are never asked side by side. ``previous_ids``:
    names the model had; comparisons with earlier runs find it by them.
    """

    id: Id
    provider: str
    model: str = ""
    path: str | None = None
    base_url: str | None = None
    base_urls: tuple[str, ...] = ()
    api_key: str | None = None
    lane: str | None = None
    concurrency: int = Field(default=1, ge=1, le=256)
    warmup: bool | None = None
    capabilities: Capabilities = Capabilities()
    generation: GenerationParams = GenerationParams()
    pricing: Pricing | None = None
    resources: Resources = Resources()
    options: dict[str, PlainJson] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    previous_ids: tuple[Id, ...] = ()
    source: SourceRef | None = None

    @cached_property
    def is_local(self) -> bool:
        """True when the model runs on this machine (no data leaves it, no API bill)."""
        if self.provider == "ollama":
            urls = [ollama_url(url) for url in self.base_urls or (self.base_url,)]
            return all(map(is_loopback, urls)) and not self.model.endswith((":cloud", "-cloud"))
        if self.base_urls:
            return all(map(is_loopback, self.base_urls))
        if self.base_url is None:
            return self.provider in LOCAL_PROVIDERS
        return is_loopback(self.base_url)

    def at(self, url: str) -> ModelConfig:
        """The model at one of its addresses."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return ModelConfig(**{**fields, "base_url": url, "base_urls": ()})

    @property
    def lane_id(self) -> str:
        """The lane: local models share ``local``, every remote model has one of its own."""
        return self.lane or ("local" if self.is_local else self.id)

    @cached_property
    def config_hash(self) -> str:
        """16 hex digits over what can change an answer; a renamed model keeps them."""
        free = {"id", "source", "tags", "lane", "pricing", "api_key", "previous_ids"}
        data = self.model_dump(mode="json", exclude=free if self.base_urls else free | {"base_urls"})
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def is_loopback(url: str) -> bool:
    """True for addresses of this machine."""
    host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
