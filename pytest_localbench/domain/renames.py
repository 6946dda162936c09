"""An earlier run in the names of today: ``previous_ids`` of tasks and models join what was renamed."""

from __future__ import annotations

from .response import ResultKey
from .run import BenchmarkRun


def with_new_ids(then: BenchmarkRun, now: BenchmarkRun) -> BenchmarkRun:
    """``then`` with the ids that tasks and models have in ``now``; only answers, task results and scores are changed.

    An id that is still in use in ``now``, or a new one that ``then`` already has, joins nothing: two tasks never become
    one.
    """
    old_tasks = {(task.category, task.id) for task in then.tasks} | {(t.category, t.task) for t in then.task_results}
    kept_tasks = {(task.category, task.id) for task in now.tasks}
    tasks = {
        (task.category, old): task.id
        for task in now.tasks
        for old in task.previous_ids
        if (task.category, old) not in kept_tasks and (task.category, task.id) not in old_tasks
    }
    old_models, kept_models = {model.id for model in then.models}, {model.id for model in now.models}
    models = {
        old: model.id
        for model in now.models
        for old in model.previous_ids
        if old not in kept_models and model.id not in old_models
    }
    if not tasks and not models:
        return then

    def key_of(key: ResultKey) -> ResultKey:
        names = {"task": tasks.get((key.category, key.task), key.task), "model": models.get(key.model, key.model)}
        return key.model_copy(update=names)

    return then.model_copy(
        update={
            "results": tuple(result.model_copy(update={"key": key_of(result.key)}) for result in then.results),
            "task_results": tuple(
                result.model_copy(
                    update={
                        "task": tasks.get((result.category, result.task), result.task),
                        "model": models.get(result.model, result.model),
                    }
                )
                for result in then.task_results
            ),
            "summary": tuple(s.model_copy(update={"model": models.get(s.model, s.model)}) for s in then.summary),
        }
    )
