"""The judges of a run, with desks that need no model: costs apart, several at once, stopped half-way."""

from __future__ import annotations

import json
import threading

import pytest

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.model import ModelConfig, Pricing
from pytest_localbench.domain.response import ModelResponse, ResultKey, Timing, Usage
from pytest_localbench.domain.result import SampleResult
from pytest_localbench.domain.score import Verdict
from pytest_localbench.domain.task import Sample, Task
from pytest_localbench.engine.item import ScoreSettings
from pytest_localbench.engine.judge_phase import Judgement, Judges, run_judges
from pytest_localbench.engine.judging import Judge
from pytest_localbench.engine.settle import Waiting
from pytest_localbench.evaluators import pytest_localbench_register
from pytest_localbench.registry import Registry

REGISTRY = Registry()
pytest_localbench_register(REGISTRY)
GRADED = {"You are dismissed.": 1, "We have news.": 3, "Thank you so much.": 5}
RUBRIC = {"criteria": [{"id": "tone", "question": "Is it kind?"}],
          "examples": [{"answer": answer, "grades": {"tone": grade}} for answer, grade in GRADED.items()]}  # fmt: skip
TASK = Task.model_validate({
    "id": "t", "title": "t", "category": "c", "input": {"prompt": "Write."},
    "samples": [Sample(id=f"s{n}") for n in range(6)],
    "evaluators": [{"use": "judge", "with": {"rubric": RUBRIC}}],
})  # fmt: skip
JUDGE = ModelConfig(id="j", provider="openai", model="big", concurrency=3,
                    pricing=Pricing(input_usd_per_mtok=1.0, output_usd_per_mtok=2.0))  # fmt: skip


class Desk:
    """Says grade 4 about every answer, and the right grade about graded ones."""

    model = JUDGE

    def __init__(self, stop_at=None):
        self.stop_at, self.asked, self.names, self._lock = stop_at, 0, set(), threading.Lock()
        self.meet = threading.Barrier(JUDGE.concurrency, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def ask(self, job):
        prompt = job.sample.variables["prompt"]
        with self._lock:
            self.asked += 1
            number = self.asked
        if self.stop_at == number:
            raise KeyboardInterrupt
        known = next((answer for answer in GRADED if answer in prompt), None)
        if known is None:
            self.names.add(threading.current_thread().name)
            if self.stop_at is None and number <= len(GRADED) + JUDGE.concurrency:
                self.meet.wait()
        vote = {"tone": {"evidence": known or "Dear Kim, hello", "grade": GRADED.get(known, 4)}}
        usage = Usage(input_tokens=1000, output_tokens=100)
        return ModelResponse(text=json.dumps(vote), usage=usage, timing=Timing(generation_s=0.1))


def waiting():
    judge = Judge(TASK, REGISTRY)
    model = ModelConfig(id="m", provider="scripted", concurrency=1)
    verdict = Verdict(evaluator="judge", name="judge", score=None, status="pending", reason="awaits the judge")
    for sample in TASK.samples:
        result = SampleResult(
            key=ResultKey(category="c", task="t", sample=sample.id, model="m"), outcome="pending", verdicts=(verdict,),
            answer=f"Dear Kim, hello {sample.id}", timing=Timing(generation_s=3.0), cost_usd=0.0, weight=2.0,
            transcript=(), worker="gw1", nodeid="n", started_at="then",
        )  # fmt: skip
        yield Waiting(result, TASK, sample, Category(id="c", name="C"), model, judge)


def test_its_cost_is_its_own_and_the_measurements_of_the_answers_stay():
    found, desk = Judgement(), Desk()
    run_judges(waiting(), Judges(lambda _: JUDGE, lambda _: desk), ScoreSettings(), found)
    (report,) = found.reports
    assert (report.n_judged, report.n_errors, report.requests) == (6, 0, 9)
    assert (report.input_tokens, report.output_tokens) == (9000, 900)
    assert report.cost_usd == pytest.approx(9 * (1000 * 1.0 + 100 * 2.0) / 1e6)
    results = list(found.results.values())
    assert {(r.quality, r.outcome, r.cost_usd, r.weight, r.worker) for r in results} == {
        (0.75, "weak", 0.0, 2.0, "gw1")
    }
    assert {component.raw for r in results for component in r.components if component.name == "time"} == {3.0}
    assert desk.closed


def test_it_is_asked_as_often_at_once_as_its_model_file_says():
    found, desk = Judgement(), Desk()
    run_judges(waiting(), Judges(lambda _: JUDGE, lambda _: desk), ScoreSettings(), found)
    assert len(desk.names) == JUDGE.concurrency


def test_what_was_judged_before_a_stop_is_kept():
    found, desk = Judgement(), Desk(stop_at=6)
    alone = JUDGE.model_copy(update={"concurrency": 1})
    desk.model = alone
    with pytest.raises(KeyboardInterrupt):
        run_judges(waiting(), Judges(lambda _: alone, lambda _: desk), ScoreSettings(), found)
    assert [r.key.sample for r in found.results.values()] == ["s0", "s1"]
    assert (found.reports[0].n_waiting, found.reports[0].n_judged) == (6, 2)
    assert desk.closed


def test_nobody_to_ask_is_told_once():
    found = Judgement()
    run_judges(waiting(), Judges(lambda _: "name one", lambda _: Desk()), ScoreSettings(), found)
    assert found.notes == ["6 answers wait for a judge: name one"]
    assert {r.outcome for r in found.results.values()} == {"pending"}
    assert found.reports == []
