"""What a run would take, told before anything is asked."""

from __future__ import annotations

import json

import pytest

from pytest_localbench.domain.model import ModelConfig, Pricing
from pytest_localbench.domain.response import Memory, ResultKey, Timing, Usage
from pytest_localbench.domain.result import SampleResult
from pytest_localbench.domain.run import BenchmarkRun, Environment
from pytest_localbench.engine.forecast import forecast, total_cost, total_seconds
from pytest_localbench.engine.plan import Job

CONFTEST = """
    from pytest_localbench.adapters.scripted import ScriptedAdapter

    class Closed(ScriptedAdapter):
        def open(self):
            raise AssertionError("opened")

    def pytest_localbench_register(registry):
        registry.adapter("closed", "conftest:Closed")
"""


@pytest.mark.parametrize("args", [[], ["-n", "2"], ["-q"]])
def test_a_plan_asks_nothing_and_leaves_nothing(project, args):
    project.write("conftest.py", CONFTEST)
    project.write("data/models/m.json", json.dumps({"provider": "closed", "resources": {"memory_mb": 2000}}))
    for name in "abc":
        project.exact(name)
    project.exact("draft", status="draft")
    outcome = project.run("--models=m", "--localbench-plan", *args, subprocess=bool(args))
    assert outcome.code == 0, outcome.text
    told = outcome.text.splitlines()
    (row,) = [line.split() for line in told if line.startswith("m ")]
    assert row == ["m", "3", "unknown", "2.0", "GB", "unknown"]
    assert "1 item would be skipped" in told
    assert "m: minutes unknown, no earlier run of it with these settings on this machine" in told
    assert "nothing was asked" in told
    assert not list(project.root.glob("data/results/*"))
    assert "::a[m]" not in outcome.text


def test_a_plan_takes_times_from_earlier_runs_and_leaves_out_what_is_done(project):
    project.model(default="Paris")
    project.exact("a")
    project.run("--models=m")
    project.exact("b")
    outcome = project.run("--models=m", "--localbench-plan")
    assert "m: 1 question not asked before, taken for average ones" in outcome.text
    assert "taken from 1 earlier run" in outcome.text
    (row,) = [line.split() for line in outcome.text.splitlines() if line.startswith("m ")]
    assert row == ["m", "2", "<0.1", "-", "0"]
    resumed = project.run("--models=m", "--localbench-plan", "--localbench-resume")
    (row,) = [line.split() for line in resumed.text.splitlines() if line.startswith("m ")]
    assert row[1] == "1"


LOCAL = ModelConfig(id="local", provider="vllm")
OTHER = ModelConfig(id="other", provider="vllm")
PAID = ModelConfig(
    id="paid", provider="openai", concurrency=2, pricing=Pricing(input_usd_per_mtok=1, output_usd_per_mtok=2)
)


def key(model, task, category="c"):
    return ResultKey(category=category, task=task, sample="-", model=model.id)


def answer(model, task, seconds, category="c", **more):
    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    timing = Timing(generation_s=seconds / 2, elapsed_s=seconds)
    more = {"model_hash": model.config_hash, "usage": usage, "timing": timing, **more}
    return SampleResult(key=key(model, task, category), outcome="passed", **more)


def run(*results, machine="here", **more):
    return BenchmarkRun(
        id="r", started_at="", finished_at="", environment=Environment(machine=machine), results=results, **more
    )


def jobs(model, *tasks):
    return [Job(key(model, task), None, None, model) for task in tasks]


def test_known_questions_take_their_own_time_others_that_of_their_category():
    earlier = run(
        answer(LOCAL, "a", 10), answer(LOCAL, "b", 30), answer(LOCAL, "z", 500, category="d"),
        fingerprints={"local": {"load_s": 5.0}},
    )  # fmt: skip
    (found,) = forecast(jobs(LOCAL, "a", "b", "new"), [earlier], "here")
    assert (found.n_questions, found.n_known, found.seconds, found.cost_usd) == (3, 2, 65.0, 0.0)


def test_the_newest_answer_counts_and_memory_is_what_was_measured():
    first = run(answer(LOCAL, "a", 10, memory=Memory(peak_bytes=7)))
    (found,) = forecast(jobs(LOCAL, "a"), [first, run(answer(LOCAL, "a", 4))], "here")
    assert (found.seconds, found.memory_bytes) == (4.0, 7)


@pytest.mark.parametrize(
    "earlier",
    [
        run(answer(LOCAL, "a", 10), machine="there"),
        run(answer(LOCAL, "a", 10, model_hash="other settings")),
        run(answer(LOCAL, "a", 10, cached=True)),
        run(answer(LOCAL, "a", 10, timing=None)),
        run(answer(OTHER, "a", 10)),
    ],
)
def test_what_no_earlier_run_tells_is_unknown(earlier):
    (found,) = forecast(jobs(LOCAL, "a"), [earlier], "here")
    assert found.seconds is None
    assert total_seconds([found]) is None


def test_tokens_are_taken_from_any_machine_and_priced_now():
    (found,) = forecast(jobs(PAID, "a", "b"), [run(answer(PAID, "a", 10), machine="there")], "here")
    assert (found.seconds, found.cost_usd) == (None, 6.0)
    unpriced = PAID.model_copy(update={"pricing": None})
    (unknown,) = forecast(jobs(unpriced, "a"), [run(answer(PAID, "a", 10))], "here")
    assert unknown.cost_usd is None
    assert total_cost([found, unknown]) is None


def test_models_of_a_lane_come_one_after_another_and_lanes_side_by_side():
    earlier = run(answer(LOCAL, "a", 10), answer(OTHER, "a", 20), answer(PAID, "a", 50))
    found = forecast([*jobs(LOCAL, "a"), *jobs(OTHER, "a"), *jobs(PAID, "a")], [earlier], "here")
    assert [one.seconds for one in found] == [10.0, 20.0, 25.0]
    assert total_seconds(found) == 30.0
    assert total_cost(found) == 3.0
