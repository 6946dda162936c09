"""Tasks, task results and answers of a run as columns, their texts as details in chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..domain.base import plain
from ..domain.dialogue import Step
from ..domain.result import Failure, Outcome, SampleResult, TaskResult
from ..domain.run import BenchmarkRun
from ..domain.score import ScoreComponent, Verdict
from ..domain.task import Sample, Task, TaskInput
from .dashboard_blocks import Chunks, Strings, rounded
from .dashboard_privacy import Privacy
from .words import OUTCOME_WORDS

OUTCOMES: tuple[Outcome, ...] = tuple(OUTCOME_WORDS)
STATUSES = ("passed", "weak", "incomplete", "error", "pending", "skipped")
Prompt = Sequence[tuple[str, str]]
PromptOf = Callable[[Task, Sample], Prompt]
Columns = dict[str, list[Any]]


class Tables:
    """The large part of the page. ``prompt_of`` renders what a model was sent as (role, text) pairs."""

    def __init__(self, run: BenchmarkRun, privacy: Privacy, prompt_of: PromptOf) -> None:
        self.run = run
        self.privacy = privacy
        self.prompt_of = prompt_of
        self.strings = Strings()
        self.chunks = Chunks()
        self.categories = [category.id for category in run.categories]
        self.models = [model.id for model in run.models]
        self.tasks = _tasks_of(run)
        self._tasks = {(task.category, task.id): i for i, task in enumerate(self.tasks)}
        self._samples = [{sample.id: sample for sample in task.samples} for task in self.tasks]
        self._prompts: dict[tuple[int, str], int] = {}

    def build(self) -> dict[str, Any]:
        """Every column; texts and chunk starts keep growing while more is added."""
        return {
            "results": self._results(),
            "taskResults": self._task_results(),
            "tasks": self._task_columns(),
            "strings": self.strings.texts,
            "starts": self.chunks.starts,
        }

    def _results(self) -> Columns:
        asked: dict[tuple[int, str], list[Outcome]] = {}
        for r in self.run.results:
            asked.setdefault((self._tasks[r.key.category, r.key.task], r.key.sample), []).append(r.outcome)
        for (task, sample), outcomes in asked.items():
            if self.privacy.wants(outcomes):
                self._prompts[task, sample] = self.chunks.add(self._prompt(task, sample))
        rows = [self._result_row(r) for r in self.run.results]
        names = (
            "task", "model", "sample", "attempt", "outcome", "quality", "score", "time", "first", "tokIn", "tokOut",
            "speed", "cost", "memory", "contended", "reason", "started", "detail", "prompt",
        )  # fmt: skip
        return columns(names, rows)

    def _result_row(self, r: SampleResult) -> tuple[Any, ...]:
        task = self._tasks[r.key.category, r.key.task]
        timing = r.timing
        return (
            task,
            self._model(r.key.model),
            self.strings(r.key.sample),
            r.key.attempt,
            OUTCOMES.index(r.outcome),
            rounded(r.quality, 4),
            rounded(r.ultimate_score, 3),
            rounded(timing.generation_s if timing else None, 3),
            rounded(timing.first_token_s if timing else None, 3),
            r.usage.input_tokens,
            r.usage.output_tokens,
            rounded(timing.output_tokens_per_s if timing else None, 1),
            rounded(r.cost_usd, 8),
            r.memory.peak_bytes,
            int(not r.timing_usable),
            self.strings(self.privacy.told(r.reason)),
            self.strings(r.started_at or None),
            self.chunks.add(self._answer(r)) if self.privacy.wants((r.outcome,)) else -1,
            self._prompts.get((task, r.key.sample), -1),
        )

    def _answer(self, r: SampleResult) -> dict[str, Any]:
        detail = {
            "answer": self.privacy.made(r.answer),
            "thinking": self.privacy.made(r.thinking),
            "steps": [self._step(step) for step in r.transcript],
            "verdicts": [self._verdict(v) for v in r.verdicts],
            "failure": self._failure(r.failure),
            "notes": list(r.notes),
            "components": [_component(c) for c in r.components],
            "finish": r.finish_reason,
            "nodeid": self.privacy.place(r.nodeid),
            "resolved": self.privacy.place(r.resolved_model),
            "requests": r.requests,
            "reasoningTokens": r.usage.reasoning_tokens,
            "cachedTokens": r.usage.cached_tokens,
            "queued": rounded(r.timing.queued_s if r.timing else None, 3),
            "memoryMethod": r.memory.method,
            "noise": r.noise.model_dump(mode="json", exclude_none=True) if r.noise else None,
        }
        return {name: plain(value) for name, value in detail.items() if value not in (None, "", [], 0)}

    def _verdict(self, v: Verdict) -> dict[str, Any]:
        return {
            "name": v.name,
            "evaluator": v.evaluator,
            "score": rounded(v.score, 4),
            "status": v.status,
            "role": v.role,
            "weight": rounded(v.guard if v.role == "guard" else v.weight, 4),
            "reason": self.privacy.told(v.reason),
            "details": [
                {
                    "path": self.privacy.field_path(d.path, position),
                    "expected": self.privacy.given(d.expected),
                    "got": self.privacy.made(d.got),
                    "score": rounded(d.score, 4),
                    "note": self.privacy.told(d.note),
                }
                for position, d in enumerate(v.details, 1)
            ],
        }

    def _step(self, step: Step) -> dict[str, Any]:
        """What the model said or asked for is made by it; what users and tools told it was given to it."""
        text = self.privacy.made(step.text) if step.kind == "message" else self.privacy.given(step.text)
        shown = {"turn": step.turn, "kind": step.kind, "text": text}
        if step.kind == "call":
            shown |= {"tool": step.tool, "arguments": self.privacy.made(step.arguments), "status": step.status}
        return shown

    def _failure(self, failure: Failure | None) -> dict[str, str] | None:
        if failure is None:
            return None
        told = self.privacy.told
        return {"kind": failure.kind, "message": told(failure.message), "details": told(failure.details)}

    def _prompt(self, index: int, sample_id: str) -> dict[str, Any]:
        task = self.tasks[index]
        sample = self._samples[index].get(sample_id)
        if sample is None or not (task.input.prompt or task.input.messages):
            return {"messages": [], "expected": None}
        images = [f.path for f in (*task.input.images, *task.input.files, *sample.images) if f.kind == "image"]
        return {
            "messages": [[role, self.privacy.given(text)] for role, text in self.prompt_of(task, sample)],
            "images": [self.privacy.place(path) for path in images],
            "expected": plain(self.privacy.given(task.expected_of(sample))),
            "hasExpected": sample.has_expected or task.has_expected,
        }

    def _task_results(self) -> Columns:
        names = (
            "task", "model", "status", "score", "quality", "samples", "scored", "passed", "errors", "spread", "reason",
            "detail",
        )  # fmt: skip
        return columns(names, [self._task_result_row(t) for t in self.run.task_results])

    def _task_result_row(self, t: TaskResult) -> tuple[Any, ...]:
        detail = {
            "components": [_component(c) for c in t.components],
            "metrics": {name: rounded(value, 4) for name, value in t.metrics.items()},
            "verdicts": [self._verdict(v) for v in t.verdicts],
        }
        return (
            self._tasks[t.category, t.task],
            self._model(t.model),
            STATUSES.index(t.status),
            rounded(t.ultimate_score, 3),
            rounded(t.quality, 4),
            t.n_samples,
            t.n_scored,
            t.n_passed,
            t.n_errors,
            rounded(t.spread, 3),
            self.strings(self.privacy.told(t.reason)),
            self.chunks.add(detail),
        )

    def _task_columns(self) -> Columns:
        names = ("id", "title", "category", "complexity", "status", "tags", "source", "line", "pass", "detail")
        return columns(names, [self._task_row(task) for task in self.tasks])

    def _task_row(self, task: Task) -> tuple[Any, ...]:
        free = self.privacy.place
        detail = {
            "description": free(task.description),
            "why": free(task.why),
            "language": task.language,
            "format": task.output.format,
            "labels": [free(label) for label in task.output.labels],
            "evaluators": [
                {"name": e.label, "use": e.use, "weight": e.weight, "guard": e.guard, "why": free(e.why)}
                for e in task.evaluators
            ],
            "requires": {k: v for k, v in task.requires.model_dump().items() if v},
            "expectedSeconds": task.expected_time_seconds,
            "expectedCost": task.expected_cost_usd,
            "memoryBudgetMb": task.memory_budget_mb,
            "timeout": task.timeout_seconds,
            "repeats": task.repeats,
            "maxTokens": task.generation.max_tokens,
            "temperature": task.generation.temperature,
            "mustPass": task.thresholds.must_pass,
            "samples": len(task.samples),
        }
        return (
            task.id,
            plain(free(task.title) or task.id),
            self.categories.index(task.category) if task.category in self.categories else -1,
            task.complexity,
            task.status,
            [] if self.privacy.hides_all else [self.strings(tag) for tag in task.tags],
            free(task.source.path),
            task.source.line,
            rounded(task.thresholds.pass_quality, 4),
            self.chunks.add(plain(detail)),
        )

    def _model(self, model: str) -> int:
        if model not in self.models:
            self.models.append(model)
        return self.models.index(model)


def _tasks_of(run: BenchmarkRun) -> list[Task]:
    """The tasks of the document, and a bare one for every answer whose task got lost with its journal."""
    known = {(task.category, task.id) for task in run.tasks}
    keys = [(r.key.category, r.key.task) for r in run.results] + [(t.category, t.task) for t in run.task_results]
    lost = dict.fromkeys(key for key in keys if key not in known)
    return [*run.tasks, *(Task(id=i, title=i, category=c, input=TaskInput(prompt="")) for c, i in lost)]


def _component(c: ScoreComponent) -> list[Any]:
    numbers = (rounded(c.raw, 6), rounded(c.normalized, 4), c.weight, rounded(c.reference, 6))
    return [c.name, numbers[0], c.unit, *numbers[1:], c.reason]


def columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Columns:
    """Rows turned into one list a column."""
    turned = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: list(values) for name, values in zip(names, turned, strict=True)}
