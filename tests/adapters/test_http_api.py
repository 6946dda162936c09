"""Any JSON API that a model file describes: what is sent, what is read, what is told when it does not fit."""

from __future__ import annotations

import json

import pytest
from scripted_server import Reply

from pytest_localbench.adapters.http_api import HttpAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart
from pytest_localbench.errors import ConfigError, ContextTooLong, GenerationFailed, MissingCredential, ModelError

PLAIN = {"body": {"q": "{{ prompt }}"}, "answer": "out.text"}


def opened(url, options=None, **more):
    config = ModelConfig(id="m", provider="http", model="big-1", base_url=url, options=options or PLAIN, **more)
    adapter = HttpAdapter(config)
    adapter.open()
    return adapter


def asked(serve, ask_for, options, reply=None, request=None, **more):
    """(the body that was sent, the response)."""
    server = serve(Reply(reply or {"out": {"text": "Hi."}}))
    response = opened(server.url, {**PLAIN, **options}, **more).generate(request or ask_for())
    return server.requests[0]["body"], response


def test_the_whole_address_is_asked_and_the_answer_read(serve, ask_for):
    server = serve(Reply({"out": {"text": "Hi."}}))
    response = opened(f"{server.url}/v2/generate?mode=fast").generate(ask_for())
    assert server.requests[0]["path"] == "/v2/generate?mode=fast"
    assert server.requests[0]["body"] == {"q": "Say hello."}
    assert (response.text, response.finish_reason, response.usage.output_tokens) == ("Hi.", "unknown", None)


def test_what_travels_is_counted(serve, ask_for):
    adapter = opened(serve(Reply({"out": {"text": "Hi."}})).url)
    adapter.generate(ask_for())
    assert adapter.traffic() == (len('{"q": "Say hello."}'), len('{"out": {"text": "Hi."}}'))


def test_placeholders_keep_their_type_and_unset_ones_are_left_out(serve, ask_for):
    body = {
        "m": "{{model}}", "t": "{{ temperature }}", "max": "{{ max_tokens }}", "seed": "{{ seed }}", "stop": "{{ stop }}",
        "text": "<{{ prompt }}> at {{ temperature }}", "list": ["{{ seed }}", "{{ prompt }}", 1], "p": "{{ parameters }}",
        "fixed": {"on": True, "none": None}, "chat": "{{ messages }}", "s": "{{ system }}",
    }  # fmt: skip
    request = ask_for(params={"temperature": 0, "max_tokens": 5, "stop": ("END",), "extra": {"beam": 2}})
    sent, _ = asked(serve, ask_for, {"body": body}, request=request)
    assert sent == {
        "m": "big-1", "t": 0, "max": 5, "stop": ["END"], "text": "<Say hello.> at 0.0", "list": ["Say hello.", 1],
        "p": {"temperature": 0, "max_tokens": 5, "stop": ["END"]}, "fixed": {"on": True, "none": None},
        "chat": [{"role": "user", "content": "Say hello."}], "beam": 2,
    }  # fmt: skip


def test_what_is_put_in_is_never_looked_at_again(serve, ask_for):
    prompt = "{{ model }} ${env:HOME} {0} %s {{ prompt }}"
    sent, _ = asked(serve, ask_for, {"body": {"q": "A: {{ prompt }}", "w": "{{ prompt }}"}}, request=ask_for(prompt))
    assert sent == {"q": f"A: {prompt}", "w": prompt}


def test_a_system_text_without_a_place_goes_in_front_and_is_noted(serve, ask_for):
    request = ask_for(messages=(Message(role="system", content="Be brief."), Message(role="user", content="Hi?")))
    sent, response = asked(serve, ask_for, {}, request=request)
    assert sent == {"q": "Be brief.\n\nHi?"}
    assert response.notes == ("system_folded",)
    sent, response = asked(serve, ask_for, {"body": {"q": "{{ prompt }}", "s": "{{ system }}"}}, request=request)
    assert sent == {"q": "Hi?", "s": "Be brief."}
    assert response.notes == ()


def test_several_turns_are_named_in_a_prompt(serve, ask_for):
    turns = [
        Message(role=role, content=text) for role, text in (("user", "1+1?"), ("assistant", "2"), ("user", "2+2?"))
    ]
    sent, _ = asked(serve, ask_for, {}, request=ask_for(messages=tuple(turns)))
    assert sent == {"q": "User: 1+1?\n\nAssistant: 2\n\nUser: 2+2?"}


PICTURE = (Message(role="user", parts=(TextPart(text="see"), ImagePart(mime="image/png", data=b"\x89PNG"))),)


