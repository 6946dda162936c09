"""Category folders and task files -> Category and Task; every problem is one sentence with file and line."""

from __future__ import annotations

import contextlib
import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..domain.category import Category
from ..domain.task import SourceRef, Task
from ..errors import TaskFileError
from .checks import check_task
from .explain import INTERNAL, unknown_key, validate
from .files import Assets, FieldProblem
from .layout import CATEGORY_NAMES, SUFFIXES, is_category_folder
from .locate import SEED_ALIASES, line_of
from .samples import read_samples
from .text_source import FileProblem, readable
from .yaml_source import read_data, read_entries

SCHEMA = 1
_STAMPS = ("created_at", "updated_at")
_NUMBERS = ("complexity", "repeats", "retries_infra", "timeout_seconds", "expected_time_seconds", "expected_cost_usd",
            "memory_budget_mb")  # fmt: skip


def task_files(folder: Path) -> list[Path]:
    """Task files of a category folder, by name: beside the category file, then in ``tasks/``; no hidden files."""
    found = [path for path in data_files(folder) if path.name not in CATEGORY_NAMES]
    return found + data_files(folder / "tasks")


def data_files(folder: Path) -> list[Path]:
    """YAML and JSON files directly in a folder, by name; hidden files are left out."""
    if not folder.is_dir():
        return []
    names = [name for name in os.listdir(folder) if name.endswith(SUFFIXES) and not name.startswith(".")]
    return [path for name in sorted(names) if (path := folder / name).is_file()]


def shown_path(path: Path | str, root: Path | str) -> str:
    """The path as messages show it: below the root directory, with '/', when it lies there."""
    text, base = readable(path), readable(root)
    if text == base:
        return "."
    base = os.path.join(base, "")
    return text[len(base) :].replace(os.sep, "/") if text.startswith(base) else text


def printable_path(path: Path | str, root: Path | str) -> str:
    """The shown path as the locale can hold it (pytest puts it into the environment); other letters are escaped."""
    shown = shown_path(path, root)
    try:
        os.fsencode(shown)
    except UnicodeEncodeError:
        return shown.encode("ascii", "backslashreplace").decode("ascii")
    return shown


def load_category(folder: Path, root: Path) -> Category:
    """The category of a folder; its id defaults to the folder's name."""
    found = [folder / name for name in CATEGORY_NAMES if (folder / name).is_file()]
    if len(found) != 1:
        words = f"a second category file beside {found[0].name}; keep one" if found else "holds no category file"
        raise TaskFileError(shown_path(found[1] if found else folder, root), None, words)
    return category_from(found[0], root, folder.name)


def category_from(path: Path, root: Path, default_id: str) -> Category:
    """The category of one file."""
    shown = shown_path(path, root)
    data = entity(read_data(path, shown), "category", path, shown)
    data.setdefault("id", default_id)
    data.setdefault("name", str(data["id"]).replace("_", " "))
    for stamp in _STAMPS:
        data.pop(stamp, None)
    subject = f"category '{data['id']}'"
    try:
        _check_numbers(data.get("defaults"), ("defaults",))
    except FieldProblem as problem:
        raise TaskFileError(shown, line_of(path, problem.field), f"{subject}: {problem}") from None
    return validate(Category, data, path=path, shown=shown, subject=subject)


@contextlib.contextmanager
def gathering(problems: list[TaskFileError] | None) -> Iterator[None]:
    """Put what is wrong into a list and go on; without a list, raise."""
    try:
        yield
    except TaskFileError as error:
        if problems is None:
            raise
        problems.extend(error.each())


