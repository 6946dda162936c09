"""How like a reference a page looks: visible texts and controls, paired and compared by size, place and colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

from ..domain.score import Detail
from ..domain.task import Task
from ..errors import EvaluationError
from .base import EvaluationContext, OptionError, Score
from .folding import norm
from .guards import check_source
from .ui_browser import BROWSER
from .ui_color import color_difference
from .ui_dom import ViewportOptions
from .ui_shown import ShownPage

PARTS: Final = ("size", "text", "position", "color", "background")
CORRECTED: Final = ("position", "color", "background")
"""Parts that a page without any style earns something in."""
LEAST_ALIKE: Final = 0.5
PLACE_BONUS: Final = 0.1
PLACE_SLOPE: Final = 4.0
FAR_COLORS: Final = 50.0
FULL_BASELINE: Final = 0.98
Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Coverage and parts, each 0 to 1; ``pairs`` are (reference, page) indices."""

    coverage: float
    parts: Mapping[str, float]
    pairs: tuple[tuple[int, int], ...] = ()


class VisualBlocksOptions(ViewportOptions):
    """``reference``: variable or file with the right page; ``parts``: their weights.

    ``baseline``: what earns nothing: ``unstyled`` (the reference without CSS, corrects places and colours), ``none``, or
    the variable or file with the page before the edit (corrects the whole).
    """

    reference: str
    parts: dict[str, float] = Field(
        default_factory=lambda: {"size": 1.0, "text": 1.0, "position": 2.0, "color": 1.0, "background": 1.0}
    )
    baseline: str = "unstyled"


class VisualBlocks(ShownPage[VisualBlocksOptions]):
    """Blocks of visible text and controls, paired with those of the reference (text first, then place).

    Every part is multiplied by the share of blocks that found a partner, so missing and surplus blocks cost in all of
    them. After Design2Code (Si et al. 2024), but nothing is averaged over matches alone.
    """

    options_type = VisualBlocksOptions

    def __init__(self, options: VisualBlocksOptions, task: Task) -> None:
        super().__init__(options, task)
        check_source(options.reference, task, "reference")
        if options.baseline not in ("unstyled", "none"):
            check_source(options.baseline, task, "baseline")
        wrong = next((name for name in options.parts if name not in PARTS), None)
        if wrong is not None:
            raise OptionError(f"'{wrong}' is no part; there are {', '.join(PARTS)}", ("parts", wrong))
        if min(options.parts.values(), default=0.0) < 0 or sum(options.parts.values()) <= 0:
            raise OptionError("weights are 0 or more, and one is above 0", ("parts",))

    def look(self, ctx: EvaluationContext) -> Score:
        """Show both pages and compare them."""
        reference = self._blocks(ctx.documents[self.options.reference])
        if isinstance(reference, str) or not reference["blocks"]:
            raise EvaluationError(f"the reference page cannot be used: {reference or 'it shows nothing'}")
        got = self._blocks(ctx.answer.text)
        if isinstance(got, str):
            return Score(0.0, got)
        window = (float(self.options.viewport[0]), max(float(self.options.viewport[1]), reference["page"]["height"]))
        likeness = compare(reference["blocks"], got["blocks"], window)
        if not likeness.pairs:
            return Score(0.0, "no text or control of the reference is there")
        parts, correction = self._corrected(ctx, likeness, reference["blocks"], window)
        total = self._total(parts)
        if correction is not None:
            total = max(0.0, (total - correction) / (1.0 - correction)) if correction < FULL_BASELINE else total
        details = [Detail(path=name, score=round(parts[name], 4)) for name in PARTS if self.options.parts.get(name)]
        paired = {index for index, _ in likeness.pairs}
        missing = [b["text"][:60] for i, b in enumerate(reference["blocks"]) if i not in paired]
        details += [Detail(path=text, score=0.0, note="not on the page") for text in missing[:10]]
        surplus = len(got["blocks"]) - len(likeness.pairs)
        words = f"{len(paired)} of {len(reference['blocks'])} blocks there, {surplus} too many"
        weakest = min((name for name in PARTS if self.options.parts.get(name)), key=lambda name: parts[name])
        return Score(total, f"{words}; weakest part: {weakest} {parts[weakest]:.2f}", tuple(details))

    def _blocks(self, html: str, *, unstyled: bool = False) -> dict[str, Any] | str:
        actions: list[dict[str, Any]] = [{"do": "unstyle"}, {"do": "blocks"}] if unstyled else [{"do": "blocks"}]
        visit = BROWSER.visit(html, actions, self.options.viewport)
        problem = visit.hung or visit.failed(-1)
        return problem or dict(visit.results[-1])

    def _corrected(
        self, ctx: EvaluationContext, likeness: Likeness, reference: Sequence[Block], window: tuple[float, float]
    ) -> tuple[dict[str, float], float | None]:
        """The parts with coverage and chance taken into account, and what the page before the edit earns in all."""
        baseline = self.options.baseline
        parts = dict(likeness.parts)
        before: float | None = None
        if baseline == "unstyled":
            plain = self._blocks(ctx.documents[self.options.reference], unstyled=True)
            if isinstance(plain, str):
                raise EvaluationError(f"the reference page cannot be shown without its styles: {plain}")
            free = compare(reference, plain["blocks"], window).parts
            for name in CORRECTED:
                if free.get(name, 0.0) < FULL_BASELINE:
                    parts[name] = max(0.0, (parts[name] - free[name]) / (1.0 - free[name]))
        elif baseline != "none":
            source = self._blocks(ctx.documents[baseline])
            if isinstance(source, str):
                raise EvaluationError(f"the page before the edit cannot be shown: {source}")
            old = compare(reference, source["blocks"], window)
            before = self._total({name: old.coverage * value for name, value in old.parts.items()})
        return {name: likeness.coverage * value for name, value in parts.items()}, before

    def _total(self, parts: Mapping[str, float]) -> float:
        weights = self.options.parts
        return sum(w * parts.get(name, 0.0) for name, w in weights.items()) / sum(weights.values())


