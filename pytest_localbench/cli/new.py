"""``localbench new``: commented starter files, never written over anything."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.base import check_id
from ..errors import ConfigError, StoreError, UnknownName
from .starters import STARTERS, category_text, task_text

if TYPE_CHECKING:
    from ..suite.survey import Survey


def add_commands(commands: Any) -> None:
    """Add ``new category`` and ``new task``."""
    new = commands.add_parser("new", help="write a commented starter file: a category or a task")
    things = new.add_subparsers(dest="thing", required=True, metavar="THING")
    category = things.add_parser("category", help="a folder with a category file")
    category.add_argument("id", metavar="ID", help="id of the category; also the folder's name and a pytest mark")
    category.add_argument(
        "--in", dest="folder", type=Path, default=Path("benchmarks"), metavar="DIR", help="where (default: benchmarks)"
    )
    category.set_defaults(run=_category)
    task = things.add_parser("task", help="a task file; a draft that works until you fill it")
    task.add_argument("id", metavar="ID", help="id of the task; also the file's name")
    task.add_argument("--category", metavar="ID|DIR", help="which category (not needed where there is only one)")
    task.add_argument("--kind", choices=tuple(STARTERS), default="answer", help="; ".join(
        f"{name}: {starter.what}" for name, starter in STARTERS.items()))  # fmt: skip
    task.set_defaults(run=_task)


def _category(args: argparse.Namespace) -> int:
    from ..suite.layout import CATEGORY_NAMES
    from ..suite.survey import survey
    from ..suite.tasks import shown_path

    _check(args.id)
    root, folder = Path.cwd(), (args.folder / args.id).resolve()
    known = survey(root, root)
    if args.id in known.folders:
        where = shown_path(known.folders[args.id], root)
        raise ConfigError(f"the category '{args.id}' is already there: {where}; take another name.")
    taken = next((folder / name for name in CATEGORY_NAMES if (folder / name).exists()), None)
    if taken is not None:
        raise ConfigError(f"{shown_path(taken, root)} is already there; edit that file or take another name.")
    shown = _write(folder / CATEGORY_NAMES[0], category_text(args.id), root)
    sys.stdout.write(f"Wrote {shown}. Next: localbench new task NAME --category {args.id}\n")
    return 0


def _task(args: argparse.Namespace) -> int:
    from ..suite.layout import SUFFIXES
    from ..suite.survey import survey
    from ..suite.tasks import shown_path

    _check(args.id)
    root = Path.cwd()
    category, folder = _chosen(survey(root, root), args.category, root)
    own = survey(folder, root)
    if (
        there := next((t for t in own.tasks if t.id.casefold() == args.id and t.category == category), None)
    ) is not None:
        raise ConfigError(f"the task '{args.id}' is already there: {there.source.path}:{there.source.line}.")
    homes = (folder / "tasks", folder)
    taken = next((p for home in homes for s in SUFFIXES if (p := home / f"{args.id}{s}").exists()), None)
    if taken is not None:
        raise ConfigError(f"{shown_path(taken, root)} is already there; edit that file or take another name.")
    shown = _write(folder / "tasks" / f"{args.id}.yaml", task_text(args.id, args.kind), root)
    sys.stdout.write(
        f"Wrote {shown}, a draft. Next:\n"
        f"  localbench preview {args.id}\n"
        f"  localbench validate {shown}\n"
        f"  pytest {shown} --localbench-selfcheck\n"
        "and take 'status: draft' out when it is done.\n"
    )
    return 0


def _chosen(known: Survey, wanted: str | None, root: Path) -> tuple[str, Path]:
    """Id and folder of the category that a task is written for."""
    from ..suite.layout import is_category_folder

    folders = {name: folder for name, folder in known.folders.items() if is_category_folder(folder)}
    if wanted is None:
        if len(folders) == 1:
            return next(iter(folders.items()))
        words = f"say which: --category with one of {', '.join(sorted(folders))}." if folders else (
            "there is no category yet: write one with 'localbench new category NAME'.")  # fmt: skip
        raise ConfigError(words)
    place = (root / wanted).resolve()
    by_place = {folder.resolve(): name for name, folder in folders.items()}
    if wanted in folders:
        return wanted, folders[wanted]
    if place in by_place:
        return by_place[place], place
    hint = "Write it with 'localbench new category NAME'."
    raise UnknownName("category", wanted, folders, hint)


def _check(name: str) -> None:
    try:
        check_id(name)
    except ValueError as error:
        raise ConfigError(f"{error}.") from None


def _write(path: Path, text: str, root: Path) -> str:
    """Write a new file; returns its path as shown."""
    from ..suite.tasks import shown_path

    shown = shown_path(path, root)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{shown} is already there; edit that file or take another name.") from None
    except OSError as error:
        raise StoreError(f"{shown} could not be written: {error.strerror}.") from None
    return shown
