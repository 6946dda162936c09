"""Servers that speak the chat-completions dialect and are known by name: address, key, habits, what they tell.

After the documentation of DeepSeek (api-docs.deepseek.com), vLLM (OpenAI-compatible server), LM Studio (REST API) and
llama.cpp (tools/server).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..domain.model import Capabilities
from ..errors import ModelUnavailable
from .faults import NotFound
from .json_values import count, mapping
from .quirks import Dialect
from .wire import WireClient

FACTS_TIMEOUT_S = 10.0
Probe = Callable[[WireClient, str, str], tuple[str, Capabilities]]
"""(client, base path, wanted model) -> (name of the model, what the server tells of it)."""


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a server beforehand; ``learns``: what it tells only when it is asked."""

    base_url: str
    key: str | None = None
    dialect: Dialect = field(default_factory=Dialect)
    always: Mapping[str, Any] = field(default_factory=dict)
    known: Capabilities = field(default_factory=Capabilities)
    learns: frozenset[str] = frozenset()
    probe: Probe | None = None


def _deepseek() -> Preset:
    return Preset(
        "https://api.deepseek.com",
        key="${env:DEEPSEEK_API_KEY}",
        dialect=Dialect(reasoning="thinking", schema_form="json_object"),
        known=Capabilities(vision=False, tools=True, json_schema=False, thinking=True, system_prompt=True),
    )


def _vllm() -> Preset:
    return Preset(
        "http://127.0.0.1:8000/v1",
        dialect=Dialect(reasoning="template"),
        known=Capabilities(json_schema=True),
        learns=frozenset({"context_tokens"}),
        probe=_ask_models,
    )


def _lmstudio() -> Preset:
    return Preset(
        "http://127.0.0.1:1234/v1",
        dialect=Dialect(json_form="json_schema"),
        known=Capabilities(json_schema=True),
        learns=frozenset({"vision", "tools", "context_tokens"}),
        probe=_ask_lmstudio,
    )


def _llama_server() -> Preset:
    return Preset(
        "http://127.0.0.1:8080/v1",
        dialect=Dialect(reasoning="template"),
        always={"temperature": 0, "seed": 7, "cache_prompt": False},
        known=Capabilities(json_schema=True),
        learns=frozenset({"vision", "tools", "thinking", "context_tokens"}),
        probe=_ask_props,
    )


def preset_of(provider: str) -> Preset:
    """The preset of a provider; OpenAI's own for ``openai``."""
    made = {"deepseek": _deepseek, "vllm": _vllm, "lmstudio": _lmstudio, "llama-server": _llama_server}.get(provider)
    if made is not None:
        return made()
    return Preset(
        "https://api.openai.com/v1", key="${env:OPENAI_API_KEY}", dialect=Dialect(limit_name="max_completion_tokens")
    )


def _ask_models(wire: WireClient, base: str, wanted: str) -> tuple[str, Capabilities]:
    """vLLM: ``/v1/models`` names what is served, with its window."""
    entry = _served(_entries(wire, f"{base}/models"), wire, wanted)
    return str(entry.get("id") or wanted), Capabilities(context_tokens=count(entry.get("max_model_len")) or None)


def _ask_lmstudio(wire: WireClient, base: str, wanted: str) -> tuple[str, Capabilities]:
    """LM Studio: ``/api/v0/models`` tells kind, window and abilities; servers before 0.3.6 do not have it."""
    entries = _entries(wire, f"{base.removesuffix('/v1')}/api/v0/models")
    if not entries:
        return wanted, Capabilities()
    language = [entry for entry in entries if entry.get("type") in {"llm", "vlm", None}]
    loaded = [entry for entry in language if entry.get("state") == "loaded"]
    entry = _served(language if wanted or len(loaded) != 1 else loaded, wire, wanted)
    window = entry.get("loaded_context_length") if entry.get("state") == "loaded" else None
    abilities = entry.get("capabilities")
    return str(entry.get("id") or wanted), Capabilities(
        vision={"vlm": True, "llm": False}.get(str(entry.get("type"))),
        tools="tool_use" in abilities if isinstance(abilities, list) else None,
        context_tokens=count(window) or None,
    )


def _ask_props(wire: WireClient, base: str, wanted: str) -> tuple[str, Capabilities]:
    """llama-server: ``/props`` tells window, modalities and what its template can do."""
    data = _get(wire, f"{base.removesuffix('/v1')}/props")
    if not isinstance(data, dict):
        return wanted or "default", Capabilities()
    modalities, caps = mapping(data.get("modalities")), mapping(data.get("chat_template_caps"))
    template = data.get("chat_template")
    return wanted or "default", Capabilities(
        vision=_flag(modalities.get("vision")),
        tools=_flag(caps.get("supports_tools")),
        system_prompt=_flag(caps.get("supports_system_role")),
        thinking="<think>" in template or "enable_thinking" in template if isinstance(template, str) else None,
        context_tokens=count(mapping(data.get("default_generation_settings")).get("n_ctx")) or None,
    )


def _entries(wire: WireClient, path: str) -> list[dict[str, Any]]:
    data = _get(wire, path)
    listed = data.get("data") if isinstance(data, dict) else None
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _served(entries: list[dict[str, Any]], wire: WireClient, wanted: str) -> dict[str, Any]:
    """The entry of the wanted model, or of the only one; raises ModelUnavailable with what is served."""
    names = [str(entry.get("id")) for entry in entries]
    if not entries or wanted in names:
        return entries[names.index(wanted)] if entries else {}
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    if not wanted and len(entries) == 1:
        return entries[0]
    problem = f"does not serve '{wanted}'" if wanted else "serves several models"
    raise ModelUnavailable(f"{wire.url('')} {problem}; write one of these as 'model': {listed}.")


def _get(wire: WireClient, path: str) -> Any:
    """What a path holds, ``None`` where the server has no such path."""
    try:
        return wire.get_json(path, FACTS_TIMEOUT_S)
    except NotFound:
        return None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