def test_pictures_are_sent_or_refused_never_dropped(serve, ask_for):
    request = ask_for(messages=PICTURE)
    body = {"q": "{{ prompt }}", "pics": "{{ images }}", "urls": "{{ image_urls }}"}
    sent, _ = asked(serve, ask_for, {"body": body}, request=request)
    assert sent == {"q": "see", "pics": ["iVBORw=="], "urls": ["data:image/png;base64,iVBORw=="]}
    with pytest.raises(GenerationFailed, match="no place for pictures"):
        asked(serve, ask_for, {}, request=request)


def test_what_the_body_has_no_place_for_is_no_capability(serve):
    stated = {"vision": True, "tools": True, "json_schema": True, "context_tokens": 8192}
    found = opened(serve().url, capabilities=stated).capabilities()
    assert (found.vision, found.tools, found.json_schema, found.context_tokens) == (False, False, False, 8192)
    body = {"m": "{{ messages }}", "tools": "{{ tools }}", "schema": "{{ schema }}"}
    full = opened(serve().url, {**PLAIN, "body": body, "tools": {"calls": "calls"}}, capabilities=stated).capabilities()
    assert (full.vision, full.tools, full.json_schema) == (True, True, True)


def test_headers_and_keys_are_references(serve, ask_for, monkeypatch):
    monkeypatch.setenv("ACME_KEY", "acme-key-123456789")
    server = serve(Reply({"out": {"text": "Hi."}}))
    options = {**PLAIN, "headers": {"X-Api-Key": "${env:ACME_KEY}", "X-Team": "red"}, "method": "PUT"}
    opened(server.url, options, api_key="${env:ACME_KEY}").generate(ask_for())
    headers = server.requests[0]["headers"]
    assert (headers["X-Api-Key"], headers["X-Team"]) == ("acme-key-123456789", "red")
    assert headers["Authorization"] == "Bearer acme-key-123456789"
    monkeypatch.delenv("ACME_KEY")
    with pytest.raises(MissingCredential, match="ACME_KEY"):
        opened(server.url, options)


def test_everything_is_read_from_its_path(serve, ask_for):
    reply = {
        "out": [{"kind": "t", "text": "He"}, {"kind": "x"}, {"kind": "t", "text": "llo"}], "why": "MAX",
        "reasoning": {"text": "hmm"}, "tok": {"in": 7, "out": 3, "cached": 2, "think": "x"}, "engine": "big-1-0815",
        "calls": [{"fn": "look", "args": '{"id": 1}', "ref": "a"}, {"fn": "put", "args": {"x": 2}}, {"fn": "bad", "args": "{"}],
    }  # fmt: skip
    options = {
        "answer": "out[*].text", "thinking": "reasoning.text", "finish": "why", "finish_words": {"MAX": "length"},
        "usage": {"input_tokens": "tok.in", "output_tokens": "tok.out", "cached_tokens": "tok.cached",
                  "reasoning_tokens": "tok.think"},
        "tools": {"calls": "$.calls", "name": "fn", "arguments": "args", "id": "ref"}, "model": "engine",
    }  # fmt: skip
    _, response = asked(serve, ask_for, options, reply)
    assert (response.text, response.thinking, response.finish_reason) == ("Hello", "hmm", "length")
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == (7, 3, 2, None)
    assert [(c.name, c.arguments, c.id) for c in response.tool_calls] == [
        ("look", {"id": 1}, "a"), ("put", {"x": 2}, ""), ("bad", "{", ""),
    ]  # fmt: skip
    assert response.resolved_model == "big-1-0815"


@pytest.mark.parametrize(
    ("path", "reply", "text"),
    [
        ("$", ["a", "b"], "ab"),
        ("[-1].t", [{"t": "x"}, {"t": "y"}], "y"),
        ('data["odd key"]', {"data": {"odd key": "z"}}, "z"),
        ("n", {"n": 42}, "42"),
        ("n", {"n": None}, ""),
        ("n", {"n": {"a": "ü"}}, '{"a": "ü"}'),
    ],
)
def test_paths_and_kinds_of_answers(serve, ask_for, path, reply, text):
    assert asked(serve, ask_for, {"answer": path}, reply)[1].text == text


def test_a_path_that_finds_nothing_says_what_the_server_answered(serve, ask_for):
    reply = {"result": "Paris", "debug": "Bearer abcdefghijklmnop", "long": "x" * 500}
    with pytest.raises(GenerationFailed) as caught:
        asked(serve, ask_for, {"answer": "out[0].text"}, reply)
    words = str(caught.value)
    assert 'sent nothing at \'answer: out[0].text\'; it answered: {"result": "Paris"' in words
    assert "abcdefghijklmnop" not in words
    assert len(words) < 350
    assert not caught.value.retryable
    assert caught.value.kind == "backend_error"


