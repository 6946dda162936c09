"""GGUF files through llama.cpp, in a child process of its own.

Model file: ``path`` (or ``model: smollm2``) and ``resources``: ``context_tokens`` (window of one request; default: the
trained context, at most 8192), ``threads`` (default: one less than the processors we may use), ``gpu_layers`` (default
0). ``options``: ``mmproj`` (vision weights), ``chat_template`` (``chatml`` or another name that llama.cpp knows, for
weights that bring none), ``load_timeout_s`` (default 300). Unless a task or the model file says
otherwise: temperature 0, seed 7; the prompt cache is off, because reuse changes answers from run to run.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping
from typing import Any

from ..domain.model import Capabilities, ModelConfig
from ..errors import LocalbenchError, ModelUnavailable
from .chat_api import ChatApi
from .child import DEFAULTS, ChildAdapter
from .gguf import GgufHeader, read_header, sha256_of
from .quirks import Dialect
from .weights import cache_dir, resolve_weights
from .wire import WireClient

MAX_DEFAULT_CONTEXT = 8192
_OPTIONS = frozenset({"mmproj", "chat_template", "load_timeout_s"})


class LlamaCppAdapter(ChildAdapter):
    """One GGUF file."""

    module = "pytest_localbench.adapters.llamacpp_server"
    runtime = "llama.cpp"

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._header: GgufHeader | None = None

    def capabilities(self) -> Capabilities:
        """What the header of the file tells, without loading it; what the model file states wins."""
        stated = self.config.capabilities
        try:
            header = read_header(resolve_weights(self.config))
        except LocalbenchError:
            return stated
        template = self.config.options.get("chat_template") or header.chat_template or ""
        found = Capabilities(
            vision=bool(self.config.options.get("mmproj")),
            tools="tools" in template,
            json_schema=True,
            thinking="<think>" in template or "enable_thinking" in template,
            system_prompt=True,
            context_tokens=self._context(header),
        )
        return found.model_copy(update=stated.model_dump(exclude_none=True))

    def fingerprint(self) -> dict[str, Any]:
        """Hash of the weights, template, runtime and the settings that change answers or speed."""
        path = resolve_weights(self.config)
        header = read_header(path)
        template = self.config.options.get("chat_template") or header.chat_template
        return {
            "weights": path.name,
            "weights_sha256": sha256_of(path, cache_dir()),
            "weights_bytes": header.size_bytes,
            "architecture": header.architecture,
            "file_type": header.file_type,
            "template_sha256": hashlib.sha256(template.encode()).hexdigest() if template else None,
            "runtime": f"xllamacpp {_version()}",
            "context_tokens": self._context(header),
            "threads": self.threads(),
            "gpu_layers": self.config.resources.gpu_layers or 0,
        }

    def check(self) -> None:
        """Raise ConfigError or ModelUnavailable when the file cannot be used."""
        self.refuse_unknown_options(_OPTIONS)
        self._header = read_header(resolve_weights(self.config))
        if not self._header.chat_template and not self.config.options.get("chat_template"):
            raise ModelUnavailable(
                f"the weights of model '{self.config.id}' bring no chat template (a base model?): name the one to use, "
                "e.g. 'options: {chat_template: chatml}'."
            )

    def settings(self) -> dict[str, Any]:
        """What the child is told."""
        path = resolve_weights(self.config)
        options = self.config.options
        return {
            "path": str(path),
            "alias": self.config.id,
            "mmproj": options.get("mmproj"),
            "chat_template": options.get("chat_template"),
            "n_ctx": self._context(self._header or read_header(path)),
            "parallel": self.config.concurrency,
            "threads": self.threads(),
            "gpu_layers": self.config.resources.gpu_layers or 0,
        }

    def connect(self, ready: Mapping[str, Any]) -> ChatApi:
        """The client of a loaded child."""
        header = self._header or read_header(resolve_weights(self.config))
        # llama.cpp drops kept connections now and then; a new one on loopback costs nothing.
        wire = WireClient(
            ready["url"],
            headers={"Connection": "close"},
            context_hint=self.context_hint(self._context(header)),
            idle_s=None,  # our own child works as long as it lives: it is slow, never silent
        )
        always = {**DEFAULTS, "cache_prompt": False}
        return ChatApi(wire, "/v1/chat/completions", self.config.id, dialect=Dialect(reasoning="template"), always=always)

    def _context(self, header: GgufHeader) -> int:
        return self.config.resources.context_tokens or min(
            header.context_length or MAX_DEFAULT_CONTEXT, MAX_DEFAULT_CONTEXT
        )


def _version() -> str:
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
