"""Runs that end when time or money is spent."""

from __future__ import annotations

import json

import pytest

from pytest_localbench.domain.model import ModelConfig, Pricing
from pytest_localbench.domain.response import ModelResponse, Timing, Usage
from pytest_localbench.engine.budget import Budget, duration
from pytest_localbench.engine.plan import Job
from pytest_localbench.errors import GenerationFailed, NotAsked
from pytest_localbench.harness.budget import fair_order, round_ends

CONFTEST = """
    from pytest_localbench.adapters.base import Adapter
    from pytest_localbench.domain.response import ModelResponse, Timing, Usage

    class Paid(Adapter):
        def open(self):
            with open("opened.txt", "a") as file:
                file.write(self.config.id + "\\n")

        def generate(self, request):
            usage = Usage(input_tokens=0, output_tokens=1_000_000)
            return ModelResponse(text="Paris", usage=usage, timing=Timing(generation_s=0.01))

    def pytest_localbench_register(registry):
        registry.adapter("paid", "conftest:Paid")
"""


@pytest.fixture
def suite(project):
    """Eight tasks and two models of one lane, whose every answer costs a dollar."""
    project.write("conftest.py", CONFTEST)
    for name in "abcdefgh":
        project.exact(name)
    for name in ("m", "n"):
        model = {"provider": "paid", "lane": "one", "pricing": {"input_usd_per_mtok": 0, "output_usd_per_mtok": 1}}
        project.write(f"data/models/{name}.json", json.dumps(model))
    return project


def asked(outcome, model):
    return {r["key"]["task"] for r in outcome.document["results"] if r["key"]["model"] == model}


def test_money_ends_the_run_and_what_was_asked_is_comparable(suite):
    outcome = suite.run("--models=m,n", "--localbench-max-cost=7", "-rs")
    assert outcome.outcomes == {"passed": 7, "skipped": 9}
    assert "partial: 9 items not asked" in outcome.text
    assert "not asked: the limit of 7 USD was reached" in outcome.text
    document = outcome.document
    assert document["complete"] is False
    assert len(document["not_run"]) == 9
    assert document["lost"] == []
    assert len(asked(outcome, "m")) == 4
    assert len(asked(outcome, "n")) == 3
    assert asked(outcome, "n") < asked(outcome, "m")
    scored = {(t["model"], t["task"]) for t in document["task_results"]}
    assert scored == {(model, task) for model in ("m", "n") for task in asked(outcome, "n")}
    assert [(s["n_tasks"], s["coverage"]) for s in document["summary"]] == [(3, 1.0)] * 2
    told = " ".join(outcome.text.split())
    assert "partial: the limit of 7 USD was reached; 9 of 16 items were not asked" in told
    assert "1 answers to questions that not all models were asked any more are in no score" in told
    opened = (suite.root / "opened.txt").read_text("utf-8").split()
    assert opened == ["m", "n"] * 2


def test_a_cut_run_goes_on(suite):
    suite.run("--models=m,n", "--localbench-max-cost=7")
    outcome = suite.run("--models=m,n", "--localbench-resume")
    assert len(outcome.document["results"]) == 16
    assert outcome.document["complete"] is True
    assert outcome.outcomes == {"passed": 16}


def test_when_the_time_is_over_nothing_is_asked_and_no_model_is_opened(suite):
    outcome = suite.run("--models=m,n", "--localbench-budget=0.000001s", "--localbench-gate=quality>=1")
    assert outcome.outcomes == {"skipped": 16}
    assert not (suite.root / "opened.txt").exists()
    assert outcome.code == 1
    assert "the budget of 1e-06 s was over" in outcome.text


def test_with_workers_what_was_not_asked_is_not_lost(suite):
    outcome = suite.run("--models=m,n", "--localbench-budget=0.000001s", "-n", "1", "-rs", subprocess=True)
    assert outcome.outcomes == {"skipped": 16}
    assert "never reported" not in outcome.text
    assert "16 of 16 items were not asked" in " ".join(outcome.text.split())


def test_enough_of_both_changes_nothing(suite):
    outcome = suite.run("--models=m,n", "--localbench-budget=2h", "--localbench-max-cost=100")
    assert outcome.outcomes == {"passed": 16}
    assert outcome.document["complete"] is True
    assert outcome.code == 0


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--localbench-budget=30", "give a time with its unit, such as 90s, 30m or 1h30m"),
        ("--localbench-budget=soon", "give a time with its unit"),
        ("--localbench-max-cost=-1", "give an amount of US dollars"),
        (
            "--localbench-max-cost=1 -n 2",
            "--localbench-max-cost: what several workers spend is not added up; leave -n out",
        ),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(suite, option, told):
    outcome = suite.run("--models=m", *option.split())
    assert outcome.code == 4
    assert told in outcome.text


