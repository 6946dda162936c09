"""From a project or its runs to a bundle; what is exported is read again before it is handed out."""

from __future__ import annotations

import fnmatch
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..domain.run import BenchmarkRun
from ..domain.task import Task
from ..errors import ConfigError, DocumentError, UnknownName
from ..store.bundle_archive import MAX_FILE_BYTES
from ..store.bundle_paths import path_problem
from ..store.identity import utc_now
from ..store.runs import dump
from ..suite.models import load_model_file
from ..suite.tasks import data_files
from ..suite.text_source import read_bytes
from ..suite.yaml_source import read_data
from .bundle import Bundle, ExportType
from .bundle_load import load_entities
from .bundle_project import Home, category_data, find_homes, mentioned, task_data, tasks_of
from .bundle_redact import Redact, redacted

Redactor = Callable[[str], str]


def export_suite(
    root: Path, data_dir: Path, places: Sequence[Path] = (), *, models: bool, redact: Redactor = str
) -> Bundle:
    """Every category with its tasks, and (``models``) the model files of ``data_dir``.

    ``redact`` takes keys out of a text; a bundle that holds one is refused. Raises ConfigError and what loading raises.
    """
    homes = find_homes(root, data_dir, places)
    if not homes:
        raise ConfigError(f"there is no category below {root}: a folder with a category.yaml.")
    chosen = [(home, tasks_of(home, root)) for home in homes.values()]
    found = _models(data_dir, root) if models else ()
    return _bundle("suite", chosen, redact, models=found)


def export_category(root: Path, data_dir: Path, name: str, *, redact: Redactor = str) -> Bundle:
    """One category with all its tasks; raises UnknownName."""
    homes = find_homes(root, data_dir)
    if name not in homes:
        raise UnknownName("category", name, homes)
    return _bundle("category", [(homes[name], tasks_of(homes[name], root))], redact)


def export_tasks(root: Path, data_dir: Path, wanted: Iterable[str], *, redact: Redactor = str) -> Bundle:
    """Tasks by id or ``category/id``, with globs, and the categories they belong to; raises UnknownName."""
    known = [(home, tasks_of(home, root)) for home in find_homes(root, data_dir).values()]
    names = {f"{task.category}/{task.id}": task for _, tasks in known for task in tasks}
    chosen: set[str] = set()
    for pattern in wanted:
        found = [name for name in names if fnmatch.fnmatchcase(name if "/" in pattern else name.split("/")[1], pattern)]
        if not found:
            raise UnknownName("task", pattern, names if "/" in pattern else {n.split("/")[1] for n in names})
        chosen |= set(found)
    picked = [(home, [t for t in tasks if f"{t.category}/{t.id}" in chosen]) for home, tasks in known]
    return _bundle("tasks", [(home, tasks) for home, tasks in picked if tasks], redact)


def export_results(runs: Sequence[BenchmarkRun], *, level: Redact = "none", redact: Redactor = str) -> Bundle:
    """Whole runs; ``level`` as for the dashboard: ``none``, ``inputs`` or ``all`` texts become hashes or are left out."""
    documents = tuple(json.loads(redact(dump(redacted(run, level)))) for run in runs)
    return Bundle("results", runs=documents, exported_at=utc_now())


def _bundle(
    kind: ExportType,
    chosen: Sequence[tuple[Home, list[Task]]],
    redact: Redactor,
    models: tuple[dict[str, Any], ...] = (),
) -> Bundle:
    tasks, assets, hashes = [], {}, {}
    for home, members in chosen:
        for task in members:
            data = task_data(task)
            _refuse_keys(f"the task {task.category}/{task.id}", data, redact)
            tasks.append(data)
            hashes[f"{task.category}/{task.id}"] = task.content_hash
            for path in _files_of(data, home):
                assets[task.category, path] = read_bytes(home.assets / path, path, MAX_FILE_BYTES)
    bundle = Bundle(
        kind,
        categories=tuple(category_data(home.category) for home, _ in chosen),
        tasks=tuple(tasks),
        models=models,
        assets=assets,
        hashes=hashes,
        exported_at=utc_now(),
        shown="the export",
    )
    for task in load_entities(bundle, {}).tasks:
        if task.content_hash != hashes[f"{task.category}/{task.id}"]:
            raise DocumentError(
                f"the task {task.category}/{task.id} would not be the same after an import: it refers to a file in a way "
                "that an export does not follow; name its files relative to the category folder."
            )
    return bundle


def _files_of(data: dict[str, Any], home: Home) -> list[str]:
    """Paths of files below the category folder that the task mentions; raises ConfigError for names nobody could import."""
    found = []
    for path in dict.fromkeys(mentioned(data)):
        parts = path.split("/")
        if not path or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
            continue
        place = home.assets.joinpath(*parts)
        if not ("." in path or "/" in path) or not os.path.isfile(place):
            continue
        problem = path_problem(path)
        if problem is not None:
            raise ConfigError(f"the task {data['category']}/{data['id']} uses the file '{path}', which {problem}.")
        if place.is_symlink() or not place.resolve().is_relative_to(home.assets.resolve()):
            raise ConfigError(
                f"the task {data['category']}/{data['id']} uses '{path}', a link; put the file itself there."
            )
        found.append(path)
    return found


def _models(data_dir: Path, root: Path) -> tuple[dict[str, Any], ...]:
    """Model files as they are written (paths stay relative); keys in them are references, which loading makes sure of."""
    found = []
    for path in data_files(data_dir / "models"):
        model = load_model_file(path, root)
        data = {key: value for key, value in read_data(path).items() if key not in {"kind", "schema"}}
        found.append({"id": model.id, **data})
    return tuple(found)


def _refuse_keys(what: str, data: dict[str, Any], redact: Redactor) -> None:
    text = json.dumps(data, ensure_ascii=False)
    if redact(text) != text:
        raise ConfigError(f"{what} holds what looks like a key; take it out before you share it.")
