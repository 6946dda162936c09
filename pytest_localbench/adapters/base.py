"""The adapter contract: open, generate, close. One file per provider; its SDK is imported inside ``open``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..domain.model import Capabilities, ModelConfig
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import ConfigError, ModelFileError, did_you_mean


class Adapter(ABC):
    """One model of one provider.

    ``generate`` is called from several threads at once (up to ``config.concurrency``) and blocks until the answer is
    complete or ``request.timeout_s`` has passed. Adapters raise only :class:`~pytest_localbench.errors.ModelError`
    (and :class:`ConfigError` from ``open``), never retry by themselves, and measure with a monotonic clock.
    """

    def __init__(self, config: ModelConfig) -> None:
        self.config = config

    @abstractmethod
    def open(self) -> None:
        """Make the model ready: load weights, start a server, check that it answers."""

    @abstractmethod
    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once and return the measured answer."""

    def preflight(self) -> str | None:
        """A sentence when the model cannot be asked at all, found without opening it; else ``None``."""
        return None

    def close(self) -> None:  # noqa: B027 - many adapters hold nothing
        """Free everything; safe to call twice and after a failed ``open``."""

    def abort(self) -> None:  # noqa: B027 - many adapters hold nothing
        """Break requests in flight (called on Ctrl-C); they end with a ModelError."""

    def capabilities(self) -> Capabilities:
        """What the model can do, as the provider itself reports it (after ``open``) or as configured."""
        return self.config.capabilities

    def processes(self) -> list[int]:
        """Ids of the processes on this machine that hold the model, for the memory meter."""
        return []

    def fingerprint(self) -> dict[str, Any]:
        """What identifies weights, template and runtime: plain data."""
        return {}


def wrong_setting(config: ModelConfig, problem: str) -> ConfigError:
    """The error for something a model file says: with path and line when the model came from a file."""
    if config.source is None:
        return ConfigError(f"model '{config.id}': {problem}")
    return ModelFileError(config.source.path, config.source.line, f"model '{config.id}': {problem}")


def check_options(config: ModelConfig, known: Iterable[str]) -> dict[str, Any]:
    """The options of a model; raises ConfigError for a name that this provider does not know."""
    names = sorted(known)
    for name in config.options:
        if name not in names:
            offered = ", ".join(names) or "none"
            raise wrong_setting(
                config,
                f"unknown option '{name}'{did_you_mean(str(name), names)}; "
                f"the provider '{config.provider}' knows: {offered}",
            )
    return config.options


def beside_model_file(config: ModelConfig, path: str) -> Path:
    """A path written in a model file: absolute, or relative to that file, or else to the working directory."""
    given = Path(path).expanduser()
    if config.source is not None and not given.is_absolute():
        beside = Path(config.source.path).parent / given
        if beside.exists():
            return beside
    return given
