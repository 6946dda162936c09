"""What an import would do: every entity of a bundle beside what this project has."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..domain.category import Category
from ..domain.task import Task
from ..errors import ConfigError
from ..registry import Registry
from ..store.bundle_changes import digest
from ..store.bundle_paths import is_code
from ..suite.tasks import shown_path
from .bundle import Bundle, shown_safely
from .bundle_load import Loaded, as_file, load_entities
from .bundle_models import ModelEntry, read_models
from .bundle_project import Home, category_data, find_homes, mentioned, new_home, task_data, tasks_of
from .bundle_runs import RunEntry, read_runs

Kind = Literal["category", "task", "file", "model", "run"]
Status = Literal["new", "unchanged", "conflict", "kept"]
Choice = Literal["skip", "rename", "replace"]
MAX_DIFF_LINES = 40


@dataclass(frozen=True)
class Item:
    """One entity. ``name`` is unique in a plan (``documents``, ``documents/t1``, ``documents/files/a.txt``, a model, a run).

    ``place``: the file here that it meets or would become. ``kept``: the bundle only needs it, and it stays as it is.
    ``mine`` and ``theirs`` are texts to be compared; ``note`` is a sentence.
    """

    kind: Kind
    name: str
    status: Status
    place: str
    title: str = ""
    mine: str = ""
    theirs: str = ""
    note: str = ""

    def diff(self) -> list[str]:
        """What differs, as lines of a unified diff from what is here to what would come."""
        lines = list(
            difflib.unified_diff(
                self.mine.splitlines(), self.theirs.splitlines(), "here", "in the bundle", lineterm="", n=1
            )
        )
        more = len(lines) - MAX_DIFF_LINES
        return [*lines[:MAX_DIFF_LINES], f"... and {more} more lines"] if more > 0 else lines


@dataclass
class ImportPlan:
    """A checked bundle beside this project. Making a plan changes nothing; ``bundle_import.apply_plan`` does."""

    bundle: Bundle
    root: Path
    data_dir: Path
    into: Path
    homes: dict[str, Home]
    loaded: Loaded
    items: list[Item] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    existing: dict[tuple[str, str], Task] = field(default_factory=dict)
    models: list[ModelEntry] = field(default_factory=list)
    runs: list[RunEntry] = field(default_factory=list)
    seen: dict[Path, str | None] = field(default_factory=dict)

    @property
    def conflicts(self) -> list[Item]:
        """What needs a choice."""
        return [item for item in self.items if item.status == "conflict"]

    def home_of(self, category: str) -> Home:
        """Where a category lives, or would."""
        return self.homes.get(category) or new_home(self.loaded.categories[category], self.into)

    def look(self, path: Path) -> bytes | None:
        """The content of a file, remembered, so that nothing is changed that was not looked at."""
        content = path.read_bytes() if path.is_file() else None
        self.seen[path] = digest(content) if content is not None else None
        return content


def plan_import(
    bundle: Bundle,
    *,
    root: Path,
    data_dir: Path,
    into: Path | None = None,
    registry: Registry | None = None,
    models: bool = False,
    trust: str | None = None,
) -> ImportPlan:
    """Check everything in a bundle and compare it with this project; nothing is written.

    ``into``: the folder for new category folders. ``models``: model files are imported, too. ``trust``: the SHA-256 of a
    bundle whose files may be code. Raises CorruptDocument, UnsupportedSchema, ConfigError, TaskFileError or StoreError.
    """
    _check_code(bundle, trust)
    homes = find_homes(root, data_dir) if bundle.kind != "results" else {}
    with shown_safely():
        loaded = load_entities(bundle, {name: home.category for name, home in homes.items()}, registry)
    plan = ImportPlan(bundle, root, data_dir, _into(into, homes, root), homes, loaded, notes=list(loaded.notes))
    plan.items += _entity_items(plan)
    with shown_safely():
        plan.models, left_out = read_models(bundle, data_dir, root, wanted=models)
        plan.runs = read_runs(bundle, data_dir)
    plan.notes += left_out
    entries: list[ModelEntry | RunEntry] = [*plan.models, *plan.runs]
    for entry in entries:
        here = plan.look(entry.path)
        status: Status = "new" if here is None else "unchanged" if entry.same else "conflict"
        kind: Kind = "run" if isinstance(entry, RunEntry) else "model"
        plan.items.append(
            Item(kind, entry.name, status, shown_path(entry.path, root), entry.title, entry.mine, entry.theirs)
        )
    if not plan.items:
        raise ConfigError(f"{bundle.shown}: holds nothing that could be imported.")
    return plan


def _into(into: Path | None, homes: Mapping[str, Home], root: Path) -> Path:
    if into is None:
        parents = {home.assets.parent for home in homes.values() if not home.flat}
        return parents.pop() if len(parents) == 1 else root / "benchmarks"
    folder = (root / into).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise ConfigError(f"--into {into}: lies outside of the project ({root}).")
    return folder


def _check_code(bundle: Bundle, trust: str | None) -> None:
    code = [f"{category}/{path}" for category, path in bundle.assets if is_code(path)]
    if code and trust != bundle.sha256:
        listed = ", ".join(code[:5]) + (" ..." if len(code) > 5 else "")
        raise ConfigError(
            f"{bundle.shown}: brings files that can be run ({listed}). Read them; if you trust them, import with "
            f"--trust {bundle.sha256}"
        )


def _entity_items(plan: ImportPlan) -> Iterator[Item]:
    loaded = plan.loaded
    for name in dict.fromkeys([*loaded.categories, *(task.category for task in loaded.tasks)]):
        yield _category_item(plan, name, loaded.categories.get(name))
        home = plan.homes.get(name)
        for task in tasks_of(home, plan.root) if home is not None else ():
            plan.existing[name, task.id] = task
            plan.look(plan.root / task.source.path)
        tasks = [task for task in loaded.tasks if task.category == name]
        yield from (_task_item(plan, task) for task in tasks)
        yield from _file_items(plan, name, tasks)


def _category_item(plan: ImportPlan, name: str, theirs: Category | None) -> Item:
    home = plan.homes.get(name)
    if home is None:
        assert theirs is not None
        made = new_home(theirs, plan.into)
        if made.assets.exists():
            words = f"{shown_path(made.assets, plan.root)} is there already but is no category; choose another folder with --into."
            raise ConfigError(words)
        plan.look(made.file)
        return Item("category", name, "new", shown_path(made.file, plan.root), theirs.name)
    plan.look(home.file)
    place = shown_path(home.file, plan.root)
    if theirs is None or plan.bundle.kind == "tasks":
        return Item("category", name, "kept", place, home.category.name)
    mine, other = _text(category_data(home.category)), _text(category_data(theirs))
    return Item("category", name, "unchanged" if mine == other else "conflict", place, theirs.name, mine, other)


def _task_item(plan: ImportPlan, task: Task) -> Item:
    name = f"{task.category}/{task.id}"
    here = plan.existing.get((task.category, task.id))
    stated = plan.bundle.hashes.get(name)
    note = "" if stated in {None, task.content_hash} else "is not what was exported: its content hash differs"
    if here is None:
        place = plan.home_of(task.category).tasks / f"{task.id}.json"
        plan.look(place)
        return Item("task", name, "new", shown_path(place, plan.root), task.title, note=note)
    mine, theirs = _text(task_data(here)), _text(task_data(task))
    status: Status = "unchanged" if mine == theirs else "conflict"
    return Item("task", name, status, here.source.path, task.title, mine, theirs, note)


def _file_items(plan: ImportPlan, category: str, tasks: list[Task]) -> Iterator[Item]:
    used = {path for task in tasks for path in mentioned(task_data(task))}
    home = plan.home_of(category)
    for (owner, path), content in plan.bundle.assets.items():
        if owner != category:
            continue
        if path not in used:
            raise ConfigError(f"{plan.bundle.shown}: brings the file '{category}/{path}', which no task of it uses.")
        here = plan.look(home.assets / path)
        status: Status = "new" if here is None else "unchanged" if here == content else "conflict"
        place = shown_path(home.assets / path, plan.root)
        yield Item("file", f"{category}/{path}", status, place, _size(content), _as_text(here), _as_text(content))


def _text(data: Mapping[str, Any]) -> str:
    return as_file(data).decode("utf-8")


def _as_text(content: bytes | None) -> str:
    """A text file as it is; of anything else size and hash."""
    if content is None:
        return ""
    try:
        text = content.decode("utf-8")
        if "\0" not in text:
            return text
    except UnicodeDecodeError:
        pass
    return f"{_size(content)}, SHA-256 {hashlib.sha256(content).hexdigest()}"


def _size(content: bytes) -> str:
    return f"{len(content) / 1e3:.1f} kB"


def as_json(plan: ImportPlan) -> str:
    """The plan as JSON, for other programs: items with status, place and diff, and the notes."""
    items = [
        {
            "kind": i.kind,
            "name": i.name,
            "title": i.title,
            "status": i.status,
            "place": i.place,
            "note": i.note,
            "diff": i.diff(),
        }
        for i in plan.items
    ]
    return json.dumps(
        {"sha256": plan.bundle.sha256, "type": plan.bundle.kind, "items": items, "notes": plan.notes}, indent=2
    )
