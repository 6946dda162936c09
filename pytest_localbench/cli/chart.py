"""``localbench chart``: one picture of a run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import ConfigError

SUFFIXES = ("png", "svg")


def add_commands(commands: Any) -> None:
    """Add ``chart``."""
    chart = commands.add_parser("chart", help="draw a run as PNG or SVG (needs the extra 'charts')")
    chart.add_argument(
        "name", nargs="?", default="last", metavar="RUN", help="run id, its beginning, a run document, or 'last'"
    )
    chart.add_argument(
        "--kind",
        choices=("radar", "bars", "history", "scatter"),
        default="bars",
        help="scores with intervals (bars, default), strengths (radar), runs over time (history), quality against time (scatter)",
    )
    chart.add_argument(
        "-o", "--output", type=Path, metavar="PATH", help="file to write, .png or .svg (default: KIND.png)"
    )
    chart.add_argument("--category", metavar="ID", help="only this category")
    chart.add_argument("--models", default="", metavar="LIST", help="only these models, comma separated")
    chart.add_argument(
        "--runs", type=int, default=50, metavar="N", help="how many earlier runs a history shows at most"
    )
    chart.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    chart.set_defaults(run=_chart)


def _chart(args: argparse.Namespace) -> int:
    from ..domain.history import PastRun
    from ..reports.charts import chart
    from ..store.history import past_runs
    from ..store.runs import find, load, write_atomic

    output: Path = args.output or Path(f"{args.kind}.png")
    form = output.suffix.lower().removeprefix(".")
    if form not in SUFFIXES:
        raise ConfigError(f"{output}: charts are written as .png or .svg; name the file so.")
    data = args.data.resolve()
    run = load(find(data, args.name))
    past: list[PastRun] = []
    if args.kind == "history":
        past, skipped = past_runs(data, before=run.started_at, limit=max(1, args.runs))
        past.append(PastRun.of(run))
        for sentence in skipped:
            sys.stderr.write(f"localbench: {sentence}\n")
    models = [name.strip() for name in args.models.split(",") if name.strip()]
    picture = chart(args.kind, run, form=form, category=args.category, models=models, past=past)  # type: ignore[arg-type]
    write_atomic(output, picture)
    sys.stdout.write(f"{output}: {len(picture) / 1e3:.0f} kB\n")
    return 0
