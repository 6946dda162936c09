"""``--localbench-selfcheck``: tasks judged against known answers, no model asked.

Every task gets one item per calibration case and one for the null models. What they earned rides on the reports; the
means over each category are checked at the end of the run, on the process that reports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ..domain.model import ModelConfig
from ..domain.response import ResultKey
from ..domain.result import SampleResult
from ..domain.task import CalibrationCase, Sample, Task
from ..engine.nulls import NULL_MODELS, TASK_BOUNDS, TOLERANCE, as_response, calibration_answer, null_answer
from ..engine.requirements import missing_here
from ..errors import LocalbenchError
from ..suite.render import build_messages, documents
from .check_tally import NOTE, note_of
from .collector import PARAMETER, TASK_ATTRIBUTE

if TYPE_CHECKING:
    from .session import LocalbenchSession

NULLS = "null-models"
_NULL_MEANS = pytest.StashKey[dict[str, float]]()
_CHECKER = ModelConfig(id="selfcheck", provider="scripted")


@dataclass(frozen=True, slots=True)
class Check:
    """One item of a self-check: a calibration case, or (``None``) the null models."""

    case: CalibrationCase | None
    sample: Sample
    model: ModelConfig = _CHECKER


def checks_of(task: Task, session: LocalbenchSession) -> list[Any]:
    """The parameters of a task in a self-check."""
    try:
        session.judge_for(task)
    except LocalbenchError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    by_id = {sample.id: sample for sample in task.samples}
    lack = missing_here(task)
    marks = [pytest.mark.skip(reason=lack)] if lack else ()
    checks = []
    for case in task.calibration:
        sample = by_id[case.sample] if case.sample else task.samples[0]
        slug = re.sub(r"[^a-z0-9]+", "-", case.name.lower()).strip("-")
        checks.append(pytest.param(Check(case, sample), id=slug, marks=marks))
    checks.append(pytest.param(Check(None, task.samples[0]), id=NULLS, marks=marks))
    return checks


def run_check(session: LocalbenchSession, item: Any) -> SampleResult:
    """Judge one known answer (or all null models); a bound that is broken fails the item."""
    check: Check = item.callspec.params[PARAMETER]
    task: Task = getattr(item.function, TASK_ATTRIBUTE)
    key = ResultKey(category=task.category, task=task.id, sample=check.sample.id, model="selfcheck")
    if check.case is None:
        problems, item.stash[_NULL_MEANS] = _null_problems(session, task)
    else:
        problems = _calibration_problems(session, task, check.case, check.sample)
    outcome: Any = "weak" if problems else "passed"
    return SampleResult(key=key, outcome=outcome, reason="; ".join(problems))


def attach_check(item: Any, report: pytest.TestReport) -> None:
    """Put what an item found on its report, as plain data."""
    check = item.callspec.params.get(PARAMETER) if hasattr(item, "callspec") else None
    if report.when == "call" and isinstance(check, Check):
        task: Task = getattr(item.function, TASK_ATTRIBUTE)
        null_means = item.stash.get(_NULL_MEANS, {}) if check.case is None else None
        setattr(report, NOTE, note_of(task.id, task.category, null_means))


def _quality(session: LocalbenchSession, task: Task, sample: Sample, text: str) -> tuple[float | None, str]:
    judged = session.judge_for(task).judge(sample, as_response(text), documents(task, sample))
    reason = "; ".join(f"{v.name} {'-' if v.score is None else format(v.score, '.3f')}" for v in judged.verdicts)
    return judged.quality, f"{reason} ({judged.reason})" if judged.reason else reason


def _calibration_problems(session: LocalbenchSession, task: Task, case: CalibrationCase, sample: Sample) -> list[str]:
    try:
        text = calibration_answer(case, task, sample, documents(task, sample))
    except LocalbenchError as error:
        return [str(error)]
    quality, why = _quality(session, task, sample, text)
    if quality is None:
        return [f"'{case.name}' could not be judged: {why}"]
    if not case.min - TOLERANCE <= quality <= case.max + TOLERANCE:
        return [f"'{case.name}' earns {quality:.3f}, outside {case.min:g} to {case.max:g}: {why}"]
    return []


def _null_problems(session: LocalbenchSession, task: Task) -> tuple[list[str], dict[str, float]]:
    """What breaks the bounds of a task, and the mean quality by null model."""
    problems, means = [], {}
    for kind in NULL_MODELS:
        qualities = []
        for sample in task.samples:
            text = null_answer(kind, task, sample, build_messages(task, sample, session.config.rootpath))
            if text is not None:
                quality, why = _quality(session, task, sample, text)
                if quality is None:
                    problems.append(f"{kind} could not be judged: {why}")
                    continue
                qualities.append(quality)
                low, high = TASK_BOUNDS.get(kind, (0.0, 1.0))
                if not low - TOLERANCE <= quality <= high + TOLERANCE:
                    problems.append(
                        f"{kind} earns {quality:.3f} on sample '{sample.id}', outside {low:g} to {high:g}: {why}"
                    )
        if qualities:
            means[kind] = sum(qualities) / len(qualities)
    return problems[:5], means
