"""Each way a provider can fail under its own SDK, and the error it becomes: one question, one request, one sentence."""

from __future__ import annotations

import threading
import time

import anthropic_server as claude
import google_server as gemini
import pytest
from scripted_server import Reply

from pytest_localbench.adapters import sdk_transport
from pytest_localbench.adapters.anthropic_api import AnthropicAdapter
from pytest_localbench.adapters.faults import ConnectionFailed, RequestRefused, ServerSilent
from pytest_localbench.adapters.google_api import GoogleAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import (
    ConfigError,
    ContextTooLong,
    GenerationFailed,
    GenerationTimeout,
    MissingDependency,
    ModelUnavailable,
)

pytest.importorskip("anthropic")
pytest.importorskip("google.genai")

CLAUDE_SAID = [claude.start(), *claude.text(0, "par", "tial")[:-1]]
GEMINI_SAID = [gemini.chunk(gemini.text("par")), gemini.chunk(gemini.text("tial"))]
SAID = {"anthropic": CLAUDE_SAID, "google": GEMINI_SAID}
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def opened(monkeypatch, opening):
    monkeypatch.setenv("CLAUDE_KEY", claude.KEY)
    monkeypatch.setenv("GEMINI_KEY", gemini.KEY)

    def make(provider, *replies, **config):
        ours = provider == "anthropic"
        server = (claude.MessagesServer if ours else gemini.GenerateServer)(*replies)
        key = {"api_key": f"${{env:{'CLAUDE' if ours else 'GEMINI'}_KEY}}", **config}
        given = ModelConfig(id="m", provider=provider, model="x", base_url=server.url, **key)
        adapter = (AnthropicAdapter if ours else GoogleAdapter)(given)
        return opening(server, adapter)

    return make


def failure(adapter, request):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        adapter.generate(request)
    return caught.value


