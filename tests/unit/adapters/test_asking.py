"""Retries, the breaker, memory and the way from a job to an answer."""

from __future__ import annotations

import os
import threading
import time

import pytest

from pytest_localbench.adapters.base import Adapter
from pytest_localbench.adapters.faults import ConnectionFailed
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import GenerationRequest, Message, ModelResponse, ResultKey, Timing
from pytest_localbench.domain.task import GenerationParams, OutputSpec, Task, TaskInput
from pytest_localbench.engine import asking
from pytest_localbench.engine.asking import Asker
from pytest_localbench.engine.plan import Job
from pytest_localbench.engine.retry import CircuitBreaker, RetryPolicy, ask_with_retry
from pytest_localbench.errors import GenerationFailed, GenerationTimeout, ModelUnavailable

KEY = ResultKey(category="c", task="t", sample="-", model="m")
OK = ModelResponse(text="ok", timing=Timing(generation_s=0.25))


class Fake(Adapter):
    """Raises or returns what it was given, in order."""

    def __init__(self, *outcomes, config=None, pids=()):
        super().__init__(config or ModelConfig(id="m", provider="llamacpp"))
        self.outcomes, self.requests, self.pids = list(outcomes), [], list(pids)

    def open(self):
        pass

    def generate(self, request):
        self.requests.append(request)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def processes(self):
        return self.pids


def busy(**more):
    return GenerationFailed("busy", retryable=True, **more)


@pytest.fixture
def ask():
    waits = []

    def run(adapter, **more):
        request = GenerationRequest(key=KEY, messages=(Message(role="user", content="x"),))
        return ask_with_retry(adapter, request, sleep=waits.append, clock=lambda: 10.0 + sum(waits), **more)

    run.waits = waits
    return run


def test_asks_again_and_counts(ask):
    response = ask(Fake(busy(), busy(retry_after_s=7), OK))
    assert (response.attempts, response.timing.generation_s) == (3, 0.25)
    assert ask.waits[1] == 7
    assert response.timing.elapsed_s == pytest.approx(sum(ask.waits))


def test_waits_are_jittered_and_bounded():
    policy = RetryPolicy()
    for attempt in range(1, 12):
        for _ in range(50):
            assert 0.5 <= policy.wait_s(attempt, busy()) <= min(30.0, 0.5 * 2**attempt)


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (busy(), 5),
        (busy(retry_after_s=120), 5),
        (busy(retry_after_s=121), 1),
        (GenerationFailed("no", retryable=False), 1),
        (ModelUnavailable("gone"), 1),
        (GenerationTimeout("silent", generating=False), 2),
        (GenerationTimeout("slow", generating=True), 1),
    ],
)
def test_how_often_it_is_asked(ask, error, asked):
    adapter = Fake(error)
    with pytest.raises(type(error)):
        ask(adapter)
    assert len(adapter.requests) == asked


def test_breaker_opens_after_connection_failures_in_a_row(ask):
    breaker, adapter = CircuitBreaker(), Fake(ConnectionFailed("refused"))
    with pytest.raises(ConnectionFailed):
        ask(adapter, breaker=breaker)
    with pytest.raises(ModelUnavailable, match="5 failed connections in a row: refused"):
        ask(adapter, breaker=breaker)
    assert len(adapter.requests) == 5


def test_breaker_opens_at_once_when_the_model_is_unavailable(ask):
    breaker, adapter = CircuitBreaker(), Fake(ModelUnavailable("no model 'x' here"), OK)
    for _ in range(3):
        with pytest.raises(ModelUnavailable, match="no model 'x' here"):
            ask(adapter, breaker=breaker)
    assert len(adapter.requests) == 1


def test_an_answer_or_another_failure_resets_the_breaker(ask):
    breaker = CircuitBreaker(limit=2)
    for _ in range(3):
        ask(Fake(ConnectionFailed("refused"), busy(), ConnectionFailed("refused"), OK), breaker=breaker)
    breaker.check()


def job(model=None, **more):
    task = Task(
        id="t", title="T", category="c", input=TaskInput(prompt="Say {{ word }}.", variables={"word": "hi"}), **more
    )
    return Job(KEY, task, task.samples[0], model or ModelConfig(id="m", provider="llamacpp"))


@pytest.fixture
def asker(tmp_path, monkeypatch):
    monkeypatch.setattr(asking, "is_noisy", lambda _: False)
    return Asker(tmp_path, lambda *_, **__: None)


