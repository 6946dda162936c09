"""Runs over time as a table of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from ..domain.history import PastRun, PastScore
from .safe_text import pad, safe, width
from .words import number, points, seconds, utc_minute

_HEAD = ("run", "started (UTC)", "category", "model", "score", "95 %", "quality", "tasks", "time", "notes")
_NUMBERS = {"score", "95 %", "quality", "tasks", "time"}


def history_lines(
    runs: Sequence[PastRun],
    names: Mapping[str, Sequence[str]],
    *,
    category: str | None = None,
    model: str | None = None,
    newest: int = 0,
) -> list[str]:
    """A head and one line for each category and model of each run (oldest first); ``[]`` when nothing matches.

    ``category`` and ``model`` are globs; ``newest``: only that many runs, 0 = all; ``names``: run id -> saved names.
    Notes tell what breaks the row: a run that was stopped early or scored fewer tasks than one before it, another machine
    or another model behind the same name than in the line of this model before.
    """
    rows: list[tuple[str, tuple[str, ...]]] = []
    before: dict[str, PastRun] = {}
    most: dict[tuple[str, str], int] = {}
    for run in runs:
        for score in run.scores:
            key = (score.category, score.model)
            most[key] = max(score.n_scored, most.get(key, 0))
            if _select(category, score.category) and _select(model, score.model):
                notes = [f"saved as {safe(name, 63)}" for name in names.get(run.id, ())]
                notes += _notes(run, score, before.get(score.model), most[key])
                rows.append((run.id, _row(run, score, notes)))
        before |= dict.fromkeys(run.fingerprints, run)
    shown = list(dict.fromkeys(run_id for run_id, _ in rows))
    kept = set(shown[-newest:] if newest else shown)
    table = [cells for run_id, cells in rows if run_id in kept]
    if not table:
        return []
    lines = [_HEAD, *table]
    sizes = [max(width(line[i]) for line in lines) for i in range(len(_HEAD))]
    return [
        "  ".join(
            pad(text, size, right=name in _NUMBERS) for text, size, name in zip(line, sizes, _HEAD, strict=True)
        ).rstrip()
        for line in lines
    ]


def _row(run: PastRun, score: PastScore, notes: Sequence[str]) -> tuple[str, ...]:
    interval = "-" if score.low is None or score.high is None else f"{score.low:.1f}-{score.high:.1f}"
    return (
        safe(run.id, 63),
        safe(utc_minute(run.started_at), 32),
        safe(score.category, 63),
        safe(score.model, 63),
        number(score.score) if score.covered or score.score is None else f"({number(score.score)})",
        interval,
        points(score.quality),
        str(score.n_scored),
        seconds(score.median_time_s),
        ", ".join(notes),
    )


def _notes(run: PastRun, score: PastScore, before: PastRun | None, most: int) -> list[str]:
    notes = []
    if not run.complete:
        notes.append("partial: stopped early")
    elif score.n_scored < most:
        notes.append(f"partial: {score.n_scored} of {most} tasks")
    elif not score.covered:
        notes.append("too few tasks scored")
    if before is not None:
        if before.machine != run.machine:
            notes.append("another machine")
        if before.fingerprints.get(score.model) != run.fingerprints.get(score.model):
            notes.append("model changed")
    return notes


def _select(pattern: str | None, name: str) -> bool:
    return pattern is None or fnmatchcase(name, pattern)
