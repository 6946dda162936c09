"""``localbench cache``: how much the stored answers take, and deleting old ones."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import ConfigError


def add_commands(commands: Any) -> None:
    """Add ``cache``."""
    cache = commands.add_parser("cache", help="stored answers: what they take, and deleting old ones")
    actions = cache.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="answers and bytes of every run")
    show.set_defaults(run=_show)
    prune = actions.add_parser("prune", help="delete the answers of old runs; their results stay")
    prune.add_argument("--keep", type=int, metavar="N", help="keep those of the newest N runs")
    prune.add_argument("--older-than", type=float, metavar="DAYS", help="delete those of runs begun before that")
    prune.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    prune.set_defaults(run=_prune)
    for action in (show, prune):
        action.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
        action.add_argument("--cache-dir", type=Path, metavar="DIR", help="folder of the answers (default: responses, "
                            "in the data folder)")  # fmt: skip


def _root(args: argparse.Namespace) -> Path:
    root: Path = args.cache_dir or args.data / "responses"
    return root


def _show(args: argparse.Namespace) -> int:
    from ..store.stored import stored_runs

    runs = stored_runs(_root(args))
    for run in runs:
        sys.stdout.write(f"{run.id}  {run.answers} answers, {run.offered} in the cache, {run.size / 1e6:.1f} MB\n")
    total = sum(run.size for run in runs)
    sys.stdout.write(f"{len(runs)} runs, {sum(run.answers for run in runs)} answers, {total / 1e6:.1f} MB\n")
    return 0


def _prune(args: argparse.Namespace) -> int:
    from ..store.stored import delete, old_runs, stored_runs

    if args.keep is None and args.older_than is None:
        raise ConfigError("localbench cache prune: say what may go, with --keep N or --older-than DAYS.")
    if (args.keep or 0) < 0 or (args.older_than or 0) < 0:
        raise ConfigError("localbench cache prune: give a number from 0.")
    runs = stored_runs(_root(args))
    old = old_runs(runs, keep=args.keep, older_than_days=args.older_than)
    gone = 0
    for run in old:
        if args.dry_run or delete(run, args.data):
            gone += 1
            sys.stdout.write(f"{run.id}: {run.answers} answers {'would be ' if args.dry_run else ''}deleted\n")
        else:
            sys.stdout.write(f"{run.id} is still going on: kept\n")
    sys.stdout.write(f"answers of {gone} of {len(runs)} runs {'would be ' if args.dry_run else ''}deleted\n")
    return 0
