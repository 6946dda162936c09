"""``--localbench-offline`` keeps a run on this machine, and every run says what left it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_localbench.adapters import offline
from pytest_localbench.adapters.offline import Guard, LeftMachine, guard, is_this_machine
from pytest_localbench.errors import ConfigError

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_server import Reply, ScriptedServer, answer


@pytest.fixture
def guarded():
    guard.start()
    yield guard
    guard.stop()


@pytest.fixture(autouse=True)
def _always_stopped():
    yield
    guard.stop()


def udp(address):
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", address)


def tcp(address, method="connect", family=socket.AF_INET):
    with socket.socket(family) as sock:
        sock.settimeout(0.2)
        return getattr(sock, method)(address)


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda: tcp(("192.0.2.7", 80)), "192.0.2.7"),
        (lambda: tcp(("192.0.2.7", 80), "connect_ex"), "192.0.2.7"),
        (lambda: tcp(("models.example", 80)), "models.example"),
        (lambda: socket.create_connection(("models.example", 443), 0.2), "models.example"),
        (lambda: udp(("192.0.2.7", 53)), "192.0.2.7"),
        (lambda: socket.getaddrinfo("models.example", 443), "models.example"),
        (lambda: socket.gethostbyname("models.example"), "models.example"),
        (lambda: socket.gethostbyname_ex("models.example"), "models.example"),
        (lambda: socket.gethostbyaddr("192.0.2.7"), "192.0.2.7"),
        (lambda: tcp(("2001:db8::1", 80, 0, 0), family=socket.AF_INET6), "2001:db8::1"),
    ],
)
def test_every_way_out_is_closed(guarded, attempt, name):
    with pytest.raises(LeftMachine, match="the run is offline"):
        attempt()
    assert guarded.blocked == (name,)


def test_this_machine_stays_in_reach(guarded):
    with ScriptedServer(Reply({"ok": True})) as server:
        host, port = server.url.removeprefix("http://").split(":")
        for name in (host, "localhost"):
            socket.create_connection((name, int(port)), 5).close()
    udp(("127.0.0.1", 9))
    left, right = socket.socketpair()
    left.close()
    right.close()
    assert guarded.blocked == ()


def test_what_is_this_machine():
    for host in (
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "localhost",
        "LOCALHOST.",
        b"localhost",
        None,
        "",
        "::ffff:127.0.0.1",
    ):
        assert is_this_machine(host), host
    for host in ("10.0.0.1", "169.254.169.254", "example.org", "localhost.example.org", "fe80::1%eth0", "::ffff:10.0.0.1",
                 "127.0.0.1.example.org", b"models.example"):  # fmt: skip
        assert not is_this_machine(host), host


def test_proxies_are_taken_away_and_given_back(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("no_proxy", "example.org")
    guard.start()
    assert "HTTPS_PROXY" not in os.environ
    assert (os.environ["NO_PROXY"], os.environ["HF_HUB_OFFLINE"], os.environ["LOCALBENCH_OFFLINE"]) == ("*", "1", "1")
    guard.stop()
    assert (os.environ["HTTPS_PROXY"], os.environ["no_proxy"]) == ("http://127.0.0.1:3128", "example.org")
    assert "LOCALBENCH_OFFLINE" not in os.environ


def test_our_children_are_guarded_too(guarded):
    code = "import pytest_localbench.adapters, socket; socket.getaddrinfo('models.example', 80)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "LeftMachine: the run is offline" in done.stderr


def test_a_guard_without_effect_is_an_error(monkeypatch):
    monkeypatch.setattr(offline.sys, "addaudithook", lambda _: None)
    monkeypatch.setattr(offline, "_PROBE", "127.0.0.1")
    deaf = Guard()
    with pytest.raises(ConfigError, match="cannot be kept here"):
        deaf.start()
    assert not deaf.active
    assert "LOCALBENCH_OFFLINE" not in os.environ


def write_model(project, name, **config):
    project.write(f"data/models/{name}.json", json.dumps(config))


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"provider": "openai", "model": "x", "base_url": "https://api.example.org/v1"}, "is asked at api.example.org"),
        ({"provider": "openai", "model": "x", "api_key": "env:K"}, "is not known to run on this machine"),
        ({"provider": "openai", "model": "q:cloud", "base_url": "http://localhost:1"}, "is passed on to the cloud"),
    ],
)
def test_remote_models_are_refused_at_the_start(project, config, says):
    project.exact("one")
    project.model()
    write_model(project, "far", **config)
    run = project.run("--models=m,far", "--localbench-offline")
    assert run.code == 4
    assert f"--localbench-offline: model 'far' (provider openai) {says}" in run.text
    assert run.document is None


def test_an_offline_run_says_so_and_names_what_was_refused(project):
    project.exact("one")
    project.model(default="Paris")
    project.write(
        "conftest.py",
        """
        import socket, pytest

        @pytest.fixture(autouse=True)
        def phones_home():
            try:
                socket.create_connection(("telemetry.example", 443))
            except OSError:
                pass
        """,
    )
    run = project.run("--localbench-offline")
    assert run.document["offline"] == {"blocked": ["telemetry.example"]}
    assert "offline: nothing left this machine; refused: telemetry.example" in run.text
    assert not guard.active


def test_offline_by_ini_and_with_workers(project):
    pytest.importorskip("xdist")
    project.exact("one")
    project.model(default="Paris")
    project.write("pytest.ini", "[pytest]\nlocalbench_offline = true\n")
    run = project.run("-n", "1", subprocess=True)
    assert (run.code, run.document["offline"]) == (0, {"blocked": []})
    assert "offline: nothing left this machine" in run.text


def test_a_local_run_without_the_option_says_nothing(project):
    project.exact("one")
    project.model(default="Paris")
    run = project.run()
    assert (run.document["traffic"], run.document["offline"]) == ([], None)
    assert "left this machine" not in run.text


def test_a_run_says_what_left_the_machine(project, monkeypatch):
    with ScriptedServer(Reply(answer("Paris"))) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        project.exact("one")
        project.exact("two")
        write_model(project, "far", provider="openai", model="x", base_url="http://models.example/v1",
                    options={"stream": False})  # fmt: skip
        run = project.run("--models=far")
        sent = sum(len(json.dumps(seen["body"])) for seen in proxy.requests)
    (entry,) = run.document["traffic"]
    assert (entry["model"], entry["address"], entry["requests"], entry["sent_bytes"]) == (
        "far",
        "models.example",
        2,
        sent,
    )
    assert entry["received_bytes"] > 200
    assert f"left this machine: far sent {sent} bytes to models.example in 2 requests" in run.text
