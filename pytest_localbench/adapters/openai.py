"""OpenAI and everything that speaks its chat dialect (DeepSeek, vLLM, LM Studio, llama-server ...), without an SDK.

Model file: ``model``, ``api_key`` (a reference; optional on this machine), ``base_url`` (default: OpenAI's own) and
``options``: ``stream`` (default true), ``headers`` (added to each request), ``first_token_s`` and ``idle_s`` (how long a
stream may be silent before its answer and within it; default 120, on this machine the deadline alone, and 60).
"""

from __future__ import annotations

from typing import Any

from ..domain.model import ModelConfig
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import ConfigError, GenerationFailed
from .base import Adapter
from .chat_api import ChatApi, chat_path
from .secrets import Secret, resolve
from .wire import FIRST_TOKEN_S, IDLE_S, WireClient

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_KEY = "${env:OPENAI_API_KEY}"
_OPTIONS = {"stream", "headers", "first_token_s", "idle_s"}


class OpenAIAdapter(Adapter):
    """One model of a chat-completions server."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._wire: WireClient | None = None
        self._api: ChatApi | None = None

    def preflight(self) -> str | None:
        """What is wrong with the key of a server that is not on this machine."""
        try:
            if not self.config.is_local:
                self._key()
        except ConfigError as error:
            return str(error)
        return None

    def open(self) -> None:
        """Resolve the key and read the options; raises ConfigError. The first request shows whether it answers."""
        config, subject = self.config, f"model '{self.config.id}'"
        unknown = sorted(set(config.options) - _OPTIONS)
        if unknown:
            raise ConfigError(f"{subject}: unknown option '{unknown[0]}'; known: {', '.join(sorted(_OPTIONS))}.")
        if not config.model:
            raise ConfigError(f"{subject}: 'model' is missing (the name the server knows it by).")
        extra = config.options.get("headers") or {}
        if not isinstance(extra, dict):
            raise ConfigError(f"{subject}: 'headers' must be a mapping of names and values.")
        headers = {str(name): str(value) for name, value in extra.items()}
        key = self._key()
        if key is not None:
            headers["Authorization"] = f"Bearer {key.reveal()}"
        url = config.base_url or OPENAI_URL
        self._wire = WireClient(
            url,
            headers=headers,
            first_token_s=self._seconds("first_token_s", None if config.is_local else FIRST_TOKEN_S),
            idle_s=self._seconds("idle_s", IDLE_S),
        )
        self._api = ChatApi(
            self._wire,
            chat_path(url),
            config.model,
            stream=config.options.get("stream", True) is not False,
            limit_name="max_tokens" if config.base_url else "max_completion_tokens",
        )

    def _key(self) -> Secret | None:
        reference = self.config.api_key or (None if self.config.base_url else DEFAULT_KEY)
        return None if reference is None else resolve(reference, f"model '{self.config.id}'")

    def _seconds(self, name: str, default: float | None) -> float | None:
        value = self.config.options.get(name, default)
        if value is not default and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
            raise ConfigError(f"model '{self.config.id}': '{name}' must be seconds above 0.")
        return value

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once."""
        if self._api is None:
            raise GenerationFailed(f"model '{self.config.id}' is not open", retryable=False)
        return self._api.ask(request)

    def close(self) -> None:
        """Close the connections."""
        if self._wire is not None:
            self._wire.close()

    def abort(self) -> None:
        """Break requests in flight."""
        if self._wire is not None:
            self._wire.abort()

    def fingerprint(self) -> dict[str, Any]:
        """Address and model name."""
        return {"base_url": self.config.base_url or OPENAI_URL, "model": self.config.model}
