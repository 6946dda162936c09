"""Category folders and task files -> Category and Task; every problem is one sentence with file and line."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..domain.category import Category
from ..domain.task import Task
from ..errors import TaskFileError
from .explain import validate
from .files import at_file, file_entry
from .locate import line_of
from .render import undeclared_variables
from .samples import read_samples
from .yaml_source import read_data

CATEGORY_NAMES = ("category.yaml", "category.yml", "category.json")
SUFFIXES = (".yaml", ".yml", ".json")
SCHEMA = 1
SEED_ALIASES = {
    "name": "title",
    "category_id": "category",
    "input_data": "input",
    "expected_output": "expected",
    "complexity_score": "complexity",
    "weights": "evaluation_weights",
}


def is_category_folder(folder: Path) -> bool:
    """True when the folder holds a category file."""
    return any((folder / name).is_file() for name in CATEGORY_NAMES)


def task_files(folder: Path) -> list[Path]:
    """Task files of a category folder, by name: beside the category file and in ``tasks/``."""
    found = [folder / n for n in os.listdir(folder) if n.endswith(SUFFIXES) and n not in CATEGORY_NAMES]
    if (folder / "tasks").is_dir():
        found += [folder / "tasks" / n for n in os.listdir(folder / "tasks") if n.endswith(SUFFIXES)]
    return sorted(p for p in found if p.is_file())


def shown_path(path: Path, root: Path) -> str:
    """The path as messages show it: below the root directory when it lies there."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return str(path)


def load_category(folder: Path, root: Path) -> Category:
    """The category of a folder; its id defaults to the folder's name."""
    path = next(folder / name for name in CATEGORY_NAMES if (folder / name).is_file())
    return category_from(path, root, folder.name)


def category_from(path: Path, root: Path, default_id: str) -> Category:
    """The category of one file."""
    shown = shown_path(path, root)
    data = _entity(read_data(path, shown), "category", path, shown)
    data.setdefault("id", default_id)
    data.setdefault("name", str(data["id"]).replace("_", " "))
    for stamp in ("created_at", "updated_at"):
        data.pop(stamp, None)
    return validate(Category, data, path=path, shown=shown, subject=f"category '{data['id']}'")


def load_task_file(path: Path, category: Category, root: Path, folder: Path | None = None) -> list[Task]:
    """The tasks of one file: a task, a list of tasks, or ``{tasks: [...]}``.

    ``folder``: the category folder (default: the file's folder, or its parent for ``tasks/``).
    """
    home = folder or (path.parent.parent if path.parent.name == "tasks" else path.parent)
    shown = shown_path(path, root)
    data = read_data(path, shown)
    if isinstance(data, dict) and set(data) <= {"tasks", "kind", "schema"} and isinstance(data.get("tasks"), list):
        data = data["tasks"]
    if isinstance(data, list):
        tasks = []
        for index, entry in enumerate(data):
            line = line_of(path, (index,)) if len(data) < 1000 else 1
            tasks.append(
                _task(entry, category, path, shown, root, home, line=line, default_id=f"{path.stem}-{index + 1}")
            )
        check_unique(tasks)
        return tasks
    return [_task(data, category, path, shown, root, home, line=1, default_id=path.stem)]


def check_unique(tasks: Iterable[Task]) -> None:
    """Refuse two tasks of one category whose ids are equal (ignoring case and Unicode form)."""
    seen: dict[tuple[str, str], Task] = {}
    for task in tasks:
        key = (task.category, unicodedata.normalize("NFC", task.id).casefold())
        other = seen.setdefault(key, task)
        if other is not task:
            raise TaskFileError(
                task.source.path,
                task.source.line,
                f"the task id '{task.id}' is already used in {other.source.path}:{other.source.line}; rename one",
            )


def _entity(data: Any, kind: str, path: Path, shown: str, line: int = 1) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise TaskFileError(shown, line, f"a {kind} is a mapping (id, title, ...)")
    entity: dict[str, Any] = dict(data)
    found = entity.pop("kind", kind)
    if found != kind:
        raise TaskFileError(shown, line_of(path, ("kind",), line), f"'kind: {found}' where a {kind} was expected")
    version = entity.pop("schema", SCHEMA)
    if version != SCHEMA:
        raise TaskFileError(
            shown,
            line_of(path, ("schema",), line),
            f"schema {version} was made for a newer version; this one reads {SCHEMA}",
        )
    return entity


