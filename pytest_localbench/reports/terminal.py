"""The run on a terminal: the table, notes, the closing sentence, and what a failing item prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..domain.result import SampleResult
from ..domain.run import BenchmarkRun, CategoryScore
from .board import Board, Row
from .safe_text import pad, safe, width

MAX_DIFF_LINES = 10
MAX_NOTES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line and how it is marked up (good, bad, warn, bold, dim or nothing)."""

    text: str
    markup: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    cell: Callable[[Row, bool], str]
    keep: int
    right: bool = True


def _number(value: float | None, digits: int = 1, unit: str = "") -> str:
    return "-" if value is None else f"{value:.{digits}f}{unit}"


def _interval(row: Row, ascii_only: bool) -> str:
    interval = row.score.interval
    return "-" if interval is None else f"{interval.low:.1f}{'-' if ascii_only else '–'}{interval.high:.1f}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def _size(value: int | None) -> str:
    return "-" if value is None else f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"


def _cost(value: float | None) -> str:
    return "-" if value is None else "0" if value == 0 else f"${value:.4f}"


def _quality(row: Row, _ascii: bool) -> str:
    return "-" if row.score.quality is None else f"{1 + 9 * row.score.quality:.1f}"


def _name(row: Row, ascii_only: bool) -> str:
    return row.score.model + ((" *" if ascii_only else " ★") if row.best else "")


COLUMNS = (
    _Column("model", _name, 0, right=False),
    _Column("rank", lambda r, _a: r.rank, 5),
    _Column("score", lambda r, _a: _number(r.score.ultimate_score), 0),
    _Column("95 %", _interval, 4),
    _Column("quality", _quality, 1),
    _Column("passed", lambda r, _a: f"{r.score.n_passed}/{r.score.n_scored}", 1),
    _Column("invalid", lambda r, _a: str(r.score.n_invalid), 6),
    _Column("errors", lambda r, _a: str(r.score.n_errors), 2),
    _Column("skipped", lambda r, _a: str(r.score.n_skipped), 7),
    _Column("median", lambda r, _a: _seconds(r.score.median_time_s), 3),
    _Column("memory", lambda r, _a: _size(r.score.peak_memory_bytes), 4),
    _Column("tokens/s", lambda r, _a: _number(r.score.tokens_per_s), 8),
    _Column("cost", lambda r, _a: _cost(r.score.cost_usd), 9),
)


def summary_lines(board: Board, *, width: int, verbosity: int, ascii_only: bool) -> list[Line]:
    """The category tables with notes; ``verbosity`` below 0: one line per model and category, above 0: the tasks, too."""
    lines: list[Line] = []
    for category, rows in board.rows.items():
        if verbosity < 0:
            lines += [Line(_short(row.score)) for row in rows]
            continue
        lines.append(
            Line(safe(f"{board.names.get(category, category)}  (score 0 to 10, quality 1 to 10)", width), "bold")
        )
        lines += _table(rows, width, ascii_only)
        if verbosity > 0:
            lines += _tasks(board, category, width)
        lines.append(Line(""))
    if verbosity >= 0:
        lines += _overall(board, width)
        lines += [Line(safe(f"note: {note}", max(width, 120)), "dim") for note in board.notes[:MAX_NOTES]]
    if board.run.gate is not None:
        for check in board.run.gate.checks:
            if not check.passed or verbosity >= 0:
                lines.append(Line(safe(check.message, 300), "good" if check.passed else "bad"))
    return lines


def _short(score: CategoryScore) -> str:
    quality = "-" if score.quality is None else f"{1 + 9 * score.quality:.1f}"
    return f"{score.category} {score.model}: score {_number(score.ultimate_score)}, quality {quality}, " \
           f"{score.n_passed}/{score.n_scored} passed, {score.n_errors} errors"  # fmt: skip


def _table(rows: tuple[Row, ...], limit: int, ascii_only: bool) -> list[Line]:
    columns = list(COLUMNS)
    if len(rows) < 2:
        columns = [c for c in columns if c.title != "rank"]
    while True:
        cells = [[c.title for c in columns], *([c.cell(row, ascii_only) for c in columns] for row in rows)]
        sizes = [max(width(line[i]) for line in cells) for i in range(len(columns))]
        if sum(sizes) + 2 * len(sizes) <= limit or len(columns) <= 2:
            break
        columns.remove(max(columns, key=lambda c: c.keep))
    texts = ["  " + "  ".join(pad(t, s, right=c.right) for t, s, c in zip(line, sizes, columns, strict=True)).rstrip()
             for line in cells]  # fmt: skip
    marks = ["dim", *("good" if row.best else "warn" if not row.score.covered else "" for row in rows)]
    return [Line(text, mark) for text, mark in zip(texts, marks, strict=True)]


