"""The table of one category, cut to the width of the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .board import Row
from .safe_text import cut, pad, safe, width
from .words import cost, number, points, seconds, size

_EMPTY = {"-", "0", "100%"}


@dataclass(frozen=True, slots=True)
class _Column:
    """``order``: columns with a higher one are dropped first; ``needed``: shown even where it says nothing."""

    title: str
    cell: Callable[[Row], str]
    order: int
    needed: bool = False


def table_lines(rows: Sequence[Row], limit: int) -> list[str]:
    """Head and one line per row, at most ``limit`` columns wide; columns that say nothing are left out."""
    columns = _columns_of(rows)
    while True:
        cells = [[c.title for c in columns], *([c.cell(row) for c in columns] for row in rows)]
        sizes = [max(width(line[i]) for line in cells) for i in range(len(columns))]
        if sum(sizes) + 2 * len(sizes) <= limit or len(columns) <= 2:
            break
        columns.remove(max(columns, key=lambda c: c.order))
    room = max(8, limit - 2 * len(sizes) - sum(sizes[1:]))
    sizes[0] = min(sizes[0], room)
    return [
        "  " + "  ".join(pad(cut(text, n), n, right=i > 0) for i, (text, n) in enumerate(zip(line, sizes, strict=True)))
        for line in cells
    ]


def table_cells(rows: Sequence[Row]) -> list[list[str]]:
    """The cells of the head and of each row, whatever their width; columns that say nothing are left out."""
    columns = _columns_of(rows)
    return [[c.title for c in columns], *([c.cell(row) for c in columns] for row in rows)]


def _columns_of(rows: Sequence[Row]) -> list[_Column]:
    columns = [c for c in _COLUMNS if c.needed or any(c.cell(row) not in _EMPTY for row in rows)]
    return columns if len(rows) > 1 else [c for c in columns if c.title != "rank"]


def score_text(row: Row) -> str:
    """The score, in brackets when too few tasks were scored."""
    text = number(row.shown)
    return text if row.score.covered or row.shown is None else f"({text})"


def _name(row: Row) -> str:
    return safe(row.score.model, 63) + (" ★" if row.best else "")


def _interval(row: Row) -> str:
    return "-" if row.interval is None else f"{row.interval.low:.1f}–{row.interval.high:.1f}"


def _coverage(row: Row) -> str:
    return "-" if row.score.coverage is None else f"{row.score.coverage:.0%}"


_COLUMNS = (
    _Column("model", _name, 0, needed=True),
    _Column("rank", lambda r: r.rank, 2),
    _Column("score", score_text, 1, needed=True),
    _Column("95 %", _interval, 10),
    _Column("quality", lambda r: points(r.score.quality), 3, needed=True),
    _Column("passed", lambda r: f"{r.score.n_passed}/{r.score.n_scored}", 4, needed=True),
    _Column("invalid", lambda r: str(r.score.n_invalid), 8),
    _Column("errors", lambda r: str(r.score.n_errors), 6),
    _Column("scored", _coverage, 7),
    _Column("time", lambda r: seconds(r.score.median_time_s), 5),
    _Column("memory", lambda r: size(r.score.peak_memory_bytes), 9),
    _Column("cost", lambda r: cost(r.score.cost_usd), 11),
    _Column("tokens/s", lambda r: number(r.score.tokens_per_s), 12),
)
