"""The ``ollama`` adapter: finding the server and the model, loading, what is known of it, unloading."""

from __future__ import annotations

import os
import socket
import threading
from types import SimpleNamespace

import pytest
from ollama_server import Model, OllamaServer, Script
from scripted_server import Reply

from pytest_localbench.adapters import ollama_api, ollama_processes
from pytest_localbench.adapters.ollama_api import OllamaAdapter
from pytest_localbench.domain.model import Capabilities, ModelConfig
from pytest_localbench.errors import ConfigError, GenerationFailed, ModelUnavailable


def adapter_of(server: OllamaServer, **more) -> OllamaAdapter:
    return OllamaAdapter(
        ModelConfig(**{"id": "m", "provider": "ollama", "model": "tiny:1b", "base_url": server.url, **more})
    )


def problem(adapter):
    """The sentence of ``open``, which is also that of ``preflight``."""
    with pytest.raises((ModelUnavailable, ConfigError)) as caught:
        adapter.open()
    adapter.close()
    assert str(caught.value).count("\n") == 0
    return str(caught.value)


# -- what is in the way ----------------------------------------------------------------------------------------------


def test_no_server(ollama):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    adapter = OllamaAdapter(ModelConfig(id="m", provider="ollama", model="x", base_url=f"http://127.0.0.1:{port}"))
    said = problem(adapter)
    assert said == adapter.preflight()
    assert said == (
        f"no Ollama answers at http://127.0.0.1:{port}: start it with 'ollama serve', or mend 'base_url' of model 'm' "
        "or OLLAMA_HOST."
    )


def test_something_else_answers(serve):
    strangers = [
        Reply({"object": "list"}),
        Reply({"error": "no"}, status=404),
        Reply(b"<html>", headers={"Content-Type": "text/html"}),
    ]
    for reply in strangers:
        server = serve(reply)
        adapter = OllamaAdapter(ModelConfig(id="m", provider="ollama", model="x", base_url=server.url))
        assert problem(adapter).startswith(f"what answers at {server.url} is not Ollama")


@pytest.mark.parametrize(
    ("model", "says"),
    [("qwen3:4b", "does not have 'qwen3:4b': ollama pull qwen3:4b"), ("tiny:1", "(did you mean 'tiny:1b'?): ollama pull tiny:1")],
)  # fmt: skip
def test_a_model_that_is_not_there_is_never_pulled(ollama, model, says):
    server = ollama()
    adapter = adapter_of(server, model=model)
    assert problem(adapter).endswith(says)
    assert adapter.preflight().endswith(says)
    assert set(server.paths) == {"/api/version", "/api/tags", "/api/show"}