@pytest.mark.parametrize("provider", ["anthropic", "google"])
@pytest.mark.parametrize(
    ("reply", "kind", "retryable", "says"),
    [
        (Reply(fault="drop"), ConnectionFailed, True, "without an answer"),
        (Reply(fault="reset"), ConnectionFailed, True, "closed the connection"),
        (Reply({"a": 1}, fault="short"), ConnectionFailed, True, "middle of its answer"),
        (Reply(b'{"candidates": ['), GenerationFailed, True, "broken JSON"),
        (Reply(b""), GenerationFailed, True, "(empty)"),
        (Reply({"ok": 1}), GenerationFailed, False, "did not stream"),
        (Reply(b"<html>hi", headers=HTML), GenerationFailed, False, "web page"),
        (Reply(b"<html>log in", status=502, headers=HTML), GenerationFailed, True, "HTTP 502"),
        (Reply({"error": {"message": "engine died"}}), GenerationFailed, True, "engine died"),
        (Reply({"error": {"message": "no", "code": 403}}), ModelUnavailable, False, "refused the key"),
        (Reply({"error": {"message": "busy"}}, status=500), GenerationFailed, True, "HTTP 500"),
        (Reply({"error": {"message": "busy"}}, status=503), GenerationFailed, True, "HTTP 503"),
        (Reply({"error": {"message": "no"}}, status=401), ModelUnavailable, False, "api_key"),
        (Reply({"error": {"message": "no"}}, status=403), ModelUnavailable, False, "refused the key"),
        (Reply({"error": {"message": "no model"}}, status=404), ModelUnavailable, False, "no model"),
        (Reply(b"", status=302, headers={"Location": "http://x/"}), ModelUnavailable, False, "http://x/"),
        (Reply(events=[], done=False), (ConnectionFailed, GenerationFailed), True, ""),
        (Reply(events=[b"event: message_start\ndata: {no\n\n"], done=False), GenerationFailed, True, "broken JSON"),
    ],
)
def test_faults_become_sentences(opened, ask_for, provider, reply, kind, retryable, says):
    adapter, server = opened(provider, reply)
    error = failure(adapter, ask_for())
    assert isinstance(error, kind)
    assert error.retryable is retryable
    assert says in str(error)
    assert server.url in str(error)
    assert "\n" not in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "retryable", "says"),
    [
        (claude.error(400, "invalid_request_error", "bad stop"), RequestRefused, False, "bad stop"),
        (claude.error(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), ContextTooLong, False, "too long"),
        (claude.error(400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 9 + 9 > 8"),
         ContextTooLong, False, "context limit"),
        (claude.error(400, "invalid_request_error", "Your credit balance is too low to access the API"), ModelUnavailable, False, "credit"),
        (claude.error(529, "overloaded_error", "Overloaded"), GenerationFailed, True, "Overloaded"),
        (claude.stream(CLAUDE_SAID, claude.event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})),
         GenerationFailed, True, "529"),
        (claude.stream(CLAUDE_SAID, claude.event({"type": "error", "error": {"type": "authentication_error", "message": "gone"}})),
         ModelUnavailable, False, "gone"),
        (claude.stream(CLAUDE_SAID, claude.event({"type": "error", "error": {"type": "novel_error", "message": "odd"}})),
         GenerationFailed, True, "odd"),
        (claude.stream(CLAUDE_SAID), ConnectionFailed, True, "ended its stream"),
        (claude.stream(claude.start(), claude.text(0, "x"), claude.end(None)), ConnectionFailed, True, "ended its stream"),
    ],
)  # fmt: skip
def test_faults_of_anthropic(opened, ask_for, reply, kind, retryable, says):
    adapter, server = opened("anthropic", reply)
    error = failure(adapter, ask_for())
    assert (isinstance(error, kind), error.retryable, says in str(error)) == (True, retryable, True), error
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "retryable", "says"),
    [
        (gemini.error(400, "INVALID_ARGUMENT", "bad seed"), RequestRefused, False, "bad seed"),
        (gemini.wrong_key(), ModelUnavailable, False, "refused the key"),
        (gemini.error(403, "PERMISSION_DENIED", "API not enabled"), ModelUnavailable, False, "API not enabled"),
        (gemini.error(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
         ContextTooLong, False, "token count"),
        (gemini.error(503, "UNAVAILABLE", "The model is overloaded."), GenerationFailed, True, "overloaded"),
        (Reply([{"error": {"code": 500, "message": "in a list", "status": "INTERNAL"}}], status=500), GenerationFailed, True, "in a list"),
        (gemini.stream(*GEMINI_SAID, {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}),
         GenerationFailed, True, "overloaded"),
        (gemini.stream(*GEMINI_SAID), ConnectionFailed, True, "ended its stream"),
        (gemini.stream({"usageMetadata": {"promptTokenCount": 1}}), GenerationFailed, True, "without 'candidates'"),
        (gemini.stream({"candidates": []}), GenerationFailed, True, "without 'candidates'"),
        (gemini.stream({"candidates": "none"}), GenerationFailed, True, ""),
    ],
)  # fmt: skip
def test_faults_of_google(opened, ask_for, reply, kind, retryable, says):
    adapter, server = opened("google", reply)
    error = failure(adapter, ask_for())
    assert (isinstance(error, kind), error.retryable, says in str(error)) == (True, retryable, True), error
    assert len(server.requests) == 1


@pytest.mark.parametrize("provider", ["anthropic", "google"])
@pytest.mark.parametrize(
    ("headers", "wait"), [({"Retry-After": "7"}, 7.0), ({"retry-after-ms": "250"}, 0.25), ({"Retry-After": "300"}, 300.0), ({}, None)]
)  # fmt: skip
def test_the_wait_a_server_asks_for(opened, ask_for, provider, headers, wait):
    adapter, server = opened(provider, Reply({"error": {"message": "slow down"}}, status=429, headers=headers))
    error = failure(adapter, ask_for())
    assert (type(error), error.retryable, error.retry_after_s) == (GenerationFailed, True, wait)
    assert len(server.requests) == 1


