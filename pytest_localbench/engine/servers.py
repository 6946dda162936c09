"""One model behind several servers: every question goes to the least busy one, and a dead one is left out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from ..adapters.base import Adapter
from ..adapters.faults import ConnectionFailed
from ..domain.model import Capabilities, ModelConfig
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import ConfigError, ModelError, ModelUnavailable
from ..registry import Registry
from .retry import CircuitBreaker

_OWN = frozenset({"base_url"})


def adapter_of(registry: Registry, model: ModelConfig) -> Adapter:
    """The adapter of a model, not opened; raises UnknownName or MissingDependency."""
    make: Callable[[ModelConfig], Adapter] = registry.adapter_class(model.provider)
    return ServerPool(model, make) if model.base_urls else make(model)


class _Server:
    """One address. ``in_flight``, ``failed`` (failures in a row) and ``turn`` (its last one) are guarded by the pool's lock."""

    def __init__(self, url: str, adapter: Adapter) -> None:
        self.url, self.adapter = url, adapter
        self.place = urlsplit(url if "//" in url else f"//{url}").netloc.rpartition("@")[2] or url
        self.breaker = CircuitBreaker()
        self.in_flight = self.failed = self.turn = 0
        self.out = ""


class ServerPool(Adapter):
    """Passes each request to one of the model's servers.

    A server that cannot be reached costs the question nothing: another one is asked at once, and after five failures
    in a row (or when it says that it has no such model) it is left out for the rest of the run. Each response notes
    who answered. The servers must serve the same: known capabilities and fingerprints are compared when they are opened.
    """

    def __init__(self, config: ModelConfig, make: Callable[[ModelConfig], Adapter]) -> None:
        super().__init__(config)
        self._servers = [_Server(url, make(config.at(url))) for url in config.base_urls]
        self._lock = threading.Lock()
        self._turns = 0

    def preflight(self) -> str | None:
        """What is wrong with the first server that cannot be asked."""
        return next((problem for one in self._servers if (problem := one.adapter.preflight())), None)

    def open(self) -> None:
        """Open every server; raises ModelUnavailable when none can be asked, ConfigError when they are not the same."""
        for server in self._servers:
            try:
                server.adapter.open()
            except ModelError as error:
                server.out = str(error)
                server.adapter.close()
        if not self._open():
            raise ModelUnavailable(f"none of the {self._told()} can be asked: {self._why()}")
        self._refuse_differing("says of itself", lambda one: one.adapter.capabilities().model_dump(exclude_none=True))
        self._refuse_differing("has", lambda one: _identity(one.adapter))

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """The answer of the first server that can be reached; raises what the last one raised."""
        tried: list[_Server] = []
        failure: ModelError | None = None
        while (server := self._take(tried)) is not None:
            started = time.monotonic()
            try:
                response = server.adapter.generate(request)
            except ModelError as error:
                self._give_back(server, error, started)
                if not isinstance(error, ConnectionFailed | ModelUnavailable):
                    raise
                failure = error
                tried.append(server)
                continue
            self._give_back(server, None, started)
            return response.model_copy(update={"notes": (*response.notes, self._note(server))})
        if failure is not None and self._open():
            raise failure
        raise ModelUnavailable(f"none of the {self._told()} can be asked any more: {self._why()}")

    def close(self) -> None:
        """Close all."""
        for server in self._servers:
            server.adapter.close()

    def abort(self) -> None:
        """Break requests in flight."""
        for server in self._servers:
            server.adapter.abort()

    def capabilities(self) -> Capabilities:
        """What any of the servers knows."""
        known: dict[str, Any] = {}
        for server in self._open() or self._servers:
            known = {**server.adapter.capabilities().model_dump(exclude_none=True), **known}
        return Capabilities(**known)

    def learns(self) -> frozenset[str]:
        """What any of them learns when it is opened."""
        return frozenset[str]().union(*(server.adapter.learns() for server in self._servers))

    def processes(self) -> list[int]:
        """Those of servers on this machine."""
        return [pid for server in self._servers for pid in server.adapter.processes()]

    def traffic(self) -> tuple[int, int] | None:
        """The sums; ``None`` when one of them does not count."""
        counts = [server.adapter.traffic() for server in self._servers if not server.out or server.adapter.traffic()]
        known = [count for count in counts if count is not None]
        return (sum(c[0] for c in known), sum(c[1] for c in known)) if len(known) == len(counts) else None

    def fingerprint(self) -> dict[str, Any]:
        """What the servers have in common, and their addresses."""
        known: dict[str, Any] = {}
        for server in self._open():
            known = {**_identity(server.adapter), **known}
        return {**known, "base_urls": list(self.config.base_urls)}

    def notes(self) -> tuple[str, ...]:
        """Those of each, and which were left out."""
        told = [f"{one.place}: {note}" for one in self._servers for note in one.adapter.notes()]
        return (*told, *(f"{one.place} was left out: {one.out}" for one in self._servers if one.out))

    def _open(self) -> list[_Server]:
        return [server for server in self._servers if not server.out]

    def _take(self, tried: Iterable[_Server]) -> _Server | None:
        with self._lock:
            left = [server for server in self._servers if not server.out and server not in tried]
            if not left:
                return None
            server = min(left, key=lambda one: (bool(one.failed), one.in_flight, one.turn))
            self._turns += 1
            server.in_flight, server.turn = server.in_flight + 1, self._turns
            return server

    def _give_back(self, server: _Server, error: ModelError | None, started: float) -> None:
        server.breaker.record(error, started, time.monotonic())
        with self._lock:
            server.in_flight -= 1
            server.failed = 0 if error is None else server.failed + 1
            try:
                server.breaker.check()
            except ModelUnavailable as gone:
                server.out = server.out or str(gone)

    def _note(self, server: _Server) -> str:
        left_out = ", ".join(one.place for one in self._servers if one.out)
        return f"answered by {server.place}" + (f" (left out: {left_out})" if left_out else "")

    def _told(self) -> str:
        return f"{len(self._servers)} servers of model '{self.config.id}'"

    def _why(self) -> str:
        return "; ".join(f"{one.place}: {one.out}" for one in self._servers if one.out)

    def _refuse_differing(self, verb: str, facts: Callable[[_Server], dict[str, Any]]) -> None:
        seen: dict[str, tuple[str, Any]] = {}
        for server in self._open():
            for name, value in facts(server).items():
                place, before = seen.setdefault(name, (server.place, value))
                if before != value:
                    raise ConfigError(
                        f"model '{self.config.id}': its servers are not the same: {place} {verb} {name} {before}, "
                        f"{server.place} {value}; make them alike, or write a model file for each."
                    )


def _identity(adapter: Adapter) -> dict[str, Any]:
    return {name: value for name, value in adapter.fingerprint().items() if name not in _OWN and value is not None}
