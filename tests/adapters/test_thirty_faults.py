"""Every fault of a server, asked through the whole chain (adapter, retries, engine): an error with its kind, or the
answer after all, but never a wrong answer."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scripted_server import Reply, answer, chunk

from pytest_localbench.adapters.openai import OpenAIAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ResultKey
from pytest_localbench.domain.task import GenerationParams, Task, TaskInput
from pytest_localbench.engine import asking
from pytest_localbench.engine.asking import Asker
from pytest_localbench.engine.item import failed_item
from pytest_localbench.engine.plan import Job
from pytest_localbench.engine.retry import RetryPolicy
from pytest_localbench.errors import ModelError

KEY = ResultKey(category="c", task="t", sample="-", model="m")
DEEP = b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
NESTED = b'{"choices": [], "x": ' + b"[" * 900 + b"]" * 900 + b"}"
SAID = [chunk(content="par"), chunk(content="tial")]
LONG = " ".join(["word"] * 6000)
SOON = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)


def json_body(text):
    return Reply(text.encode())


def error(status, words="busy", **headers):
    return Reply({"error": {"message": words}}, status=status, headers=headers)


@pytest.fixture
def asked(serve, tmp_path, monkeypatch):
    quick = RetryPolicy(attempts=3, first_wait_s=0.01, longest_wait_s=0.02)
    monkeypatch.setattr(asking, "DEFAULT", quick)

    def run(replies, *, stream, prompt="Say hello.", timeout_s=20.0):
        server = serve(*replies) if replies else serve()
        config = ModelConfig(id="m", provider="openai", model="x", base_url=server.url, options={"stream": stream})
        if not replies:
            server.close()
        task = Task(id="t", title="T", category="c", input=TaskInput(prompt=prompt), timeout_seconds=timeout_s,
                    generation=GenerationParams(max_tokens=64))  # fmt: skip
        adapter = OpenAIAdapter(config)
        adapter.open()
        started = time.monotonic()
        try:
            outcome = Asker(tmp_path, lambda *_, **__: None).ask(adapter, Job(KEY, task, task.samples[0], config))
        except ModelError as failed:
            outcome = failed_item(key=KEY, task=task, model=config, error=failed)
        assert time.monotonic() - started < 2 * timeout_s + 5
        return outcome, len(server.requests)

    return run


BACKEND = {
    "refused": ([], False, 0),
    "reset": ([Reply(fault="reset")], False, 3),
    "hang before the headers": ([Reply(fault="hang")], False, 2),
    "hang after the headers": ([Reply(events=[], fault="stall")], True, 2),
    "hang in the answer": ([Reply(events=SAID, fault="stall")], True, 2),
    "comments instead of an answer": ([Reply(events=SAID, fault="ping")], True, 2),
    "trickle": ([Reply(b"", fault="trickle")], False, 2),
    "short body": ([Reply(answer(), fault="short")], False, 3),
    "stream cut off": ([Reply(events=SAID, fault="cut")], True, 3),
    "stream without an end": ([Reply(events=SAID, done=False)], True, 3),
    "error in the stream": ([Reply(events=[*SAID, {"error": {"message": "engine died"}}])], True, 3),
    "broken event": ([Reply(events=[*SAID, b"data: {\"choices\": [\n\n"])], True, 3),
    "web page": ([Reply(b"<html>login</html>", headers={"Content-Type": "text/html"})], False, 1),
    "web page to a stream": ([Reply(b"<!doctype html>", headers={"Content-Type": "text/html"})], True, 1),
    "error in a 200": ([Reply({"error": {"message": "upstream"}})], False, 3),
    "error object in a 200": ([Reply({"object": "error", "message": "no", "code": 50001})], False, 3),
    "bad JSON": ([json_body('{"choices": [{"message"')], False, 3),
    "deep JSON": ([Reply(DEEP)], False, 3),
    "nested JSON": ([Reply(NESTED)], False, 3),
    "empty body": ([Reply(b"")], False, 3),
    "null": ([json_body("null")], False, 3),
    "empty choices": ([Reply({"choices": []})], False, 3),
    "null choices": ([Reply({"choices": None})], False, 3),
    "a choice of null": ([Reply({"choices": [None]})], False, 3),
    "a choice without a message": ([Reply({"choices": [{"finish_reason": None, "message": None}]})], False, 3),
    "stream cut off before its reason": ([Reply(events=[{"choices": [{"delta": {"content": "par"}, "finish_reason": ""}]}],
                                               done=False)], True, 3),
    "stream of nothing": ([Reply(events=[{"type": "ping"}])], True, 3),
    "error as a reason": ([Reply(events=[*SAID, chunk("error")])], True, 3),
    "content that is no text": ([Reply(answer(17))], False, 3),
    "server gave up": ([Reply(answer("par", finish_reason="insufficient_system_resource"))], False, 3),
    "429 for ever": ([error(429, "slow down")], False, 3),
    "429 until tomorrow": ([error(429, "slow down", **{"Retry-After": "86400"})], False, 1),
    "429, ten minutes": ([error(429, "slow down", **{"Retry-After": "600"})], False, 1),
    "500": ([error(500)], False, 3),
    "502": ([Reply(b"Bad Gateway", status=502, headers={"Content-Type": "text/plain"})], False, 3),
    "503": ([error(503, "loading")], False, 3),
    "529": ([error(529, "overloaded")], False, 3),
    "401": ([error(401, "bad key")], False, 1),
    "403": ([error(403, "no access")], False, 1),
    "404 model": ([error(404, "model 'x' not found")], False, 1),
    "413": ([error(413, "Payload Too Large")], False, 1),
    "redirect": ([Reply(b"", status=301, headers={"Location": "https://elsewhere.example/"})], False, 1),
    "50 MB": ([Reply(answer("x" * (50 << 20)))], False, 1),
    "plain text": ([Reply(b"Service is up.", headers={"Content-Type": "text/plain"})], False, 3),
}  # fmt: skip


@pytest.mark.parametrize("fault", BACKEND)
def test_a_fault_of_the_server_is_an_error(asked, fault):
    replies, stream, requests = BACKEND[fault]
    faults = {reply.fault for reply in replies}
    limit = 3.0 if faults & {"stall", "ping"} else 0.5 if faults & {"hang", "trickle"} else 20.0
    result, seen = asked(replies, stream=stream, timeout_s=limit)
    assert result.outcome == "backend_error", result
    assert (result.quality, result.ultimate_score, result.is_error) == (None, None, True)
    assert seen == requests
    assert result.reason.count("\n") == 0
    assert len(result.reason) > 20


OTHER = {
    "context cut": ([Reply(answer("ok", usage={"prompt_tokens": 2050, "completion_tokens": 3}))], "truncated_input"),
    "context refused": (
        [Reply({"error": {"type": "exceed_context_size_error", "message": "too long"}}, status=400)],
        "context_overflow",
    ),
}


@pytest.mark.parametrize("fault", OTHER)
def test_a_prompt_that_was_not_read_whole_is_never_scored(asked, fault):
    replies, outcome = OTHER[fault]
    result, seen = asked(replies, stream=False, prompt=LONG)
    assert (result.outcome, result.quality, seen) == (outcome, None, 1)


def test_a_cut_prompt_names_what_was_sent_and_read(asked):
    result, _ = asked(OTHER["context cut"][0], stream=False, prompt=LONG)
    assert "6000" in result.reason
    assert "2050" in result.reason


SURVIVED = {
    "429 with seconds": ([error(429, **{"Retry-After": "1"}), Reply(answer("ok"))], False, 2, "ok"),
    "429 with a date": ([error(429, **{"Retry-After": SOON}), Reply(answer("ok"))], False, 2, "ok"),
    "429 with a date of the past": (
        [error(429, **{"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), Reply(answer("ok"))], False, 2, "ok",
    ),
    "503, then an answer": ([error(503), error(503), Reply(answer("ok"))], False, 3, "ok"),
    "no [DONE]": ([Reply(events=[chunk(content="ok"), chunk("stop")], done=False)], True, 1, "ok"),
    "wrong content type": ([Reply(answer("ok"), headers={"Content-Type": "text/plain"})], False, 1, "ok"),
    "no stream although asked": ([Reply(answer("ok"))], True, 1, "ok"),
    "NaN": ([json_body('{"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}], '
                       '"usage": {"prompt_tokens": NaN, "completion_tokens": Infinity}}')], False, 1, "ok"),
    "negative counts": ([Reply(answer("ok", usage={"prompt_tokens": -1, "completion_tokens": "3"}))], False, 1, "ok"),
    "a count beyond all floats": ([Reply(answer("ok", usage={"prompt_tokens": 10**400}))], False, 1, "ok"),
    "lone surrogate": ([Reply(answer("o\ud800k"))], False, 1, "o\ufffdk"),
    "null content": ([Reply({"choices": [{"message": {"content": None}}]})], False, 1, ""),
    "finish length": ([Reply(answer("o", finish_reason="length"))], False, 1, "o"),
    "notes before and between": ([Reply(events=[{"choices": [], "prompt_filter_results": []}, chunk(content="o"),
                                               {"type": "ping"}, chunk(content="k"), chunk("stop")])], True, 1, "ok"),
    "a stream called plain text": ([Reply(b'data: {"choices": [{"delta": {"content": "ok"}, "finish_reason": "stop"}]}\n\n'
                                         b"data: [DONE]\n\n", headers={"Content-Type": "text/plain"})], True, 1, "ok"),
    "byte order mark": ([Reply(b'\xef\xbb\xbf{"choices": [{"message": {"content": "ok"}}]}')], False, 1, "ok"),
}  # fmt: skip


@pytest.mark.parametrize("fault", SURVIVED)
def test_what_still_is_an_answer_is_taken_as_one(asked, fault):
    replies, stream, requests, text = SURVIVED[fault]
    response, seen = asked(replies, stream=stream, timeout_s=5)
    assert (response.text, seen, response.attempts) == (text, requests, requests)
    assert response.finish_reason == ("length" if fault == "finish length" else response.finish_reason)
    for count in (response.usage.input_tokens, response.usage.output_tokens):
        assert count in {None, 12, 3} or fault == "negative counts"
    response.model_dump_json()
    if requests > 1:
        waited = response.timing.elapsed_s - response.timing.generation_s
        assert waited > (0.9 if fault == "429 with seconds" else 0)


def test_a_surrogate_in_the_name_of_a_tool_can_be_stored(asked):
    call = {"id": "\udfff", "function": {"name": "a\ud800", "arguments": '{"x": "\\ud800"}'}}
    response, _ = asked([Reply(answer(None, message={"tool_calls": [call]}))], stream=False)
    assert response.tool_calls[0].name == "a\ufffd"
    response.model_dump_json()
