"""OpenAI and everything that speaks its chat dialect (DeepSeek, vLLM, LM Studio, llama-server ...), without an SDK.

Model file: ``model``, ``api_key`` (a reference; optional on this machine), ``base_url`` (default: that of the preset)
and ``options``, see :class:`ChatOptions`: a stream may be silent for 120 s before its answer (on this machine: until
the deadline) and for 60 s within it. What a server is known for by the provider's name stands in ``presets``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..domain.chat_options import ChatOptions
from ..domain.model import Capabilities, ModelConfig
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import ConfigError, GenerationFailed
from .chat_api import ChatApi, chat_path
from .options import read_options
from .presets import preset_of
from .secrets import Secret, fill, resolve
from .wire import FIRST_TOKEN_S, IDLE_S, WireClient
from .wired import WiredAdapter


class OpenAIAdapter(WiredAdapter):
    """One model of a chat-completions server."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._preset = preset_of(config.provider)
        self._found = Capabilities()
        self._api: ChatApi | None = None

    def preflight(self) -> str | None:
        """What is wrong with the options, or with the key of a server that is not on this machine."""
        try:
            read_options(self.config, ChatOptions)
            if not self.config.is_local:
                self._key()
        except ConfigError as error:
            return str(error)
        return None

    def open(self) -> None:
        """Resolve the keys and ask a known local server what it serves; raises ConfigError or ModelError.

        Of other servers the first request shows whether they answer.
        """
        config, preset, subject = self.config, self._preset, f"model '{self.config.id}'"
        options = read_options(config, ChatOptions)
        if not config.model and preset.probe is None:
            raise ConfigError(f"{subject}: 'model' is missing (the name the server knows it by).")
        headers = {name: fill(value, subject) for name, value in options.headers.items()}
        key = self._key()
        if key is not None:
            headers["Authorization"] = f"Bearer {key.reveal()}"
        url = config.base_url or preset.base_url
        silence = None if config.is_local else FIRST_TOKEN_S
        wire = self._wire = WireClient(
            url,
            headers=headers,
            first_token_s=options.first_token_s or silence,
            idle_s=options.idle_s or IDLE_S,
        )
        path, model = chat_path(url), config.model
        if preset.probe is not None:
            model, self._found = preset.probe(wire, path.partition("?")[0].removesuffix("/chat/completions"), model)
        dialect = replace(preset.dialect, stream=options.stream)
        if config.base_url and config.provider == "openai":
            dialect = replace(dialect, limit_name="max_tokens")
        self._api = ChatApi(wire, path, model, dialect=dialect, always=preset.always)

    def capabilities(self) -> Capabilities:
        """What the model file states, then what the server told, then what is known of it beforehand."""
        layers = (self._preset.known, self._found, self.config.capabilities)
        stated = {name: value for layer in layers for name, value in layer.model_dump(exclude_none=True).items()}
        if self._found.vision is False:
            stated["vision"] = False  # the server knows: a picture would be lost
        return Capabilities(**stated)

    def learns(self) -> frozenset[str]:
        """What a known local server tells."""
        return self._preset.learns

    def _key(self) -> Secret | None:
        reference = self.config.api_key or (None if self.config.base_url else self._preset.key)
        return None if reference is None else resolve(reference, f"model '{self.config.id}'")

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once."""
        if self._api is None:
            raise GenerationFailed(f"model '{self.config.id}' is not open", retryable=False)
        return self._api.ask(request)

    def fingerprint(self) -> dict[str, Any]:
        """Address and model name."""
        return {
            "base_url": self.config.base_url or self._preset.base_url,
            "model": self._api.model if self._api is not None else self.config.model,
        }
