"""Each way a server can fail, and the error it becomes."""

from __future__ import annotations

import threading
import time
from urllib.parse import urlsplit

import pytest
from scripted_server import Reply, answer, chunk

from pytest_localbench.adapters import streams
from pytest_localbench.adapters.faults import ServerSilent
from pytest_localbench.adapters.openai import OpenAIAdapter
from pytest_localbench.adapters.proxies import proxy_for
from pytest_localbench.adapters.wire import WireClient
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import ConfigError, ContextTooLong, GenerationFailed, GenerationTimeout, ModelUnavailable


def opened(url, stream=False):
    config = ModelConfig(id="m", provider="openai", model="x", base_url=url, options={"stream": stream})
    adapter = OpenAIAdapter(config)
    adapter.open()
    return adapter


def failure(adapter, request):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        adapter.generate(request)
    return caught.value


@pytest.mark.parametrize(
    ("reply", "kind", "retryable", "says"),
    [
        (Reply(fault="drop"), GenerationFailed, True, "without an answer"),
        (Reply(fault="reset"), GenerationFailed, True, "closed the connection"),
        (Reply(answer(), fault="short"), GenerationFailed, True, "middle of its answer"),
        (Reply(b'{"choices": ['), GenerationFailed, True, "broken JSON"),
        (Reply(b""), GenerationFailed, True, "(empty)"),
        (Reply(b"[1]"), GenerationFailed, True, "no JSON object"),
        (Reply({"ok": 1}), GenerationFailed, True, "without 'choices'"),
        (Reply({"choices": []}), GenerationFailed, True, "empty 'choices'"),
        (Reply(b"<html>hi", headers={"Content-Type": "text/html"}), GenerationFailed, False, "web page"),
        (Reply({"error": {"message": "overloaded", "code": 529}}), GenerationFailed, True, "overloaded"),
        (Reply({"error": {"message": "bad key", "code": 403}}), GenerationFailed, False, "bad key"),
        (Reply({"error": "busy"}, status=500), GenerationFailed, True, "HTTP 500"),
        (Reply({"error": {"message": "image input is not supported"}}, status=500), GenerationFailed, False, "image"),
        (Reply({"error": {"message": "bad seed"}}, status=400), GenerationFailed, False, "bad seed"),
        (Reply({"error": {"message": "no"}}, status=401), ModelUnavailable, False, "api_key"),
        (Reply({"error": {"message": "no"}}, status=403), ModelUnavailable, False, "refused the key"),
        (Reply({"error": {"message": "no model"}}, status=404), ModelUnavailable, False, "no model"),
        (Reply({"error": {"code": "insufficient_quota"}}, status=429), ModelUnavailable, False, "credit"),
        (Reply(b"", status=302, headers={"Location": "http://x/"}), ModelUnavailable, False, "http://x/"),
    ],
)
def test_faults_become_sentences(serve, ask_for, reply, kind, retryable, says):
    server = serve(reply)
    error = failure(opened(server.url), ask_for())
    assert type(error) is kind or isinstance(error, kind)
    assert error.retryable is retryable
    assert says in str(error)
    assert server.url in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "error",
    [
        {"type": "exceed_context_size_error", "message": "request (2031 tokens) exceeds"},
        {"code": "context_length_exceeded", "message": "too long"},
        {"message": "This model's maximum context length is 8192 tokens"},
    ],
)
def test_a_prompt_that_does_not_fit_is_told_apart(serve, ask_for, error):
    found = failure(opened(serve(Reply({"error": error}, status=400)).url), ask_for())
    assert type(found) is ContextTooLong
    assert found.kind == "context_overflow"
    assert "longer context" in str(found)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry-After": "7"}, 7.0), ({"retry-after-ms": "250", "Retry-After": "9"}, 0.25), ({}, None),
     ({"Retry-After": "soon"}, None), ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0)],
)  # fmt: skip
def test_the_wait_a_server_asks_for(serve, ask_for, headers, wait):
    error = failure(opened(serve(Reply({"error": "slow down"}, status=429, headers=headers)).url), ask_for())
    assert (error.retryable, error.retry_after_s) == (True, wait)


def test_a_body_is_quoted_in_part_only(serve, ask_for):
    error = failure(opened(serve(Reply(b"x" * 5000)).url), ask_for())
    assert "x" * 200 + "..." in str(error)
    assert "x" * 201 not in str(error)


def test_what_cannot_be_encoded_is_replaced_in_messages(serve, ask_for):
    error = failure(opened(serve(Reply({"error": {"message": "bad \ud800 text"}}, status=400)).url), ask_for())
    assert "bad \ufffd text" in str(error)


def test_nothing_listens(serve, ask_for):
    server = serve()
    server.close()
    error = failure(opened(server.url), ask_for())
    assert error.retryable
    assert "nothing listens" in str(error)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ["hang", "trickle"])
def test_the_deadline_counts_for_the_whole_request(serve, ask_for, fault, stream):
    adapter = opened(serve(Reply(b"", fault=fault)).url, stream)
    error = failure(adapter, ask_for(timeout_s=0.3))
    assert type(error) is GenerationTimeout
    assert (error.generating, error.kind, error.retryable) == (False, "backend_error", True)


def test_the_deadline_inside_a_stream_keeps_what_came(serve, ask_for):
    reply = Reply(events=[chunk(content=f"{n} ") for n in range(200)], event_delay_s=0.05)
    error = failure(opened(serve(reply).url, True), ask_for(timeout_s=2.0))
    assert type(error) is GenerationTimeout
    assert (error.generating, error.kind) == (True, "too_slow")
    assert error.partial_text.startswith("0 1 2 ")


