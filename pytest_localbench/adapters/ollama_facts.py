"""What an Ollama server tells about itself and one of its models, without loading it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import GenerationFailed, GenerationTimeout, ModelUnavailable, did_you_mean
from .faults import ConnectionFailed, NotFound
from .json_values import mapping
from .wire import WireClient

_BLOB = re.compile(r"^FROM\s+\S*(sha256-[0-9a-f]{64})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OllamaFacts:
    """One model of a server; ``None`` = the server does not say. ``capabilities``: Ollama's own words.

    ``blob`` names the file of the weights; ``remote_host`` is set when the server passes questions on.
    """

    name: str
    version: str
    digest: str | None = None
    capabilities: frozenset[str] | None = None
    trained_context: int | None = None
    family: str | None = None
    parameter_size: str | None = None
    quantization: str | None = None
    template_sha256: str | None = None
    system_sha256: str | None = None
    parameters: tuple[str, ...] = ()
    blob: str | None = None
    remote_host: str | None = None

    def can(self, capability: str) -> bool | None:
        """Whether the model has a capability; ``None`` when the server lists none."""
        return None if self.capabilities is None else capability in self.capabilities

    def is_entry(self, entry: Any) -> bool:
        """True when an entry of ``/api/ps`` or ``/api/tags`` is this model."""
        names = [entry.get(key) for key in ("name", "model")] if isinstance(entry, dict) else []
        return any(isinstance(name, str) and full_name(name) == full_name(self.name) for name in names)


def full_name(name: str) -> str:
    """A model name with its tag, as Ollama compares it."""
    name = name.strip().casefold().removeprefix("registry.ollama.ai/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def look_up(wire: WireClient, model: str, subject: str, timeout_s: float) -> OllamaFacts:
    """Ask the server about a model; nothing is loaded or pulled.

    Raises ModelUnavailable with a sentence when no server answers, when it is none of Ollama's, and when it does not
    have the model.
    """
    url = wire.url("")
    version = _version(wire, url, subject, timeout_s)
    tags = _models(wire.get_json("/api/tags", timeout_s))
    try:
        shown = wire.post_json("/api/show", {"model": model}, timeout_s)
    except NotFound:
        listed = [str(entry["name"]) for entry in tags if isinstance(entry.get("name"), str)]
        near = did_you_mean(model, listed)
        raise ModelUnavailable(f"Ollama at {url} does not have '{model}'{near}: ollama pull {model}") from None
    facts = _facts(model, version, mapping(shown))
    digest = next((entry.get("digest") for entry in tags if facts.is_entry(entry)), None)
    return replace(facts, digest=_text(digest))


def _version(wire: WireClient, url: str, subject: str, timeout_s: float) -> str:
    try:
        answer = wire.get_json("/api/version", timeout_s)
    except (ConnectionFailed, GenerationTimeout) as error:
        raise ModelUnavailable(
            f"no Ollama answers at {url}: start it with 'ollama serve', or mend 'base_url' of {subject} or OLLAMA_HOST.",
            details=str(error),
        ) from None
    except (NotFound, GenerationFailed) as error:
        raise _stranger(url, subject, str(error)) from None
    version = _text(mapping(answer).get("version"))
    if version is None:
        raise _stranger(url, subject, "its /api/version names no version")
    return version


def _stranger(url: str, subject: str, details: str) -> ModelUnavailable:
    words = f"what answers at {url} is not Ollama: mend 'base_url' of {subject} or OLLAMA_HOST."
    return ModelUnavailable(words, details=details)


def _facts(model: str, version: str, shown: Mapping[str, Any]) -> OllamaFacts:
    details = mapping(shown.get("details"))
    info = mapping(shown.get("model_info"))
    family = _text(info.get("general.architecture")) or _text(details.get("family"))
    context = info.get(f"{family}.context_length")
    listed = shown.get("capabilities")
    blob = _BLOB.search(_text(shown.get("modelfile")) or "")
    return OllamaFacts(
        name=model,
        version=version,
        capabilities=frozenset(map(str, listed)) if isinstance(listed, list) else None,
        trained_context=context if isinstance(context, int) and context > 0 else None,
        family=family,
        parameter_size=_text(details.get("parameter_size")),
        quantization=_text(details.get("quantization_level")),
        template_sha256=_sha256(shown.get("template")),
        system_sha256=_sha256(shown.get("system")),
        parameters=tuple(" ".join(line.split()) for line in (_text(shown.get("parameters")) or "").splitlines()),
        blob=blob[1] if blob else None,
        remote_host=_text(shown.get("remote_host")),
    )


def _models(data: Any) -> list[dict[str, Any]]:
    entries = mapping(data).get("models")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _sha256(value: Any) -> str | None:
    text = _text(value)
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
