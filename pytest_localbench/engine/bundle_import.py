"""From a plan and choices to changed files: all of them or none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..domain.task import Task
from ..errors import ConfigError
from ..store.bundle_changes import Change, apply_changes
from ..store.bundle_paths import folded
from ..store.runs import RUN_DOCUMENT, dump, run_folder
from ..suite.render import document_name
from .bundle_load import as_file
from .bundle_plan import Choice, ImportPlan, Item
from .bundle_project import Home, category_data, find_homes, mentioned, new_home, task_data, tasks_of


@dataclass(frozen=True)
class Imported:
    """What an import did: ``id`` to undo it by (``None`` = nothing was to be done), files, and sentences to be known."""

    id: str | None
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def apply_plan(
    plan: ImportPlan, choices: Mapping[str, Choice] | None = None, default: Choice | None = None
) -> Imported:
    """Import what a plan holds. ``choices``: item name -> what to do about its conflict; ``default`` for all others.

    Raises ConfigError while a conflict has no choice, StoreError when something changed meanwhile or cannot be written, and
    TaskFileError when the result would not load; in each case every file is as it was.
    """
    work = _Work(plan, dict(choices or {}), default)
    changes = list(work.changes())
    if not changes:
        return Imported(None)
    notes: list[str] = []
    done = apply_changes(
        changes,
        data_dir=plan.data_dir,
        roots=(plan.root, plan.data_dir),
        check=lambda: notes.extend(work.checked()),
    )
    return Imported(done, tuple(change.path for change in changes), tuple(notes))


@dataclass
class _Work:
    plan: ImportPlan
    choices: dict[str, Choice]
    default: Choice | None
    expected: dict[tuple[str, str], str] = field(default_factory=dict)
    _taken: set[Path] = field(default_factory=set)

    def changes(self) -> Iterator[Change]:
        """Every file to be written or removed, each once."""
        items = {item.name: item for item in self.plan.items if item.kind not in {"model", "run"}}
        for item in self.plan.items:
            if item.kind == "category":
                yield from self._category(item, items)
        named = {(item.kind, item.name): item for item in self.plan.items}
        for model in self.plan.models:
            yield from self._model(model.name, model.path, model.data, named["model", model.name])
        for entry in self.plan.runs:
            item = named["run", entry.name]
            choice = self._choice(item)
            if choice == "rename":
                free = _free(entry.name, lambda name: run_folder(self.plan.data_dir, name).exists())
                path = run_folder(self.plan.data_dir, free) / RUN_DOCUMENT
                yield self._write(path, dump(entry.run.model_copy(update={"id": free})).encode())
            elif choice is not None and choice != "skip":
                yield self._write(entry.path, dump(entry.run).encode())

    def checked(self) -> list[str]:
        """Load what was written; raises TaskFileError or ConfigError. Sentences about tasks that became others here."""
        homes = find_homes(self.plan.root, self.plan.data_dir)
        found = {
            (task.category, task.id): task.content_hash
            for name in {category for category, _ in self.expected}
            for task in tasks_of(homes[name], self.plan.root)
        }
        return [
            f"{category}/{task}: differs from what was exported, as the defaults of your category hold for it"
            for (category, task), wanted in self.expected.items()
            if found[category, task] != wanted
        ]

    def _choice(self, item: Item) -> str | None:
        """``new``, a choice, or ``None`` for what stays as it is."""
        if item.status in {"unchanged", "kept"}:
            return None
        if item.status == "new":
            return "new"
        choice = self.choices.get(item.name, self.default)
        if choice is None:
            raise ConfigError(
                f"{item.name}: differs from what is here; choose skip, rename or replace. Nothing was changed."
            )
        return choice

    def _category(self, item: Item, items: Mapping[str, Item]) -> Iterator[Change]:
        plan, name = self.plan, item.name
        choice = self._choice(item)
        home = plan.home_of(name)
        tasks = [task for task in plan.loaded.tasks if task.category == name]
        if choice in {"new", "rename"}:
            category = plan.loaded.categories[name]
            if choice == "rename":
                free = _free(name, lambda other: other in plan.homes or (plan.into / other).exists())
                category = category.model_copy(update={"id": free})
                home = new_home(category, plan.into)
            yield self._write(home.file, as_file(category_data(category)))
            yield from self._tasks(home, [(task, task.id, None) for task in tasks], {}, fresh=True)
            return
        if choice == "replace":
            yield from self._replace(
                home.file, home.file.with_suffix(".json"), as_file(category_data(plan.loaded.categories[name]))
            )
        ids = {task.id for task in tasks} | {ident for category, ident in plan.existing if category == name}
        written: list[tuple[Task, str, Task | None]] = []
        for task in tasks:
            what = self._choice(items[f"{name}/{task.id}"])
            if what == "rename":
                free = _free(task.id, ids.__contains__)
                ids.add(free)
                written.append((task, free, None))
            elif what in {"new", "replace"}:
                written.append((task, task.id, plan.existing.get((name, task.id))))
        yield from self._tasks(home, written, items, fresh=False)

    def _tasks(
        self, home: Home, written: list[tuple[Task, str, Task | None]], items: Mapping[str, Item], *, fresh: bool
    ) -> Iterator[Change]:
        """The files of tasks, and of what they use. ``fresh``: nothing is there yet."""
        used = {path for task, _, _ in written for path in mentioned(task_data(task))}
        renamed: dict[str, str] = {}
        for (owner, path), content in self.plan.bundle.assets.items():
            if path not in used or not written or owner != written[0][0].category:
                continue
            what = "new" if fresh else self._choice(items[f"{owner}/{path}"])
            if what == "rename":
                renamed[path] = self._free_path(home, path)
                yield self._write(home.assets / renamed[path], content)
            elif what in {"new", "replace"}:
                yield self._write(home.assets / path, content)
        for task, ident, here in written:
            data = _renamed(task, renamed) if renamed else task_data(task)
            data |= {"id": ident, "category": home.category.id}
            if not (renamed or ident != task.id or home.category.id != task.category):
                self.expected[task.category, task.id] = task.content_hash
            content = as_file(data)
            if here is None:
                yield self._write(self._task_file(home, ident), content)
            else:
                yield from self._replace_task(here, home, content)

    def _replace_task(self, here: Task, home: Home, content: bytes) -> Iterator[Change]:
        path = self.plan.root / here.source.path
        others = [task for task in self.plan.existing.values() if task.source.path == here.source.path]
        if len(others) > 1:
            raise ConfigError(
                f"{here.source.path}:{here.source.line}: the task '{here.id}' shares its file with others, so it is not replaced; "
                "choose skip or rename, or give it a file of its own. Nothing was changed."
            )
        yield from self._replace(path, path.with_suffix(".json"), content)

    def _model(self, name: str, path: Path, data: Mapping[str, Any], item: Item) -> Iterator[Change]:
        choice = self._choice(item)
        if choice == "new":
            yield self._write(path, as_file(data))
        elif choice == "replace":
            yield from self._replace(path, path.with_suffix(".json"), as_file(data))
        elif choice == "rename":
            taken = {p.stem for p in path.parent.iterdir()} | {model.name for model in self.plan.models}
            free = _free(name, taken.__contains__)
            yield self._write(path.parent / f"{free}.json", as_file({**data, "id": free}))

    def _replace(self, old: Path, new: Path, content: bytes) -> Iterator[Change]:
        """A file in place of another one, which may be YAML; what is written is JSON."""
        yield self._write(new, content)
        if old != new:
            yield Change(old, None, self.plan.seen[old])

    def _write(self, path: Path, content: bytes) -> Change:
        self._taken.add(path)
        if path not in self.plan.seen:
            self.plan.look(path)
        return Change(path, content, self.plan.seen[path])

    def _task_file(self, home: Home, ident: str) -> Path:
        name = _free(ident, lambda other: self._is_taken(home.tasks / f"{other}.json"), first=True)
        return home.tasks / f"{name}.json"

    def _free_path(self, home: Home, path: str) -> str:
        stem, dot, suffix = path.rpartition(".") if "." in path.rpartition("/")[2] else (path, "", "")
        brought = {folded(other) for _, other in self.plan.bundle.assets}
        number = 2
        while True:
            name = f"{stem}-{number}{dot}{suffix}"
            if folded(name) not in brought and not self._is_taken(home.assets / name):
                return name
            number += 1

    def _is_taken(self, path: Path) -> bool:
        return path in self._taken or path.exists() or path.is_symlink()


def _free(name: str, taken: Any, *, first: bool = False) -> str:
    """The name itself (``first``), else with the first free number behind it."""
    if first and not taken(name):
        return name
    number = 2
    while True:
        end = f"-{number}"
        found = f"{name[: 63 - len(end)].rstrip('-.')}{end}"
        if not taken(found):
            return found
        number += 1


def _renamed(task: Task, renamed: Mapping[str, str]) -> dict[str, Any]:
    """The data of a task whose files have new names; documents keep the names that templates know them by."""
    data = task_data(task)
    for file, written in zip(task.input.files, data.get("input", {}).get("files", ()), strict=True):
        if file.path in renamed and file.name is None and file.kind == "text":
            written["name"] = document_name(file)
    text = json.loads(json.dumps(data))
    return _walk(text, renamed)  # type: ignore[no-any-return]


def _walk(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _walk(inner, renamed) for key, inner in value.items()}
    if isinstance(value, list):
        return [_walk(inner, renamed) for inner in value]
    if isinstance(value, str):
        head = "@file:" if value.startswith("@file:") else ""
        return head + renamed[value[len(head) :].strip()] if value[len(head) :].strip() in renamed else value
    return value
