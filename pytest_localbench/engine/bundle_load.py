"""The entities of a bundle as their types, checked as files of this project would be; nothing of the project is touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.category import Category
from ..domain.task import Task
from ..errors import CorruptDocument, LocalbenchError, TaskFileError
from ..registry import Registry
from ..store.bundle_changes import staged
from ..suite.tasks import category_from, load_task_file
from .bundle import Bundle
from .judging import Judge


@dataclass(frozen=True)
class Loaded:
    """Categories and tasks of a bundle. ``notes``: sentences about what is allowed but should be known."""

    categories: dict[str, Category]
    tasks: tuple[Task, ...]
    notes: tuple[str, ...] = ()


def load_entities(bundle: Bundle, here: Mapping[str, Category], registry: Registry | None = None) -> Loaded:
    """Read every category and task of a bundle as if its files lay in a project.

    ``here``: the categories of this project; a task may belong to one that the bundle does not bring. With a
    ``registry`` the options of evaluators are checked, too. Raises CorruptDocument with a sentence.
    """
    files: dict[str, bytes] = {}
    for data in bundle.categories:
        files[f"{data['id']}/category.json"] = as_file(data)
    homes = [_category_of(bundle, data, index, here) for index, data in enumerate(bundle.tasks)]
    for index, (data, home) in enumerate(zip(bundle.tasks, homes, strict=True)):
        files[f"{home}/tasks/{index:05d}.json"] = as_file(data)
    for (category, path), content in bundle.assets.items():
        files[f"{category}/{path}"] = content
    with staged(files) as root:
        categories: dict[str, Category] = {}
        for index, data in enumerate(bundle.categories):
            where = "category" if bundle.kind == "category" else f"categories[{index}]"
            try:
                categories[data["id"]] = category_from(root / data["id"] / "category.json", root, data["id"])
            except TaskFileError as error:
                raise CorruptDocument(f"{bundle.shown}: content.{where}: {error.problem}.") from None
        tasks: list[Task] = []
        notes: list[str] = []
        for index, home in enumerate(homes):
            known = categories.get(home) or here[home]
            file = root / home / "tasks" / f"{index:05d}.json"
            try:
                (task,) = load_task_file(file, known, root, root / home)
                notes += _unknown_evaluators(task, registry, str(root)) if registry is not None else []
            except TaskFileError as error:
                raise CorruptDocument(f"{bundle.shown}: content.tasks[{index}]: {error.problem}.") from None
            tasks.append(task)
    return Loaded(categories, tuple(tasks), tuple(notes))


def as_file(data: Mapping[str, Any]) -> bytes:
    """An entity as the bytes of a JSON file."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _category_of(bundle: Bundle, data: Mapping[str, Any], index: int, here: Mapping[str, Category]) -> str:
    brought = {category["id"] for category in bundle.categories}
    named = data.get("category", data.get("category_id"))
    where = f"{bundle.shown}: content.tasks[{index}]"
    if named is None and bundle.kind == "category":
        named = bundle.categories[0]["id"]
    if not isinstance(named, str):
        raise CorruptDocument(f"{where}: 'category' is missing.")
    if bundle.kind == "category" and named not in brought:
        raise CorruptDocument(f"{where}: belongs to '{named}', not to the category of the bundle.")
    if named not in brought and named not in here:
        known = ", ".join(sorted({*brought, *here})) or "none"
        raise CorruptDocument(
            f"{where}: there is no category '{named}' here or in the bundle (known: {known}); import that category first."
        )
    return named


def _unknown_evaluators(task: Task, registry: Registry, root: str) -> list[str]:
    """Check the options of the evaluators that are installed; a sentence for each that is not."""
    missing = []
    for spec in task.evaluators:
        try:
            registry.evaluator_class(spec.use)
        except LocalbenchError as error:
            missing.append(f"{task.category}/{task.id}: {error}")
    if not missing:
        Judge(task, registry, root)
    return missing
