"""Everything below a place, with everything that is wrong: categories, tasks and one sentence for each problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..domain.category import Category
from ..domain.task import Task
from ..errors import ConfigError, TaskFileError, UnknownName
from .find import category_folders
from .layout import CATEGORY_NAMES, SUFFIXES, is_category_folder
from .seed import load_seed
from .tasks import check_unique, gathering, load_category, load_task_file, shown_path, task_files


@dataclass
class Survey:
    """What was found. ``folders``: where the category files lie, by category id (of the flat store: the store)."""

    categories: dict[str, Category] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    problems: list[TaskFileError] = field(default_factory=list)

    def task(self, name: str) -> Task:
        """The task called ``ID``, ``CATEGORY/ID`` or by its file; raises UnknownName, or ConfigError when several are."""
        found = [t for t in self.tasks if name in {t.id, f"{t.category}/{t.id}", t.source.path}]
        if not found:
            raise UnknownName("task", name, [task.id for task in self.tasks])
        if len(found) > 1:
            names = ", ".join(f"{task.category}/{task.id}" for task in found)
            raise ConfigError(f"'{name}' is more than one task: name one of {names}.")
        return found[0]


def survey(place: Path, root: Path) -> Survey:
    """What lies at ``place``: a folder with categories anywhere below it, a category folder, or a single file of one.

    Problems are gathered, not raised; paths in them are relative to ``root``.
    """
    found = Survey()
    if not place.exists():
        raise ConfigError(f"{shown_path(place, root)}: there is no such file or folder.")
    if place.is_file():
        _file(found, place, root)
        return found
    homes = [place.parent] if place.name == "tasks" and is_category_folder(place.parent) else [*category_folders(place)]
    for folder in homes:
        _folder(found, folder, task_files(folder), root)
    for store in (place, place / "data"):
        if not is_category_folder(store) and (store / "categories").is_dir():
            _store(found, store, root)
    return found


def _file(found: Survey, path: Path, root: Path) -> None:
    home = path.parent if is_category_folder(path.parent) else path.parent.parent
    if path.suffix not in SUFFIXES or not (is_category_folder(home) or (home / "categories").is_dir()):
        shown = shown_path(path, root)
        words = "belongs to no category: a task file lies beside a category.yaml, or in 'tasks' beside one"
        found.problems.append(TaskFileError(shown, None, words))
        return
    if not is_category_folder(home):
        _store(found, home, root)
        found.tasks = [task for task in found.tasks if task.source.path == shown_path(path, root)]
        found.problems = [error for error in found.problems if str(error.path) == shown_path(path, root)]
        return
    _folder(found, home, [] if path.name in CATEGORY_NAMES else [path], root)


def _folder(found: Survey, folder: Path, files: list[Path], root: Path) -> None:
    with gathering(found.problems):
        category = load_category(folder, root)
        tasks: list[Task] = []
        for path in files:
            with gathering(found.problems):
                tasks += load_task_file(path, category, root, None, found.problems)
        _add(found, category, folder, tasks)


def _store(found: Survey, store: Path, root: Path) -> None:
    for category, tasks in load_seed(store, root, found.problems):
        _add(found, category, store, tasks)


def _add(found: Survey, category: Category, folder: Path, tasks: list[Task]) -> None:
    found.categories.setdefault(category.id, category)
    found.folders.setdefault(category.id, folder)
    for task in tasks:
        with gathering(found.problems):
            check_unique(
                [*(t for t in found.tasks if t.category == category.id and t.id.casefold() == task.id.casefold()), task]
            )
            found.tasks.append(task)
