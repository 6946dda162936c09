"""``localbench merge``: one document over the parts of a run, and gates on the whole."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

TIMES = frozenset({"median_s", "p95_s", "memory_mb"})


def add_commands(commands: Any) -> None:
    """Add ``merge``."""
    merge = commands.add_parser(
        "merge",
        help="join the runs of --localbench-shard (or others that do not overlap) into one document",
        epilog="A run is named by a saved name, a run id or its beginning, or a run document.",
    )
    merge.add_argument("names", nargs="+", metavar="RUN", help="the runs, at least two")
    merge.add_argument("-o", "--output", type=Path, required=True, metavar="PATH", help="the document to write")
    merge.add_argument(
        "--fail-under", type=float, metavar="SCORE", help="exit code 1 unless every model has this score (0 to 10)"
    )
    merge.add_argument(
        "--gate", action="append", default=[], metavar="EXPR", help="the same for an expression, repeatable"
    )
    merge.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    merge.set_defaults(run=_merge)


def _merge(args: argparse.Namespace) -> int:
    from ..domain.task import Task
    from ..engine.judging import Judge
    from ..engine.merge import merge_runs
    from ..errors import ConfigError
    from ..reports.board import Board
    from ..reports.safe_text import ascii_text
    from ..reports.terminal import closing_sentence, summary_lines
    from ..scoring.gate import evaluate_gates, fail_under_gate, parse_gate
    from ..store.runs import find, load, save
    from .providers import project_registry

    if len(args.names) < 2:
        raise ConfigError("merge joins at least two runs; name them all.")
    gates = [parse_gate(expression) for expression in args.gate]
    if args.fail_under is not None:
        fail_under_gate(args.fail_under)
    data = args.data.resolve()
    runs = [load(find(data, name)) for name in args.names]
    if timed := [gate for gate in gates if gate.metric in TIMES and _several_machines(runs)]:
        raise ConfigError(
            f"gate '{timed[0].expression}': the runs come from several machines, whose times and memory are kept apart; "
            "set this gate where each part runs."
        )
    registry, problems = project_registry(Path.cwd())
    for sentence in problems:
        sys.stderr.write(f"localbench: {sentence}\n")

    def judge_for(task: Task) -> Judge:
        return Judge(task, registry, str(Path.cwd()))

    run = merge_runs(runs, judge_for)
    gate = evaluate_gates(
        run.summary, run.task_results,
        fail_under=args.fail_under, gates=gates, categories=run.categories, tasks=run.tasks,
    )  # fmt: skip
    code = int(gate is not None and (not gate.passed or any(r.is_error for r in run.results) or not run.complete))
    run = run.model_copy(update={"gate": gate, "exit_code": code})
    save(run, args.output)
    lines = summary_lines(Board.of(run), width=shutil.get_terminal_size().columns, verbosity=0, ascii_only=False)
    closing = [closing_sentence(run)] if gate is not None else []
    text = "\n".join((*(line.text for line in lines), f"{args.output}: {_size(run)}", *closing))
    utf = (sys.stdout.encoding or "ascii").lower().startswith("utf")
    sys.stdout.write((text if utf else "\n".join(map(ascii_text, text.split("\n")))) + "\n")
    return code


def _several_machines(runs: Any) -> bool:
    return len({run.environment.machine for run in runs}) > 1


def _size(run: Any) -> str:
    return f"{len(run.results)} results of {len(run.parts)} runs"
