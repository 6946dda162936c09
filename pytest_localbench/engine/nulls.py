"""Null models: answers that need no model, to find out whether a task can be won without doing it."""

from __future__ import annotations

import json
from typing import Any

from ..domain.response import Message
from ..domain.task import CalibrationCase, Sample, Task
from ..errors import EvaluationError
from ..suite.render import documents as documents_of
from .replay import is_reference, reference_calls

NULL_MODELS = ("empty", "refuse", "echo", "template", "first-label", "oracle", "oracle-fenced", "oracle-think",
               "oracle-prose")  # fmt: skip
MEAN_BOUNDS: dict[str, tuple[float, float]] = {
    "empty": (0.0, 0.02),
    "refuse": (0.0, 0.02),
    "echo": (0.0, 0.10),
    "template": (0.0, 0.05),
    "first-label": (0.0, 0.30),
    "oracle": (0.99, 1.0),
    "oracle-fenced": (0.99, 1.0),
    "oracle-think": (0.99, 1.0),
    "oracle-prose": (0.95, 1.0),
}
"""Mean quality over a category that each null model must keep to."""

TASK_BOUNDS: dict[str, tuple[float, float]] = {"empty": (0.0, 0.0), "oracle": (0.95, 1.0)}
"""Quality on every single task."""

TOLERANCE = 1e-6
"""Bounds hold up to this much."""

_REMEDIES = {
    "empty": "an answer that says nothing must earn nothing, so give no weight to what only forbids",
    "refuse": "a refusal must earn nothing, so give no weight to what only forbids",
    "echo": "the prompt holds the answer, so ask for something that must be worked out",
    "template": "a form of nulls wins points, so expect fewer nulls",
    "first-label": "the first label is right too often, so balance the labels over the samples",
    "oracle": "the known right answer must earn all points, so mend the expected value or the evaluators",
    "oracle-fenced": "a right answer in a code fence must earn all points, so mend 'output' or the evaluators",
    "oracle-think": "a right answer after reasoning must earn all points, so mend 'output' or the evaluators",
    "oracle-prose": "a right answer between two sentences must earn all points, so mend 'output' or the evaluators",
}

_REFUSAL = "I am sorry, but I cannot help with this request."


def as_text(expected: Any) -> str:
    """A reference as a model would write it."""
    return expected if isinstance(expected, str) else json.dumps(expected, ensure_ascii=False)


def null_remedy(kind: str) -> str:
    """What to do when a null model leaves its bounds."""
    return _REMEDIES[kind]


def null_answer(kind: str, task: Task, sample: Sample, messages: tuple[Message, ...]) -> str | None:
    """The answer of a null model; ``None`` when it has none for this task."""
    expected = task.expected_of(sample)
    if kind == "empty":
        return ""
    if kind == "refuse":
        return _REFUSAL
    if kind == "echo":
        return messages[-1].text
    if kind == "template":
        return json.dumps(_blank(expected)) if isinstance(expected, dict) else None
    if kind == "first-label":
        return task.output.labels[0] if task.output.labels else None
    reference = reference_answer(task, sample)
    if reference is None:
        return None
    return {
        "oracle": reference,
        "oracle-fenced": f"```\n{reference}\n```",
        "oracle-think": f"<think>\nLet me read it twice.\n</think>\n{reference}",
        "oracle-prose": f"Here is the answer:\n\n{reference}\n\nLet me know if you need anything else.",
    }[kind]


def null_calls(kind: str, task: Task, sample: Sample) -> tuple[dict[str, Any], ...]:
    """The tool calls of a null model: those of the reference for the oracles, none for the others."""
    return reference_calls(task, sample) if kind.startswith("oracle") else ()


def reference_answer(task: Task, sample: Sample) -> str | None:
    """The known right answer: the calibration case named ``reference``, else what is expected."""
    for case in task.calibration:
        stated = case.output not in (None, "@expected") or case.tool_calls
        if case.name == "reference" and case.sample in (None, sample.id) and stated:
            known = is_reference(case, task, sample)
            return calibration_answer(case, task, sample, documents_of(task, sample)) if known else None
    expected = task.expected_of(sample)
    return None if expected is None else as_text(expected)


def calibration_answer(case: CalibrationCase, task: Task, sample: Sample, documents: dict[str, str]) -> str:
    """The text of a calibration case: ``@expected`` or ``@NAME`` resolved, then ``patch`` and ``replace`` applied."""
    output = case.output or ""
    if output == "@expected":
        expected = task.expected_of(sample)
        if case.patch:
            if not isinstance(expected, dict):
                raise EvaluationError(f"calibration '{case.name}': 'patch' needs an expected object")
            expected = {**expected, **case.patch}
        output = as_text(expected)
    elif output.startswith("@") and output[1:] in documents:
        output = documents[output[1:]]
    for old, new in case.replace.items():
        if old not in output:
            raise EvaluationError(f"calibration '{case.name}': '{old}' does not occur in the answer to replace")
        output = output.replace(old, new)
    return output


def _blank(expected: Any) -> Any:
    if isinstance(expected, dict):
        return {key: _blank(value) for key, value in expected.items()}
    return [] if isinstance(expected, list) else None
