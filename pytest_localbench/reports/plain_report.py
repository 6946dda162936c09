"""The HTML that is put into the report of pytest-html: everything of models, files and users is escaped here."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..domain.result import SampleResult
from ..domain.run import BenchmarkRun
from ..domain.score import ScoreComponent
from ..errors import MissingDependency
from .board import Board, Section
from .charts import MOST_ON_A_RADAR, Kind, chart, describe
from .dashboard_privacy import Privacy
from .safe_text import safe
from .table import table_cells
from .terminal import closing_sentence
from .transcript import told
from .words import OUTCOME_WORDS, cost, number, seconds, size

MAX_PASSED_CHARS = 1_000
MAX_ANSWER_CHARS = 4_000
"""Of each answer; pytest-html draws every row at once, and a report must open."""

COLUMNS = (("localbenchScore", "Score"), ("localbenchQuality", "Quality"), ("localbenchTime", "Answer time"))
STYLE = """<style>
.localbench { color: #14171c; font-size: 13px; margin: 8px 0; max-width: 1100px; }
.localbench table { border-collapse: collapse; margin: 6px 0; }
.localbench th, .localbench td { border: 1px solid #8a919c; padding: 3px 8px; text-align: left; vertical-align: top; }
.localbench td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.localbench pre { background: #f5f6f8; border: 1px solid #d9dde3; max-height: 24em; overflow: auto; padding: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.localbench img { height: auto; max-width: 100%; width: 760px; }
</style>"""
_UNITS: dict[str, Callable[[float], str]] = {
    "s": seconds,
    "usd": cost,
    "bytes": size,
    "points": number,
    "level": lambda value: number(value, 0),
}


def head_cells() -> list[str]:
    """Heads of the additional columns."""
    return [f'<th class="sortable" data-column-type="{key}">{title}</th>' for key, title in COLUMNS]


def row_cells(properties: Mapping[str, Any]) -> list[str]:
    """Cells of the additional columns, from the user properties of a test; a dash for what is not known.

    pytest-html sorts by the text of a cell, so that each begins with a comment that sorts as the number does.
    """
    values = [_float(properties.get(f"localbench.{n}")) for n in ("ultimate_score", "quality_points", "time_s")]
    shown = [number(values[0]), number(values[1]), seconds(values[2])]
    return [
        f'<td class="col-{key}"><!--{"~" if value is None else f"{value:015.6f}"}-->{html.escape(text)}</td>'
        for (key, _), value, text in zip(COLUMNS, values, shown, strict=True)
    ]


def answer_html(result: SampleResult, privacy: Privacy) -> str:
    """What is shown below the row of a test: outcome, score components, verdicts and the beginning of the answer."""
    reason = privacy.told(result.reason)
    head = OUTCOME_WORDS[result.outcome] + (f": {safe(reason, 400)}" if reason else "")
    parts = [f"<p><b>{_text(head)}</b></p>"]
    if result.components:
        rows = [_component_row(component) for component in result.components]
        parts.append(_table(("component", "measured", "0 to 1", "weight"), rows))
    if result.verdicts:
        rows = [[v.name, number(v.score, 2) if v.score is not None else v.status, safe(privacy.told(v.reason), 400)]
                for v in result.verdicts]  # fmt: skip
        parts.append(_table(("evaluator", "0 to 1", "why"), rows))
    answer = privacy.made(told(result)) if privacy.wants((result.outcome,)) else None
    if answer:
        most = MAX_PASSED_CHARS if result.outcome == "passed" else MAX_ANSWER_CHARS
        more = len(answer) - most
        tail = f"\n[{more:,} more characters are in the run document]" if more > 0 else ""
        parts.append(f"<pre>{_text(_visible(answer[:most]))}{tail}</pre>")
    return f'<div class="localbench">{"".join(parts)}</div>'


def summary_html(run: BenchmarkRun, dashboard: str | None) -> str:
    """What stands above the rows: closing sentence, link, one picture, a table per category.

    ``dashboard``: the address of the dashboard, relative to the report.
    """
    board = Board.of(run)
    parts = [STYLE, '<div class="localbench">', f"<p><b>{_text(closing_sentence(run))}</b></p>"]
    if dashboard is not None:
        parts.append(f'<p><a href="{html.escape(dashboard)}">dashboard of this run</a></p>')
    parts.append(_picture(run, board))
    for section in board.sections:
        head, *rows = table_cells(section.rows)
        parts.append(f"<h3>{_text(section.name)}</h3>{_table(head, rows)}")
        parts += [f"<p>{_text(note)}</p>" for note in section.notes]
    return "".join([*parts, "</div>"])


def _picture(run: BenchmarkRun, board: Board) -> str:
    """A radar where it can be read, else bars; without matplotlib a sentence."""
    scored = any(row.shown is not None for section in board.sections for row in section.rows)
    if not scored:
        return ""
    kind: Kind = "radar" if _fits_radar(board.sections) else "bars"
    try:
        picture = chart(kind, run)
    except MissingDependency as missing:
        return f"<p>{_text(missing)}</p>"
    data = base64.b64encode(picture).decode("ascii")
    return f'<p><img alt="{_text(describe(run))}" src="data:image/png;base64,{data}"></p>'


def _fits_radar(sections: Sequence[Section]) -> bool:
    return len(sections) >= 3 and len({row.score.model for s in sections for row in s.rows}) <= MOST_ON_A_RADAR


def _component_row(c: ScoreComponent) -> list[str]:
    measured = "not measured" if c.raw is None else _UNITS[c.unit](c.raw)
    return [c.name, measured, number(c.normalized, 2), number(c.weight, 2)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["<table><tr>", *(f"<th>{_text(cell)}</th>" for cell in head), "</tr>"]
    for row in rows:
        lines += [
            "<tr>",
            *(f"<td{'' if i == 0 else _kind(cell)}>{_text(cell)}</td>" for i, cell in enumerate(row)),
            "</tr>",
        ]
    return "".join([*lines, "</table>"])


def _kind(cell: str) -> str:
    return ' class="number"' if cell[:1].isdigit() or cell[:1] in "-(" else ""


def _text(value: object) -> str:
    return html.escape(safe(value, 4000) if not isinstance(value, str) or "\n" not in value else value)


def _visible(text: str) -> str:
    return "\n".join(safe(line, MAX_ANSWER_CHARS) for line in text.splitlines())


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
