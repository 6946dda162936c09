"""Scores over the runs of a data folder, in the order of instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import isnan
from typing import TYPE_CHECKING, Any

from ..domain.history import PastRun, PastScore
from ..domain.run import BenchmarkRun
from ..errors import ConfigError
from .chart_style import INK, PAPER, looks
from .safe_text import safe

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_history(
    run: BenchmarkRun, categories: Sequence[tuple[str, str]], models: Sequence[str], past: Sequence[PastRun]
) -> Figure:
    """A panel per category (id, name), a line per model; a missing score breaks the line, a ring marks a changed model.

    ``past`` ends with the run itself. Raises ConfigError for fewer than two runs.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    runs = sorted(past, key=lambda one: _instant(one.started_at))
    if len(runs) < 2:
        raise ConfigError("a history needs at least two runs of one data folder; this is the first one there.")
    names = [m.id for m in run.models if not models or m.id in models]
    found = looks([m.id for m in run.models])
    made = Figure(figsize=(8.0, 3.0 * len(categories) + 0.5), layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(made)
    axes = made.subplots(len(categories), 1, squeeze=False, sharex=True)[:, 0]
    for ax, (category, title) in zip(axes, categories, strict=True):
        ax.set_title(safe(title, 80))
        ax.set_ylim(-0.2, 10.2)
        ax.set_yticks(range(0, 11, 2))
        ax.set_ylabel("score, 0 to 10")
        ends = [end for name in names if (end := _line(ax, runs, category, name, found[name]))]
        _labels(ax, ends)
        ax.margins(x=0.04)
    _days(axes[-1], [_instant(one.started_at) for one in runs])
    return made


def _line(ax: Any, runs: Sequence[PastRun], category: str, model: str, look: Any) -> tuple[float, str, str] | None:
    """Draw one model; returns height, name and colour of its last point."""
    whens = [_instant(one.started_at) for one in runs]
    scores = [_score(one, category, model) for one in runs]
    values = [float("nan") if s is None or s.score is None else s.score for s in scores]
    known = [value for value in values if not isnan(value)]
    if not known:
        return None
    ax.plot(whens, values, color=look.color, linestyle=look.dash, linewidth=1.8, label=model)
    before = None
    for one, when, score in zip(runs, whens, scores, strict=True):
        if score is None or score.score is None:
            continue
        full = one.complete and score.covered
        if score.low is not None and score.high is not None:
            below, above = max(0.0, score.score - score.low), max(0.0, score.high - score.score)
            ax.errorbar(when, score.score, yerr=[[below], [above]], color=look.color, alpha=0.45, capsize=2.5)
        ax.plot([when], [score.score], marker=look.marker, markersize=6.5, color=look.color, linestyle="none",
                markerfacecolor=look.color if full else PAPER, markeredgewidth=1.4)  # fmt: skip
        made_of = one.fingerprints.get(model)
        if before is not None and made_of is not None and made_of != before:
            ax.plot([when], [score.score], marker="o", markersize=14, color=look.color, markerfacecolor="none",
                    linestyle="none", markeredgewidth=1.2, label="_changed")  # fmt: skip
        before = made_of or before
    return known[-1], model, look.color


def _labels(ax: Any, ends: Sequence[tuple[float, str, str]]) -> None:
    """Names beside the last points, pushed apart where they would overlap."""
    height = 10.9
    for value, name, color in sorted(ends, reverse=True):
        height = min(value, height - 0.8)
        ax.annotate(name, (1.0, height), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
                    va="center", fontsize=8.5, color=INK, annotation_clip=False,
                    bbox={"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none"})  # fmt: skip
        ax.plot(
            [1.0, 1.006], [value, height], transform=ax.get_yaxis_transform(), color=color, linewidth=2, clip_on=False
        )


def _days(ax: Any, whens: Sequence[datetime]) -> None:
    from matplotlib import dates

    days = (whens[-1] - whens[0]).days
    form = "%d %b %H:%M" if days < 2 else "%d %b" if days < 300 else "%b %Y"
    locator: Any = dates.AutoDateLocator(tz=UTC, minticks=2, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.DateFormatter(form, tz=UTC))
    years = sorted({whens[0].astimezone(UTC).year, whens[-1].astimezone(UTC).year})
    ax.set_xlabel(f"start of the run, UTC, {' to '.join(map(str, years))}\nlines: 95 % intervals; ring: the model changed; "
                  "hollow: stopped early or too few tasks scored", fontsize=8.5)  # fmt: skip


def _score(one: PastRun, category: str, model: str) -> PastScore | None:
    return next((s for s in one.scores if s.category == category and s.model == model), None)


def _instant(stamp: str) -> datetime:
    moment = datetime.fromisoformat(stamp)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
