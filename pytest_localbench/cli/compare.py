"""``localbench compare``: two runs that are already there, and gates between them."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any


def add_commands(commands: Any) -> None:
    """Add ``compare``."""
    compare = commands.add_parser(
        "compare",
        help="compare a run with an earlier one: what fails now, who is really better, what was changed",
        epilog="A run is named by a saved name, 'blessed', 'last', a run id or its beginning, or a run document.",
    )
    compare.add_argument("then", metavar="EARLIER", help="the run to compare with")
    compare.add_argument(
        "now", nargs="?", default="last", metavar="RUN", help="the run that is compared (default: last)"
    )
    compare.add_argument(
        "--fail", action="append", default=[], metavar="EXPR",
        help="exit code 1 when RUN falls behind, repeatable: e.g. 'quality:5%%' or '*/*:quality:0'",
    )  # fmt: skip
    compare.add_argument("-v", "--verbose", action="store_true", help="list every task")
    compare.add_argument("-q", "--quiet", action="store_true", help="only the verdicts and what newly fails")
    compare.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    compare.set_defaults(run=_compare)


def _compare(args: argparse.Namespace) -> int:
    from ..engine.compared import compare_runs
    from ..reports.compare import compare_lines
    from ..reports.safe_text import ascii_text, safe
    from ..reports.terminal import gate_lines
    from ..reports.words import utc_minute
    from ..scoring.regression import check_regressions, parse_regression
    from ..store.runs import find, load

    wanted = [parse_regression(expression) for expression in args.fail]
    data = args.data.resolve()
    then, now = load(find(data, args.then)), load(find(data, args.now))
    name = then.id if args.then == "last" or Path(args.then).is_file() or then.id.startswith(args.then) else args.then
    width = shutil.get_terminal_size().columns
    checks = check_regressions(wanted, now, then, name)
    lines = [safe(f"run {now.id} of {utc_minute(now.started_at)} UTC", width)]
    shown = compare_lines(compare_runs(now, then, name), width=width, verbosity=args.verbose - args.quiet)
    lines += [line.text for line in (*shown, *gate_lines(checks, width, failed_only=args.quiet))]
    broken = sum(not check.passed for check in checks)
    if checks:
        lines.append(f"{broken} of {len(checks)} gates not met" if broken else f"all gates are met ({len(checks)})")
    text = "\n".join(lines) + "\n"
    utf = (sys.stdout.encoding or "ascii").lower().startswith("utf")
    sys.stdout.write(text if utf else "\n".join(map(ascii_text, text.split("\n"))))
    return 1 if broken else 0
