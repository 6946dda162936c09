"""``localbench import``: look at a bundle, settle what differs, take it over as a whole, undo it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, LocalbenchError
from ..reports.safe_text import safe

if TYPE_CHECKING:
    from ..engine.bundle_plan import Choice, ImportPlan, Item
    from ..registry import Registry

_KEYS: dict[str, Choice] = {"s": "skip", "r": "replace", "n": "rename"}
_WORDS = {"new": "new", "unchanged": "unchanged", "conflict": "differs from", "kept": "stays"}


def add_commands(commands: Any) -> None:
    """Add ``import``."""
    parser = commands.add_parser("import", help="take over a bundle: show it, settle conflicts, all or nothing")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a bundle: .json or .zip")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done and change nothing")
    parser.add_argument("--json", action="store_true", help="show the plan as JSON (with --dry-run)")
    parser.add_argument(
        "--on-conflict",
        choices=("ask", "skip", "rename", "replace"),
        default="ask",
        help="what differs from yours: ask (default), keep yours, take both, or take theirs",
    )
    parser.add_argument("--yes", action="store_true", help="import without asking first")
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER", help="folder for new categories (default: where yours are)"
    )
    parser.add_argument("--with-models", action="store_true", help="import model files, too; read them first")
    parser.add_argument("--trust", metavar="SHA256", help="import a bundle that brings code; read the code first")
    parser.add_argument("--undo", action="store_true", help="take back the last import")
    parser.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    parser.set_defaults(run=_import)


def _import(args: argparse.Namespace) -> int:
    if args.undo:
        return _undo(args)
    if args.file is None:
        raise ConfigError("say which file to import, or --undo.")
    if args.json and not args.dry_run:
        raise ConfigError("--json shows a plan; use it with --dry-run.")
    from ..engine.bundle import read_bundle
    from ..engine.bundle_import import apply_plan
    from ..engine.bundle_plan import as_json, plan_import

    plan = plan_import(
        read_bundle(args.file),
        root=Path.cwd(),
        data_dir=args.data.resolve(),
        into=args.into,
        registry=_registry(),
        models=args.with_models,
        trust=args.trust,
    )
    if args.json:
        sys.stdout.write(as_json(plan) + "\n")
        return 0
    _show(plan)
    if args.dry_run:
        _say("Nothing was changed (--dry-run).")
        return 0
    default = None if args.on_conflict == "ask" else args.on_conflict
    choices: dict[str, Choice] = {}
    if default is None and plan.conflicts:
        if not sys.stdin.isatty():
            sys.stderr.write(
                "localbench: nothing was changed; say what to do with what differs: --on-conflict skip, rename or replace.\n"
            )
            return 1
        choices = _ask(plan)
    elif not args.yes and sys.stdin.isatty() and not _agreed("Import this? [y/N] "):
        _say("Nothing was changed.")
        return 1
    try:
        done = apply_plan(plan, choices, default)
    except LocalbenchError as error:
        text = str(error)
        raise ConfigError(text if "othing was changed" in text else f"{text} Nothing was changed.") from None
    except KeyboardInterrupt:
        sys.stderr.write("localbench: nothing was changed\n")
        raise
    for note in done.notes:
        _say(f"note: {note}")
    if done.id is None:
        _say("Nothing had to be changed.")
    else:
        _say(f"Imported: {len(done.files)} files written. Take it back: localbench import --undo")
    return 0


def _undo(args: argparse.Namespace) -> int:
    from ..store.bundle_changes import undo_changes

    name, paths = undo_changes(args.data.resolve())
    _say(f"Undone: import {name}, {len(paths)} files as they were.")
    return 0


def _registry() -> Registry:
    """The evaluators of the project; what could not be loaded is said on stderr."""
    from .. import evaluators
    from .providers import project_registry

    registry, problems = project_registry(Path.cwd())
    evaluators.pytest_localbench_register(registry)
    for problem in problems:
        sys.stderr.write(f"localbench: {problem}\n")
    return registry


def _show(plan: ImportPlan) -> None:
    """What would be imported, as a tree, with what differs and a count."""
    bundle = plan.bundle
    made = f" by {safe(bundle.generator, 60)}" if bundle.generator else ""
    _say(f"{bundle.shown}: {bundle.kind}, exported {safe(bundle.exported_at, 40)}{made}")
    width = max(len(item.name) for item in plan.items) + 4
    for index, item in enumerate(plan.items):
        inner = item.kind in {"task", "file"}
        last = index + 1 == len(plan.items) or plan.items[index + 1].kind not in {"task", "file"}
        stem = ("└─ " if last else "├─ ") if inner else ""
        name = item.name.split("/", 1)[1] if inner else item.name
        place = _place(item, inner=inner)
        title = f"  ({safe(item.title, 50)})" if item.title and item.title != name else ""
        _say(f"{stem}{name:<{width - len(stem)}}{_WORDS[item.status]}{place}{title}")
        if item.note:
            _say(f"   {safe(item.note, 200)}")
    for item in plan.conflicts:
        _say(f"\n{item.name} differs:")
        for line in item.diff():
            _say(f"  {safe(line, 160)}")
    counts: Counter[str] = Counter(item.status for item in plan.items)
    words = {"new": "new", "unchanged": "unchanged", "conflict": "in conflict", "kept": "stay as they are"}
    _say("\n" + ", ".join(f"{counts[status]} {text}" for status, text in words.items() if counts[status]))
    for note in plan.notes:
        _say(f"note: {safe(note, 300)}")


def _place(item: Item, *, inner: bool) -> str:
    if item.status == "unchanged" or (inner and item.status == "new"):
        return ""
    return f" {'-> ' if item.status == 'new' else ''}{safe(item.place, 80)}"


def _ask(plan: ImportPlan) -> dict[str, Choice]:
    """One choice for each conflict; a capital letter holds for all that follow."""
    choices: dict[str, Choice] = {}
    rest: Choice | None = None
    for item in plan.conflicts:
        if rest is None:
            answer = _answer(item)
            if answer.isupper():
                rest = _KEYS[answer.lower()]
            choices[item.name] = _KEYS[answer.lower()]
        else:
            choices[item.name] = rest
    return choices


def _answer(item: Item) -> str:
    while True:
        sys.stdout.write(
            f"{item.name}: [s]kip, [r]eplace mine, take it under a [n]ew name, [q]uit (capital: for all that follow)? "
        )
        sys.stdout.flush()
        line = sys.stdin.readline()
        answer = line.strip()
        if not line or answer.lower() == "q":
            raise ConfigError("nothing was changed.")
        if answer.lower() in _KEYS:
            return answer


def _agreed(question: str) -> bool:
    sys.stdout.write(question)
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
