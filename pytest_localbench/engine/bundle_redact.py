"""A run document without the texts that must stay in the house; scores, times, ids and names stay."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from ..domain.result import Failure, SampleResult, TaskResult
from ..domain.run import BenchmarkRun
from ..domain.score import Verdict
from ..domain.task import Sample, SourceRef, Task, TaskInput

Redact = Literal["none", "inputs", "all"]


def redacted(run: BenchmarkRun, level: Redact) -> BenchmarkRun:
    """``inputs``: prompts, documents, expected values and sentences that may quote them are left out or hashed;
    ``all``: answers, titles, places and the command line, too.
    """
    if level == "none":
        return run
    whole = level == "all"
    changes: dict[str, Any] = {
        "tasks": tuple(_task(task, whole=whole) for task in run.tasks),
        "results": tuple(_result(result, whole=whole) for result in run.results),
        "task_results": tuple(_task_result(result) for result in run.task_results),
    }
    if whole:
        changes["command"] = ()
        changes["models"] = tuple(
            model.model_copy(update={"base_url": None, "base_urls": (), "path": None, "source": None, "options": {}})
            for model in run.models
        )
        changes["traffic"] = tuple(entry.model_copy(update={"address": ""}) for entry in run.traffic)
        changes["environment"] = run.environment.model_copy(update={"facts": {}})
        changes["offline"] = run.offline and run.offline.model_copy(update={"blocked": ()})
        changes["notes"] = ()
        changes["categories"] = tuple(category.model_copy(update={"description": ""}) for category in run.categories)
        changes["fingerprints"] = {model: _without_places(facts) for model, facts in run.fingerprints.items()}
    return run.model_copy(update=changes)


def _task(task: Task, *, whole: bool) -> Task:
    changes: dict[str, Any] = {
        "description": "", "why": "", "input": TaskInput(prompt=_hash(task.input.model_dump_json())), "tools": (),
        "samples": tuple(Sample(id=s.id, weight=s.weight, skip="left out" if s.skip else None) for s in task.samples),
        "environment": None, "expected": None, "has_expected": False, "traps": {}, "calibration": (), "metadata": {},
        "provenance": {}, "null_words": (),
        "evaluators": tuple(spec.model_copy(update={"options": {}, "why": ""}) for spec in task.evaluators),
        "output": task.output.model_copy(update={"labels": (), "json_schema": None, "answer_marker": ()}),
    }  # fmt: skip
    if whole:
        changes |= {"title": task.id, "source": SourceRef(path=""), "folder": ""}
    return task.model_copy(update=changes)


def _result(result: SampleResult, *, whole: bool) -> SampleResult:
    changes: dict[str, Any] = {
        "reason": "", "verdicts": _verdicts(result.verdicts), "expected_label": None, "label": None,
        "failure": result.failure and Failure(kind=result.failure.kind, message="left out"),
        "transcript": (),
    }  # fmt: skip
    if whole:
        changes |= {
            "answer": _hash(result.answer), "thinking": _hash(result.thinking), "nodeid": "", "resolved_model": None,
            "notes": (),
        }  # fmt: skip
    return result.model_copy(update=changes)


def _task_result(result: TaskResult) -> TaskResult:
    return result.model_copy(update={"reason": "", "verdicts": _verdicts(result.verdicts)})


def _verdicts(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    return tuple(verdict.model_copy(update={"reason": "", "details": ()}) for verdict in verdicts)


def _without_places(value: Any) -> Any:
    """What was loaded, with file names and addresses as hashes."""
    if isinstance(value, dict):
        return {key: _without_places(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_places(inner) for inner in value]
    return _hash(value) if isinstance(value, str) and ("/" in value or "\\" in value) else value


def _hash(text: str | None) -> str | None:
    if text is None:
        return None
    return f"sha256:{hashlib.sha256(text.encode('utf-8')).hexdigest()[:16]} ({len(text):,} characters)"
