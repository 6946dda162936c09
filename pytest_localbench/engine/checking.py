"""What only the evaluators can tell of a task: their options, and whether its known answers can be made."""

from __future__ import annotations

import os

from ..domain.task import Task
from ..errors import LocalbenchError, TaskFileError
from ..registry import Registry
from ..suite.locate import line_of
from ..suite.render import documents
from .judging import Judge, evaluator_problems
from .nulls import calibration_answer


def task_problems(task: Task, registry: Registry, root: str) -> list[TaskFileError]:
    """Everything that would keep a task from being judged; no answer is judged and no model asked."""
    problems = evaluator_problems(task, registry, root)
    if not problems:
        try:
            Judge(task, registry, root)
        except TaskFileError as error:
            problems = [error]
    return problems + _calibration_problems(task, root)


def _calibration_problems(task: Task, root: str) -> list[TaskFileError]:
    samples = {sample.id: sample for sample in task.samples}
    problems = []
    for index, case in enumerate(task.calibration):
        sample = samples[case.sample] if case.sample else task.samples[0]
        try:
            calibration_answer(case, task, sample, documents(task, sample))
        except LocalbenchError as error:
            line = line_of(os.path.join(root, task.source.path), ("calibration", index), task.source.line)
            problems.append(TaskFileError(task.source.path, line, f"task '{task.id}': {error}"))
    return problems
