"""``localbench history``: the runs that are there, oldest first, one line for each model and category."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_commands(commands: Any) -> None:
    """Add ``history``."""
    history = commands.add_parser("history", help="list the runs that are there, with their scores")
    history.add_argument("--category", metavar="C", help="only this category (a glob)")
    history.add_argument("--model", metavar="M", help="only this model (a glob)")
    history.add_argument("-n", type=int, default=20, metavar="N", help="only the newest N runs (default: 20; 0: all)")
    history.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    history.set_defaults(run=_history)


def _history(args: argparse.Namespace) -> int:
    from ..reports.history import history_lines
    from ..store.index import with_named

    data = args.data.resolve()
    found, names, skipped = with_named(data)
    lines = history_lines(
        [one.run for one in found], names, category=args.category, model=args.model, newest=max(0, args.n)
    )
    if not lines:
        places = f"{data / 'results'}" + (" with this category and model" if args.category or args.model else "")
        lines = [f"no runs in {places}"]
    sys.stdout.write("\n".join(lines) + "\n")
    for sentence in skipped:
        sys.stderr.write(f"localbench: {sentence}\n")
    if skipped:
        sys.stderr.write(f"localbench: {len(skipped)} of {len(found) + len(skipped)} runs were left out\n")
    return 0
