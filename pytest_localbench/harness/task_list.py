"""``--localbench-tasks``: of the collected tasks only those that a file names; ordinary tests stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..errors import ConfigError
from ..suite.task_list import read_task_list
from .collector import TASK_ATTRIBUTE
from .refusal import refuse


class ListedTasks:
    """Takes every other task out after collection."""

    def __init__(self, path: Path, root: Path) -> None:
        try:
            self.list = read_task_list(path, root)
        except ConfigError as error:
            raise ConfigError(f"--localbench-tasks: {error}") from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Before -k and -m, so that a name that is in the list by mistake is told whatever else was selected."""
        kept, left_out, known = list[pytest.Item](), list[pytest.Item](), list[tuple[str, str]]()
        for item in items:
            task = getattr(getattr(item, "function", None), TASK_ATTRIBUTE, None)
            if task is not None:
                known.append((task.category, task.id))
            listed = task is None or self.list.holds(task.category, task.id)
            (kept if listed else left_out).append(item)
        problem = self.list.unknown(dict.fromkeys(known)) if known else None
        if problem is not None:
            refuse(config, items, f"--localbench-tasks: {problem}")
        elif left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = kept
