"""Parametrization: one case per selected model, sample and attempt (or per calibration case in a self-check)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ..domain.model import ModelConfig
from ..domain.task import SINGLE_SAMPLE, Sample, Task
from ..errors import LocalbenchError
from .collector import PARAMETER, TASK_ATTRIBUTE
from .selfcheck import checks_of
from .state import activate, active


@dataclass(frozen=True, slots=True)
class Case:
    """What one item asks: model, sample, attempt (from 1). ``unfit``: why the model cannot be asked, when strict."""

    model: ModelConfig
    sample: Sample
    attempt: int
    unfit: str | None = None


def case_of(item: pytest.Item) -> Case | None:
    """The case of a parametrized item, ``None`` for ordinary tests."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get(PARAMETER) if callspec is not None else None


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Spread a task over models, samples and attempts; a Python test over the models alone."""
    session = activate(metafunc.config)
    task: Task | None = getattr(metafunc.function, TASK_ATTRIBUTE, None)
    if task is None:
        cases: list[Any] = [pytest.param(Case(model, SINGLE_SAMPLE, 1), id=model.id) for model in session.models]
    elif session.options.selfcheck:
        cases = list(checks_of(task, session))
    else:
        cases = _cases(task, session.models)
    metafunc.parametrize(PARAMETER, cases, indirect=True)


def _cases(task: Task, models: list[ModelConfig]) -> list[object]:
    session = active.need()
    try:
        session.judge_for(task)
        if session.past is not None:
            session.past.refuse(task, models)
        reasons = [session.skip_reason(task, model) for model in models]
    except LocalbenchError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    repeats = session.options.repeat or task.repeats
    cases: list[object] = []
    for model, reason in zip(models, reasons, strict=True):
        for sample in task.samples:
            unfit = reason if session.options.strict_capabilities else None
            skip = None if unfit else reason or sample.skip
            marks = [pytest.mark.skip(reason=skip)] if skip else ()
            for attempt in range(1, repeats + 1):
                parts = [model.id]
                if len(task.samples) > 1 or sample.id != SINGLE_SAMPLE.id:
                    parts.append(sample.id)
                if attempt > 1:
                    parts.append(f"r{attempt}")
                cases.append(pytest.param(Case(model, sample, attempt, unfit), id="--".join(parts), marks=marks))
    return cases
