"""Whole runs against servers as they are met in the field: what is scored, what is an error, what is measured."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_server import Reply, ScriptedServer, answer, chunk

OK = answer("Paris")


@pytest.fixture(autouse=True)
def _quiet_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr("pytest_localbench.engine.asking.is_noisy", lambda _: False)


@pytest.fixture
def serve():
    servers = []

    def start(*replies):
        servers.append(ScriptedServer(*replies))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def model(project):
    def write(server, name="m", **config):
        url = server if isinstance(server, str) else server.url
        data = {"provider": "openai", "model": name, "base_url": url, "warmup": False, **config}
        data["options"] = {"stream": False, **config.get("options", {})}
        project.write(f"data/models/{name}.json", json.dumps(data))

    return write


def component(result, name):
    return next(c for c in result["components"] if c["name"] == name)


def asked(server):
    return [seen["body"] for seen in server.requests]


# -- waiting and failing -------------------------------------------------------------------------------------------------


def test_throttling_is_waited_for_and_never_a_wrong_answer(project, serve, model):
    throttled = Reply({"error": "slow down"}, status=429, headers={"Retry-After": "1"})
    server = serve(
        throttled, throttled, Reply(OK), Reply({"error": "quota"}, status=429, headers={"Retry-After": "999"})
    )
    model(server)
    project.exact("one")
    project.exact("two")
    run = project.run()
    one, two = run.result("one"), run.result("two")
    assert (one["quality"], one["requests"]) == (1.0, 3)
    assert one["timing"]["elapsed_s"] - one["timing"]["generation_s"] >= 2.0
    assert (two["outcome"], two["quality"]) == ("backend_error", None)
    assert "asks to wait 999 s" in two["reason"]
    assert len(server.requests) == 4
    (row,) = run.document["summary"]
    assert (row["coverage"], row["quality"]) == (0.5, 1.0)


def test_waiting_for_a_retry_is_no_time_of_the_model(project, serve, model):
    slow_failure = Reply({"error": "loading"}, status=503, delay_s=0.4)
    model(serve(slow_failure, slow_failure, Reply(OK, delay_s=0.2)))
    project.exact("one", expected_time_seconds=0.2)
    result = project.run().result("one")
    assert result["timing"]["generation_s"] >= 0.2
    assert result["timing"]["elapsed_s"] - result["timing"]["generation_s"] > 0.8
    assert (result["requests"], component(result, "time")["raw"]) == (3, result["timing"]["generation_s"])


@pytest.mark.parametrize(
    ("body", "outcome", "says"),
    [
        (b'{"error": {"message": "upstream"}}', "backend_error", "upstream"),
        (b'{"choices": []}', "backend_error", '{"choices": []}'),
        (b"<html>login</html>", "backend_error", "<html>login</html>"),
        (b'{"choices": [{"message": {"content": null}}]}', "empty", "no answer"),
    ],
)
def test_an_answer_without_an_answer(project, serve, model, body, outcome, says):
    server = serve(Reply(body), Reply(body), Reply(OK))
    model(server)
    project.exact("one", retries_infra=1)
    project.exact("two")
    run = project.run()
    one = run.result("one")
    assert (one["outcome"], one["quality"]) == (outcome, 0.0 if outcome == "empty" else None)
    assert says in one["reason"]
    assert run.result("two")["key"]["task"] == "two"


def test_a_picture_that_is_too_large_is_no_wrong_answer(project, serve, model):
    picture = b"\x89PNG\r\n\x1a\n" + b"\0" * (3_900_000 - 8)
    project.write("docs/data/big.png", picture)
    project.task("one", """
        id: one
        requires: {vision: true}
        input: {prompt: What is it?, images: [data/big.png]}
        expected: Paris
        evaluators: [{use: exact}]
    """)  # fmt: skip
    model(serve(Reply({"error": "too large"}, status=413)), capabilities={"vision": True})
    first = project.run().result("one")
    assert (first["outcome"], first["quality"]) == ("backend_error", None)
    assert "3,900,000 bytes becomes 5,200,000 bytes" in first["reason"]
    server = serve(Reply({"error": "too large"}, status=413))
    model(server, capabilities={"vision": True, "max_picture_bytes": 6_000_000})
    second = project.run().result("one")
    assert (second["outcome"], second["quality"], len(server.requests)) == ("backend_error", None, 1)
    assert "HTTP 413" in second["reason"]


# -- what is sent --------------------------------------------------------------------------------------------------------


def test_no_stop_sequence_is_sent_and_the_whole_reply_is_scored(project, serve, model):
    server = serve(Reply(answer('Reasoning first.\n\n{"rate": "12.25"}')))
    model(server)
    task = {"id": "rate", "input": {"prompt": "Rate?"}, "expected": {"rate": "12.25"}, "output": {"format": "json"},
            "evaluators": [{"use": "json_fields", "with": {"fields": {"rate": {"match": "exact"}}}}]}  # fmt: skip
    project.write("docs/tasks/rate.json", json.dumps(task))
    project.exact("one", generation={"stop": ["END"]})
    run = project.run()
    assert run.result("rate")["quality"] == 1.0, run.text
    assert [body.get("stop") for body in asked(server)] == [["END"], None]


def test_a_system_text_without_a_role_of_its_own_arrives_and_is_noted(project, serve, model):
    server = serve(Reply({"error": {"message": "System role not supported"}}, status=400), Reply(OK))
    model(server)
    project.exact("one", input={"system": "Answer in one word.", "prompt": "Capital?"})
    result = project.run().result("one")
    assert (result["quality"], result["notes"]) == (1.0, ["system_folded"])
    assert "Answer in one word." in asked(server)[-1]["messages"][0]["content"]


@pytest.mark.parametrize("prefix", ["", "/proxy"])
@pytest.mark.parametrize("form", ["", "/", "/v1", "/v1/"])
def test_an_address_in_each_of_its_spellings(project, serve, model, prefix, form):
    if prefix and not form.startswith("/v1"):
        pytest.skip("a prefix without /v1 is another server's root")
    server = serve(Reply(OK))
    model(server.url + prefix + form)
    project.exact("one")
    assert project.run().result("one")["quality"] == 1.0
    assert [seen["path"] for seen in server.requests] == [f"{prefix}/v1/chat/completions"]


def test_a_path_that_is_not_there_is_named_in_full(project, serve, model):
    server = serve(Reply(b"not found", status=404))
    model(server)
    project.exact("one")
    assert f"{server.url}/v1/chat/completions was not found (HTTP 404)" in project.run().result("one")["reason"]


def test_proxies_never_come_between_us_and_this_machine(project, serve, model, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "socks5h://127.0.0.1:9")
    model(serve(Reply(OK)))
    project.exact("one")
    assert project.run().result("one")["quality"] == 1.0


# -- what is measured ----------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet_machine(monkeypatch):
    """Whatever else runs beside the tests."""
    monkeypatch.setattr("pytest_localbench.engine.asking.is_noisy", lambda noise: False)


@pytest.mark.usefixtures("quiet_machine")
def test_the_clock_may_be_set_while_a_model_answers(project, serve, model):
    project.write("conftest.py", """
        import itertools, time
        real = time.time
        steps = itertools.count()
        time.time = lambda: real() - 3600 * next(steps)
    """)  # fmt: skip
    real = time.time
    try:
        model(serve(Reply(OK, delay_s=0.3)))
        project.exact("one", expected_time_seconds=0.2)
        result = project.run().result("one")
    finally:
        time.time = real
    assert 0.3 <= result["timing"]["generation_s"] < 600
    assert 0 < component(result, "time")["normalized"] <= 1


PRICES = {
    "input_usd_per_mtok": 0.5,
    "cached_input_usd_per_mtok": 0.05,
    "output_usd_per_mtok": 3.0,
    "as_of": "2026-11-01",
}


def remote(model, monkeypatch, server, **more):
    """A model that is asked elsewhere, through a proxy on this machine."""
    monkeypatch.setenv("http_proxy", server.url)
    model("http://models.example/v1", pricing=PRICES, **more)


def test_cached_tokens_are_paid_once(project, serve, model, monkeypatch):
    usage = {"prompt_tokens": 20000, "prompt_tokens_details": {"cached_tokens": 16000}, "completion_tokens": 900,
             "completion_tokens_details": {"reasoning_tokens": 400}}  # fmt: skip
    remote(model, monkeypatch, serve(Reply(answer("Paris", usage=usage))))
    project.exact("one")
    run = project.run("--models=m")
    assert run.result("one")["cost_usd"] == pytest.approx(0.0055, abs=1e-9)
    assert run.document["models"][0]["pricing"]["as_of"] == "2026-11-01"


@pytest.mark.parametrize("told", [True, False])
def test_tokens_that_are_not_told_are_no_free_tokens(project, serve, model, monkeypatch, told):
    events = [chunk(content="Paris"), chunk("stop")]
    if told:
        events.append({"choices": [], "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 0}})
    server = serve(Reply({"error": {"message": "unknown field stream_options"}}, status=400), Reply(events=events))
    remote(model, monkeypatch, server, options={"stream": True})
    project.exact("one")
    result = project.run("--models=m").result("one")
    first, second = asked(server)
    assert first["stream_options"] == {"include_usage": True}
    assert "stream_options" not in second
    assert result["cost_usd"] == (0.5 if told else None)
    assert (component(result, "cost")["normalized"] is None) is not told


def test_speeds_say_whose_they_are(project, serve, model):
    usage = {"prompt_tokens": 50, "completion_tokens": 5}
    events = [
        *(chunk(content=piece) for piece in ("P", "a", "r", "is")),
        chunk("stop"),
        {"choices": [], "usage": usage},
    ]
    own = {**OK, "timings": {"prompt_per_second": 80.0, "predicted_per_second": 20.0, "cache_n": 7}}
    server = serve(Reply(events=events, event_delay_s=0.05), Reply(own))
    model(server, options={"stream": True})
    project.exact("one")
    project.exact("two")
    run = project.run()
    one, two = run.result("one"), run.result("two")
    assert (one["timing"]["speeds_from"], two["timing"]["speeds_from"]) == ("client", "server")
    assert 0 < one["timing"]["output_tokens_per_s"] < 30
    assert (two["timing"]["output_tokens_per_s"], two["usage"]["cached_tokens"]) == (20.0, 7)


def test_models_take_turns_once_and_warm_up_once(project, serve, model):
    server = serve(Reply(OK))
    for name in ("a", "b"):
        model(server, name=name, warmup=True)
    for name in ("one", "two", "three"):
        project.exact(name)
    run = project.run("--models=a,b")
    order = [body["model"] for body in asked(server)]
    assert order == ["a"] * 4 + ["b"] * 4
    assert [row["n_scored"] for row in run.document["summary"]] == [3, 3]
    warm_up = run.document["fingerprints"]["a"]["warm_up"]
    assert (warm_up["input_tokens"], warm_up["output_tokens"], warm_up["cost_usd"]) == (12, 3, 0.0)
    assert asked(server)[0]["messages"][0]["content"] == "Say OK."


def test_answers_that_differ_are_all_kept_with_their_spread(project, serve, model):
    model(serve(Reply(OK), Reply(answer("London"))))
    project.exact("one", repeats=2)
    run = project.run()
    (folded,) = run.document["task_results"]
    assert (folded["quality"], folded["n_scored"], folded["spread"]) == (0.5, 2, 0.5)
    assert [run.result("one", attempt=n)["answer"] for n in (1, 2)] == ["Paris", "London"]


@pytest.mark.usefixtures("quiet_machine")
def test_questions_to_one_local_model_wait_for_each_other(project, serve, model):
    model(serve(Reply(OK, delay_s=0.1)))
    for n in range(4):
        project.exact(f"t{n}", expected_time_seconds=0.1)
    run = project.run()
    assert not any(run.result(f"t{n}")["contended"] for n in range(4))
    model(serve(Reply(OK, delay_s=0.1)), concurrency=4)
    run = project.run()
    assert any(run.result(f"t{n}")["contended"] for n in range(4))
    assert run.document["environment"]["workers"] == 1
