"""The run on a terminal: tables, notes, gates, the closing sentence, and what a failing item prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..domain.result import SampleResult, TaskResult
from ..domain.run import BenchmarkRun, GateCheck
from .board import Board, Row, Section
from .diff import diff_lines
from .repeats import repeats_text
from .safe_text import ascii_text, cut, pad, safe
from .safe_text import width as columns_of
from .table import score_text, table_lines
from .words import OUTCOME_WORDS, REMEDIES, count, number, points, seconds, short_id

MAX_WEAK = 5
MAX_GATES = 20
_NOTE_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Line:
    """One line and how it is marked up: ``good``, ``bad``, ``warn``, ``bold``, ``dim`` or nothing."""

    text: str
    markup: str = ""


def summary_lines(board: Board, *, width: int, verbosity: int, ascii_only: bool) -> list[Line]:
    """The whole summary. ``verbosity`` below 0: one line per category and model; above 0: every task, too.

    No line but notes and gate sentences (wrapped) depends on more than ``width`` columns; nothing depends on colour.
    """
    lines: list[Line] = []
    for section in board.sections:
        lines += _short(section) if verbosity < 0 else _section(section, width, verbosity)
    if verbosity >= 0:
        lines += [Line(safe(f"{name}: not run", width), "dim") for name in board.not_run]
        lines += _overall(board, width)
        lines += [line for note in board.notes for line in wrapped(note, width, "warn")]
    lines += [
        line for note in board.left for line in wrapped(note, width, "dim", indent="  " if verbosity >= 0 else "")
    ]
    lines += gate_lines(board.run.gate.checks if board.run.gate else (), width, failed_only=verbosity < 0)
    return [replace(line, text=ascii_text(line.text)) for line in lines] if ascii_only else lines


def _short(section: Section) -> list[Line]:
    return [
        Line(
            f"{section.category} {row.score.model}: score {score_text(row)}, quality {points(row.score.quality)}, "
            f"{row.score.n_passed}/{row.score.n_scored} passed, {count(row.score.n_errors, 'error')}"
        )
        for row in section.rows
    ]


def _section(section: Section, width: int, verbosity: int) -> list[Line]:
    asked = max(row.score.n_tasks for row in section.rows)
    title = f"{section.name}: {count(asked, 'task')}; score 0 to 10, quality 1 to 10"
    head, *rows = table_lines(section.rows, width)
    lines = [Line(safe(title, width), "bold"), Line(head.rstrip(), "dim")]
    lines += [Line(text.rstrip(), _row_markup(row)) for text, row in zip(rows, section.rows, strict=True)]
    for row in section.rows:
        if told := repeats_text(row.score.metrics):
            lines += wrapped(f"{row.score.model}: {told} (means over tasks)", width, "dim")
    lines += _tasks(section.tasks, width) if verbosity > 0 else _weakest(section, width)
    lines += [line for note in section.notes for line in wrapped(note, width, "dim")]
    return [*lines, Line("")]


def _row_markup(row: Row) -> str:
    return "good" if row.best else "" if row.score.covered else "warn"


def _weakest(section: Section, width: int) -> list[Line]:
    weak = section.weakest
    if not weak:
        return []
    lines = [Line(f"  weakest answers ({len(weak)} did not pass):", "dim")]
    for result in weak[:MAX_WEAK]:
        why = result.reason or OUTCOME_WORDS[result.outcome]
        lines.append(Line(safe(f"    {points(result.quality):>4}  {short_id(result)}  {safe(why, 200)}", width)))
    if len(weak) > MAX_WEAK:
        lines.append(Line(safe(f"    and {len(weak) - MAX_WEAK} more, see the run document", width), "dim"))
    return lines


def _tasks(tasks: Sequence[TaskResult], width: int) -> list[Line]:
    names = [f"{task.task}[{task.model}]" for task in tasks]
    size = max(map(columns_of, names), default=0)
    size = min(size, max(20, width // 2))
    lines = [Line(f"    {'task':<{size}}  score  quality  status", "dim")]
    for name, task in zip(names, tasks, strict=True):
        reason = f"  {safe(task.reason, 200)}" if task.reason and task.status != "passed" else ""
        text = f"    {pad(cut(name, size), size)}  {number(task.ultimate_score):>5}  {points(task.quality):>7}  {task.status}"
        lines.append(Line(safe(text + reason, width), "" if task.status == "weak" else "dim"))
        if told := repeats_text(task.metrics, task.spread):
            lines += wrapped(told, width, "dim", indent="      ")
        for verdict in task.verdicts:
            lines += wrapped(verdict.reason, width, "dim", indent="      ") if verdict.reason else []
    return lines


def _overall(board: Board, width: int) -> list[Line]:
    totals = board.run.overall
    if not totals or (len(board.sections) < 2 and not board.not_run):
        return []
    ran, known = len(board.sections), len(board.sections) + len(board.not_run)
    part = f"partial, {ran} of {known} categories ran" if board.not_run else f"mean of {ran} categories"
    found = ", ".join(f"{t.model} {'none' if t.score is None else number(t.score)}" for t in totals)
    reasons = dict.fromkeys(f"overall {t.model}: {t.reason}" for t in totals if t.reason)
    lines = wrapped(f"overall ({part}): {found}", width, "bold", indent="")
    return lines + [line for reason in reasons for line in wrapped(reason, width, "dim")]


def gate_lines(checks: Sequence[GateCheck], width: int, *, failed_only: bool) -> list[Line]:
    """What was checked, failed ones first."""
    failed = [c for c in checks if not c.passed]
    shown = failed if failed_only else [*failed, *(c for c in checks if c.passed)]
    lines = []
    for check in shown[:MAX_GATES]:
        lines += wrapped(check.message, width, "good" if check.passed else "bad", indent="")
    if len(shown) > MAX_GATES:
        lines.append(Line(f"and {count(len(shown) - MAX_GATES, 'more gate check')}, see the run document", "dim"))
    return lines


def wrapped(text: str, width: int, markup: str, indent: str = "  ") -> list[Line]:
    """A sentence over as many lines as it takes."""
    lines: list[str] = []
    for word in safe(text, 1000).split(" "):
        if lines and columns_of(lines[-1]) + 1 + columns_of(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append((_NOTE_INDENT if lines else indent) + word)
    return [Line(line, markup) for line in lines]


def item_line(result: SampleResult) -> str:
    """What follows PASSED or FAILED on a verbose line, such as ``quality 7.4, 1.20 s``."""
    parts = []
    if result.quality is not None:
        parts.append(f"quality {points(result.quality)}")
    if result.timing is not None:
        parts.append(seconds(result.timing.generation_s))
    if result.outcome not in {"passed", "weak"}:
        parts.append(OUTCOME_WORDS[result.outcome])
    return ", ".join(parts)


def failure_text(result: SampleResult, task_title: str, expected: Any) -> str:
    """A failing item in at most eleven lines: what is wrong and how to mend it, then field by field."""
    title = f"{safe(task_title, 80)}: " if task_title else ""
    words = OUTCOME_WORDS[result.outcome]
    if result.quality is None:
        key, remedy = REMEDIES.get(result.outcome, ("", ""))
        hint = f" ({remedy})" if remedy and key not in result.reason else ""
        return f"{title}{words}: {safe(result.reason, 400)}{hint}"
    special = "" if result.outcome in {"weak", "passed"} else f", {words}"
    reason = f": {safe(result.reason, 200)}" if result.reason else ""
    head = f"{title}quality {points(result.quality)} of 10{special}{reason}"
    return "\n".join([head, *(f"  {line}" for line in diff_lines(result, expected))])


def closing_sentence(run: BenchmarkRun, refused: str = "") -> str:
    """In words: what was found and why the exit code is what it is; ``refused``: what alone made it 1."""
    weak = sum(r.quality is not None and r.outcome not in {"passed", "pending"} for r in run.results)
    errors = sum(r.is_error for r in run.results)
    found = count(weak, "weak answer") + (f" and {errors} that could not be asked or judged" if errors else "")
    return f"exit code {run.exit_code}: {refused or _why(run, found, weak, errors)}."


def _why(run: BenchmarkRun, found: str, weak: int, errors: int) -> str:
    if run.lost:
        return f"{count(len(run.lost), 'item')} lost ({found})"
    if run.exit_code == 5:
        return "nothing was selected, so 0 items were scored" + (" and no gate is met" if run.gate else "")
    if run.exit_code == 2:
        return f"the run was interrupted; what was answered is kept, and --localbench-resume goes on ({found})"
    if run.gate is None:
        partial = f"; partial: {count(len(run.not_run), 'item')} not asked" if run.not_run else ""
        return f"{found}; {_without_gate(run, weak, errors)}{partial}"
    checks = run.gate.checks
    broken = sum(not c.passed for c in checks)
    if broken:
        return f"{broken} of {len(checks)} gates not met ({found})"
    if run.not_run:
        unasked = count(len(run.not_run), "item")
        return f"what was asked meets all gates, but the run was stopped early and {unasked} not asked ({found})"
    if run.exit_code == 0:
        alone = f"; weak answers alone ({weak}) do not fail a gated run" if weak else ""
        return f"all gates are met ({len(checks)}){alone}"
    return f"all gates are met, but there were errors, failed ordinary tests or --localbench-strict ({found})"


def _nothing_wrong(waiting: int) -> str:
    return f"{count(waiting, 'answer')} not judged yet" if waiting else "everything passed"


def _without_gate(run: BenchmarkRun, weak: int, errors: int) -> str:
    if run.exit_code == 0:
        late = "without a gate, what is judged after the items changes no exit code"
        waiting = sum(r.outcome == "pending" for r in run.results)
        return late if weak or errors else _nothing_wrong(waiting)
    if weak:
        return "weak answers are failed tests, as no gate was set"
    return "what could not be asked or judged is an error" if errors else "other tests failed"