def load_task_file(
    path: Path,
    category: Category,
    root: Path,
    folder: Path | None = None,
    problems: list[TaskFileError] | None = None,
) -> list[Task]:
    """The tasks of one file: a task, a list of tasks, or ``{tasks: [...]}``.

    ``folder``: the category folder (default: the file's folder, or its parent for ``tasks/``). With a list of
    ``problems`` a task that is wrong is put there and the others are returned, equal ids included.
    """
    home = os.fspath(folder) if folder else _home(os.fspath(path))
    shown, inside = shown_path(path, root), shown_path(home, root)
    file = _File(path, shown, category, inside, Assets(home, inside))
    stem = os.path.splitext(os.path.basename(shown))[0]
    data, starts = read_entries(path, shown)
    if isinstance(data, dict) and "tasks" in data and data.keys() <= {"tasks", "kind", "schema"}:
        data = entity(data, "task", path, shown)["tasks"]
    if not data and isinstance(data, list):
        raise TaskFileError(shown, 1, "holds no task")
    lines, tasks = starts() if isinstance(data, list) else [], list[Task]()
    for index, entry in enumerate(data) if isinstance(data, list) else [(None, data)]:
        with gathering(problems):
            line = 1 if index is None or index >= len(lines) else lines[index]
            tasks.append(_task(entry, file, line, stem if index is None else f"{stem}-{index + 1}"))
    if problems is None:
        check_unique(tasks)
    return tasks


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


def entity(
    data: Any, kind: str, path: Path, shown: str, line: int = 1, error: FileProblem = TaskFileError
) -> dict[str, Any]:
    """A mapping without its ``kind`` and ``schema``, which are checked."""
    if not isinstance(data, dict):
        raise error(shown, line, f"a {kind} is a mapping (id: ..., ...), not {_kind_of(data)}")
    found = dict(data)
    named = found.pop("kind", kind)
    if named != kind:
        raise error(shown, line_of(path, ("kind",), line), f"'kind: {named}' where a {kind} was expected")
    version = found.pop("schema", SCHEMA)
    if type(version) is not int or version < 1:
        raise error(shown, line_of(path, ("schema",), line), f"'schema' must be {SCHEMA} (got {version!r})")
    if version > SCHEMA:
        words = f"schema {version} was made for a newer version; this one reads {SCHEMA}: upgrade pytest-localbench"
        raise error(shown, line_of(path, ("schema",), line), words)
    return found


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    shown: str
    category: Category
    folder: str
    assets: Assets


def _home(path: str) -> str:
    folder = os.path.dirname(path)
    parent, name = os.path.split(folder)
    return parent if name == "tasks" and not is_category_folder(folder) else folder


def _task(data: Any, file: _File, line: int, default_id: str) -> Task:
    data = entity(data, "task", file.path, file.shown, line)
    data.setdefault("id", default_id)
    subject = f"task '{data['id']}'"
    try:
        _prepare(data, file)
        data["folder"], data["source"] = file.folder, SourceRef(path=file.shown, line=line)
        task = validate(Task, data, path=file.path, shown=file.shown, start_line=line, subject=subject)
        check_task(task)
    except FieldProblem as problem:
        where = line_of(file.path, problem.field, line)
        raise TaskFileError(file.shown, where, f"{subject}: {problem}") from None
    if file.category.status != "ready" and task.status == "ready":
        return task.model_copy(update={"status": file.category.status})
    return task


def _prepare(data: dict[str, Any], file: _File) -> None:
    for key in INTERNAL & data.keys():
        raise FieldProblem((key,), unknown_key(Task, (key,)))
    _resolve_short_forms(data)
    data.setdefault("title", str(data["id"]).replace("_", " "))
    if data.setdefault("category", file.category.id) != file.category.id:
        words = f"category '{data['category']}' does not match the folder's '{file.category.id}'"
        raise FieldProblem(("category",), words)
    _check_numbers(data, ())
    _lay_over_defaults(data, file.category)
    assets = file.assets
    if "expected" in data:
        data["expected"] = assets.loaded(data["expected"], ("expected",))
        data["has_expected"] = True
    spec = data.get("input")
    if isinstance(spec, dict) and not spec.keys().isdisjoint(("files", "images")):
        data["input"] = spec = dict(spec)
        if spec.get("files") is not None:
            spec["files"] = assets.entries(spec["files"], ("input", "files"))
        if spec.get("images") is not None:
            spec["images"] = assets.entries(spec["images"], ("input", "images"), "image")
    world = data.get("environment")
    if isinstance(world, dict) and "state" in world:
        state = assets.loaded(world["state"], ("environment", "state"))
        data["environment"] = {**world, "state": state}
    data["samples"] = read_samples(assets, data.get("samples"))
    if isinstance(data.get("evaluators"), list):
        data["evaluators"] = [_evaluator(spec, index, assets) for index, spec in enumerate(data["evaluators"])]
    if isinstance(data.get("calibration"), list):
        data["calibration"] = [_case(case, index, assets) for index, case in enumerate(data["calibration"])]
    expects = "expected" in data or all(sample.get("has_expected") for sample in data["samples"])
    if expects and not data.get("evaluators") and data.get("status") != "draft":
        data["evaluators"] = [{"use": "exact"}]


