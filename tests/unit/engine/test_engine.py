"""The engine asks ahead, loads each model once, and always answers what is waited for."""

from __future__ import annotations

import random
import threading

import pytest

from pytest_localbench.adapters.base import Adapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ModelResponse, ResultKey, Timing
from pytest_localbench.domain.task import Sample, Task
from pytest_localbench.engine.engine import Engine
from pytest_localbench.engine.plan import Job, Plan
from pytest_localbench.errors import ModelError, ModelUnavailable


class Fake(Adapter):
    opened: list[str] = []
    live: set[str] = set()
    most = 0

    def open(self):
        if self.config.options.get("broken"):
            raise ModelUnavailable("no such model")
        Fake.opened.append(self.config.id)
        Fake.live.add(self.config.id)
        Fake.most = max(Fake.most, len(Fake.live))

    def generate(self, request):
        raise AssertionError("the engine asks through its own function")

    def close(self):
        Fake.live.discard(self.config.id)


@pytest.fixture
def engine():
    Fake.opened, Fake.live, Fake.most = [], set(), 0
    made: list[Engine] = []

    def make(look_ahead=None, ask=None):
        def answer(adapter, job):
            assert adapter.config.id == job.model.id
            return ModelResponse(text=str(job.key), timing=Timing(generation_s=0))

        made.append(Engine(make_adapter=Fake, ask=ask or answer, prepare=lambda _: {}, look_ahead=look_ahead))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def jobs(models, n=6, **model):
    task = Task.model_validate({"id": "t", "title": "t", "category": "c", "input": {"prompt": "?"}})
    configs = [ModelConfig(id=name, provider="scripted", **model) for name in models]
    return [
        Job(ResultKey(category="c", task="t", sample=str(i), model=config.id), task, Sample(), config)
        for config in configs
        for i in range(n)
    ]


def take(engine, order, skip=()):
    for job in order:
        if job not in skip:
            assert engine.response(job).text == str(job.key)
        engine.release(job)


@pytest.mark.parametrize("look_ahead", [None, 1, 2])
def test_every_model_is_loaded_once_and_alone(engine, look_ahead):
    one = engine(look_ahead)
    plan = jobs("abc")
    one.add(Plan(plan))
    one.start()
    take(one, plan)
    assert Fake.opened == ["a", "b", "c"]
    assert Fake.most == 1


@pytest.mark.parametrize("look_ahead", [None, 1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_any_order_and_any_skips_come_to_an_end(engine, look_ahead, seed):
    one = engine(look_ahead)
    plan = jobs("abc")
    one.add(Plan(plan))
    one.start()
    order = random.Random(seed).sample(plan, len(plan))
    take(one, order, skip=order[::3])


def test_a_job_that_was_not_planned_is_asked_on_demand(engine):
    one = engine()
    plan = jobs("ab", n=2)
    one.add(Plan(plan[:1]))
    one.start()
    take(one, plan)


def test_a_model_that_cannot_be_opened_fails_its_own_items_alone(engine):
    one = engine()
    broken, fine = jobs("x", options={"broken": True}), jobs("y")
    one.add(Plan(broken + fine))
    one.start()
    for job in broken:
        with pytest.raises(ModelError, match="no such model"):
            one.response(job)
    take(one, fine)


def test_a_bug_in_an_adapter_costs_one_answer(engine):
    def ask(adapter, job):
        if job.key.sample == "1":
            raise KeyError("choices")
        return ModelResponse(text=str(job.key), timing=Timing(generation_s=0))

    one = engine(ask=ask)
    plan = jobs("a", n=3)
    one.add(Plan(plan))
    one.start()
    with pytest.raises(ModelError, match="the adapter 'scripted' failed"):
        one.response(plan[1])
    assert one.response(plan[2]).text == str(plan[2].key)


def test_look_ahead_bounds_what_is_asked_in_vain(engine):
    asked = []

    def ask(adapter, job):
        asked.append(job)
        return ModelResponse(text=str(job.key), timing=Timing(generation_s=0))

    one = engine(look_ahead=1, ask=ask)
    plan = jobs("a", n=10)
    one.add(Plan(plan))
    one.start()
    one.response(plan[0])
    one.stop()
    assert len(asked) == 1


def test_concurrent_requests_of_one_model(engine):
    barrier = threading.Barrier(3, timeout=10)

    def ask(adapter, job):
        barrier.wait()
        return ModelResponse(text=str(job.key), timing=Timing(generation_s=0))

    one = engine(ask=ask)
    plan = jobs("a", n=6, concurrency=3)
    one.add(Plan(plan))
    one.start()
    take(one, plan)
