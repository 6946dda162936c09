"""What the types cannot see: templates, labels, names that refer to one another. Raises FieldProblem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..domain.task import Sample, Task
from ..errors import did_you_mean
from .files import FieldProblem
from .render import document_name, values_of
from .template import Template, TemplateProblem, is_template, read_template
from .tool_checks import check_tools

_REFERENCE = re.compile(r"@([A-Za-z_][\w.-]*)")
_Field = tuple[str | int, ...]


def check_task(task: Task) -> None:
    """Refuse a task that could not be asked or judged."""
    if task.status == "ready" and not task.evaluators:
        _explain_lack(task)
    _check_names(task)
    _check_templates(task)
    _check_images(task)
    if task.output.format == "label":
        _check_labels(task)
    if task.calibration:
        _check_calibration(task)
    if task.tools or task.environment or any(case.tool_calls for case in task.calibration):
        check_tools(task)


def _explain_lack(task: Task) -> None:
    bare = [index for index, sample in enumerate(task.samples) if not sample.has_expected]
    if len(bare) < len(task.samples):
        words = f"sample '{task.samples[bare[0]].id}' has no 'expected', so there is nothing to judge it by"
        raise FieldProblem(("samples", bare[0]), words)
    words = "a ready task needs 'expected' or at least one evaluator (or 'status: draft')"
    raise FieldProblem(("evaluators",), words)


def _check_names(task: Task) -> None:
    names = [spec.label for spec in task.evaluators]
    for index, spec in enumerate(task.evaluators):
        if spec.depends_on is not None and spec.depends_on not in names:
            near = did_you_mean(spec.depends_on, names)
            raise FieldProblem(("evaluators", index, "depends_on"), f"no evaluator is named '{spec.depends_on}'{near}")
    seen: set[str] = set()
    for index, file in enumerate(task.input.files):
        name = document_name(file)
        if file.text is not None and name in seen:
            raise FieldProblem(("input", "files", index), f"two files are called '{name}'; give one a 'name'")
        seen.add(name)


def _check_templates(task: Task) -> None:
    found: list[tuple[_Field, Template]] = []
    for field, text in _texts(task):
        if is_template(text):
            try:
                found.append((field, read_template(text)))
            except TemplateProblem as problem:
                raise FieldProblem(field, str(problem)) from None
    for sample in task.samples if found else ():
        values = values_of(task, sample)
        for field, template in found:
            if not template.names <= values.keys():
                _undefined(sorted(template.names - values.keys())[0], field, sample, values)
            if not template.simple:
                try:
                    template.fill(values)
                except TemplateProblem as problem:
                    raise FieldProblem(field, f"{problem}{_in_sample(sample)}") from None


def _texts(task: Task) -> Iterator[tuple[_Field, str]]:
    spec = task.input
    if spec.system is not None:
        yield ("input", "system"), spec.system
    if spec.prompt is not None:
        yield ("input", "prompt"), spec.prompt
    for index, turn in enumerate(spec.messages):
        yield ("input", "messages", index, "content"), turn.content
    for index, example in enumerate(spec.few_shot):
        yield ("input", "few_shot", index, "user"), example.user
        yield ("input", "few_shot", index, "assistant"), example.assistant


def _undefined(name: str, field: _Field, sample: Sample, values: dict[str, Any]) -> None:
    near = did_you_mean(name, values)
    raise FieldProblem(field, f"the variable '{name}' is used in a template but not defined{_in_sample(sample)}{near}")


def _in_sample(sample: Sample) -> str:
    return "" if sample.id == "-" else f" in sample '{sample.id}'"


def _check_images(task: Task) -> None:
    spec = task.input
    if spec.messages and not any(turn.role == "user" for turn in spec.messages):
        raise FieldProblem(("input", "messages"), "'input.messages' needs at least one message of the user")


def _check_labels(task: Task) -> None:
    labels = task.output.labels
    if not labels:
        raise FieldProblem(("output",), "format 'label' needs 'labels'")
    doubled = next((name for index, name in enumerate(labels) if name in labels[:index]), None)
    if doubled is not None:
        raise FieldProblem(("output", "labels"), f"the label '{doubled}' stands twice")
    for index, sample in enumerate(task.samples):
        where: _Field = ("samples", index, "expected") if sample.has_expected else ("expected",)
        expected = task.expected_of(sample)
        if expected is None and not (sample.has_expected or task.has_expected):
            continue
        for value in expected if isinstance(expected, list) else [expected]:
            if value not in labels:
                quote = "; quote it" if not isinstance(value, str) and str(value) in labels else ""
                near = did_you_mean(str(value), labels)
                raise FieldProblem(
                    where, f"expected '{value}' is not among the labels{near}{quote}{_in_sample(sample)}"
                )


def _check_calibration(task: Task) -> None:
    samples = {sample.id: sample for sample in task.samples}
    for index, case in enumerate(task.calibration):
        where: _Field = ("calibration", index)
        if case.sample is not None and case.sample not in samples:
            near = did_you_mean(case.sample, samples)
            raise FieldProblem((*where, "sample"), f"there is no sample '{case.sample}'{near}")
        if case.min > case.max:
            raise FieldProblem((*where, "min"), f"calibration '{case.name}': 'min' is above 'max'")
        found = _REFERENCE.fullmatch(case.output or "")
        if found and found.group(1) != "expected":
            known = values_of(task, samples[case.sample] if case.sample else task.samples[0])
            if found.group(1) not in known:
                near = did_you_mean(found.group(1), ["expected", *known])
                message = f"calibration '{case.name}': '{case.output}' names no file or variable{near}"
                raise FieldProblem((*where, "output"), message)