def test_google_asks_for_a_wait_in_the_body(opened, ask_for):
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}
    adapter, _ = opened("google", gemini.error(429, "RESOURCE_EXHAUSTED", "quota", {"@type": "other"}, detail))
    assert failure(adapter, ask_for()).retry_after_s == 17.0


@pytest.mark.parametrize("provider", ["anthropic", "google"])
@pytest.mark.parametrize(
    "reply",
    [Reply(fault="hang"), Reply(b"", fault="trickle"), Reply(b"", status=500, fault="trickle")],
    ids=["hang", "trickle", "trickling error"],
)
def test_the_deadline_counts_for_the_whole_request(opened, ask_for, provider, reply):
    adapter, _ = opened(provider, reply)
    error = failure(adapter, ask_for(timeout_s=0.3))
    assert type(error) is GenerationTimeout
    assert (error.generating, error.kind, error.retryable) == (False, "backend_error", True)


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_the_deadline_while_it_writes_is_slow_and_keeps_what_came(opened, ask_for, provider):
    piece = claude.event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "."}})
    more = [piece if provider == "anthropic" else gemini.chunk(gemini.text("."))] * 200
    adapter, _ = opened(provider, Reply(events=[*SAID[provider], *more], done=False, event_delay_s=0.02))
    error = failure(adapter, ask_for(timeout_s=0.6))
    assert (type(error), error.generating, error.kind) == (GenerationTimeout, True, "too_slow")
    assert error.partial_text.startswith("partial.")


@pytest.mark.parametrize("provider", ["anthropic", "google"])
@pytest.mark.parametrize("fault", ["stall", "ping"])
def test_a_server_that_falls_silent_is_no_slow_model(opened, ask_for, provider, fault):
    adapter, _ = opened(provider, Reply(events=SAID[provider], fault=fault), options={"idle_s": 0.2})
    error = failure(adapter, ask_for(timeout_s=5))
    assert (type(error), error.kind, error.retryable) == (ServerSilent, "backend_error", True)
    assert "0.2 s in the middle of its answer" in str(error)


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_comments_in_a_stream_are_passed_over(opened, ask_for, provider):
    comment = b": still working\n\n"
    last = claude.end() if provider == "anthropic" else [gemini.chunk(finish="STOP")]
    said = [comment, *(piece for event in [*SAID[provider], *last] for piece in (event, comment))]
    adapter, _ = opened(provider, Reply(events=said, done=False))
    assert adapter.generate(ask_for()).text == "partial"


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_a_stream_that_never_begins_is_given_up(opened, ask_for, provider):
    adapter, _ = opened(provider, Reply(events=[], fault="ping"), options={"first_token_s": 0.2})
    error = failure(adapter, ask_for(timeout_s=5))
    assert (type(error), "before the answer began" in str(error)) == (ServerSilent, True)


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_a_cut_stream(opened, ask_for, provider):
    adapter, _ = opened(provider, Reply(events=SAID[provider], fault="cut"))
    error = failure(adapter, ask_for())
    assert (type(error), "middle of its answer" in str(error)) == (ConnectionFailed, True)


