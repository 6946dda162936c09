"""The judges of a run, asked when the models under test are done: each is opened once, tested on every rubric, and asked
about the answers that wait for it.

A judge that is the model under test, that cannot be asked, or that fails the test of a rubric leaves the answers
pending: they have no score. What a judge says that cannot be read, or that it cannot back, is an error of ours.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from ..domain.judging import JudgeReport, RubricTest
from ..domain.model import ModelConfig
from ..domain.response import Message, ModelResponse, ResultKey, Timing
from ..domain.result import SampleResult
from ..domain.task import EvaluatorSpec, GenerationParams, OutputSpec, Sample, Task, TaskInput
from ..errors import EvaluationError, LocalbenchError
from ..evaluators.base import EvaluationContext, Generate
from ..evaluators.extract import extract
from ..evaluators.judge import Agreement, LlmJudge
from ..scoring.components import cost_of
from ..suite.render import documents, prompt_texts
from .item import ScoreSettings
from .judging import Judge, Later
from .plan import Job
from .settle import Waiting

MAX_TOKENS = 2000
VARIED = 0.7
"""Temperature of every attempt but the first."""


class Desk(Protocol):
    """Where one judge is asked. ``model`` is its configuration."""

    model: ModelConfig

    def __enter__(self) -> Desk:
        """Open it; raises LocalbenchError."""

    def __exit__(self, *_: object) -> None:
        """Close it."""

    def ask(self, job: Job) -> ModelResponse:
        """Its answer; raises ModelError."""


@dataclass(frozen=True)
class Judges:
    """Who judges: ``chosen`` gives the judge that an evaluator names, or why there is none; ``desk`` where to ask it.

    ``votes`` and ``least_close`` (share of grades that must be close in the test) are those of the run.
    """

    chosen: Callable[[EvaluatorSpec], ModelConfig | str]
    desk: Callable[[ModelConfig], Desk]
    votes: int | None = None
    least_close: float = 0.6


@dataclass
class Judgement:
    """What came of it: results by key, one report for each judge, sentences for people."""

    results: dict[ResultKey, SampleResult] = field(default_factory=dict)
    reports: list[JudgeReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run_judges(waiting: Iterable[Waiting], judges: Judges, settings: ScoreSettings, found: Judgement) -> None:
    """Judge everything that waits, into ``found``; raises nothing for what a judge does or says. A KeyboardInterrupt
    passes, with everything in ``found`` that was judged before it."""
    groups: dict[str, tuple[ModelConfig, list[Waiting]]] = {}
    nobody: dict[str, int] = {}
    for one in waiting:
        for spec, _ in one.judge.graders():
            judge = judges.chosen(spec)
            if isinstance(judge, str):
                _leave(found, one, settings, judge)
                nobody[judge] = nobody.get(judge, 0) + 1
                break
            own = groups.setdefault(judge.id, (judge, []))[1]
            if not own or own[-1] is not one:
                own.append(one)
    found.notes += [f"{_answers(n)} wait{'s' * (n == 1)} for a judge: {why}" for why, n in nobody.items()]
    for judge, own in groups.values():
        _Sitting(judge, judges, settings, found).run(own)


def check_judge(desk: Desk, tasks: Iterable[tuple[Task, Judge]], judges: Judges) -> list[RubricTest]:
    """What a judge makes of the graded answers of every rubric in these tasks; raises LocalbenchError when it cannot be
    opened."""
    sitting = _Sitting(desk.model, judges, ScoreSettings(), Judgement())
    with desk:
        for task, judge in tasks:
            for spec, evaluator in judge.graders():
                if isinstance(evaluator, LlmJudge):
                    sitting.test(desk, task, spec, evaluator)
    return sitting.tests


def _leave(found: Judgement, one: Waiting, settings: ScoreSettings, why: str) -> None:
    """Say why nobody judges; where the judge is optional the other evaluators decide."""
    found.results[one.result.key] = one.settled(settings, lambda *_: Later(absent=why))


class _Sitting:
    """One judge and everything that waits for it."""

    def __init__(self, model: ModelConfig, judges: Judges, settings: ScoreSettings, found: Judgement) -> None:
        self.model, self.judges, self.settings, self.found = model, judges, settings, found
        self.refused: dict[tuple[str, str, str], str] = {}
        self.tests: list[RubricTest] = []
        self.responses: list[ModelResponse] = []
        self._lock = threading.Lock()

    def run(self, waiting: list[Waiting]) -> None:
        """Judge; what cannot be judged says why."""
        started, problem = time.perf_counter(), ""
        now = [replace(one, result=self.found.results.get(one.result.key, one.result)) for one in waiting]
        own = [one for one in now if _tells_apart(self.model, one.model)]
        for one in now:
            if one not in own:
                _leave(self.found, one, self.settings, f"the judge {self.model.id} is the model under test")
        try:
            if own:
                with self.judges.desk(self.model) as desk:
                    self._sit(desk, own)
        except Exception as error:  # noqa: BLE001 - whatever a judge's adapter raises costs its own answers only
            problem = str(error) if isinstance(error, LocalbenchError) else f"it failed: {error!r}"
            for one in own:
                if self.found.results.get(one.result.key, one.result) is one.result:
                    _leave(self.found, one, self.settings, f"the judge {self.model.id} cannot be asked: {problem}")
        finally:
            self._report(now, len(now) - len(own), time.perf_counter() - started, problem)

    def _sit(self, desk: Desk, waiting: list[Waiting]) -> None:
        tasks = {(one.task.category, one.task.id): one for one in waiting}
        for one in tasks.values():
            for spec, evaluator in one.judge.graders():
                if isinstance(evaluator, LlmJudge) and self._is_mine(spec):
                    self.test(desk, one.task, spec, evaluator)
        left: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        for one in waiting:
            left.put(one)

        def work() -> None:
            while True:
                try:
                    one = left.get_nowait()
                except queue.Empty:
                    return
                settled = one.settled(self.settings, partial(self._given, desk, one))
                with self._lock:
                    self.found.results[settled.key] = settled

        threads = [threading.Thread(target=work, name=f"localbench-judge-{n}", daemon=True)
                   for n in range(1, min(self.model.concurrency, len(waiting)))]  # fmt: skip
        for thread in threads:
            thread.start()
        work()
        for thread in threads:
            thread.join()

    def _is_mine(self, spec: EvaluatorSpec) -> bool:
        judge = self.judges.chosen(spec)
        return not isinstance(judge, str) and judge.id == self.model.id

    def _given(self, desk: Desk, one: Waiting, spec: EvaluatorSpec, kind: str) -> Later:
        if kind != "judge" or not self._is_mine(spec):
            return Later()
        why = self.refused.get((one.task.category, one.task.id, spec.label))
        if why is not None:
            return Later(absent=f"the judge {self.model.id} does not count here: {why}")
        return Later(question=one.question, generate=self._generate(desk, one.task.category))

    def _generate(self, desk: Desk, category: str) -> Generate:
        def ask(messages: tuple[Message, ...], schema: dict[str, Any], attempt: int) -> ModelResponse:
            response = desk.ask(judge_job(self.model, category, messages, schema, attempt))
            with self._lock:
                self.responses.append(response)
            return response

        return Generate(ask, self.model.id, self.judges.votes)

    def test(self, desk: Desk, task: Task, spec: EvaluatorSpec, evaluator: LlmJudge) -> None:
        """Let the judge grade the graded answers of a rubric."""
        generate, problem = self._generate(desk, task.category), None
        pairs: list[tuple[int, float | None]] = []
        samples = {sample.id: sample for sample in task.samples}
        for example in evaluator.options.rubric.examples:
            sample = samples[example.sample] if example.sample else task.samples[0]
            context = _context(task, sample, example.answer, generate)
            try:
                grades = evaluator.opinion(context, generate).grades
            except EvaluationError as error:
                problem, grades = str(error), {}
            pairs += [(right, grades.get(name)) for name, right in example.grades.items()]
        agreement = Agreement.of(pairs)
        why = agreement.problem(self.judges.least_close)
        if why is not None and problem is not None:
            why = f"{why} ({problem})"
        if why is not None:
            self.refused[task.category, task.id, spec.label] = why
        self.tests.append(
            RubricTest(
                category=task.category, task=task.id, evaluator=spec.label, accepted=why is None,
                n_grades=agreement.n_grades, mean_error=agreement.mean_error, close=agreement.close, reason=why or "",
            )
        )  # fmt: skip

    def _report(self, waiting: list[Waiting], n_same: int, seconds: float, problem: str) -> None:
        results = [self.found.results[one.result.key] for one in waiting if one.result.key in self.found.results]
        verdicts = [[v for v in result.verdicts if v.evaluator == "judge"] for result in results]
        n_errors = sum(any(v.status == "evaluator_error" for v in own) for own in verdicts)
        n_judged = sum(all(v.status == "ok" for v in own) for own in verdicts)
        usages = [response.usage for response in self.responses]
        costs = [cost_of(usage, self.model.pricing, self.model.is_local) for usage in usages]
        report = JudgeReport(
            model=self.model.id, tests=tuple(self.tests), n_waiting=len(waiting), n_judged=n_judged,
            n_errors=n_errors, requests=sum(response.attempts for response in self.responses),
            input_tokens=_total([usage.input_tokens for usage in usages]),
            output_tokens=_total([usage.output_tokens for usage in usages]),
            cost_usd=None if not costs or None in costs else sum(cost for cost in costs if cost is not None),
            seconds=seconds, reason=problem,
        )  # fmt: skip
        self.found.reports.append(report)
        self.found.notes += list(_sentences(report, n_same))


def judge_job(
    model: ModelConfig, category: str, messages: tuple[Message, ...], schema: dict[str, Any], attempt: int
) -> Job:
    """A question to a judge. The texts are values of templates, so nothing that a model wrote is read as one."""
    texts = {message.role: message.content for message in messages}
    task = Task(
        id="judge",
        title="judge",
        category=category,
        input=TaskInput(system="{{ system }}", prompt="{{ prompt }}"),
        output=OutputSpec(format="json", json_schema=schema),
        generation=GenerationParams(
            temperature=0.0 if attempt == 1 else VARIED, max_tokens=MAX_TOKENS, seed=attempt
        ),
    )  # fmt: skip
    sample = Sample(variables={"system": texts["system"], "prompt": texts["user"]})
    key = ResultKey(category=category, task=task.id, sample=sample.id, model=model.id, attempt=attempt)
    return Job(key, task, sample, model)


def _context(task: Task, sample: Sample, text: str, generate: Generate) -> EvaluationContext:
    """A graded answer as if a model had given it."""
    expected = task.expected_of(sample)
    response = ModelResponse(text=text, timing=Timing(generation_s=0.0))
    question = "\n\n".join(words for _, words in prompt_texts(task, sample))
    answer = extract(text, task.output, expected=expected)
    return EvaluationContext(
        task, sample, expected, answer, response, documents(task, sample), question=question, generate=generate
    )


def _tells_apart(judge: ModelConfig, model: ModelConfig) -> bool:
    """False when a judge would grade itself, under whatever name."""
    same = (judge.provider, judge.model, judge.path, judge.base_url, judge.options) == (
        model.provider, model.model, model.path, model.base_url, model.options)  # fmt: skip
    return judge.id != model.id and not same


def _total(counts: list[int | None]) -> int | None:
    return None if not counts or None in counts else sum(count for count in counts if count is not None)


def _answers(count: int) -> str:
    return f"{count} answer{'s' * (count != 1)}"


def _sentences(report: JudgeReport, n_same: int) -> Iterable[str]:
    cost = "" if not report.cost_usd else f", {report.cost_usd:.4f} USD (in no score)"
    errors = f", {report.n_errors} could not be judged" if report.n_errors else ""
    yield f"judge {report.model}: {report.n_judged} of {_answers(report.n_waiting)} judged{errors}{cost}"
    if report.reason:
        yield f"judge {report.model} cannot be asked: {report.reason}"
    if n_same:
        yield f"judge {report.model} is a model under test: it does not judge its own {_answers(n_same)}"
    for test in report.tests:
        if not test.accepted:
            yield f"judge {report.model} does not count for {test.task}: {test.reason}"
