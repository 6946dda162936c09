"""Servers that refuse a part of a request: what is changed, what is remembered, what is told."""

from __future__ import annotations

import pytest
from scripted_server import Reply, answer

from pytest_localbench.adapters.openai import OpenAIAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart
from pytest_localbench.errors import GenerationFailed

SYSTEM = Message(role="system", content="Answer in JSON only.")
USER = Message(role="user", content="Say hello.")


def opened(url, stream=True):
    adapter = OpenAIAdapter(ModelConfig(id="m", provider="openai", model="x", base_url=url, options={"stream": stream}))
    adapter.open()
    return adapter


def refuses(message="bad request", status=400):
    return Reply({"error": {"message": message}}, status=status)


def bodies(server):
    return [seen["body"] for seen in server.requests]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "System role not supported"),
        (400, "roles must alternate; got system"),
        (500, "Jinja Exception: System role not supported"),
    ],
)
def test_a_refused_system_role_is_put_in_front_of_the_question(serve, ask_for, status, words):
    server = serve(refuses(words, status), Reply(answer("ok")))
    adapter = opened(server.url)
    request = ask_for(messages=(SYSTEM, USER))
    first, second = adapter.generate(request), adapter.generate(request)
    assert first.notes == second.notes == ("system_folded",)
    assert len(server.requests) == 3
    assert bodies(server)[2]["messages"] == [{"role": "user", "content": "Answer in JSON only.\n\nSay hello."}]
    assert adapter.generate(ask_for()).notes == ()


def test_folding_keeps_pictures_and_later_turns(serve, ask_for):
    server = serve(refuses("system messages are not allowed"), Reply(answer("ok")))
    picture = Message(role="user", parts=(ImagePart(mime="image/png", data=b"p"), TextPart(text="What is it?")))
    earlier = Message(role="assistant", content="Hi.")
    opened(server.url).generate(ask_for(messages=(SYSTEM, earlier, picture, USER)))
    sent = bodies(server)[1]["messages"]
    assert [m["role"] for m in sent] == ["assistant", "user", "user"]
    assert [p["type"] for p in sent[1]["content"]] == ["text", "image_url", "text"]
    assert sent[1]["content"][0]["text"].startswith("Answer in JSON only.")
    assert sent[2]["content"] == "Say hello."


def test_a_system_text_alone_becomes_the_question(serve, ask_for):
    server = serve(refuses("no system role"), Reply(answer("ok")))
    opened(server.url).generate(ask_for(messages=(SYSTEM,)))
    assert bodies(server)[1]["messages"] == [{"role": "user", "content": "Answer in JSON only."}]


@pytest.mark.parametrize(
    ("refusals", "usage", "limit"),
    [(1, False, "max_tokens"), (2, True, "max_completion_tokens"), (3, False, "max_completion_tokens")],
)
def test_a_refusal_without_a_name_is_narrowed_down(serve, ask_for, refusals, usage, limit):
    server = serve(*[refuses()] * refusals, Reply(answer("ok")))
    adapter = opened(server.url)
    request = ask_for(params={"max_tokens": 4})
    assert [adapter.generate(request).text for _ in range(2)] == ["ok", "ok"]
    assert len(server.requests) == refusals + 2
    for body in bodies(server)[-2:]:
        assert ("stream_options" in body, limit in body) == (usage, True)


def test_when_nothing_helps_the_first_refusal_is_told_and_nothing_is_learned(serve, ask_for):
    server = serve(refuses("first words"), refuses("other words"), refuses(), refuses(), Reply(answer("ok")))
    adapter = opened(server.url)
    request = ask_for(params={"max_tokens": 4})
    with pytest.raises(GenerationFailed, match="first words") as caught:
        adapter.generate(request)
    assert not caught.value.retryable
    assert adapter.generate(request).text == "ok"
    assert "stream_options" in bodies(server)[-1]
    assert "max_tokens" in bodies(server)[-1]


def test_what_was_accepted_before_is_not_suspected(serve, ask_for):
    server = serve(Reply(answer("ok")), refuses("no such thing"))
    adapter = opened(server.url)
    request = ask_for(params={"max_tokens": 4})
    adapter.generate(request)
    with pytest.raises(GenerationFailed, match="no such thing"):
        adapter.generate(request)
    assert len(server.requests) == 2


def test_a_refused_picture_is_asked_once(serve, ask_for):
    server = serve(refuses("image input is not supported", 500))
    with pytest.raises(GenerationFailed, match="image input") as caught:
        opened(server.url).generate(ask_for(params={"max_tokens": 4}))
    assert not caught.value.retryable
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("sent", "arguments", "notes"),
    [
        ('{"slot": "10:00"}', {"slot": "10:00"}, ()),
        ({"slot": "10:00"}, {"slot": "10:00"}, ()),
        ('"{\\"slot\\": \\"10:00\\"}"', {"slot": "10:00"}, ("double_encoded_arguments",)),
        ("{slot: 10:00", "{slot: 10:00", ()),
        ('"just text"', '"just text"', ()),
        ("", {}, ()),
        ("[1]", "[1]", ()),
    ],
)
def test_arguments_of_a_call_in_every_form(serve, ask_for, sent, arguments, notes):
    call = {"id": "1", "type": "function", "function": {"name": "book", "arguments": sent}}
    server = serve(Reply(answer(None, message={"tool_calls": [call]}, finish_reason="tool_calls")))
    response = opened(server.url, stream=False).generate(ask_for())
    assert response.tool_calls[0].arguments == arguments
    assert response.notes == notes
