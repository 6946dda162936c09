"""The command ``localbench``: what is done outside a test run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from ..errors import LocalbenchError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 = done, 1 = a problem (one sentence on stderr), 2 = usage."""
    parser = argparse.ArgumentParser(prog="localbench", description="Commands beside the pytest plugin.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    from . import chart, compare, export, history, import_, merge, models, report

    for noun in (models, report, chart, history, compare, merge, export, import_):
        noun.add_commands(commands)
    from . import judge, new, preview, review, validate, watch

    for noun in (new, validate, preview, review, judge, watch):
        noun.add_commands(commands)
    from . import cache

    cache.add_commands(commands)
    schema = commands.add_parser("schema", help="print the JSON schema of a file format, for editors")
    schema.add_argument("kind", choices=("task", "category", "model"))
    schema.set_defaults(run=_schema)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except LocalbenchError as error:
        sys.stderr.write(f"localbench: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("localbench: stopped\n")
        return 130
    except BrokenPipeError:
        return 0


def _schema(args: argparse.Namespace) -> int:
    from ..suite import schema

    made = {"task": schema.task_schema, "category": schema.category_schema, "model": schema.model_schema}
    sys.stdout.write(json.dumps(made[args.kind](), indent=2, ensure_ascii=False) + "\n")
    return 0
