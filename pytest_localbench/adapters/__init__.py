"""Providers of models; each is named here and imported when a model of it is used."""

from __future__ import annotations

import os
from typing import Any

if os.environ.get("LOCALBENCH_OFFLINE") == "1":  # so that children of an offline run stay on this machine, too
    from .offline import guard

    guard.start()


def pytest_localbench_register(registry: Any) -> None:
    """Register the built-in providers."""
    registry.adapter(
        "llamacpp", "pytest_localbench.adapters.llamacpp:LlamaCppAdapter", extra="llamacpp", package="xllamacpp"
    )
    registry.adapter(
        "anthropic", "pytest_localbench.adapters.anthropic_api:AnthropicAdapter", extra="anthropic", package="anthropic"
    )
    registry.adapter(
        "google", "pytest_localbench.adapters.google_api:GoogleAdapter", extra="google", package="google.genai"
    )
    registry.adapter("http", "pytest_localbench.adapters.http_api:HttpAdapter")
    for name in ("openai", "deepseek", "vllm", "lmstudio", "llama-server"):
        registry.adapter(name, "pytest_localbench.adapters.openai:OpenAIAdapter")
    registry.adapter("ollama", "pytest_localbench.adapters.ollama_api:OllamaAdapter")
    registry.adapter("scripted", "pytest_localbench.adapters.scripted:ScriptedAdapter")
    registry.adapter(
        "transformers",
        "pytest_localbench.adapters.huggingface:TransformersAdapter",
        extra="transformers",
        package="transformers",
    )