@pytest.mark.parametrize("provider", ["anthropic", "google"])
@pytest.mark.parametrize("reply", ["hang", "stall"])
def test_abort_breaks_what_is_in_flight(opened, ask_for, provider, reply):
    said = {"events": SAID[provider]} if reply == "stall" else {}
    adapter, server = opened(provider, Reply(fault=reply, **said))
    errors = []
    thread = threading.Thread(target=lambda: errors.append(failure(adapter, ask_for(timeout_s=60))))
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    time.sleep(0.1)
    adapter.abort()
    thread.join(10)
    assert not thread.is_alive()
    assert "the run was stopped" in str(errors[0])
    assert not errors[0].retryable
    assert "the run was stopped" in str(failure(adapter, ask_for()))
    assert len(server.requests) == 1


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_nothing_listens(opened, ask_for, provider):
    adapter, server = opened(provider, Reply({}))
    adapter.close()
    server.close()
    adapter.open()
    error = failure(adapter, ask_for())
    assert (type(error), "nothing listens" in str(error)) == (ConnectionFailed, True)


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_the_key_is_in_no_message(opened, ask_for, provider):
    key = claude.KEY if provider == "anthropic" else gemini.KEY
    adapter, _ = opened(provider, Reply({"error": {"message": f"{key} is wrong"}}, status=401))
    error = failure(adapter, ask_for())
    assert key not in str(error)
    assert key not in repr(adapter.fingerprint())


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_a_body_without_end_is_cut_off(opened, ask_for, provider, monkeypatch):
    monkeypatch.setattr(sdk_transport, "BODY_CAP", 2_000_000)
    piece = claude.event(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x" * 500_000}}
    )
    more = [piece if provider == "anthropic" else gemini.chunk(gemini.text("x" * 500_000))] * 8
    adapter, _ = opened(provider, Reply(events=[*SAID[provider], *more], done=False))
    error = failure(adapter, ask_for())
    assert ("sent more than" in str(error), error.retryable) == (True, False)


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_connections_are_kept_and_questions_asked_side_by_side(opened, ask_for, provider):
    adapter, server = opened(provider)
    for _ in range(3):
        assert adapter.generate(ask_for()).text == "Hello."
    assert server.connections <= 2
    texts = []
    threads = [threading.Thread(target=lambda: texts.append(adapter.generate(ask_for()).text)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert texts == ["Hello."] * 8


@pytest.mark.parametrize(
    ("kind", "variable"), [(AnthropicAdapter, "ANTHROPIC_API_KEY"), (GoogleAdapter, "GEMINI_API_KEY")]
)
def test_the_provider_itself_is_believed_when_it_knows_no_such_key_or_model(serve, monkeypatch, kind, variable):
    monkeypatch.setenv(variable, "key-for-the-double")
    refused = Reply({"error": {"message": "no such thing"}}, status=404)
    server = serve(Reply({"error": {"message": "who are you"}}, status=401), refused, Reply(status=503), refused)
    monkeypatch.setattr(kind, "default_url", server.url)
    config = ModelConfig(id="m", provider="p", model="x")
    for words in ("who are you", "no such thing"):
        with pytest.raises(ModelUnavailable, match=words):
            kind(config).open()
    out_of_reach = kind(config)
    assert out_of_reach.learns() == kind.told
    out_of_reach.open()
    assert out_of_reach.learns() == frozenset()
    elsewhere = kind(config.model_copy(update={"base_url": server.url}))
    elsewhere.open()
    assert elsewhere.learns() == kind.told


@pytest.mark.parametrize(("kind", "route"), [(AnthropicAdapter, "/v1/messages"), (GoogleAdapter, "/v1beta/models/x")])
def test_a_proxy_is_used_for_other_machines(serve, ask_for, monkeypatch, kind, route):
    last = claude.end() if kind is AnthropicAdapter else [gemini.chunk(finish="STOP")]
    said = [*SAID["anthropic" if kind is AnthropicAdapter else "google"], *last]
    proxy = serve(Reply({}, status=404), Reply(events=said, done=False))
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//user:p%40ss@"))
    adapter = kind(ModelConfig(id="m", provider="p", model="x", base_url="http://models.example"))
    adapter.open()
    assert adapter.generate(ask_for()).text == "partial"
    seen = proxy.requests[1]
    assert seen["path"].startswith(f"http://models.example{route}")
    assert seen["headers"]["Proxy-Authorization"] == "Basic dXNlcjpwQHNz"
    adapter.close()


@pytest.mark.parametrize("kind", [AnthropicAdapter, GoogleAdapter])
def test_wrong_addresses_and_missing_packages(kind, monkeypatch):
    config = ModelConfig(id="m", provider="p", model="x", base_url="ftp://host")
    with pytest.raises(ConfigError, match="not an address"):
        kind(config).open()

    def gone(*_):
        raise ImportError("no SDK", name="sdk")

    monkeypatch.setattr(kind, "connect", gone)
    with pytest.raises(MissingDependency, match=r"pip install 'pytest-localbench\[(anthropic|google)\]'"):
        kind(config).open()
