"""Categories and tasks of the session, each file read once, ids checked across files."""

from __future__ import annotations

from pathlib import Path

from ..domain.category import Category
from ..domain.task import Task
from ..errors import TaskFileError
from ..suite.seed import load_seed
from ..suite.tasks import check_unique, load_category, load_task_file, shown_path
from .detect import category_folder, is_flat_store


class SuiteCache:
    """What was loaded so far; raises TaskFileError with file and line."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.categories: dict[str, Category] = {}
        self.tasks: dict[tuple[str, str], Task] = {}
        self._folders: dict[str, Category] = {}
        self._files: dict[Path, tuple[Category, list[Task]]] = {}
        self._flat: dict[str, dict[str, tuple[Category, list[Task]]]] = {}

    def load(self, path: Path) -> tuple[Category, list[Task]]:
        """The category and the tasks of one task file."""
        if path not in self._files:
            folder = category_folder(path)
            assert folder is not None
            found = self._from_flat(folder, path) if is_flat_store(folder) else self._from_folder(folder, path)
            self._remember(*found)
            self._files[path] = found
        return self._files[path]

    def _from_folder(self, folder: str, path: Path) -> tuple[Category, list[Task]]:
        if folder not in self._folders:
            self._folders[folder] = load_category(Path(folder), self.root)
        category = self._folders[folder]
        return category, load_task_file(path, category, self.root)

    def _from_flat(self, folder: str, path: Path) -> tuple[Category, list[Task]]:
        if folder not in self._flat:
            self._flat[folder] = {
                task.source.path: (category, [task])
                for category, tasks in load_seed(Path(folder), self.root)
                for task in tasks
            }
        relative = shown_path(path, self.root)
        if relative not in self._flat[folder]:
            raise TaskFileError(relative, None, "is not a task of the flat store")
        return self._flat[folder][relative]

    def _remember(self, category: Category, tasks: list[Task]) -> None:
        for task in tasks:
            earlier = self.tasks.get((category.id, task.id.casefold()))
            if earlier is not None:
                check_unique([earlier, task])
            self.tasks[category.id, task.id.casefold()] = task
        self.categories.setdefault(category.id, category)
