"""The flat JSON store: ``categories/*.json`` beside ``tasks/*.json``.

Files of its tasks are read below ``tasks/``, never from the results, logs and model files beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..domain.category import Category
from ..domain.task import Task
from ..errors import TaskFileError, did_you_mean
from .locate import line_of
from .tasks import category_from, check_unique, data_files, gathering, load_task_file, shown_path
from .yaml_source import read_data


def load_seed(
    data_dir: Path, root: Path, problems: list[TaskFileError] | None = None
) -> list[tuple[Category, list[Task]]]:
    """Every category of the flat store with its tasks, by file name; raises TaskFileError, or with a list of
    ``problems`` puts what is wrong there and goes on."""
    categories: dict[str, Category] = {}
    places: dict[str, str] = {}
    for path in data_files(data_dir / "categories"):
        with gathering(problems):
            category = category_from(path, root, path.stem)
            if category.id in categories:
                words = f"the category id '{category.id}' is already used in {places[category.id]}; rename one"
                raise TaskFileError(shown_path(path, root), line_of(path, ("id",)), words)
            categories[category.id], places[category.id] = category, shown_path(path, root)
    tasks: dict[str, list[Task]] = {category: [] for category in categories}
    for path in data_files(data_dir / "tasks"):
        with gathering(problems):
            named = _category_named(path, shown_path(path, root), categories, data_dir.name)
            tasks[named] += load_task_file(path, categories[named], root, data_dir / "tasks", problems)
    for found in tasks.values() if problems is None else ():
        check_unique(found)
    return [(categories[category], found) for category, found in tasks.items()]


def _category_named(path: Path, shown: str, categories: dict[str, Category], store: str) -> str:
    data: Any = read_data(path, shown)
    if not isinstance(data, dict):
        raise TaskFileError(shown, 1, "a file of the flat store holds one task: a mapping with 'id', 'category', ...")
    named = data.get("category", data.get("category_id"))
    if isinstance(named, str) and named in categories:
        return named
    if named is None:
        raise TaskFileError(shown, 1, "'category' is missing; the flat store has no folders that could tell it")
    known = ", ".join(sorted(categories)) or "none"
    words = (
        f"there is no category '{named}' in {store}/categories{did_you_mean(str(named), categories)} (known: {known})"
    )
    raise TaskFileError(shown, line_of(path, ("category",)), words)
