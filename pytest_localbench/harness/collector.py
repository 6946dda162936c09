"""A task file as a pytest module of test functions, one per task; pytest parametrizes them over models and samples."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from ..domain.category import Category
from ..domain.task import Task
from ..errors import LocalbenchError
from ..suite.text_source import readable
from .marks import mark_named
from .state import active

if TYPE_CHECKING:
    from ..domain.result import SampleResult

TASK_ATTRIBUTE = "localbench_task"
PARAMETER = "localbench_model"


def _body(localbench_result: SampleResult) -> None:
    active.need().verdict(localbench_result)


class TaskFile(pytest.Module):
    """The file's tasks become functions of a module that is made, not imported."""

    def _getobj(self) -> ModuleType:
        session = active.need()
        try:
            category, tasks = session.suite.load(self.path)
        except LocalbenchError as error:
            raise self.CollectError(str(error)) from None
        module = ModuleType(self.path.stem)
        for task in tasks:
            if task.status != "disabled":
                setattr(module, task.id, _function(self, task, category))
        return module

    def funcnamefilter(self, name: str) -> bool:
        """Every function of the made module is a task, whatever ``python_functions`` says."""
        return True


def _function(file: TaskFile, task: Task, category: Category) -> FunctionType:
    code = _body.__code__.replace(co_filename=readable(file.path), co_firstlineno=task.source.line, co_name=task.id)
    function = FunctionType(code, _body.__globals__, task.id)
    function.__annotations__ = {}
    setattr(function, TASK_ATTRIBUTE, task)
    function.pytestmark = list(_marks(file.config, task, category))  # type: ignore[attr-defined]
    return function


def _marks(config: pytest.Config, task: Task, category: Category) -> Any:
    names = {"localbench": "", category.id: f"category: {category.name}"}
    names.update({tag: f"tasks tagged '{tag}'" for tag in task.tags})
    names[f"complexity_{task.complexity}"] = f"tasks of complexity {task.complexity} of 5"
    for name, why in names.items():
        mark = pytest.mark.localbench if name == "localbench" else mark_named(config, name, why)
        if mark is not None:
            yield mark.mark
