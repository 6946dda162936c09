"""The fixtures: model, task, response, result. What they need is imported when they are used.

They ask the session for the running item: pytest makes a new definition of its fixture ``request`` for every use of it,
which costs more than all of these together.
"""

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
def localbench_model() -> ModelConfig:
    """The model under test; every test that uses it runs once per selected model."""
    return active.need().model


@pytest.fixture
def localbench_task(localbench_model: ModelConfig) -> Task:
    """The task of a collected item."""
    return active.need().job.task


@pytest.fixture
def localbench_response(localbench_model: ModelConfig) -> ModelResponse:
    """The model's answer to the task of a collected item; what could not be asked is an error, not a failure."""
    return active.need().response()


@pytest.fixture
def localbench_result(localbench_model: ModelConfig) -> SampleResult:
    """The judged and scored answer of a collected item."""
    return active.need().result()
