"""Fixtures of the adapter tests: loopback servers, requests, fetched weights."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_localbench.adapters.weights import fetched_path
from pytest_localbench.domain.response import GenerationRequest, Message, ResultKey
from pytest_localbench.domain.task import GenerationParams

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from anthropic_server import MessagesServer
from google_server import GenerateServer
from ollama_server import OllamaServer
from scripted_server import Reply, ScriptedServer


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real_model: runs a small real model (fetch it with 'localbench models pull')")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    servers: list[ScriptedServer] = []

    def start(*replies: Reply) -> ScriptedServer:
        servers.append(ScriptedServer(*replies))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., OllamaServer]]:
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    servers: list[OllamaServer] = []

    def start(**how: Any) -> OllamaServer:
        servers.append(OllamaServer(**how))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def provider_double() -> Iterator[Callable[[str], ScriptedServer]]:
    """Makes the double of a provider that has an SDK of its own; it wants the key that is sent when there is none."""
    doubles: list[ScriptedServer] = []

    def start(provider: str) -> ScriptedServer:
        pytest.importorskip("anthropic" if provider == "anthropic" else "google.genai")
        kind = MessagesServer if provider == "anthropic" else GenerateServer
        doubles.append(kind(key="none"))
        return doubles[-1]

    yield start
    for double in doubles:
        double.close()


@pytest.fixture
def opening() -> Iterator[Callable[..., tuple[Any, Any]]]:
    """Opens an adapter on its server; both are closed at the end."""
    made: list[Any] = []

    def open_on(server: Any, adapter: Any) -> tuple[Any, Any]:
        made.extend((server, adapter))
        adapter.open()
        return adapter, server

    yield open_on
    for one in reversed(made):
        one.close()


@pytest.fixture
def ask_for() -> Callable[..., GenerationRequest]:
    def make(prompt: str = "Say hello.", timeout_s: float = 10.0, **more: Any) -> GenerationRequest:
        params = GenerationParams(**more.pop("params", {}))
        messages = more.pop("messages", (Message(role="user", content=prompt),))
        key = more.pop("key", ResultKey(category="c", task="t", sample="-", model="m"))
        return GenerationRequest(key=key, messages=messages, params=params, timeout_s=timeout_s, **more)

    return make


@pytest.fixture(scope="session")
def smollm2() -> Path:
    pytest.importorskip("xllamacpp")
    path = fetched_path("smollm2")
    if not path.exists():
        pytest.skip("the weights are not there: localbench models pull smollm2")
    return path


@pytest.fixture(scope="session")
def tiny_text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random text model for transformers."""
    pytest.importorskip("torch", reason="torch is not installed: pip install 'pytest-localbench[transformers]'")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from tiny_checkpoints import write_text_model

    return write_text_model(tmp_path_factory.mktemp("tiny-text"))