def _tasks(board: Board, category: str, limit: int) -> list[Line]:
    results = [r for r in board.run.task_results if r.category == category]
    lines = []
    for result in sorted(results, key=lambda r: (r.model, r.task)):
        score = _number(result.ultimate_score)
        quality = "-" if result.quality is None else f"{1 + 9 * result.quality:.1f}"
        text = f"    {result.task} [{result.model}]  score {score}  quality {quality}  {result.status}"
        reason = f"  {result.reason}" if result.reason and result.status != "passed" else ""
        lines.append(Line(safe(text + reason, limit), "dim" if result.status == "passed" else ""))
    return lines


def _overall(board: Board, limit: int) -> list[Line]:
    if len(board.rows) < 2:
        return []
    found = [o for o in board.run.overall if o.score is not None]
    return [
        Line(safe(f"overall {o.model}: {o.score:.1f} over {len(o.categories)} categories", limit), "bold")
        for o in found
    ]


def item_line(result: SampleResult) -> str:
    """What follows PASSED or FAILED on a verbose line."""
    parts = []
    if result.quality is not None:
        parts.append(f"quality {1 + 9 * result.quality:.1f}")
    if result.timing is not None:
        parts.append(_seconds(result.timing.generation_s))
    if result.outcome not in {"passed", "weak"}:
        parts.append(result.outcome.replace("_", " "))
    return ", ".join(parts)


def closing_sentence(run: BenchmarkRun) -> str:
    """In words: what was found and why the exit code is what it is."""
    weak = sum(r.quality is not None and r.outcome not in {"passed", "pending"} for r in run.results)
    errors = sum(r.is_error for r in run.results)
    found = f"{weak} weak answers" if weak != 1 else "1 weak answer"
    if errors:
        found += f" and {errors} that could not be asked or judged"
    code = run.exit_code
    if run.lost:
        return f"exit code {code}: {len(run.lost)} items are lost ({found})."
    if code == 5:
        return "exit code 5: nothing was selected, so 0 items were scored" + (
            " and no gate is met." if run.gate else "."
        )
    if code == 2:
        return f"exit code 2: the run was interrupted; what was answered is kept ({found})."
    if run.gate is None:
        why = "weak answers are failed tests, as no gate was set" if weak or errors else "other tests failed"
        why = "everything passed" if code == 0 else why
        return f"exit code {code}: {found}; {why}."
    broken = sum(not c.passed for c in run.gate.checks)
    if broken:
        return f"exit code {code}: {broken} of {len(run.gate.checks)} gates not met ({found})."
    if code == 0:
        return f"exit code 0: all gates are met ({len(run.gate.checks)}); {found} alone do not fail a gated run."
    why = "there were errors, failed ordinary tests or --localbench-strict"
    return f"exit code {code}: all gates are met, but {why} ({found})."


def failure_text(result: SampleResult, task_title: str, expected: Any) -> str:
    """A failing item in at most eleven lines: what is wrong, then field by field."""
    title = f"{safe(task_title, 80)}: " if task_title else ""
    if result.quality is None:
        return f"{title}{result.outcome.replace('_', ' ')}: {safe(result.reason, 400)}"
    head = f"{title}quality {1 + 9 * result.quality:.1f} of 10"
    if result.outcome not in {"weak", "passed"}:
        head += f", {result.outcome.replace('_', ' ')}"
    if result.reason:
        head += f": {safe(result.reason, 200)}"
    details = [d for v in result.verdicts for d in v.details if d.score is not None and d.score < 1.0]
    lines = [f"  {_difference(d)}" for d in details[:MAX_DIFF_LINES]]
    if len(details) > MAX_DIFF_LINES:
        lines[-1] = f"  ... and {len(details) - MAX_DIFF_LINES + 1} more"
    if not details:
        if isinstance(expected, str):
            lines.append(f"  expected: {safe(expected, 160)}")
        lines.append(f"  answered: {safe(result.answer or '(nothing)', 160)}")
    return "\n".join([head, *lines])


def _difference(detail: Any) -> str:
    path, note = safe(detail.path, 60), safe(detail.note, 60)
    if detail.note in {"missing", "invented", "must not occur", "contradicts the document"}:
        got = f" {safe(detail.got, 60)}" if detail.got not in (None, True) else ""
        wanted = f", expected {safe(detail.expected, 60)}" if detail.note == "missing" else ""
        return f"{path}:{got} {note}{wanted}".replace(": ", ": ", 1)
    suffix = f" ({note})" if note else ""
    got = "null" if detail.got is None else safe(detail.got, 60)
    wanted = "null" if detail.expected is None else safe(detail.expected, 60)
    return f"{path}: got {got}, should be {wanted}{suffix}"