def compare(reference: Sequence[Block], got: Sequence[Block], window: tuple[float, float]) -> Likeness:
    """Pair the blocks of two pages so that texts, then places fit best, and compare the pairs.

    ``window``: the width and height that places are measured in. No pairs: coverage and parts are 0.
    """
    import numpy as np
    from rapidfuzz.distance import Levenshtein
    from scipy.optimize import linear_sum_assignment

    none = Likeness(0.0, dict.fromkeys(PARTS, 0.0))
    if not reference or not got:
        return none
    texts = [[norm(block["text"]) for block in side] for side in (reference, got)]
    alike: Any = np.array([[Levenshtein.normalized_similarity(a, b) for b in texts[1]] for a in texts[0]])
    places: Any = np.array([[_place(a, b, window) for b in got] for a in reference])
    value = np.where(alike >= LEAST_ALIKE, alike + PLACE_BONUS * places, 0.0)
    rows, columns = linear_sum_assignment(value, maximize=True)
    pairs = tuple((int(i), int(j)) for i, j in zip(rows, columns, strict=True) if value[i, j] > 0)
    if not pairs:
        return none
    sums = dict.fromkeys(PARTS, 0.0)
    for i, j in pairs:
        a, b = reference[i], got[j]
        sums["size"] += _ratio(_area(a), _area(b))
        sums["text"] += float(alike[i, j])
        sums["position"] += max(0.0, 1.0 - PLACE_SLOPE * (1.0 - float(places[i, j])))
        sums["color"] += _same_color(a["color"], b["color"])
        sums["background"] += _same_color(a["background"], b["background"])
    count = len(pairs)
    return Likeness(
        count / (len(reference) + len(got) - count), {name: value / count for name, value in sums.items()}, pairs
    )


def _place(a: Block, b: Block, window: tuple[float, float]) -> float:
    """1 at the same place, less by the larger offset of the centres, as a share of the window."""
    dx: float = abs(a["box"][0] + a["box"][2] / 2 - b["box"][0] - b["box"][2] / 2) / window[0]
    dy: float = abs(a["box"][1] + a["box"][3] / 2 - b["box"][1] - b["box"][3] / 2) / window[1]
    return max(0.0, 1.0 - max(dx, dy))


def _area(block: Block) -> float:
    return float(block["box"][2] * block["box"][3])


def _ratio(a: float, b: float) -> float:
    return min(a, b) / max(a, b) if max(a, b) > 0 else 0.0


def _same_color(a: Sequence[float], b: Sequence[float]) -> float:
    return max(0.0, 1.0 - color_difference((a[0], a[1], a[2]), (b[0], b[1], b[2])) / FAR_COLORS)
