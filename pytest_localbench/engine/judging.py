"""Judges answers of one task: builds its evaluators once, then answer in, verdicts and quality out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pydantic import ValidationError

from ..domain.response import ModelResponse
from ..domain.result import Outcome
from ..domain.review import Review
from ..domain.score import Role, Verdict, complaint
from ..domain.task import EvaluatorSpec, Sample, Task
from ..errors import EvaluationError, LocalbenchError, TaskFileError, UnknownName
from ..evaluators.answer import Answer
from ..evaluators.base import (
    MEASURE,
    EvaluationContext,
    Evaluator,
    Generate,
    Measured,
    OptionError,
    Score,
    TaskEvaluator,
)
from ..evaluators.classify import Label
from ..evaluators.extract import extract
from ..evaluators.verdicts import classify, combine, empty_outcome, is_empty, uncalled
from ..registry import Registry
from ..scoring.whole import WholeTask
from ..suite.explain import sentence_of
from ..suite.locate import line_of


@dataclass(frozen=True, slots=True)
class Judged:
    """What the evaluators said about one answer. ``quality`` is 0 to 1, ``None`` when nothing could be scored.

    ``labels``: the expected label and the one found, of a task with a ``label`` evaluator.
    """

    verdicts: tuple[Verdict, ...]
    quality: float | None
    outcome: Outcome
    reason: str
    answer: Answer
    labels: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Later:
    """Whom an evaluator that waited can ask when the run is over; ``absent``: why there is nobody."""

    question: str = ""
    generate: Generate | None = None
    reviews: tuple[Review, ...] = ()
    absent: str = ""


@dataclass(frozen=True, slots=True)
class _Check:
    spec: EvaluatorSpec
    evaluator: Evaluator[Any]


class Judge:
    """The evaluators of one task. Building it checks every option; problems are TaskFileError with file and line."""

    def __init__(self, task: Task, registry: Registry, root: str = "") -> None:
        self.task = task
        self._checks = tuple(_build(task, index, registry, root) for index in range(len(task.evaluators)))
        self.heavy = any(check.evaluator.heavy for check in self._checks)
        self._label = next((c.evaluator for c in self._checks if isinstance(c.evaluator, Label)), None)
        self._whole = tuple(c for c in self._checks if isinstance(c.evaluator, TaskEvaluator))
        self._needs_call = any(check.evaluator.needs_call for check in self._checks)
        earning = [c for c in self._checks if not _guards(c) and c not in self._whole]
        self._answers_weight = sum(check.spec.weight or 1.0 for check in earning)
        if task.status == "ready" and not earning:
            single = " on single answers" if any(not _guards(c) for c in self._checks) else ""
            words = f"at least one evaluator must earn{single} ('weight:'), not only guard"
            raise _wrong(task, root, ("evaluators",), words)
        self._check_scopes(root)

    def _check_scopes(self, root: str) -> None:
        scopes = {check.spec.label: check.spec.scope for check in self._checks}
        for index, check in enumerate(self._checks):
            spec, where = check.spec, ("evaluators", index)
            if check.evaluator.only_forbids and not _guards(check):
                words = f"'{spec.use}' only forbids, so doing nothing would earn: write 'guard:' or 'required' calls"
                raise _wrong(self.task, root, where, words)
            if spec.depends_on is not None and scopes[spec.depends_on] != spec.scope:
                words = f"'{spec.depends_on}' has another 'scope'"
                raise _wrong(self.task, root, (*where, "depends_on"), words)

    def roles(self) -> list[tuple[EvaluatorSpec, Role, float]]:
        """Each evaluator with its role, and its weight or the largest share (0 to 1) that it may take away."""
        return [
            (c.spec, "guard", _guard_share(c)) if _guards(c) else (c.spec, "content", c.spec.weight or 1.0)
            for c in self._checks
        ]

    def judge(self, sample: Sample, response: ModelResponse, documents: Mapping[str, str]) -> Judged:
        """Judge one answer; never raises for what a model wrote."""
        judged = self._judge(sample, response, documents)
        if self._label is None:
            return judged
        return replace(judged, labels=self._label.pair(self.task.expected_of(sample), judged.answer))

    def later(
        self,
        sample: Sample,
        response: ModelResponse,
        documents: Mapping[str, str],
        verdicts: tuple[Verdict, ...],
        given: Callable[[EvaluatorSpec, str], Later],
    ) -> Judged:
        """The evaluators that had to wait judge now, and the answer is concluded anew; the other verdicts stand.

        ``given(evaluator, "judge" or "people")`` says whom they can ask. Who finds nobody stays pending, or is left out
        when it is optional.
        """
        expected, answer = self._read(sample, response)
        found, fresh = list(verdicts), set[str]()
        for index, (check, verdict) in enumerate(zip(self._checks, verdicts, strict=True)):
            waits_for = check.evaluator.waits_for
            if waits_for is None or verdict.status not in {"pending", "skipped"}:
                continue
            help_ = given(check.spec, waits_for)
            context = EvaluationContext(
                self.task, sample, expected, answer, response, documents, help_.question, help_.generate, help_.reviews
            )
            told = _run(check, context)
            if told.status == "pending":
                left_out = getattr(check.evaluator.options, "optional", False)
                status = "skipped" if left_out else "pending"
                told = told.model_copy(
                    update={"status": status, "reason": help_.absent or verdict.reason or told.reason}
                )
            else:
                fresh.add(check.spec.label)
                if help_.generate is not None:
                    told = told.model_copy(update={"version": f"{told.version} by {help_.generate.model}"})
            found[index] = told
        scores = {verdict.name: verdict.score for verdict in found}
        settled = tuple(
            _after(check, verdict, scores) if {check.spec.label, check.spec.depends_on} & fresh else verdict
            for check, verdict in zip(self._checks, found, strict=True)
        )
        judged = self._conclude(answer, response, settled)
        if self._label is None:
            return judged
        return replace(judged, labels=self._label.pair(expected, answer))

    def graders(self) -> list[tuple[EvaluatorSpec, Evaluator[Any]]]:
        """The evaluators that wait for a judge."""
        return [(check.spec, check.evaluator) for check in self._checks if check.evaluator.waits_for == "judge"]

    def _read(self, sample: Sample, response: ModelResponse) -> tuple[Any, Answer]:
        """What is expected, and the answer inside a response."""
        expected = self.task.expected_of(sample)
        answer = extract(
            response.text,
            self.task.output,
            thinking=response.thinking,
            finish_reason=response.finish_reason,
            expected=expected,
        )
        return expected, answer

    def _judge(self, sample: Sample, response: ModelResponse, documents: Mapping[str, str]) -> Judged:
        expected, answer = self._read(sample, response)
        if response.timed_out or is_empty(answer, response):
            outcome, reason = empty_outcome(answer, response)
            return Judged((), 0.0, outcome, reason, answer)
        if self._needs_call and not response.tool_calls:
            outcome, reason = uncalled(self.task, answer, response)
            return Judged((), 0.0, outcome, reason, answer)
        context = EvaluationContext(self.task, sample, expected, answer, response, documents)
        return self._conclude(answer, response, self._dependent(tuple(_run(check, context) for check in self._checks)))

    def _conclude(self, answer: Answer, response: ModelResponse, verdicts: tuple[Verdict, ...]) -> Judged:
        broken = next((v for v in verdicts if v.status == "evaluator_error"), None)
        if broken is not None:
            return Judged(verdicts, None, "evaluator_error", f"{broken.name}: {broken.reason}", answer)
        waiting = {check.spec.label for check in self._checks if check.evaluator.waits_for is not None}
        late = next((v for v in verdicts if v.status == "pending" and v.name in waiting), None)
        if late is not None:
            return Judged(verdicts, None, "pending", late.reason, answer)
        quality = combine(verdicts)
        if quality is None:
            if any(v.status == "pending" for v in verdicts):
                return Judged(verdicts, None, "pending", "awaits review", answer)
            return Judged(verdicts, None, "evaluator_error", "no evaluator could score this answer", answer)
        outcome, reason = classify(self.task, answer, response, verdicts, quality)
        return Judged(verdicts, quality, outcome, reason or complaint(verdicts), answer)

    def over_task(self, answers: Iterable[tuple[str, Iterable[Verdict]]]) -> WholeTask | None:
        """What the evaluators with ``scope: task`` say; ``answers``: sample and verdicts of every scored answer.

        ``None`` when the task has none. An answer without a verdict (it was empty, say) holds no value.
        """
        if not self._whole:
            return None
        scored = [(sample, {v.name: v for v in verdicts}) for sample, verdicts in answers]
        found: dict[str, Verdict] = {}
        for check in self._whole:
            evaluator = check.evaluator
            assert isinstance(evaluator, TaskEvaluator)
            values: dict[str, list[float | str | None]] = {}
            for sample, verdicts in scored:
                values.setdefault(sample, []).append(_value(verdicts.get(check.spec.label)))
            rows = [Measured(s.id, s.group, tuple(values[s.id])) for s in self.task.samples if s.id in values]
            found[check.spec.label] = _said(check, partial(evaluator.over_task, rows))
        scores = {name: verdict.score for name, verdict in found.items()}
        for check in self._whole:
            found[check.spec.label] = _after(check, found[check.spec.label], scores)
        return WholeTask(tuple(found.values()), self._answers_weight)

    def _dependent(self, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        """``depends_on``: the score is multiplied by that of the evaluator named."""
        scores = {v.name: v.score for v in verdicts}
        return tuple(_after(check, verdict, scores) for check, verdict in zip(self._checks, verdicts, strict=True))


def _guards(check: _Check) -> bool:
    return check.spec.guard is not None or (check.spec.weight is None and check.evaluator.role == "guard")


def _after(check: _Check, verdict: Verdict, scores: Mapping[str, float | None]) -> Verdict:
    other = scores.get(check.spec.depends_on) if check.spec.depends_on else None
    if other is None or verdict.score is None:
        return verdict
    return verdict.model_copy(update={"score": verdict.score * other})


def _value(verdict: Verdict | None) -> float | str | None:
    details = () if verdict is None else verdict.details
    return next((detail.got for detail in details if detail.path == MEASURE), None)


def _run(check: _Check, context: EvaluationContext) -> Verdict:
    return _said(check, lambda: check.evaluator.evaluate(context))


def _said(check: _Check, ask: Callable[[], Score]) -> Verdict:
    spec, evaluator = check.spec, check.evaluator
    try:
        score = ask()
    except EvaluationError as error:
        score = Score(None, str(error), (), "evaluator_error")
    except Exception as error:  # noqa: BLE001 - a bug in an evaluator is our error, never the model's score
        score = Score(None, f"the evaluator failed: {type(error).__name__}: {error}", (), "evaluator_error")
    guards = _guards(check)
    return Verdict(
        evaluator=spec.use,
        name=spec.label,
        score=score.score,
        status=score.status,
        role="guard" if guards else "content",
        weight=0.0 if guards else (spec.weight or 1.0),
        guard=_guard_share(check) if guards else 0.0,
        reason=score.reason,
        details=score.details,
        version=evaluator.version,
    )


def _guard_share(check: _Check) -> float:
    return check.evaluator.guard_share if check.spec.guard is None else check.spec.guard


def evaluator_problems(task: Task, registry: Registry, root: str = "") -> list[TaskFileError]:
    """What is wrong with each evaluator of a task, where :class:`Judge` tells the first."""
    problems: list[TaskFileError] = []
    for index in range(len(task.evaluators)):
        try:
            _build(task, index, registry, root)
        except TaskFileError as error:
            problems.append(error)
    return problems


def _build(task: Task, index: int, registry: Registry, root: str) -> _Check:
    spec = task.evaluators[index]
    where: tuple[str | int, ...] = ("evaluators", index)
    try:
        cls = registry.evaluator_class(spec.use)
    except UnknownName as error:
        raise _wrong(task, root, (*where, "use"), str(error)) from None
    whole = issubclass(cls, TaskEvaluator)
    if whole != (spec.scope == "task"):
        words = "looks at the whole task: write 'scope: task'" if whole else "judges single answers, not a whole task"
        raise _wrong(task, root, (*where, "scope"), f"'{spec.use}' {words}")
    try:
        options = cls.options_type.model_validate(spec.options)
        return _Check(spec, cls(options, task))
    except ValidationError as problem:
        file, at = _file(task, root), (*where, "with")
        line, words = sentence_of(
            cls.options_type, problem, lambda loc: line_of(file, (*at, *loc), task.source.line), "option"
        )
        message = f"task '{task.id}': evaluator '{spec.use}': {words}"
        raise TaskFileError(task.source.path, line, message) from None
    except OptionError as error:
        raise _wrong(task, root, (*where, "with", *error.path), f"evaluator '{spec.use}': {error}") from None
    except LocalbenchError as error:
        raise _wrong(task, root, where, f"evaluator '{spec.use}': {error}") from None


def _wrong(task: Task, root: str, path: tuple[str | int, ...], message: str) -> TaskFileError:
    line = line_of(_file(task, root), path, task.source.line)
    return TaskFileError(task.source.path, line, f"task '{task.id}': {message}")


def _file(task: Task, root: str) -> str:
    return f"{root}/{task.source.path}" if root else task.source.path
