"""Local models and heavy judging take turns; remote models are never held back."""

from __future__ import annotations

import threading

import pytest

from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.engine.quiet import Quiet

LOCAL = ModelConfig(id="here", provider="scripted")
REMOTE = ModelConfig(id="there", provider="openai", base_url="https://api.example.com/v1", model="m")
WAIT_S = 10.0


def in_thread(work):
    done = threading.Event()

    def run():
        work()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    return done


def enter(context):
    with context:
        pass


def test_the_doubles_are_what_they_say():
    assert LOCAL.is_local
    assert not REMOTE.is_local


def test_a_local_model_waits_while_pages_are_judged():
    quiet = Quiet()
    with quiet.hush():
        done = in_thread(lambda: enter(quiet.working(LOCAL)))
        assert not done.wait(0.05)
    assert done.wait(WAIT_S)


def test_judging_waits_for_the_answer_under_way():
    quiet = Quiet()
    with quiet.working(LOCAL):
        done = in_thread(lambda: enter(quiet.hush()))
        assert not done.wait(0.05)
    assert done.wait(WAIT_S)


def test_a_remote_model_and_light_judging_wait_for_nobody():
    quiet = Quiet()
    with quiet.hush():
        assert in_thread(lambda: enter(quiet.working(REMOTE))).wait(WAIT_S)
    with quiet.working(LOCAL):
        assert in_thread(lambda: enter(quiet.hush(False))).wait(WAIT_S)


def test_a_stopped_run_frees_everyone():
    quiet = Quiet()
    with quiet.working(LOCAL):
        judging = in_thread(lambda: enter(quiet.hush()))
        quiet.stop()
        assert judging.wait(WAIT_S)


def test_what_fails_inside_gives_the_turn_back():
    quiet = Quiet()
    for context in (quiet.hush(), quiet.working(LOCAL)):
        with pytest.raises(ValueError, match="inside"), context:
            raise ValueError("inside")
    assert in_thread(lambda: enter(quiet.working(LOCAL))).wait(WAIT_S)
