"""``localbench report``: the dashboard of a run that is already there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_commands(commands: Any) -> None:
    """Add ``report``."""
    report = commands.add_parser("report", help="write the dashboard of a run: one HTML file that works offline")
    report.add_argument(
        "name", nargs="?", default="last", metavar="RUN", help="run id, its beginning, a run document, or 'last'"
    )
    report.add_argument("-o", "--output", type=Path, default=Path("report.html"), metavar="PATH")
    report.add_argument("--baseline", metavar="RUN", help="an earlier run to compare with")
    report.add_argument(
        "--embed", choices=("all", "failures", "none"), default="all", help="whose prompts and answers are put in"
    )
    report.add_argument(
        "--redact",
        choices=("none", "inputs", "all"),
        default="none",
        help="what is put in as hashes only: inputs (prompts, expected values) or all texts",
    )
    report.add_argument(
        "--history", type=int, default=20, metavar="N", help="how many earlier runs the charts over time show"
    )
    report.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    report.set_defaults(run=_report)


def _report(args: argparse.Namespace) -> int:
    from ..engine.page import page_of
    from ..store.runs import find, load, write_atomic

    data = args.data.resolve()
    baseline = load(find(data, args.baseline)) if args.baseline else None
    page = page_of(
        load(find(data, args.name)),
        data_dir=data,
        embed=args.embed,
        redact=args.redact,
        baseline=baseline,
        history=max(0, args.history),
    )
    write_atomic(args.output, page)
    sys.stdout.write(f"{args.output}: {len(page) / 1e6:.1f} MB\n")
    return 0