def test_what_a_job_asks(asker):
    model = ModelConfig(id="m", provider="llamacpp", generation={"temperature": 0.5, "response_format": "schema"})
    output = OutputSpec(format="json", json_schema={"type": "object"})
    request = asker.request(
        job(model, generation=GenerationParams(temperature=0, max_tokens=9), output=output, timeout_seconds=3)
    )
    assert (request.params.temperature, request.params.max_tokens, request.timeout_s) == (0.5, 9, 3)
    assert request.response_schema == {"type": "object"}
    assert [m.content for m in request.messages] == ["Say hi."]
    assert asker.request(job(output=output)).response_schema is None


def test_what_an_answer_carries(asker, monkeypatch):
    response = asker.ask(Fake(OK, pids=[os.getpid()]), job())
    assert (response.text, response.contended, response.attempts) == ("ok", False, 1)
    assert response.memory.peak_bytes > 1 << 20
    assert response.started_at.endswith("Z")
    monkeypatch.setattr(asking, "is_noisy", lambda _: True)
    assert asker.ask(Fake(OK), job()).contended is True
    remote = ModelConfig(id="m", provider="openai", model="x")
    assert asker.ask(Fake(OK, config=remote), job(remote)).contended is False


def test_a_slow_answer_is_an_answer_and_a_silent_server_is_not(asker, monkeypatch):
    late = GenerationTimeout("late", generating=True, partial_text="par")
    response = asker.ask(Fake(late), job(timeout_seconds=4))
    assert (response.text, response.timed_out, response.timing.generation_s) == ("par", True, 4)
    monkeypatch.setattr(asking, "ask_with_retry", _raise(GenerationTimeout("silent", generating=False)))
    with pytest.raises(GenerationTimeout):
        asker.ask(Fake(OK), job())


def _raise(error):
    def run(*_, **__):
        raise error

    return run


def test_warm_up_only_where_it_helps(asker):
    warmed = Fake(OK)
    assert asker.warm_up(warmed) == {"warm_up": {"seconds": 0.25, "cost_usd": 0.0}}
    assert warmed.requests[0].params.max_tokens == 1
    for config in (
        ModelConfig(id="m", provider="llamacpp", warmup=False),
        ModelConfig(id="m", provider="scripted"),
        ModelConfig(id="m", provider="openai", model="x"),
    ):
        cold = Fake(OK, config=config)
        assert asker.warm_up(cold) == {}
        assert cold.requests == []
    paid = Fake(OK, config=ModelConfig(id="m", provider="openai", model="x", warmup=True))
    asker.warm_up(paid)
    assert len(paid.requests) == 1
    asker.warm_up(Fake(busy()))
    with pytest.raises(ModelUnavailable):
        asker.warm_up(Fake(ModelUnavailable("gone")))


def test_failures_of_requests_that_were_under_way_together_count_once():
    breaker = CircuitBreaker(limit=2)
    for _ in range(8):
        breaker.record(ConnectionFailed("reset"), started=1.0, ended=5.0)
    breaker.check()
    breaker.record(ConnectionFailed("reset"), started=6.0, ended=7.0)
    with pytest.raises(ModelUnavailable, match="2 failed connections in a row"):
        breaker.check()


def test_a_question_has_a_budget_for_all_its_attempts(ask):
    adapter = Fake(busy(retry_after_s=100))
    with pytest.raises(GenerationFailed, match="busy"):
        ask(adapter, policy=RetryPolicy(attempts=50))
    assert (len(adapter.requests), sum(ask.waits)) == (7, 600)


def test_a_short_wait_that_is_asked_for_is_not_taken_literally():
    assert all(0.5 <= RetryPolicy().wait_s(3, busy(retry_after_s=0)) <= 4 for _ in range(50))


def test_stopping_ends_a_wait_at_once(asker, tmp_path):
    adapter, errors = Fake(busy(retry_after_s=100), config=ModelConfig(id="m", provider="openai", model="x")), []

    def run():
        try:
            asker.ask(adapter, job(adapter.config))
        except GenerationFailed as error:
            errors.append(str(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not adapter.requests:
        time.sleep(0.005)
    asker.stop()
    thread.join(5)
    assert (errors, len(adapter.requests)) == (["the run was stopped"], 1)


def test_a_dead_model_stays_given_up_when_it_is_opened_again(asker):
    gone, config = ModelUnavailable("no model 'x' here"), ModelConfig(id="m", provider="openai", model="x")
    second = Fake(OK, config=config)
    for adapter in (Fake(gone, config=config), second):
        with pytest.raises(ModelUnavailable, match="no model 'x'"):
            asker.ask(adapter, job(config))
    assert second.requests == []