@pytest.mark.parametrize("fault", ["stall", "ping"])
def test_a_stream_that_falls_silent_is_the_servers_fault(serve, ask_for, fault):
    reply = Reply(events=[chunk(content="par"), chunk(content="tial")], fault=fault)
    error = failure(opened(serve(reply).url, True), ask_for(timeout_s=3.0))
    assert type(error) is ServerSilent
    assert (error.kind, error.retryable) == ("backend_error", True)
    assert "sent nothing for 1.5 s in the middle of its answer" in str(error)


def test_limits_of_silence_can_be_set(serve, ask_for):
    config = ModelConfig(
        id="m", provider="openai", model="x", base_url=serve(Reply(fault="stall", events=[])).url,
        options={"first_token_s": 0.2, "idle_s": 0.1},
    )  # fmt: skip
    adapter = OpenAIAdapter(config)
    adapter.open()
    assert "nothing for 0.2 s before the answer began" in str(failure(adapter, ask_for(timeout_s=20)))
    bad = OpenAIAdapter(config.model_copy(update={"options": {"idle_s": 0}}))
    with pytest.raises(ConfigError, match=r"'options\.idle_s' must be above 0"):
        bad.open()


def test_comments_keep_a_stream_alive_until_its_answer_begins(serve, ask_for):
    events = [b": queued\n\n"] * 6 + [chunk(content="all"), chunk("stop")]
    config = ModelConfig(
        id="m", provider="openai", model="x", base_url=serve(Reply(events=events, event_delay_s=0.1)).url,
        options={"first_token_s": 0.3},
    )  # fmt: skip
    adapter = OpenAIAdapter(config)
    adapter.open()
    assert adapter.generate(ask_for()).text == "all"


def test_the_deadline_counts_when_the_server_closes_after_each_answer(serve, ask_for):
    reply = Reply(b"", fault="trickle", headers={"Connection": "close"})
    assert type(failure(opened(serve(reply).url), ask_for(timeout_s=0.3))) is GenerationTimeout


@pytest.mark.parametrize(
    "reply", [Reply(events=[chunk(content="par")], fault="cut"), Reply(events=[chunk(content="par")], done=False)]
)
def test_a_stream_that_ends_early_is_no_answer(serve, ask_for, reply):
    error = failure(opened(serve(reply).url, True), ask_for())
    assert isinstance(error, GenerationFailed)
    assert error.retryable


def test_a_stream_without_its_end_mark_is_an_answer_when_it_is_finished(serve, ask_for):
    reply = Reply(events=[chunk(content="all"), chunk("stop")], done=False)
    assert opened(serve(reply).url, True).generate(ask_for()).text == "all"


def test_an_error_inside_a_stream(serve, ask_for):
    reply = Reply(events=[chunk(content="par"), {"error": {"message": "engine died"}}])
    error = failure(opened(serve(reply).url, True), ask_for())
    assert "engine died" in str(error)


def test_an_answer_without_end_is_cut_off(serve, ask_for, monkeypatch):
    monkeypatch.setattr(streams, "BODY_CAP", 1000)
    for stream, reply in ((False, Reply(b"x" * 5000)), (True, Reply(events=[chunk(content="y" * 5000)]))):
        error = failure(opened(serve(reply).url, stream), ask_for())
        assert "sent more than" in str(error)
        assert not error.retryable


def test_a_connection_is_used_again_and_replaced_when_it_was_closed(serve, ask_for):
    server = serve(Reply(answer()), Reply(answer()), Reply(answer(), headers={"Connection": "close"}), Reply(answer()))
    adapter = opened(server.url)
    for _ in range(4):
        adapter.generate(ask_for())
    assert server.connections == 2
    adapter.close()
    assert adapter.generate(ask_for()).text == "Hello."


def test_abort_breaks_requests_in_flight(serve, ask_for):
    server = serve(Reply(fault="hang"))
    adapter, errors = opened(server.url), []
    thread = threading.Thread(target=lambda: errors.append(failure(adapter, ask_for(timeout_s=20))))
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    adapter.abort()
    thread.join(5)
    assert not thread.is_alive()
    assert not errors[0].retryable
    assert "stopped" in str(failure(adapter, ask_for()))


def test_loopback_never_goes_through_a_proxy_and_others_do(monkeypatch, serve):
    proxy = serve(Reply({"seen": True}))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy.url)
    target = serve(Reply({"direct": True}))
    assert WireClient(target.url).get_json("/v1/models", 5) == {"direct": True}
    assert WireClient("http://models.invalid/v1").get_json("/v1/models", 5) == {"seen": True}
    assert proxy.requests[0]["path"] == "http://models.invalid/v1/models"
    monkeypatch.setenv("no_proxy", "models.invalid")
    with pytest.raises(GenerationFailed, match="cannot be found"):
        WireClient("http://models.invalid/v1").get_json("/v1/models", 5)


def test_networks_in_no_proxy_and_proxies_we_cannot_speak_to(monkeypatch):
    monkeypatch.setenv("http_proxy", "socks5h://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "10.0.0.0/8, example.org")
    for direct in ("http://127.0.0.1:1", "http://localhost:1", "http://10.1.2.3/v1", "http://api.example.org"):
        assert proxy_for(urlsplit(direct)) is None
    with pytest.raises(ConfigError, match="scheme 'socks5h'; only http:// proxies"):
        proxy_for(urlsplit("http://11.1.2.3/v1"))


def test_a_kept_connection_that_was_dropped_costs_nothing(serve, ask_for):
    server = serve(Reply(answer("one")), Reply(fault="drop"), Reply(answer("two")))
    adapter = opened(server.url)
    assert [adapter.generate(ask_for()).text for _ in range(2)] == ["one", "two"]
    assert len(server.requests) == 3
