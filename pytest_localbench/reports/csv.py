"""One row per answer as comma-separated values (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from ..domain.result import SampleResult
from ..domain.run import BenchmarkRun
from ..domain.score import COMPONENTS
from .dashboard_privacy import Embed, Privacy, Redact

MAX_CELL_CHARS = 32_000
"""A spreadsheet holds 32,767 characters a cell; the rest is in the run document."""

_FORMULA = re.compile(
    r"[\s\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_Cell = Callable[[SampleResult, Privacy], Any]


def run_csv(run: BenchmarkRun, *, embed: Embed = "all", redact: Redact = "none") -> str:
    """Head and one row per answer, in the order of the run document; unknown values are empty, never 0.

    Units stand in the names of the columns; ``quality`` and the components are 0 to 1, ``quality_points`` 1 to 10,
    ``score`` 0 to 10. ``embed`` and ``redact`` as for the dashboard.
    """
    privacy = Privacy(embed=embed, redact=redact, max_chars=MAX_CELL_CHARS - 200)
    titles = {(task.category, task.id): task.title for task in run.tasks}
    rows: list[Sequence[Any]] = [["run", "title", *(name for name, _ in _COLUMNS)]]
    for result in run.results:
        title = privacy.place(titles.get((result.key.category, result.key.task)))
        rows.append([run.id, title, *(cell(result, privacy) for _, cell in _COLUMNS)])
    return csv_text(rows)


def csv_text(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as CSV with CRLF line ends; see :func:`csv_cell`."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([csv_cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_cell(value: object) -> str:
    """A value as the text of one cell. Numbers stay plain numbers; ``None`` and what is not finite is empty.

    Text that a spreadsheet would take for a formula (``=``, ``+``, ``-`` or ``@`` first, also after blanks, or a tab or
    carriage return first) gets an apostrophe in front (OWASP, CSV injection); control codes are shown as ``\\xNN``.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value) if math.isfinite(value) else ""
    text = str(value)
    guard = "'" if _FORMULA.match(text) else ""
    return guard + _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _timing(name: str) -> _Cell:
    return lambda r, _: getattr(r.timing, name) if r.timing else None


def _component(name: str) -> _Cell:
    return lambda r, _: next((c.normalized for c in r.components if c.name == name), None)


def _answer(r: SampleResult, privacy: Privacy) -> Any:
    return privacy.made(r.answer) if privacy.wants((r.outcome,)) else None


_COLUMNS: tuple[tuple[str, _Cell], ...] = (
    ("category", lambda r, _: r.key.category),
    ("task", lambda r, _: r.key.task),
    ("model", lambda r, _: r.key.model),
    ("sample", lambda r, _: "" if r.key.sample == "-" else r.key.sample),
    ("attempt", lambda r, _: r.key.attempt),
    ("started_at", lambda r, _: r.started_at),
    ("outcome", lambda r, _: r.outcome),
    ("quality", lambda r, _: r.quality),
    ("quality_points", lambda r, _: None if r.quality is None else 1 + 9 * r.quality),
    ("pass_quality", lambda r, _: r.pass_quality),
    ("score", lambda r, _: r.ultimate_score),
    *((f"{name}_component", _component(name)) for name in COMPONENTS),
    ("time_s", _timing("generation_s")),
    ("first_token_s", _timing("first_token_s")),
    ("output_tokens_per_s", _timing("output_tokens_per_s")),
    ("prompt_tokens_per_s", _timing("prompt_tokens_per_s")),
    ("load_s", _timing("load_s")),
    ("queued_s", _timing("queued_s")),
    ("elapsed_s", _timing("elapsed_s")),
    ("input_tokens", lambda r, _: r.usage.input_tokens),
    ("cached_tokens", lambda r, _: r.usage.cached_tokens),
    ("output_tokens", lambda r, _: r.usage.output_tokens),
    ("reasoning_tokens", lambda r, _: r.usage.reasoning_tokens),
    ("memory_bytes", lambda r, _: r.memory.peak_bytes),
    ("vram_bytes", lambda r, _: r.memory.peak_vram_bytes),
    ("cost_usd", lambda r, _: r.cost_usd),
    ("contended", lambda r, _: r.contended),
    ("cached", lambda r, _: r.cached),
    ("finish_reason", lambda r, _: r.finish_reason),
    ("label", lambda r, p: p.made(r.label)),
    ("expected_label", lambda r, p: p.given(r.expected_label)),
    ("reason", lambda r, p: p.told(r.reason)),
    ("failure", lambda r, p: p.told(r.failure.message) if r.failure else None),
    ("notes", lambda r, _: "; ".join(r.notes)),
    ("answer", _answer),
    ("resolved_model", lambda r, p: p.place(r.resolved_model)),
    ("task_hash", lambda r, _: r.task_hash),
    ("model_hash", lambda r, _: r.model_hash),
    ("test", lambda r, p: p.place(r.nodeid)),
)
