"""Charts of a run as PNG or SVG, drawn by matplotlib (extra ``charts``), which is imported when a chart is drawn.

What is not known is a gap, never a zero; scores carry their intervals; no model is told apart by colour alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..domain.history import PastRun
from ..domain.run import BenchmarkRun
from ..errors import ConfigError, did_you_mean
from .board import Board, Row, Section
from .chart_history import draw_history
from .chart_style import INK, MUTE, PAPER, looks, styled
from .safe_text import safe
from .words import number, points, seconds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["radar", "bars", "history", "scatter"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_ON_A_RADAR = 4
DPI = 144
_COMPONENT_AXES = (("quality", "quality"), ("time", "speed"), ("memory", "memory"), ("cost", "cost"))


def chart(
    kind: Kind,
    run: BenchmarkRun,
    *,
    form: Literal["png", "svg"] = "png",
    category: str | None = None,
    models: Sequence[str] = (),
    past: Sequence[PastRun] = (),
) -> bytes:
    """One picture. ``category`` and ``models`` narrow what is shown; ``past`` are the runs of ``history``, oldest first.

    The picture carries its title and what it shows in words as metadata. Raises ConfigError where there is nothing to
    draw, MissingDependency without matplotlib.
    """
    found = figure(kind, run, category=category, models=models, past=past)
    out = io.BytesIO()
    title = f"LocalBench {kind}, run {run.id}"
    words = describe(run, category=category, models=models)
    with styled():
        found.savefig(
            out,
            format=form,
            dpi=DPI,
            metadata={
                "Title": title,
                "Description": words,
                **({"Date": None} if form == "svg" else {"Software": None}),
            },
        )
    return out.getvalue()


def describe(run: BenchmarkRun, *, category: str | None = None, models: Sequence[str] = ()) -> str:
    """The scores in words, for readers who do not see the picture."""
    parts = []
    for section in _sections(run, category):
        rows = [f"{row.score.model} {_value_text(row)}" for row in _rows(section, models)]
        parts.append(f"{safe(section.name)}: {', '.join(rows)}")
    return f"Scores from 0 to 10. {'; '.join(parts)}."


def figure(
    kind: Kind,
    run: BenchmarkRun,
    *,
    category: str | None = None,
    models: Sequence[str] = (),
    past: Sequence[PastRun] = (),
) -> Figure:
    """The figure of a chart; see :func:`chart`."""
    known = [model.id for model in run.models] or [s.model for s in run.summary]
    for name in models:
        if name not in known:
            raise ConfigError(f"the run has no model '{name}'{did_you_mean(name, known)}. Models: {', '.join(known)}.")
    sections = _sections(run, category)
    if not any(row.shown is not None for section in sections for row in _rows(section, models)):
        raise ConfigError("there is nothing to draw: no model of this run has a score there.")
    draw: dict[str, Callable[[], Figure]] = {
        "bars": lambda: _bars(run, sections, models),
        "radar": lambda: _radar(run, sections, models),
        "scatter": lambda: _scatter(run, sections, models),
        "history": lambda: draw_history(run, [(s.category, s.name) for s in sections], models, past),
    }
    with styled():
        return draw[kind]()


def _sections(run: BenchmarkRun, category: str | None) -> list[Section]:
    sections = list(Board.of(run).sections)
    if category is None:
        return sections
    found = [section for section in sections if section.category == category]
    if not found:
        known = [section.category for section in sections]
        raise ConfigError(
            f"the run has no category '{category}'{did_you_mean(category, known)}. Categories: {', '.join(known)}."
        )
    return found


def _rows(section: Section, models: Sequence[str]) -> list[Row]:
    return [row for row in section.rows if not models or row.score.model in models]


def _looks(run: BenchmarkRun) -> dict[str, Any]:
    return looks(list(dict.fromkeys([*(m.id for m in run.models), *(s.model for s in run.summary)])))


def _value_text(row: Row) -> str:
    if row.shown is None:
        return "no score"
    interval = f" ({row.interval.low:.1f} to {row.interval.high:.1f})" if row.interval else ""
    part = "" if row.score.covered else f", only {row.score.coverage or 0:.0%} of the tasks scored"
    return f"{number(row.shown)}{interval}{part}"


def _new(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(made)
    return made


def _bars(run: BenchmarkRun, sections: Sequence[Section], models: Sequence[str]) -> Figure:
    """A panel per category, a bar per model with its interval and number, best first."""
    from matplotlib.patheffects import withStroke

    found = _looks(run)
    panels = [(section, _rows(section, models)) for section in sections]
    heights = [len(rows) * 0.38 + 0.75 for _, rows in panels]
    made: Figure = _new(8.0, sum(heights) + 0.35)
    axes = made.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for ax, (section, rows) in zip(axes, panels, strict=True):
        rows.sort(key=lambda r: (r.shown is None, not r.score.covered, -(r.shown or 0.0), r.score.model))
        ax.set_title(safe(section.name, 80))
        ax.grid(visible=False, axis="y")
        for place, row in enumerate(rows):
            if row.shown is None:
                ax.text(0.1, place, "no score", va="center", color=MUTE, style="italic")
                continue
            look = found[row.score.model]
            weak = not row.score.covered
            ax.barh(place, row.shown, height=0.62, color=PAPER if weak else look.color, edgecolor=look.color,
                    hatch="////" if weak else None, linewidth=1.2)  # fmt: skip
            end = row.shown
            if row.interval is not None:
                low, high = max(0.0, row.shown - row.interval.low), max(0.0, row.interval.high - row.shown)
                line = ax.errorbar(row.shown, place, xerr=[[low], [high]], color=INK, capsize=3, capthick=1.6)
                for part in (*line[1], *line[2]):
                    part.set_path_effects([withStroke(linewidth=4, foreground=PAPER)])
                end = max(end, row.interval.high)
            note = "" if row.score.covered else f"  only {row.score.coverage or 0:.0%} scored"
            ax.text(end + 0.12, place, f"{row.shown:.1f}{' ★' if row.best else ''}{note}", va="center", color=INK)
        ax.set_yticks(range(len(rows)), [row.score.model for row in rows])
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_xlim(0, 11.2)
        ax.set_xticks(range(0, 11, 2))
        limit = next((c.thresholds.fail_under for c in run.categories if c.id == section.category), None)
        if limit is not None:
            ax.axvline(limit, color=MUTE, linewidth=1.2, linestyle=(0, (3, 2)))
            ax.text(limit, -0.52, f" gate {limit:g}", color=MUTE, fontsize=8, va="bottom")
    axes[-1].set_xlabel("score, 0 to 10; lines are 95 % intervals" if _any_interval(panels) else "score, 0 to 10")
    return made


def _any_interval(panels: Sequence[tuple[Section, Sequence[Row]]]) -> bool:
    return any(row.interval is not None for _, rows in panels for row in rows)


def _radar(run: BenchmarkRun, sections: Sequence[Section], models: Sequence[str]) -> Figure:
    """Categories as axes; with fewer than three, the components of the first one."""
    names = list(dict.fromkeys(row.score.model for section in sections for row in _rows(section, models)))
    if len(names) > MOST_ON_A_RADAR:
        raise ConfigError(
            f"a radar of {len(names)} models cannot be read; choose at most {MOST_ON_A_RADAR} with --models, or --kind bars."
        )
    by_model = [{row.score.model: row for row in section.rows} for section in sections]
    if len(sections) >= 3:
        labels = [safe(section.name, 28) for section in sections]
        values = {m: [rows[m].shown if m in rows else None for rows in by_model] for m in names}
        title, top = "Score by category, 0 to 10", 10.0
    else:
        labels = [words for _, words in _COMPONENT_AXES]
        values = {m: [by_model[0][m].score.components.get(c) for c, _ in _COMPONENT_AXES]  # type: ignore[call-overload]
                  if m in by_model[0] else [None] * 4 for m in names}  # fmt: skip
        title, top = f"{safe(sections[0].name, 60)}: components, 0 to 1", 1.0
    return _draw_radar(labels, values, title, top, _looks(run))


def _draw_radar(
    labels: Sequence[str], values: dict[str, list[Any]], title: str, top: float, found: dict[str, Any]
) -> Figure:
    from math import pi, sin

    made: Figure = _new(7.0, 5.6)
    ax: Any = made.add_subplot(projection="polar")
    angles = [2 * pi * i / len(labels) for i in range(len(labels))]
    ax.set_theta_offset(pi / 2)
    ax.set_theta_direction(-1)
    unknown: list[str] = []
    for model, numbers in values.items():
        look = found[model]
        around = [float("nan") if v is None else v for v in [*numbers, numbers[0]]]
        ax.plot([*angles, angles[0]], around, color=look.color, linestyle=look.dash, marker=look.marker, linewidth=2,
                markersize=7, label=model, clip_on=False)  # fmt: skip
        if all(v is not None for v in numbers):
            ax.fill(angles, numbers, color=look.color, alpha=0.07)
        unknown += [f"{model} {label}" for label, v in zip(labels, numbers, strict=True) if v is None]
    ax.set_ylim(0, top)
    ax.set_yticks([top * share for share in (0.2, 0.4, 0.6, 0.8, 1.0)])
    ax.tick_params(axis="y", labelsize=7.5)
    ax.set_xticks(angles, labels, fontsize=10, color=INK)
    ax.tick_params(axis="x", pad=10)
    for label, angle in zip(ax.get_xticklabels(), angles, strict=True):
        side = sin(angle)
        label.set_horizontalalignment("center" if abs(side) < 0.1 else "left" if side > 0 else "right")
    ax.spines["polar"].set_visible(False)
    made.suptitle(title, x=0.02, ha="left", fontsize=11, fontweight="bold")
    gap = f"not known: {safe(', '.join(unknown), 150)}" if unknown else None
    made.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=min(4, len(values)), handlelength=4,
                title=gap, title_fontsize=8.5)  # fmt: skip
    return made


def _scatter(run: BenchmarkRun, sections: Sequence[Section], models: Sequence[str]) -> Figure:
    """Quality against time, a panel per category; the line joins models that no other one beats in both."""
    found = _looks(run)
    made: Figure = _new(8.0, 4.3 * len(sections) + 0.2)
    axes = made.subplots(len(sections), 1, squeeze=False)[:, 0]
    for ax, section in zip(axes, sections, strict=True):
        _scatter_panel(ax, section, _rows(section, models), found)
    return made


def _scatter_panel(ax: Any, section: Section, rows: Sequence[Row], found: dict[str, Any]) -> None:
    known = [(row.score.median_time_s, 1 + 9 * row.score.quality, row) for row in rows
             if row.score.median_time_s is not None and row.score.quality is not None]  # fmt: skip
    ax.set_title(safe(section.name, 80))
    ax.set_ylabel("quality, 1 to 10")
    ax.set_ylim(0.7, 10.3)
    ax.set_yticks(range(2, 11, 2))
    if known:
        times = [time for time, _, _ in known]
        if min(times) > 0 and max(times) / min(times) >= 8:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            ax.set_xlim(min(times) / 1.6, max(times) * 2.6)
        else:
            ax.set_xlim(0, max(times) * 1.35 or 1)
        front = _pareto([(time, quality) for time, quality, _ in known])
        if len(front) > 1:
            ax.plot(*zip(*front, strict=True), color=MUTE, linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    taken: list[tuple[float, float, float]] = []
    for time, quality, row in sorted(known, key=lambda spot: -spot[1]):
        look = found[row.score.model]
        face = look.color if row.score.covered else PAPER
        ax.plot([time], [quality], linestyle="none", marker=look.marker, markersize=10, color=look.color,
                markerfacecolor=face, markeredgewidth=1.6, zorder=3)  # fmt: skip
        words = f"{row.score.model}  {points(row.score.quality)}, {seconds(time)}"
        lift = _free_line(ax, time, quality, words, taken)
        line = (
            {"arrowstyle": "-", "color": look.color, "linewidth": 0.8, "relpos": (0.0, 0.5)} if abs(lift) > 16 else None
        )
        ax.annotate(words, (time, quality), xytext=(11, lift), textcoords="offset points", fontsize=8.5, color=INK,
                    va="center", arrowprops=line)  # fmt: skip
    left_out = [row.score.model for row in rows if row not in [r for _, _, r in known]]
    words = "median seconds an answer; to the upper left is better, the dotted line joins models nobody beats in both"
    ax.set_xlabel(words + (f"\nnot shown, time or quality not known: {safe(', '.join(left_out), 120)}" if left_out else ""),
                  fontsize=8.5)  # fmt: skip


def _free_line(ax: Any, x: float, y: float, words: str, taken: list[tuple[float, float, float]]) -> float:
    """How far (points) a label is lifted so that it covers no other one; sizes are estimated."""
    left, middle = ax.transAxes.inverted().transform(ax.transData.transform((x, y)))
    right = left + 0.03 + len(words) * 0.0105
    for lift in (0, 14, -14, 28, -28, 42, -42, 56, -56):
        height = middle + lift / 270
        if all(abs(height - other) > 0.045 or right < start or left > end for other, start, end in taken):
            break
    taken.append((height, left, right))
    return float(lift)


def _pareto(spots: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The spots that no other one beats in both time and quality, fastest first."""
    front: list[tuple[float, float]] = []
    for time, quality in sorted(spots, key=lambda spot: (spot[0], -spot[1])):
        if not front or quality > front[-1][1]:
            front.append((time, quality))
    return front
