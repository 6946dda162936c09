"""Tokens become a stream of pieces: characters, stop texts, limits, ends."""

from __future__ import annotations

import pytest

from pytest_localbench.adapters.huggingface_rows import Row

END = 256


def row(**more):
    """A row whose tokens are bytes of UTF-8."""
    made = {"inputs": {}, "prompt_tokens": 5, "limit": 100, "end_tokens": frozenset({END})}
    return Row(decode=lambda ids: bytes(ids).decode("utf-8", "replace"), **{**made, **more})


def feed(r, text, first=0.0, step=0.5):
    r.started = first - 1.0
    for at, byte in enumerate(text.encode() if isinstance(text, str) else text):
        if r.push(byte, first + at * step):
            return


def drain(r):
    events = []
    while not r.events.empty():
        events.append(r.events.get())
    return events


def text_of(events):
    deltas = [e["choices"][0]["delta"] for e in events if e and "choices" in e]
    return "".join(d.get("content", "") for d in deltas)


def reason_of(events):
    return events[-2]["choices"][0]["finish_reason"]


@pytest.mark.parametrize("text", ["plain", "Zoë 🙂 ß", "日本語", "a\ufffdb", ""])
def test_text_arrives_whole_and_never_in_half_characters(text):
    r = row()
    feed(r, text)
    sent = drain(r)
    assert all("\ufffd" not in text_of([e]) or "\ufffd" in text for e in sent)
    r.push(END, 9.0)
    assert text_of(sent + drain(r)) == text


def test_a_character_cut_off_by_the_limit_is_shown_as_such():
    r = row(limit=3)
    feed(r, "ß".encode() + b"\xf0")
    assert text_of(drain(r)) == "ß\ufffd"


def test_the_end_token_is_counted_and_not_shown():
    r = row()
    feed(r, "ab")
    assert r.push(END, 2.0)
    events = drain(r)
    assert (text_of(events), reason_of(events)) == ("ab", "stop")
    assert events[-2]["usage"] == {"prompt_tokens": 5, "completion_tokens": 3}
    assert events[-1] is None


def test_a_thinking_block_that_the_prompt_opened_is_shown_as_open():
    r = row(opening="<think>\n")
    feed(r, "why")
    r.push(END, 9.0)
    assert text_of(drain(r)) == "<think>\nwhy"


def test_the_limit_is_an_end_of_its_own():
    r = row(limit=3)
    feed(r, "abcdef")
    events = drain(r)
    assert (text_of(events), reason_of(events)) == ("abc", "length")


def test_a_full_context_is_an_error_when_more_was_allowed():
    r = row(limit=3, context_bound=True)
    feed(r, "abc")
    error = drain(r)[-2]["error"]
    assert error["type"] == "exceed_context_size_error"
    assert "5 tokens of the prompt and 3" in error["message"]


@pytest.mark.parametrize(
    ("stops", "text", "shown"),
    [
        (("END",), "abENDcd", "ab"),
        (("END",), "abENcd", "abENcd"),
        (("END", "\n"), "ab\ncEND", "ab"),
        (("aab",), "aaab", "a"),
        (("END",), "ENENDx", "EN"),
        (("x",), "x", ""),
    ],
)
def test_stop_texts_end_the_answer_and_are_not_shown(stops, text, shown):
    r = row(stops=stops)
    feed(r, text)
    seen = text_of(drain_so_far := drain(r))
    r.push(END, 99.0)
    assert text_of(drain_so_far) == seen
    assert text_of(drain_so_far + drain(r)) == shown


def test_what_may_become_a_stop_text_is_held_back_until_it_is_decided():
    r = row(stops=("END",))
    feed(r, "abEN")
    assert text_of(drain(r)) == "ab"
    feed(r, "D")
    assert r.done
    assert text_of(drain(r)) == ""


def test_times_are_taken_from_the_clock_of_the_tokens():
    r = row(arrived=7.0, prepared_s=0.25)
    feed(r, "abc", first=10.0, step=0.5)
    r.push(END, 11.5)
    assert drain(r)[-2]["timings"] == {
        "queued_s": 2.0, "first_token_s": 1.25, "prompt_per_second": 5.0, "predicted_per_second": 2.0,
    }  # fmt: skip


def test_no_speed_is_claimed_for_a_single_token():
    r = row(limit=1)
    feed(r, "a")
    assert drain(r)[-2]["timings"]["predicted_per_second"] is None


@pytest.mark.parametrize("more", [{"deadline": 1.0}, {"cancelled": True}])
def test_deadline_and_cancelling_end_the_row(more):
    r = row(**more)
    assert r.push(97, 2.0)
    assert drain(r)[0]["error"]["type"] == "cancelled"
    assert r.push(98, 3.0)
    assert r.tokens == []


def test_only_what_has_settings_of_its_own_is_not_greedy():
    assert row().greedy
    assert not row(sampling={"temperature": 0.5}).greedy
    assert not row(sampling={"repetition_penalty": 1.1}).greedy
