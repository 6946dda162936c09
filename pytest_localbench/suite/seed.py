"""The flat JSON store: ``categories/*.json`` beside ``tasks/*.json``."""

from __future__ import annotations

from pathlib import Path

from ..domain.category import Category
from ..domain.task import Task
from ..errors import TaskFileError
from .tasks import SUFFIXES, category_from, check_unique, load_task_file, shown_path
from .yaml_source import read_data


def load_seed(data_dir: Path, root: Path) -> list[tuple[Category, list[Task]]]:
    """Every category of the flat store with its tasks, by file name; raises TaskFileError."""
    categories = {}
    for path in _files(data_dir / "categories"):
        category = category_from(path, root, path.stem)
        categories[category.id] = category
    tasks: dict[str, list[Task]] = {category: [] for category in categories}
    for path in _files(data_dir / "tasks"):
        shown = shown_path(path, root)
        data = read_data(path, shown)
        named = data.get("category", data.get("category_id")) if isinstance(data, dict) else None
        if named not in categories:
            known = ", ".join(sorted(categories)) or "none"
            raise TaskFileError(
                shown, 1, f"there is no category '{named}' in {data_dir.name}/categories (known: {known})"
            )
        tasks[str(named)].extend(load_task_file(path, categories[str(named)], root, folder=data_dir))
    for found in tasks.values():
        check_unique(found)
    return [(categories[category], found) for category, found in tasks.items()]


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES) if folder.is_dir() else []
