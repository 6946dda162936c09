"""``--localbench-selfcheck``: tasks judged against known answers, no model asked.

Every task gets one item per calibration case and one for the null models. What they earned rides on the reports; the
means over each category are checked at the end of the run, on the process that reports.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest

from ..domain.model import ModelConfig
from ..domain.response import ResultKey
from ..domain.result import SampleResult
from ..domain.score import Verdict
from ..domain.task import CalibrationCase, Sample, Task
from ..engine.nulls import NULL_MODELS, TASK_BOUNDS, TOLERANCE, calibration_answer, null_answer, null_calls
from ..engine.replay import known_response
from ..engine.requirements import missing_here
from ..errors import LocalbenchError
from ..evaluators.verdicts import combine
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


_Verdicts = tuple[Verdict, ...]


def _judged(
    session: LocalbenchSession, task: Task, sample: Sample, text: str, calls: Sequence[dict[str, Any]]
) -> tuple[float | None, str, _Verdicts]:
    response = known_response(task, text, calls)
    judged = session.judge_for(task).judge(sample, response, documents(task, sample))
    if judged.outcome == "pending":  # what waits for a judge or for people is left out here
        return combine(judged.verdicts), _shown(judged.verdicts, judged.reason), judged.verdicts
    return judged.quality, _shown(judged.verdicts, judged.reason), judged.verdicts


def _waits(verdicts: Sequence[Verdict]) -> bool:
    return any(verdict.status == "pending" for verdict in verdicts)


def _shown(verdicts: Sequence[Verdict], reason: str) -> str:
    parts = "; ".join(f"{v.name} {'-' if v.score is None else format(v.score, '.3f')}" for v in verdicts)
    return f"{parts} ({reason})" if reason else parts


def _calibration_problems(session: LocalbenchSession, task: Task, case: CalibrationCase, sample: Sample) -> list[str]:
    """What breaks the bounds of a case. Where evaluators look at the whole task, a case without ``sample`` answers all."""
    whole = case.sample is None and any(spec.scope == "task" for spec in task.evaluators)
    samples = task.samples if whole else (sample,)
    try:
        answers = [calibration_answer(case, task, one, documents(task, one)) for one in samples]
        found = [_judged(session, task, one, text, case.tool_calls) for one, text in zip(samples, answers, strict=True)]
    except LocalbenchError as error:
        return [f"'{case.name}': {error}"]
    quality, why, verdicts = found[0]
    if quality is None and _waits(verdicts):
        return []
    if whole:
        rows = [(one.id, quality, verdicts) for one, (quality, _, verdicts) in zip(samples, found, strict=True)]
        quality, why = _over_task(session, task, rows)
    if quality is None:
        return [f"'{case.name}' could not be judged: {why}"]
    if not case.min - TOLERANCE <= quality <= case.max + TOLERANCE:
        return [f"'{case.name}' earns {quality:.3f}, outside {case.min:g} to {case.max:g}: {why}"]
    return []


def _over_task(
    session: LocalbenchSession, task: Task, rows: Sequence[tuple[str, float | None, _Verdicts]]
) -> tuple[float | None, str]:
    """Quality of a task over its answers, with what evaluators say that look at all of them."""
    scored = [quality for _, quality, _ in rows if quality is not None]
    if not scored:
        return None, "no answer was scored"
    mean = fmean(scored)
    whole = session.judge_for(task).over_task((sample, verdicts) for sample, _, verdicts in rows)
    return (mean, "") if whole is None else (whole.quality(mean), _shown(whole.verdicts, whole.complaint))


def _null_problems(session: LocalbenchSession, task: Task) -> tuple[list[str], dict[str, float]]:
    """What breaks the bounds of a task, and the mean quality by null model."""
    problems: list[str] = []
    means: dict[str, float] = {}
    for kind in NULL_MODELS:
        rows: list[tuple[str, float | None, _Verdicts]] = []
        low, high = TASK_BOUNDS.get(kind, (0.0, 1.0))
        for sample in task.samples:
            text = null_answer(kind, task, sample, build_messages(task, sample, session.config.rootpath))
            if text is None:
                continue
            try:
                quality, why, verdicts = _judged(session, task, sample, text, null_calls(kind, task, sample))
            except LocalbenchError as error:
                problems.append(f"{kind}: {error}")
                continue
            if quality is None:
                problems += [] if _waits(verdicts) else [f"{kind} could not be judged: {why}"]
                continue
            rows.append((sample.id, quality, verdicts))
            if not low - TOLERANCE <= quality <= high + TOLERANCE:
                where = f"on sample '{sample.id}', outside {low:g} to {high:g}"
                problems.append(f"{kind} earns {quality:.3f} {where}: {why}")
        if rows:
            mean, why = _over_task(session, task, rows)
            means[kind] = mean or 0.0
            if why and not low - TOLERANCE <= means[kind] <= high + TOLERANCE:
                problems.append(f"{kind} earns {means[kind]:.3f} on the task, outside {low:g} to {high:g}: {why}")
    return problems[:5], means
