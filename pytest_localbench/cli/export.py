"""``localbench export``: categories, tasks or runs as one file to be shared."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError

if TYPE_CHECKING:
    from ..engine.bundle import Bundle


def add_commands(commands: Any) -> None:
    """Add ``export`` and what is below it."""
    export = commands.add_parser("export", help="write categories, tasks or results into one file, to be shared")
    kinds = export.add_subparsers(dest="what", required=True, metavar="WHAT")
    suite = kinds.add_parser("suite", help="every category with its tasks, and the model files")
    suite.add_argument(
        "places", nargs="*", type=Path, metavar="FOLDER", help="where to look for categories (default: here)"
    )
    suite.add_argument("--no-models", action="store_true", help="leave the model files out")
    category = kinds.add_parser("category", help="one category with all its tasks")
    category.add_argument("name", metavar="CATEGORY")
    tasks = kinds.add_parser("tasks", help="a choice of tasks, also across categories")
    tasks.add_argument("names", nargs="+", metavar="TASK", help="id or CATEGORY/ID; globs work")
    results = kinds.add_parser("results", help="whole runs: scores, answers, measurements")
    results.add_argument(
        "names", nargs="*", default=["last"], metavar="RUN", help="run ids, their beginnings, or 'last'"
    )
    results.add_argument(
        "--redact",
        choices=("none", "inputs", "all"),
        default="none",
        help="leave out prompts and expected values (inputs), or all texts and places (all)",
    )
    for command in (suite, category, tasks, results):
        command.add_argument("-o", "--output", type=Path, metavar="FILE", help="file to write: .json or .zip")
        command.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
        command.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    from ..engine.bundle import dump_bundle
    from ..store.runs import write_atomic

    output: Path | None = args.output
    if output is not None and output.suffix.lower() not in {".json", ".zip"}:
        raise ConfigError(f"{output}: a bundle is a .json or a .zip file; name it so.")
    bundle = _bundle(args)
    if output is None:
        output = Path(f"{_default_name(args)}.{'zip' if bundle.assets else 'json'}")
    data = dump_bundle(bundle, archive=output.suffix.lower() == ".zip")
    write_atomic(output, data)
    sys.stdout.write(f"{output}: {_counts(bundle)}; {len(data) / 1e3:.0f} kB\n")
    if bundle.models:
        sys.stdout.write("Model files name addresses and variables of yours; --no-models leaves them out.\n")
    return 0


def _bundle(args: argparse.Namespace) -> Bundle:
    from ..adapters.secrets import redact
    from ..engine import bundle_export
    from ..store.runs import find, load

    root, data = Path.cwd(), args.data.resolve()
    if args.what == "suite":
        places = [place.resolve() for place in args.places]
        return bundle_export.export_suite(root, data, places, models=not args.no_models, redact=redact)
    if args.what == "category":
        return bundle_export.export_category(root, data, args.name, redact=redact)
    if args.what == "tasks":
        return bundle_export.export_tasks(root, data, args.names, redact=redact)
    paths = dict.fromkeys(find(data, name) for name in args.names)
    return bundle_export.export_results([load(path) for path in paths], level=args.redact, redact=redact)


def _default_name(args: argparse.Namespace) -> str:
    return str(args.name) if args.what == "category" else str(args.what)


def _counts(bundle: Bundle) -> str:
    parts = [(len(bundle.categories), "category", "categories"), (len(bundle.tasks), "task", "tasks"),
             (len(bundle.assets), "file", "files"), (len(bundle.models), "model", "models"),
             (len(bundle.runs), "run", "runs")]  # fmt: skip
    return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in parts if n)
