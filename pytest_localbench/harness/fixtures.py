"""The fixtures: model, task, response, result. What they need is imported when they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .state import active

if TYPE_CHECKING:
    from ..domain.model import ModelConfig
    from ..domain.response import ModelResponse
    from ..domain.result import SampleResult
    from ..domain.task import Task


@pytest.fixture
def localbench_model(request: pytest.FixtureRequest) -> ModelConfig:
    """The model under test; every test that uses it runs once per selected model."""
    model: ModelConfig = request.param.model
    return model


@pytest.fixture
def localbench_task(request: pytest.FixtureRequest, localbench_model: ModelConfig) -> Task:
    """The task of a collected item."""
    task: Task = active.job_of(request.node).task
    return task


@pytest.fixture
def localbench_response(request: pytest.FixtureRequest, localbench_model: ModelConfig) -> ModelResponse:
    """The model's answer to the task of a collected item; what could not be asked is an error, not a failure."""
    return active.need().response(request.node)


@pytest.fixture
def localbench_result(request: pytest.FixtureRequest, localbench_model: ModelConfig) -> SampleResult:
    """The judged and scored answer of a collected item."""
    return active.need().result(request.node)