@pytest.mark.parametrize(
    ("model", "config", "says"),
    [
        (Model(capabilities=["embedding"]), {}, "cannot chat; Ollama lists: embedding"),
        (Model(trained_context=2048), {"resources": {"context_tokens": 4096}}, "was trained for 2048"),
        (Model(), {"generation": {"reasoning": "on"}}, "cannot think"),
        (Model(), {"generation": {"extra": {"options": {"num_ctx": 9}}}}, "'num_ctx' is set by 'resources"),
        (Model(show={"remote_host": "https://ollama.com:443"}), {}, "runs at https://ollama.com:443, not on this"),
        (Model(), {"options": {"keep_alive": 0}}, "0 would load the model anew"),
        (Model(), {"options": {"keep_alive": "long"}}, "duration such as 10m"),
        (Model(), {"options": {"num_ctx": 9}}, "unknown option 'num_ctx'"),
        (Model(), {"model": ""}, "'model' is missing"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_loading(ollama, model, config, says):
    server = ollama(models={"tiny:1b": model})
    adapter = adapter_of(server, **config)
    assert says in problem(adapter)
    assert says in adapter.preflight()
    assert server.chats == []


def test_a_model_that_cannot_be_loaded(ollama, monkeypatch):
    server = ollama()
    error = {"error": "model requires more system memory (5.6 GiB) than is available (3.2 GiB)"}
    monkeypatch.setattr(server, "chat", lambda body: (500, error))
    said = problem(adapter_of(server))
    assert said.startswith("Ollama could not load 'tiny:1b' with a window of 8192 tokens:")
    assert "5.6 GiB" in said


def test_a_model_that_loads_for_too_long(ollama, monkeypatch):
    monkeypatch.setattr(ollama_api, "UNLOAD_TIMEOUT_S", 0.1)
    server = ollama()
    monkeypatch.setattr(server, "chat", lambda body: (server.over.wait(30) and 500, {}))
    assert "raise 'options: load_timeout_s'" in problem(adapter_of(server, options={"load_timeout_s": 0.2}))


# -- what is known ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (["completion"], (False, False, False)),
        (["completion", "tools", "thinking", "vision"], (True, True, True)),
        (None, (None, None, None)),
    ],
)
def test_capabilities_are_those_listed_and_unknown_without_a_list(ollama, listed, found):
    server = ollama(models={"tiny:1b": Model(capabilities=listed)})
    known = adapter_of(server).capabilities()
    assert (known.vision, known.tools, known.thinking) == found
    assert (known.json_schema, known.context_tokens) == (True, 8192)
    assert adapter_of(server, capabilities={"tools": True}).capabilities().tools is True


def test_capabilities_without_a_server_are_those_stated():
    config = ModelConfig(
        id="m", provider="ollama", model="x", base_url="http://127.0.0.1:9", capabilities={"tools": True}
    )
    assert OllamaAdapter(config).capabilities() == Capabilities(tools=True)


def test_the_server_is_asked_once_before_opening(ollama):
    server = ollama()
    adapter = adapter_of(server)
    for _ in range(5):
        adapter.capabilities()
        adapter.preflight()
    assert server.paths.count("/api/show") == 1
    assert server.loads == 0


def test_the_fingerprint_names_weights_template_version_and_window(ollama):
    server = ollama(modern=False, models={"tiny": Model()})
    adapter = adapter_of(server, model="tiny", resources={"threads": 3})
    assert adapter.fingerprint() == {"base_url": server.url, "model": "tiny"}
    adapter.open()
    facts = adapter.fingerprint()
    adapter.close()
    assert (facts["runtime"], facts["digest"], facts["quantization"]) == ("ollama 0.9.3", "cd" * 32, "Q4_1")
    assert (facts["num_ctx"], facts["num_thread"], facts["trained_context"]) == (8192, 3, 8192)
    assert (len(facts["template_sha256"]), facts["system_sha256"]) == (64, None)
    assert facts["parameters"] == ['stop "<|im_end|>"']


def test_a_key_travels_as_a_bearer(ollama, monkeypatch):
    monkeypatch.setenv("GATE_KEY", "a-key-of-a-proxy")
    server = ollama()
    adapter = adapter_of(server, api_key="${env:GATE_KEY}")
    adapter.open()
    adapter.close()
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer a-key-of-a-proxy"}


def test_the_environment_names_the_server(ollama, monkeypatch, ask_for):
    server = ollama()
    monkeypatch.setenv("OLLAMA_HOST", f"0.0.0.0:{server.port}")
    adapter = OllamaAdapter(ModelConfig(id="m", provider="ollama", model="tiny:1b"))
    adapter.open()
    assert adapter.generate(ask_for()).text.strip() == "Hello there."
    adapter.close()


# -- loading and unloading -------------------------------------------------------------------------------------------


def test_loading_happens_when_it_is_opened_and_runner_options_stay(ollama, ask_for):
    server = ollama()
    adapter = adapter_of(server, resources={"threads": 2})
    adapter.open()
    assert server.loads == 1
    for tokens in (1, 5, None):
        response = adapter.generate(ask_for(params={"max_tokens": tokens, "temperature": 0.1}))
        assert response.timing.load_s < 0.1
    adapter.close()
    assert server.loads == 1


def test_closing_unloads_and_looks_whether_it_happened(ollama):
    server = ollama()
    server.ps_after_unload = 2
    adapter = adapter_of(server)
    adapter.open()
    adapter.close()
    adapter.close()
    unloads = [chat for chat in server.chats if chat.get("keep_alive") == 0]
    assert len(unloads) == 1
    assert server.loaded == {}
    assert adapter.notes() == ()


def test_a_model_that_stays_is_noted_and_not_waited_for_long(ollama, monkeypatch):
    monkeypatch.setattr(ollama_api, "UNLOAD_TIMEOUT_S", 0.3)
    server = ollama()
    server.ps_after_unload = 10_000
    adapter = adapter_of(server)
    adapter.open()
    adapter.close()
    (note,) = adapter.notes()
    assert "still had 'tiny:1b' in memory" in note


def test_a_server_that_is_gone_at_the_end_is_noted(ollama):
    server = ollama()
    adapter = adapter_of(server)
    adapter.open()
    server.close()
    adapter.close()
    assert "whether Ollama unloaded 'tiny:1b' is not known" in adapter.notes()[0]


def test_after_an_abort_the_model_is_still_unloaded(ollama, ask_for):
    server = ollama()
    server.scripts = [Script(lines=[{"message": {"content": "x"}, "done": False}], end="on")]
    adapter = adapter_of(server)
    adapter.open()
    threading.Timer(0.2, adapter.abort).start()
    with pytest.raises(GenerationFailed, match="stopped"):
        adapter.generate(ask_for(timeout_s=20))
    adapter.close()
    assert server.loaded == {}


def test_a_load_that_is_broken_off_is_undone(ollama, monkeypatch):
    server, slow = ollama(), threading.Event()
    answer = server.chat

    def chat(body):
        found = answer(body)
        slow.wait(0.5 if body.get("keep_alive") != 0 else 0)
        return found

    monkeypatch.setattr(server, "chat", chat)
    adapter = adapter_of(server)
    threading.Timer(0.2, adapter.abort).start()
    with pytest.raises(ModelUnavailable, match="stopped"):
        adapter.open()
    adapter.close()
    assert server.loaded == {}


# -- the process of the runner ---------------------------------------------------------------------------------------


class Process:
    def __init__(self, pid, cmdline, parent=None, name="ollama"):
        self.pid, self._cmdline, self._parent, self._name = pid, cmdline, parent, name

    def cmdline(self):
        return self._cmdline

    def name(self):
        return self._name

    def parent(self):
        return self._parent

    def children(self):
        return [p for p in ALL if p.parent() is self]


SERVER = Process(10, ["/usr/bin/ollama", "serve"])
OTHER = Process(20, ["/usr/bin/ollama", "serve"])
SHELL = Process(30, ["bash"], name="bash")
BLOB = "sha256-" + "ab" * 32
ALL: list[Process] = []


@pytest.mark.parametrize(
    ("processes", "found"),
    [
        ([Process(11, ["ollama", "runner", "--model", f"/m/{BLOB}"], SERVER)], [11]),
        ([Process(11, ["llama-server", "--model", f"/m/{BLOB}"], SERVER, "llama-server")], [11]),
        ([Process(11, ["ollama", "runner", "--port", "1"], SERVER)], [11]),
        ([Process(11, ["ollama", "runner", "--port", "1"], SERVER), Process(12, ["ollama", "runner"], SERVER)], []),
        ([Process(11, ["ollama", "runner", f"/m/{BLOB}"], SERVER), Process(12, ["ollama", "runner", f"/m/{BLOB}"], OTHER)], [11]),
        ([Process(31, ["llama-server", "-m", f"/m/{BLOB}"], SHELL, "llama-server")], []),
        ([], []),
    ],
    ids=["old", "llama-server", "no-file-named", "two-unnamed", "two-servers", "not-ollamas", "none"],
)  # fmt: skip
def test_the_runner_is_found_or_nothing(monkeypatch, processes, found):
    import psutil

    ALL[:] = [SERVER, OTHER, SHELL, *processes]
    listening = SimpleNamespace(laddr=SimpleNamespace(port=11434), status="LISTEN", pid=SERVER.pid)
    monkeypatch.setattr(psutil, "process_iter", lambda: ALL)
    monkeypatch.setattr(psutil, "net_connections", lambda kind: [listening])
    monkeypatch.setattr(psutil, "Process", lambda pid: next(p for p in ALL if p.pid == pid))
    assert ollama_processes.runners_of(BLOB, 11434) == found


def test_a_runner_that_was_replaced_is_looked_for_again(ollama, monkeypatch):
    found = iter([[os.getpid()], [2**22 - 1], [os.getpid()]])
    monkeypatch.setattr(ollama_api, "runners_of", lambda blob, port: next(found))
    adapter = adapter_of(ollama())
    adapter.open()
    assert adapter.processes() == adapter.processes() == [os.getpid()]
    monkeypatch.setattr(ollama_api, "alive", lambda pids: False)
    assert adapter.processes() == [2**22 - 1]
    adapter.close()
    assert adapter.processes() == []