def _resolve_short_forms(data: dict[str, Any]) -> None:
    for alias, name in SEED_ALIASES.items():
        if alias in data and name not in data:
            data[name] = data.pop(alias)
    stamps = {key: data.pop(key) for key in _STAMPS if key in data}
    if stamps:
        if not isinstance(data.setdefault("metadata", {}), dict):
            raise FieldProblem(("metadata",), "'metadata': a mapping was expected")
        data["metadata"] = {**stamps, **data["metadata"]}
    if isinstance(data.get("input"), str):
        data["input"] = {"prompt": data["input"]}
    if "prompt" in data and "input" not in data:
        data["input"] = {key: data.pop(key) for key in ("system", "prompt") if key in data}
    output = data.get("output")
    if isinstance(output, dict) and isinstance(output.get("answer_marker"), str):
        data["output"] = {**output, "answer_marker": [output["answer_marker"]]}


def _check_numbers(data: Any, at: tuple[str | int, ...]) -> None:
    """Numbers in quotes and truth values are no numbers here, although they could be read as such."""
    if not isinstance(data, dict):
        return
    weights = data.get("evaluation_weights")
    places = [((*at, key), data[key]) for key in _NUMBERS if key in data]
    if isinstance(weights, dict):
        places += [((*at, "evaluation_weights", key), value) for key, value in weights.items()]
    for field, value in places:
        if isinstance(value, bool | str):
            got = f"'{value}'" if isinstance(value, str) else str(value).lower()
            kind = "a whole number" if field[-1] in {"complexity", "repeats", "retries_infra"} else "a number"
            raise FieldProblem(field, f"'{'.'.join(map(str, field))}': {kind} was expected (got {got})")


def _lay_over_defaults(data: dict[str, Any], category: Category) -> None:
    """Category defaults under the task: the task wins, mappings merge, tags are added."""
    defaults = _written_defaults(category)
    if not defaults:
        return
    tags = data.get("tags")
    merged = _merge(defaults, data)
    if isinstance(tags, list) and defaults.get("tags"):
        merged["tags"] = list(dict.fromkeys((*defaults["tags"], *tags)))
    data.update(merged)


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = {**base, **over}
    for key, value in base.items():
        if isinstance(value, dict) and isinstance(over.get(key), dict):
            merged[key] = _merge(value, over[key])
    return merged


_last: tuple[Category | None, dict[str, Any]] = (None, {})


def _written_defaults(category: Category) -> dict[str, Any]:
    """The defaults as they were written; kept for the category of the last call, since files come by category."""
    global _last  # noqa: PLW0603 - one slot, replaced as a whole
    kept, defaults = _last
    if kept is not category:
        defaults = category.defaults.model_dump(exclude_unset=True, by_alias=True)
        _last = (category, defaults)
    return defaults


def _evaluator(spec: Any, index: int, assets: Assets) -> Any:
    """An evaluator whose options may stand in files of their own."""
    options = spec.get("with") if isinstance(spec, dict) else None
    if not isinstance(options, dict):
        return spec
    where = ("evaluators", index, "with")
    return {**spec, "with": {name: assets.loaded(value, (*where, name)) for name, value in options.items()}}


def _case(case: Any, index: int, assets: Assets) -> Any:
    if not isinstance(case, dict):
        return case
    found = dict(case)
    if "output" in found:
        found["output"] = assets.loaded(found["output"], ("calibration", index, "output"), parse=False)
    calls = found.get("tool_calls")
    if isinstance(calls, list):
        found["tool_calls"] = [
            {"name": call[0], "arguments": call[1]} if isinstance(call, list) and len(call) == 2 else call
            for call in calls
        ]
    return found


def _kind_of(data: Any) -> str:
    return "a list" if isinstance(data, list) else "nothing" if data is None else "a single value"