@pytest.mark.parametrize(
    ("reply", "error", "kind", "words"),
    [
        ({"fault": {"text": "model is on fire"}}, "fault.text", GenerationFailed, "model is on fire"),
        ({"error": {"message": "overloaded"}}, None, GenerationFailed, "overloaded"),
        ({"fault": "maximum context length is 10"}, "fault", ContextTooLong, "maximum context"),
    ],
)
def test_an_error_inside_a_good_status_is_an_error(serve, ask_for, reply, error, kind, words):
    with pytest.raises(kind, match=words):
        asked(serve, ask_for, {"error": error} if error else {}, reply)
    _, response = asked(serve, ask_for, {"error": "fault"}, {"fault": None, "out": {"text": "ok"}})
    assert response.text == "ok"


def test_a_status_is_an_error_and_created_is_not(serve, ask_for):
    with pytest.raises(ModelError, match="HTTP 500"):
        opened(serve(Reply({"detail": "boom"}, status=500)).url).generate(ask_for())
    assert opened(serve(Reply({"out": {"text": "ok"}}, status=201)).url).generate(ask_for()).text == "ok"


STREAM = {**PLAIN, "finish": "why", "usage": {"output_tokens": "n"}, "stream": {"delta": "d.t", "thinking": "d.r"}}


def test_server_sent_events_are_put_together(serve, ask_for):
    events = [{"d": {"r": "hm"}}, {"d": {"t": "He"}}, {"ping": 1}, {"d": {"t": "llo"}, "why": "stop", "n": 2}]
    response = opened(serve(Reply(events=events)).url, STREAM).generate(ask_for())
    assert (response.text, response.thinking, response.finish_reason) == ("Hello", "hm", "stop")
    assert response.usage.output_tokens == 2
    assert 0 < response.timing.first_token_s <= response.timing.generation_s


def ndjson(*events):
    return Reply(events=[json.dumps(e).encode() + b"\n" for e in events], done=False)


def test_lines_of_json_are_put_together(serve, ask_for):
    options = {**STREAM, "stream": {"format": "ndjson", "delta": "t", "done": "end"}}
    response = opened(serve(ndjson({"t": "He"}, {"t": "llo"}, {"end": True})).url, options).generate(ask_for())
    assert response.text == "Hello"
    with pytest.raises(GenerationFailed, match="in the middle of the answer"):
        opened(serve(ndjson({"t": "He"})).url, options).generate(ask_for())
    with pytest.raises(ModelError, match="out of paper"):
        opened(serve(ndjson({"t": "He"}, {"error": "out of paper"})).url, options).generate(ask_for())


def test_a_stream_without_a_single_word_of_answer_says_so(serve, ask_for):
    with pytest.raises(GenerationFailed, match=r"nothing at 'stream.delta: d.t'; its last event: \{\"x\": 1\}"):
        opened(serve(Reply(events=[{"x": 1}])).url, STREAM).generate(ask_for())


def test_a_server_that_does_not_stream_after_all_is_understood(serve, ask_for):
    assert opened(serve(Reply({"out": {"text": "Hi."}})).url, STREAM).generate(ask_for()).text == "Hi."


def test_a_stream_that_falls_silent_is_an_error_of_the_server(serve, ask_for):
    server = serve(Reply(events=[{"d": {"t": "He"}}], fault="stall"))
    with pytest.raises(GenerationFailed, match=r"sent nothing for .* in the middle of its answer"):
        opened(server.url, STREAM).generate(ask_for(timeout_s=0.4))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"answr": "x"}, r"unknown option 'answr' \(did you mean 'answer'\?\)"),
        ({"answer": "a..b"}, r"'options.answer' cannot be used: 'a..b' is not a path at '..b'"),
        ({"answer": " "}, "an empty path"),
        ({"body": "{{ prompt }}"}, "must be a mapping or a list"),
        ({"body": {"q": "hello"}}, "the question is nowhere in it"),
        ({"body": {"q": "{{ promt }}"}}, r"unknown placeholder '{{ promt }}' \(did you mean 'prompt'\?\)"),
        ({"stream": {"delta": "a[x]"}}, r"'options.stream.delta' cannot be used: 'a\[x\]' is not a path"),
    ],
)
def test_wrong_options_are_a_sentence(options, says):
    with pytest.raises(ConfigError, match=says):
        opened("http://127.0.0.1:9", {**PLAIN, **options})


def test_an_address_is_needed():
    adapter = HttpAdapter(ModelConfig(id="m", provider="http", options=PLAIN))
    assert "'base_url' is missing" in adapter.preflight()
