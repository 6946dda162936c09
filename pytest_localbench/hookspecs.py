"""The six hooks of pytest-localbench; usable from ``conftest.py`` and from installed plugins alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .domain.model import ModelConfig
    from .domain.result import SampleResult
    from .domain.run import BenchmarkRun, Environment
    from .domain.task import Task
    from .engine.plan import Plan
    from .registry import Registry


@pytest.hookspec
def pytest_localbench_register(registry: Registry) -> None:
    """Add adapters and evaluators by name::

    def pytest_localbench_register(registry):
        registry.adapter("acme", "acme_bench.adapter:AcmeAdapter", extra="acme")
        registry.evaluator("iban", "acme_bench.evaluators:Iban")
    """


@pytest.hookspec(firstresult=True)
def pytest_localbench_skip_reason(task: Task, model: ModelConfig) -> str | None:
    """Return a sentence to skip this task for this model, ``None`` to have no opinion::

    def pytest_localbench_skip_reason(task, model):
        if "night" in task.tags and model.id.startswith("big"):
            return "big models run night tasks only in the weekly job"
    """


@pytest.hookspec
def pytest_localbench_plan(config: pytest.Config, plan: Plan) -> None:
    """Look at what will be asked, before anything is asked; ``plan.drop(job)`` leaves a job to be asked on demand::

    def pytest_localbench_plan(config, plan):
        print(len(plan.jobs), "questions")
    """


@pytest.hookspec
def pytest_localbench_environment(config: pytest.Config, environment: Environment) -> dict[str, object] | None:
    """Return facts to be stored with the run's environment::

    def pytest_localbench_environment(config, environment):
        return {"rack": "B12"}
    """


@pytest.hookspec
def pytest_localbench_result(config: pytest.Config, result: SampleResult) -> None:
    """Called for every finished item, on the controller when the run is distributed (without the answer's text)::

    def pytest_localbench_result(config, result):
        print(result.key, result.outcome, result.quality)
    """


@pytest.hookspec
def pytest_localbench_run(config: pytest.Config, run: BenchmarkRun) -> None:
    """Called once with the finished run, after it was written::

    def pytest_localbench_run(config, run):
        upload(run.model_dump_json())
    """
