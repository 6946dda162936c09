"""The summary of a run as GitHub-flavoured Markdown: for merge requests, wikis and step summaries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..domain.run import BenchmarkRun
from .board import Board, Section
from .safe_text import safe
from .table import table_cells
from .terminal import closing_sentence
from .words import OUTCOME_WORDS, count, number, points, short_id

MAX_WEAK = 5
MAX_GATES = 50
_ACTIVE = re.compile(r"([\\`*_\[\]<>#!|~$&:])")
_LIST = re.compile(r"([+-]|\d+[.)])(?=\s|$)")


def run_markdown(run: BenchmarkRun, *, reasons: bool = True) -> str:
    """Heading, one table per category, notes, gates and the closing sentence.

    ``reasons``: sentences that quote answers and expected values are put in.
    """
    if not reasons:
        run = run.model_copy(update={"results": tuple(r.model_copy(update={"reason": ""}) for r in run.results)})
    board = Board.of(run)
    lines = ["## LocalBench", "", escaped(f"{closing_sentence(run)[:1].upper()}{closing_sentence(run)[1:]}"), ""]
    for section in board.sections:
        lines += _section(section)
    if board.not_run:
        lines += [f"Not run: {', '.join(map(escaped, board.not_run))}.", ""]
    lines += _overall(board)
    lines += _bullets(board.notes)
    lines += _gates(run)
    return "\n".join(lines).rstrip("\n") + "\n"


def escaped(text: object, limit: int = 1000) -> str:
    """A text as one line of Markdown that shows exactly it: no markup, no HTML, no links, no mentions."""
    line = _ACTIVE.sub(r"\\\1", safe(text, limit).strip())
    if _LIST.match(line):
        line = re.sub(r"([+.)-])", r"\\\1", line, count=1)
    return line.replace("@", "@<!-- -->").replace("www.", "www\\.")


def code(text: object, limit: int = 200) -> str:
    """A text as a code span, also inside a table."""
    line = safe(text, limit).strip() or " "
    ticks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{space}{line}{space}{ticks}".replace("|", "\\|")


def _section(section: Section) -> list[str]:
    asked = max(row.score.n_tasks for row in section.rows)
    head, *rows = table_cells(section.rows)
    lines = [
        f"### {escaped(section.name)}",
        "",
        f"{count(asked, 'task')}; score 0 to 10, quality 1 to 10; - means not known.",
        "",
        _line(head),
        _line([":---", *["---:"] * (len(head) - 1)]),
    ]
    for row, cells in zip(section.rows, rows, strict=True):
        mark = " ★" if row.best else ""
        lines.append(_line([f"{code(row.score.model)}{mark}", *(cell.replace("|", "\\|") for cell in cells[1:])]))
    lines.append("")
    if section.weakest:
        lines += [f"Weakest answers ({len(section.weakest)} did not pass):", ""]
        for result in section.weakest[:MAX_WEAK]:
            why = result.reason or OUTCOME_WORDS[result.outcome]
            lines.append(f"- {points(result.quality)} {code(short_id(result))} {code(why)}")
        if len(section.weakest) > MAX_WEAK:
            lines.append(f"- and {len(section.weakest) - MAX_WEAK} more, see the run document")
        lines.append("")
    return lines + list(_bullets(section.notes))


def _overall(board: Board) -> list[str]:
    totals = board.run.overall
    if not totals or (len(board.sections) < 2 and not board.not_run):
        return []
    found = [f"{code(t.model)} {'none' if t.score is None else number(t.score)}" for t in totals]
    part = (
        f"partial, {len(board.sections)} categories" if board.not_run else f"mean of {len(board.sections)} categories"
    )
    return [f"Overall ({part}): {', '.join(found)}.", ""]


def _bullets(notes: Sequence[str]) -> Iterator[str]:
    for note in notes:
        yield f"- {escaped(note)}"
    if notes:
        yield ""


def _gates(run: BenchmarkRun) -> list[str]:
    if run.gate is None:
        return []
    checks = sorted(run.gate.checks, key=lambda check: check.passed)
    lines = [f"- {'✓' if check.passed else '**✗**'} {escaped(check.message)}" for check in checks[:MAX_GATES]]
    if len(checks) > MAX_GATES:
        lines.append(f"- and {count(len(checks) - MAX_GATES, 'more gate check')}, see the run document")
    return ["### Gates", "", *lines, ""]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
