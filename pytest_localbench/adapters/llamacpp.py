"""GGUF files through llama.cpp, in a child process of its own.

Model file: ``path`` (or ``model: smollm2``) and ``resources``: ``context_tokens`` (window of one request; default: the
trained context, at most 8192), ``threads`` (default: one less than the processors we may use), ``gpu_layers`` (default
0; -1 = all), ``devices``. ``options``: see :class:`LlamaCppOptions`; ``chat_template`` is ``chatml`` or another name
that llama.cpp knows (or a template), for weights that bring none. Unless a task or the model file says otherwise:
temperature 0, seed 7; the prompt cache is off, because reuse changes answers from run to run.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..domain.llamacpp_options import LlamaCppOptions
from ..domain.model import Capabilities, ModelConfig
from ..errors import LocalbenchError, ModelUnavailable
from .chat_api import ChatApi
from .child import DEFAULTS, ChildAdapter
from .gguf import GgufHeader, read_header, sha256_of
from .options import read_options
from .quirks import Dialect
from .weights import cache_dir, resolve_weights
from .wire import WireClient

MAX_DEFAULT_CONTEXT = 8192
LOADED_SHARE = 1.2
_SERVER = {"mmproj", "chat_template", "load_timeout_s"}
"""Options that are no plain setting of the server."""


class LlamaCppAdapter(ChildAdapter):
    """One GGUF file."""

    module = "pytest_localbench.adapters.llamacpp_server"
    runtime = "llama.cpp"

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._header: GgufHeader | None = None

    def capabilities(self) -> Capabilities:
        """What the header of the file tells, without loading it; what the model file states wins, but for vision."""
        stated = self.config.capabilities
        try:
            header = read_header(resolve_weights(self.config))
        except LocalbenchError:
            return stated
        template = self.config.options.get("chat_template") or header.chat_template or ""
        sees = bool(self.config.options.get("mmproj"))
        found = Capabilities(
            tools="tools" in template,
            json_schema=True,
            thinking="<think>" in template or "enable_thinking" in template,
            system_prompt=True,
            context_tokens=self._context(header),
        )
        # Without its projector no model sees, whatever its file states.
        vision = sees and stated.vision is not False
        return found.model_copy(update={**stated.model_dump(exclude_none=True), "vision": vision})

    def memory_needed_bytes(self) -> int | None:
        """The weights (and those for vision) and a fifth more for cache and buffers; unknown when a GPU holds layers."""
        if self.config.resources.gpu_layers:
            return None
        eyes = self.config.options.get("mmproj")
        files = [resolve_weights(self.config), *([Path(str(eyes)).expanduser()] if eyes else [])]
        return int(sum(file.stat().st_size for file in files if file.is_file()) * LOADED_SHARE)

    def fingerprint(self) -> dict[str, Any]:
        """Hash of the weights, template, runtime and the settings that change answers or speed."""
        path = resolve_weights(self.config)
        header = read_header(path)
        template = self.config.options.get("chat_template") or header.chat_template
        eyes = self.config.options.get("mmproj")
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
            "sampling": {**DEFAULTS, **self.config.generation.model_dump(mode="json", exclude_defaults=True)},
            **self._server_options(read_options(self.config, LlamaCppOptions)),
            **({"mmproj_sha256": sha256_of(Path(eyes).expanduser(), cache_dir())} if eyes else {}),
        }

    def check(self) -> None:
        """Raise ConfigError or ModelUnavailable when the file cannot be used."""
        options = read_options(self.config, LlamaCppOptions)
        self._header = read_header(resolve_weights(self.config))
        if options.mmproj is not None:
            self._check_projector(Path(options.mmproj).expanduser())
        if not self._header.chat_template and not options.chat_template:
            raise ModelUnavailable(
                f"the weights of model '{self.config.id}' bring no chat template (a base model?): name the one to use, "
                "e.g. 'options: {chat_template: chatml}'."
            )

    def settings(self) -> dict[str, Any]:
        """What the child is told."""
        path = resolve_weights(self.config)
        options = read_options(self.config, LlamaCppOptions)
        return {
            "path": str(path),
            "alias": self.config.id,
            "mmproj": str(Path(options.mmproj).expanduser()) if options.mmproj else None,
            "chat_template": options.chat_template,
            "n_ctx": self._context(self._header or read_header(path)),
            "parallel": self.config.concurrency,
            "threads": self.threads(),
            "gpu_layers": self.config.resources.gpu_layers or 0,
            "options": self._server_options(options),
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
        return ChatApi(
            wire, "/v1/chat/completions", self.config.id, dialect=Dialect(reasoning="template"), always=always
        )

    def _check_projector(self, path: Path) -> None:
        header = read_header(path)
        if header.architecture != "clip":
            raise ModelUnavailable(
                f"model '{self.config.id}': 'mmproj' names {path}, which is no projector (its architecture is "
                f"'{header.architecture}', not 'clip'); it comes beside the weights of a vision model."
            )

    def _server_options(self, options: LlamaCppOptions) -> dict[str, Any]:
        """What was stated of the server's own settings."""
        return options.model_dump(exclude=_SERVER, exclude_defaults=True, mode="json")

    def _context(self, header: GgufHeader) -> int:
        return self.config.resources.context_tokens or min(
            header.context_length or MAX_DEFAULT_CONTEXT, MAX_DEFAULT_CONTEXT
        )


def _version() -> str:
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
