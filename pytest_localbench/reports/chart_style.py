"""How charts look: colours that colour-blind readers can tell apart, with a dash pattern and a marker for each model."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import MissingDependency

INK, MUTE, LINE, PAPER = "#14171c", "#4a5260", "#d9dde3", "#ffffff"
COLORS = ("#210784", "#c68206", "#588cff", "#963215", "#745877", "#551302", "#a586a7", "#3929c1")
"""At least 3:1 on white, and apart for every kind of colour vision (Machado 2009, distance in OKLab)."""

DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (1.5, 2)), (0, (7, 2, 1.5, 2)), (0, (4, 1.5)), (0, (1, 1.5)),
                           (0, (9, 3)), (0, (4, 1.5, 1, 1.5, 1, 1.5)))  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTE,
    "axes.grid": True,
    "axes.labelcolor": MUTE,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.facecolor": PAPER,
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "localbench",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTE,
    "ytick.color": MUTE,
    "ytick.left": False,
}


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, dash pattern and marker of one model."""

    color: str
    dash: Any
    marker: str


def looks(models: list[str]) -> dict[str, Look]:
    """The look of each model, by its place in the run: the same model looks alike in every chart of the run."""
    return {
        model: Look(COLORS[i % len(COLORS)], DASHES[(i + i // len(COLORS)) % len(DASHES)], MARKERS[i % len(MARKERS)])
        for i, model in enumerate(models)
    }


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """The style, for as long as a chart is drawn. Raises MissingDependency without matplotlib.

    Names are shown as they are: no formulas (``$...$``) are read into them, and signs that the font lacks only leave a box.
    """
    try:
        import matplotlib
    except ImportError:
        raise MissingDependency("matplotlib", "charts", "a chart") from None
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield
