"""Judging code directly, without a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_localbench.domain.response import ModelResponse, Timing
from pytest_localbench.domain.task import SINGLE_SAMPLE, OutputSpec, Task, TaskInput
from pytest_localbench.evaluators.base import EvaluationContext, Score
from pytest_localbench.evaluators.code import UnitTests, UnitTestsOptions
from pytest_localbench.evaluators.code_policy import policy
from pytest_localbench.evaluators.extract import extract


def judge(
    answer: str,
    cases: Sequence[dict[str, Any]],
    *,
    entry: str,
    language: str = "python",
    runner: str = "auto",
    allow: bool = False,
    fenced: bool = True,
    **options: Any,
) -> Score:
    """The score of an answer."""
    output = OutputSpec(format="code", language=language, entry=entry)
    task = Task(id="t", title="t", category="c", input=TaskInput(prompt="p"), output=output)
    evaluator = UnitTests(UnitTestsOptions.model_validate({"cases": list(cases), **options}), task)
    text = f"```{language}\n{answer}\n```" if fenced else answer
    response = ModelResponse(text=text, timing=Timing(generation_s=0.1))
    before = policy.runner, policy.allow
    policy.runner, policy.allow = runner, allow
    try:
        return evaluator.evaluate(EvaluationContext(task, SINGLE_SAMPLE, None, extract(text, output), response))
    finally:
        policy.runner, policy.allow = before
