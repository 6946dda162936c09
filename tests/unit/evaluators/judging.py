"""Judges one reply to a one-question task."""

from __future__ import annotations

from typing import Any

from pytest_localbench import evaluators
from pytest_localbench.domain.response import ModelResponse, Timing
from pytest_localbench.domain.task import Task
from pytest_localbench.engine.judging import Judge, Judged
from pytest_localbench.registry import Registry
from pytest_localbench.suite.render import documents

REGISTRY = Registry()
evaluators.pytest_localbench_register(REGISTRY)


def task_of(use: str, expected: Any = None, *, task: dict[str, Any] | None = None, **options: Any) -> Task:
    """A task with one content evaluator."""
    spec = {"use": use, "with": options, "weight": 1}
    data = {"id": "t", "title": "T", "category": "c", "input": {"prompt": "?"}, "evaluators": [spec], **(task or {})}
    return Task.model_validate({**data, "expected": expected, "has_expected": expected is not None})


def judge(task: Task, reply: str, **response: Any) -> Judged:
    """What the evaluators say about a reply."""
    answer = ModelResponse(text=reply, timing=Timing(generation_s=0.0), **response)
    return Judge(task, REGISTRY).judge(task.samples[0], answer, documents(task, task.samples[0]))


def quality(use: str, expected: Any, reply: str, **options: Any) -> float:
    """Quality of one reply, 0 to 1."""
    task = options.pop("task", None)
    found = judge(task_of(use, expected, task=task, **options), reply)
    assert found.quality is not None, found.reason
    return found.quality