def _task(
    data: Any, category: Category, path: Path, shown: str, root: Path, folder: Path, *, line: int, default_id: str
) -> Task:
    data = _entity(data, "task", path, shown, line)
    data = _without_aliases(data)
    data.setdefault("id", default_id)
    data.setdefault("title", str(data["id"]).replace("_", " "))
    subject = f"task '{data['id']}'"

    def wrong(field: tuple[str | int, ...], message: str) -> TaskFileError:
        return TaskFileError(shown, line_of(path, field, line), f"{subject}: {message}")

    if data.setdefault("category", category.id) != category.id:
        raise wrong(("category",), f"category '{data['category']}' does not match the folder's '{category.id}'")
    data = _with_defaults(data, category)
    for field, prepare in (("expected", _expected), ("input", _input), ("samples", _samples)):
        try:
            prepare(data, folder)
        except ValueError as error:
            raise wrong((field,), str(error)) from None
    data["folder"] = shown_path(folder, root)
    data["source"] = {"path": shown, "line": line}
    task = validate(Task, data, path=path, shown=shown, start_line=line, subject=subject)
    _check(task, wrong)
    if category.status != "ready" and task.status == "ready":
        return task.model_copy(update={"status": category.status})
    return task


def _without_aliases(data: dict[str, Any]) -> dict[str, Any]:
    for alias, name in SEED_ALIASES.items():
        if alias in data and name not in data:
            data[name] = data.pop(alias)
    stamps = {key: data.pop(key) for key in ("created_at", "updated_at") if key in data}
    if stamps:
        data["metadata"] = {**stamps, **(data.get("metadata") or {})}
    if isinstance(data.get("input"), str):
        data["input"] = {"prompt": data["input"]}
    if "prompt" in data and "input" not in data:
        data["input"] = {"prompt": data.pop("prompt"), **({"system": data.pop("system")} if "system" in data else {})}
    if not data.get("evaluators") and "expected" in data and data.get("status") != "draft":
        data["evaluators"] = [{"use": "exact"}]
    output = data.get("output")
    if isinstance(output, dict) and isinstance(output.get("answer_marker"), str):
        data["output"] = {**output, "answer_marker": [output["answer_marker"]]}
    return data


def _with_defaults(data: dict[str, Any], category: Category) -> dict[str, Any]:
    defaults = category.defaults
    if "evaluation_weights" not in data and defaults.evaluation_weights is not None:
        data["evaluation_weights"] = defaults.evaluation_weights
    if defaults.generation is not None and isinstance(data.get("generation", {}), dict):
        data["generation"] = {**defaults.generation.model_dump(exclude_unset=True), **data.get("generation", {})}
    if defaults.timeout_seconds is not None:
        data.setdefault("timeout_seconds", defaults.timeout_seconds)
    if defaults.language is not None:
        data.setdefault("language", defaults.language)
    if defaults.tags:
        data["tags"] = list(dict.fromkeys((*defaults.tags, *(data.get("tags") or ()))))
    return data


def _expected(data: dict[str, Any], folder: Path) -> None:
    if "expected" in data:
        data["expected"] = at_file(folder, data["expected"])
        data["has_expected"] = True


def _input(data: dict[str, Any], folder: Path) -> None:
    spec = data.get("input")
    if not isinstance(spec, dict):
        return
    spec = dict(spec)
    if isinstance(spec.get("files"), list):
        spec["files"] = [file_entry(folder, entry) for entry in spec["files"]]
    if isinstance(spec.get("images"), list):
        spec["images"] = [file_entry(folder, entry, "image") for entry in spec["images"]]
    data["input"] = spec


def _samples(data: dict[str, Any], folder: Path) -> None:
    data["samples"] = read_samples(folder, data.get("samples"))


def _check(task: Task, wrong: Any) -> None:
    if task.status == "ready" and not task.evaluators:
        raise wrong(("evaluators",), "a ready task needs at least one evaluator")
    missing = undeclared_variables(task)
    if missing is not None:
        raise wrong(("input",), missing)
    if task.output.format == "label":
        if not task.output.labels:
            raise wrong(("output",), "format 'label' needs 'labels'")
        for index, sample in enumerate(task.samples):
            expected = task.expected_of(sample)
            if isinstance(expected, str) and expected not in task.output.labels:
                where = ("samples", index, "expected") if sample.has_expected else ("expected",)
                raise wrong(where, f"expected '{expected}' is not among the labels")
    known = {sample.id for sample in task.samples}
    for index, case in enumerate(task.calibration):
        if case.sample is not None and case.sample not in known:
            raise wrong(("calibration", index, "sample"), f"there is no sample '{case.sample}'")
    names = {spec.label for spec in task.evaluators}
    for index, spec in enumerate(task.evaluators):
        if spec.depends_on is not None and spec.depends_on not in names:
            raise wrong(("evaluators", index, "depends_on"), f"no evaluator is named '{spec.depends_on}'")