def test_where_no_model_is_asked_a_limit_is_kept_anyway(suite):
    suite.write("pytest.ini", "[pytest]\nlocalbench_budget = 1s\nlocalbench_max_cost = 1\n")
    assert suite.run("--models=m", "--localbench-selfcheck").code == 0


def test_models_with_a_lane_of_their_own_are_opened_once(suite):
    for name in ("m", "n"):
        text = (suite.root / f"data/models/{name}.json").read_text("utf-8")
        suite.write(f"data/models/{name}.json", json.dumps({**json.loads(text), "lane": name}))
    outcome = suite.run("--models=m,n", "--localbench-budget=2h", "-v")
    assert outcome.outcomes == {"passed": 16}
    assert sorted((suite.root / "opened.txt").read_text("utf-8").split()) == ["m", "n"]
    order = [line.partition("::")[2].partition("]")[0] for line in outcome.text.splitlines() if "PASSED" in line]
    assert all(order[i][0] == order[i + 1][0] for i in range(0, 16, 2))  # question by question


def test_a_limit_needs_known_prices(suite):
    suite.write("data/models/m.json", json.dumps({"provider": "paid"}))
    outcome = suite.run("--models=m", "--localbench-max-cost=1")
    assert outcome.code == 4
    assert "the price of model 'm' is not known; write 'pricing' into its file" in outcome.text


@pytest.mark.parametrize(
    ("n", "ends"),
    [(0, []), (2, []), (3, [2]), (8, [2, 4, 6]), (40, [2, 6, 11, 16, 21, 26, 31, 36]), (86, [2, 6, 14, 25, 36, 47, 58, 69, 80])],
)  # fmt: skip
def test_rounds_begin_small_and_grow_to_an_eighth(n, ends):
    assert round_ends(n) == ends


def test_every_beginning_of_the_order_holds_each_category_in_its_share():
    questions = [("big", f"t{i}", "-", 1) for i in range(30)] + [("small", f"t{i}", "-", 1) for i in range(10)]
    order = fair_order([*questions, ("big", "t0", "-", 2)])
    assert order[-1] == ("big", "t0", "-", 2)
    for length in (8, 20, 32):
        big = sum(question[0] == "big" for question in order[:length])
        assert abs(big - 0.75 * length) <= 1
    assert order == fair_order(reversed([*questions, ("big", "t0", "-", 2)]))


def job(price=1.0):
    pricing = Pricing(input_usd_per_mtok=0, output_usd_per_mtok=price)
    return Job(None, None, None, ModelConfig(id="m", provider="openai", pricing=pricing))


def spend(_adapter, _job):
    return ModelResponse(text="", usage=Usage(input_tokens=1, output_tokens=1_000_000), timing=Timing(generation_s=0.0))


def test_no_question_is_begun_that_would_go_beyond_the_limit():
    budget = Budget(usd=2.5)
    budget.start()
    ask = budget.around(spend)
    ask(None, job())
    ask(None, job())
    with pytest.raises(NotAsked, match=r"the limit of 2\.5 USD was reached"):
        ask(None, job())
    assert budget.spent_usd == 2.0
    assert budget.over() is not None


def test_a_question_under_way_counts_with_what_it_will_cost():
    budget = Budget(usd=2.5)
    budget.start()
    asks = budget.around(lambda a, j: budget.around(spend)(a, j) and spend(a, j))
    budget.around(spend)(None, job())
    with pytest.raises(NotAsked):
        asks(None, job())


def test_time_runs_on_a_clock_that_stands_still_in_a_pause():
    now, paused = [100.0], [0.0]
    budget = Budget(seconds=60, clock=lambda: now[0], paused_s=lambda: paused[0])
    assert budget.over() is None
    budget.start()
    now[0] = 165.0
    assert budget.over() == "not asked: the budget of 1 min was over"
    paused[0] = 10.0
    assert budget.over() is None
    with pytest.raises(GenerationFailed):
        budget.around(lambda *_: (_ for _ in ()).throw(GenerationFailed("no", retryable=False)))(None, job())


@pytest.mark.parametrize(("seconds", "words"), [(90, "90 s"), (60, "1 min"), (5400, "1 h 30 min"), (7200, "2 h")])
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words
