"""The adapter contract: open, generate, close. One file per provider; its SDK is imported inside ``open``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ..domain.model import Capabilities, ModelConfig
from ..domain.response import GenerationRequest, ModelResponse


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

    def learns(self) -> frozenset[str]:
        """Names of capabilities that are known only after ``open``; until then they are not held against the model."""
        return frozenset()

    def processes(self) -> list[int]:
        """Ids of the processes on this machine that hold the model, for the memory meter."""
        return []

    def memory_needed_bytes(self) -> int | None:
        """About how much memory loading the model will take on this machine, asked before ``open``; ``None`` = not known
        (or not ours to load)."""
        return None

    def traffic(self) -> tuple[int, int] | None:
        """Bytes of request and of response bodies so far; ``None`` = not counted. Only asked for remote models."""
        return None

    def fingerprint(self) -> dict[str, Any]:
        """What identifies weights, template and runtime: plain data."""
        return {}

    def notes(self) -> tuple[str, ...]:
        """Sentences for the log, read after ``close``: what went unusually without failing, such as a model that stayed
        in memory."""
        return ()
