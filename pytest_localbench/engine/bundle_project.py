"""The categories, tasks and models of a project as a bundle sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..domain.category import Category
from ..domain.task import SINGLE_SAMPLE, Task
from ..errors import ConfigError
from ..suite.find import category_folders
from ..suite.layout import CATEGORY_NAMES
from ..suite.seed import load_seed
from ..suite.tasks import category_from, check_unique, data_files, load_category, load_task_file, shown_path, task_files


@dataclass(frozen=True)
class Home:
    """Where a category lives: its file, the folder of its task files, and the folder below which their files lie."""

    category: Category
    file: Path
    tasks: Path
    assets: Path
    flat: bool = False


def find_homes(root: Path, data_dir: Path, places: Sequence[Path] = ()) -> dict[str, Home]:
    """Every category below ``places`` (default: ``root``) and of the flat store in ``data_dir``, by id.

    Raises TaskFileError for a broken category file and ConfigError for an id that two of them have.
    """
    homes: dict[str, Home] = {}
    for home in _homes(root, data_dir, places):
        other = homes.setdefault(home.category.id, home)
        if other.file != home.file:
            raise ConfigError(
                f"the category id '{home.category.id}' is used in {shown_path(other.file, root)} and in "
                f"{shown_path(home.file, root)}; rename one."
            )
    return homes


def _homes(root: Path, data_dir: Path, places: Sequence[Path]) -> Iterator[Home]:
    for place in places or (root,):
        for folder in category_folders(place):
            file = next(folder / name for name in CATEGORY_NAMES if (folder / name).is_file())
            yield Home(load_category(folder, root), file, folder / "tasks", folder)
    for file in data_files(data_dir / "categories"):
        yield Home(category_from(file, root, file.stem), file, data_dir / "tasks", data_dir / "tasks", flat=True)


def new_home(category: Category, into: Path) -> Home:
    """A category folder that is to be made."""
    folder = into / category.id
    return Home(category, folder / "category.json", folder / "tasks", folder)


def tasks_of(home: Home, root: Path) -> list[Task]:
    """The tasks of a category; raises TaskFileError."""
    if home.flat:
        found = load_seed(home.tasks.parent, root)
        return next((tasks for category, tasks in found if category.id == home.category.id), [])
    tasks = [task for file in task_files(home.assets) for task in load_task_file(file, home.category, root)]
    check_unique(tasks)
    return tasks


def category_data(category: Category) -> dict[str, Any]:
    """A category in its canonical form: as a file holds it, only what was written."""
    return {"id": category.id, **category.model_dump(mode="json", by_alias=True, exclude_unset=True)}


def task_data(task: Task) -> dict[str, Any]:
    """A task in its canonical form: as a file holds it, with defaults of its category and referred values put in.

    Read again (with its files beside it) it is the same task, with the same content hash.
    """
    data = task.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"folder", "source", "has_expected"})
    if not task.has_expected:
        data.pop("expected", None)
    samples = data.pop("samples", [])
    for sample, written in zip(task.samples, samples, strict=True):
        written.pop("has_expected", None)
        if not sample.has_expected:
            written.pop("expected", None)
        _without_content(written, ("images",))
    if task.samples != (SINGLE_SAMPLE,):
        data["samples"] = samples
    _without_content(data.get("input", {}), ("images", "files"))
    return data


def _without_content(holder: dict[str, Any], names: Sequence[str]) -> None:
    for name in names:
        for file in holder.get(name, ()):
            file.pop("text", None)
            file.pop("sha256", None)


def mentioned(data: Any) -> Iterator[str]:
    """Every text in the data that may be the path of a file: whole values, also behind ``@file:``."""
    stack = [data]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if len(value) < 300:
                yield value.removeprefix("@file:").strip()
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
