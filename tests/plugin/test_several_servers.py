"""A model behind several servers: questions spread, a dead server costs nothing, servers that differ are refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pytest_localbench.adapters.base import Adapter
from pytest_localbench.adapters.faults import ConnectionFailed
from pytest_localbench.domain.model import Capabilities, ModelConfig
from pytest_localbench.domain.response import GenerationRequest, Message, ModelResponse, ResultKey, Timing
from pytest_localbench.engine.servers import ServerPool
from pytest_localbench.errors import ConfigError, GenerationFailed, ModelUnavailable

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_server import Reply, ScriptedServer, answer

A, B, C = "http://a:1/v1", "http://b:2/v1", "http://c:3/v1"
REQUEST = GenerationRequest(
    key=ResultKey(category="c", task="t", sample="-", model="m"), messages=(Message(role="user", content="?"),)
)


class Double(Adapter):
    """A server whose behaviour a test chooses by address."""

    asked: list[str] = []
    faults: dict[str, Exception] = {}
    unopened: dict[str, Exception] = {}
    windows: dict[str, int] = {}
    weights: dict[str, str] = {}
    url = ""

    def __init__(self, config):
        super().__init__(config)
        self.url = config.base_url

    def open(self):
        if self.url in self.unopened:
            raise self.unopened[self.url]

    def generate(self, request):
        self.asked.append(self.url)
        if self.url in self.faults:
            raise self.faults[self.url]
        return ModelResponse(text=self.url, timing=Timing(generation_s=0.1))

    def capabilities(self):
        return Capabilities(context_tokens=self.windows.get(self.url))

    def fingerprint(self):
        return {"base_url": self.url, "weights_sha256": self.weights.get(self.url), "model": "x"}


@pytest.fixture
def pool(monkeypatch):
    def make(*urls, **behaviour):
        monkeypatch.setattr(Double, "asked", [])
        for name in ("faults", "unopened", "windows", "weights"):
            monkeypatch.setattr(Double, name, behaviour.get(name, {}))
        made = ServerPool(ModelConfig(id="m", provider="openai", base_urls=urls), Double)
        made.open()
        return made

    return make


def test_questions_spread_and_answers_say_who_gave_them(pool):
    servers = pool(A, B, C)
    responses = [servers.generate(REQUEST) for _ in range(6)]
    assert sorted(Double.asked) == [A, A, B, B, C, C]
    assert all(r.notes == (f"answered by {r.text.split('/')[2]}",) for r in responses)
    assert servers.fingerprint() == {"base_urls": [A, B, C], "model": "x"}


def test_a_dead_server_costs_no_question_and_is_left_out_after_five_failures(pool):
    servers = pool(A, B, faults={A: ConnectionFailed("nothing listens")})
    responses = [servers.generate(REQUEST) for _ in range(3)]
    assert [r.text for r in responses] == [B, B, B]
    Double.faults = {A: ConnectionFailed("nothing listens"), B: GenerationFailed("busy", retryable=True)}
    for _ in range(8):
        with pytest.raises(GenerationFailed):
            servers.generate(REQUEST)
    assert Double.asked.count(A) == 5
    Double.faults = {}
    assert servers.generate(REQUEST).notes == ("answered by b:2 (left out: a:1)",)
    assert "a:1 was left out: given up after 5 failed connections in a row: nothing listens" in servers.notes()


def test_a_server_without_the_model_is_left_out_at_once(pool):
    servers = pool(A, B, faults={A: ModelUnavailable("no such model")})
    assert [servers.generate(REQUEST).text for _ in range(4)] == [B] * 4
    assert Double.asked.count(A) == 1


def test_where_none_is_left_the_model_is_unavailable(pool):
    servers = pool(A, B, faults={A: ModelUnavailable("no such model"), B: ModelUnavailable("forbidden")})
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match=r"none of the 2 servers of model 'm' can be asked any more: a:1: no such model; b:2: forbidden"):  # fmt: skip
            servers.generate(REQUEST)
    with pytest.raises(ModelUnavailable, match="none of the 1 servers of model 'm' can be asked: a:1: down"):
        pool(A, unopened={A: ModelUnavailable("down")})


def test_a_server_that_does_not_open_is_left_out(pool):
    servers = pool(A, B, unopened={A: ModelUnavailable("down")})
    assert {servers.generate(REQUEST).text for _ in range(3)} == {B}


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ({"windows": {A: 4096, B: 8192}}, "a:1 says of itself context_tokens 4096, b:2 8192"),
        ({"weights": {A: "1111", B: "2222"}}, "a:1 has weights_sha256 1111, b:2 2222"),
    ],
)
def test_servers_that_differ_are_refused(pool, behaviour, told):
    with pytest.raises(ConfigError, match=f"model 'm': its servers are not the same: {told}; make them alike"):
        pool(A, B, **behaviour)


def test_what_only_one_server_tells_holds_for_all(pool):
    servers = pool(A, B, windows={B: 8192}, weights={A: "1111"})
    assert servers.capabilities().context_tokens == 8192
    assert servers.fingerprint() == {"base_urls": [A, B], "model": "x", "weights_sha256": "1111"}


def test_the_model_is_local_only_where_all_servers_are():
    here, there = "http://127.0.0.1:1/v1", "http://example.org/v1"
    assert ModelConfig(id="m", provider="openai", base_urls=(here, here + "2")).is_local
    assert not ModelConfig(id="m", provider="openai", base_urls=(here, there)).is_local
    assert not ModelConfig(id="m", provider="ollama", base_urls=(here, there)).is_local


def test_one_address_leaves_the_identity_of_a_model_as_it_was():
    one = ModelConfig(id="m", provider="openai", base_url=A)
    several = ModelConfig(id="m", provider="openai", base_urls=(A, B))
    assert one.config_hash == "5b662817db7972d9"
    assert several.config_hash != one.config_hash
    assert several.at(A).config_hash == one.config_hash


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"base_url": A, "base_urls": [B]}, "write 'base_url' or 'base_urls', not both"),
        ({"base_urls": []}, "'base_urls' names no server"),
        ({"base_urls": [A, A + "/"]}, "'base_urls' names a server twice"),
        ({"base_urls": ["http://me:secret@a:1/v1"]}, "an address holds a key or a password"),
        ({"base_urls": [A], "provider": "scripted"}, "'base_urls' has no effect: 'scripted' runs the model itself"),
    ],
)
def test_wrong_lists_of_servers_are_told_with_their_line(project, fields, told):
    project.exact("a")
    project.write("data/models/m.json", json.dumps({"provider": "openai", "model": "x", **fields}))
    outcome = project.run("--models=m")
    assert outcome.code == 4
    assert told in outcome.text
    assert "data/models/m.json:1" in outcome.text


def test_a_run_over_two_servers_of_which_one_is_dead(project, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("a", "b", "c"):
        project.exact(name)
    dead, alive = ScriptedServer(), ScriptedServer(Reply(answer("Paris")))
    dead.close()
    try:
        urls = [dead.url, alive.url]
        model = {"provider": "openai", "model": "x", "base_urls": urls, "warmup": False, "options": {"stream": False}}
        project.write("data/models/m.json", json.dumps(model))
        outcome = project.run("--models=m")
    finally:
        alive.close()
    assert outcome.code == 0, outcome.text
    for task in ("a", "b", "c"):
        assert outcome.result(task)["notes"][0].startswith("answered by 127.0.0.1:")
    assert outcome.document["fingerprints"]["m"]["fingerprint"]["base_urls"] == urls
