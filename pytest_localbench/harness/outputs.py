"""What pytest itself renders of a result: user properties (JUnit) and the failure text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ..domain.result import SampleResult
from ..domain.task import Task
from ..reports.safe_text import inert
from ..reports.terminal import failure_text

_RAW_NAMES = {"time": "time_s", "quality": "quality_points", "complexity": "complexity_level",
              "cost": "cost_usd", "memory": "memory_bytes"}  # fmt: skip


def properties_of(result: SampleResult) -> list[tuple[str, object]]:
    """Flat builtin values: outcome, score and, for every measured component, raw value, normalized value and weight."""
    properties: list[tuple[str, object]] = [("localbench.outcome", result.outcome)]
    if result.ultimate_score is not None:
        properties.append(("localbench.ultimate_score", round(result.ultimate_score, 6)))
    for component in result.components:
        if component.raw is None:
            continue
        name = component.name
        if component.normalized is not None:
            properties.append((f"localbench.{name}", round(component.normalized, 6)))
        properties.append((f"localbench.{_RAW_NAMES[name]}", component.raw))
        if component.normalized is not None:
            properties.append((f"localbench.{name}_weight", component.weight))
    return properties


def without_keys(report: pytest.TestReport, redact: Callable[[str], str]) -> None:
    """Take keys out of what pytest prints of an item: its traceback (with locals), skip reason and captured output."""
    told = report.longrepr
    if isinstance(told, tuple):
        report.longrepr = (told[0], told[1], redact(told[2]))
    elif told is not None and (clean := redact(report.longreprtext)) != report.longreprtext:
        report.longrepr = clean
    if report.sections:
        report.sections = [(title, redact(text)) for title, text in report.sections]


def failure_message(result: SampleResult, task: Task, *, short: bool = False) -> str:
    """What a failing item prints: a compact diff for weak answers, one sentence and the remedy for errors."""
    sample = next(sample for sample in task.samples if sample.id == result.key.sample)
    text = inert(failure_text(result, task.title, task.expected_of(sample)))
    return text.splitlines()[0] if short else text
