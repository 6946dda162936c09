"""``options`` of a model file, checked while the file is at hand, and keys that have no business in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError

from ..domain.chat_options import ChatOptions
from ..domain.http_options import HttpOptions
from ..domain.llamacpp_options import LlamaCppOptions
from ..domain.model import CHAT_PROVIDERS
from ..domain.ollama_options import OllamaOptions
from ..domain.scripted_options import ScriptedOptions
from ..domain.sdk_options import SdkOptions
from ..domain.transformers_options import TransformersOptions
from ..errors import ModelFileError
from .explain import sentence_of
from .locate import line_of

OPTION_TYPES: dict[str, type[BaseModel]] = {
    "anthropic": SdkOptions,
    "google": SdkOptions,
    "http": HttpOptions,
    "llamacpp": LlamaCppOptions,
    "ollama": OllamaOptions,
    "scripted": ScriptedOptions,
    "transformers": TransformersOptions,
    **dict.fromkeys(CHAT_PROVIDERS, ChatOptions),
}
"""Providers whose options are known here; those of others are checked by their adapter."""

SERVED = CHAT_PROVIDERS | {"http", "anthropic", "google"}
"""Providers whose models somebody else has loaded."""

LOADED = frozenset({"llamacpp", "transformers", "scripted"})
"""Providers that have no server."""

_KEY = re.compile(
    r"\b(sk-[\w-]{8,}|AIza[\w-]{20,}|hf_\w{10,}|gh[pousr]_\w{10,}|github_pat_\w{10,}|xox[abprs]-[\w-]{10,}"
    r"|AKIA[A-Z0-9]{12,}|Bearer\s+(?!\$\{)\S{8,})"
)
_REFERENCE = re.compile(r"(\$\{env:\w+\}|env:\w+|file:.+|keyring:.+)\Z")
_INSIDE = re.compile(r"\$\{(env:\w+|file:[^}]+|keyring:[^}]+)\}")
_KEY_NAME = re.compile(
    r"(?i)(^|[-_])(api[-_]?key|apikey|authorization|(auth|access|refresh|bearer)[-_]?token|secret([-_]?key)?"
    r"|client[-_]?secret|password|passwd|cookie)$"
)

_LOGIN = re.compile(r"//[^/\s:@]+:(?!\d+/)[^\s@]+@")
"""A password in an address, also where a slash in it hides it from urlsplit."""


def check_options(data: dict[str, Any], path: Path, shown: str, subject: str) -> None:
    """Raise ModelFileError for options and resources that the provider does not know or cannot use."""
    provider, resources = str(data.get("provider")), data.get("resources")
    for name in ("context_tokens", "threads", "gpu_layers", "devices"):
        if provider in SERVED and isinstance(resources, dict) and resources.get(name) is not None:
            hint = "'capabilities: {context_tokens: N}' says how much fits" if name == "context_tokens" else "drop it"
            words = f"{subject}: '{name}' has no effect on a server that is already running; {hint}"
            raise ModelFileError(shown, line_of(path, ("resources", name)), words)
    if "base_urls" in data and (words := _servers_problem(data, provider)):
        raise ModelFileError(shown, line_of(path, ("base_urls",)), f"{subject}: {words}")
    kind = OPTION_TYPES.get(provider)
    options = data.get("options", {})
    if kind is None or not isinstance(options, dict):
        return
    for name, place in getattr(kind, "ELSEWHERE", {}).items():
        if name in options:
            words = f"{subject}: unknown option '{name}'; write '{place}'"
            raise ModelFileError(shown, line_of(path, ("options", name)), words)
    try:
        kind.model_validate(options)
    except ValidationError as problem:
        line, words = sentence_of(kind, problem, lambda loc: line_of(path, ("options", *loc)), "option")
        raise ModelFileError(shown, line, f"{subject}: {words}") from None


def _servers_problem(data: dict[str, Any], provider: str) -> str:
    if "base_url" in data:
        return "write 'base_url' or 'base_urls', not both"
    if provider in LOADED:
        return f"'base_urls' has no effect: '{provider}' runs the model itself"
    urls = [str(url).rstrip("/") for url in data["base_urls"]]
    return (
        "'base_urls' names no server"
        if not urls
        else "'base_urls' names a server twice"
        if len(set(urls)) < len(urls)
        else ""
    )


def check_keys(data: dict[str, Any], path: Path, shown: str) -> None:
    """Raise ModelFileError where a key itself stands in the file instead of a reference to it."""
    for field in _literal_keys(data):
        words = f"'{field[-1]}' looks like a key; write a reference such as ${{env:NAME}} instead"
        raise ModelFileError(shown, line_of(path, field), words)
    key = data.get("api_key")
    if key is not None and not _REFERENCE.match(str(key)):
        raise ModelFileError(shown, line_of(path, ("api_key",)), "'api_key' must be a reference such as ${env:NAME}")
    for index, url in enumerate(data["base_urls"] if isinstance(data.get("base_urls"), list) else ()):
        if isinstance(url, str) and _url_with_key(url):
            words = "an address holds a key or a password; put it into 'api_key' or a header as ${env:NAME}"
            raise ModelFileError(shown, line_of(path, ("base_urls", index)), words)
    if isinstance(data.get("base_url"), str) and _url_with_key(data["base_url"]):
        words = "'base_url' holds a key or a password; put it into 'api_key' or a header as ${env:NAME}"
        raise ModelFileError(shown, line_of(path, ("base_url",)), words)


def _literal_keys(data: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _literal_keys(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _literal_keys(value, (*path, index))
    elif isinstance(data, str):
        named = len(path) > 1 and isinstance(path[-1], str) and _KEY_NAME.search(path[-1]) is not None
        if _KEY.search(data) or (named and path[0] == "options" and data.strip() and not _INSIDE.search(data)):
            yield path


def _url_with_key(url: str) -> bool:
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
    except ValueError:
        return False
    query = parse_qsl(parts.query)
    return (
        bool(parts.password)
        or _LOGIN.search(url) is not None
        or any(_KEY_NAME.search(name) or name.lower() in {"key", "token"} for name, _ in query)
    )
