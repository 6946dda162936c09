"""Screenshots of two pages, compared pixel by pixel where either shows something."""

from __future__ import annotations

import base64
import io
from typing import Any, Final

from ..domain.task import Task
from ..errors import EvaluationError
from .base import EvaluationContext, Score
from .guards import check_source
from .ui_browser import BROWSER
from .ui_dom import ViewportOptions
from .ui_shown import ShownPage

TILE_PX: Final = 16
SIGMA: Final = 1.5
RADIUS: Final = 5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


class ScreenshotOptions(ViewportOptions):
    """``reference``: variable or file with the right page."""

    reference: str


class ScreenshotSsim(ShownPage[ScreenshotOptions]):
    """SSIM (Wang et al. 2004) of grey screenshots, over the tiles in which either page shows something.

    Pages keep their size: the shorter one is continued in its own background.
    """

    options_type = ScreenshotOptions

    def __init__(self, options: ScreenshotOptions, task: Task) -> None:
        super().__init__(options, task)
        check_source(options.reference, task, "reference")

    def look(self, ctx: EvaluationContext) -> Score:
        """Show both pages and compare the pictures."""
        reference = ctx.documents[self.options.reference]
        pictures = []
        for html, ours in ((reference, True), (ctx.answer.text, False)):
            visit = BROWSER.visit(html, [{"do": "picture"}], self.options.viewport)
            problem = visit.hung or visit.failed(0)
            if problem and ours:
                raise EvaluationError(f"the reference page cannot be shown: {problem}")
            if problem:
                return Score(0.0, problem)
            pictures.append(_grey(visit.results[0]))
        value = ssim(*pictures)
        return Score(value, f"SSIM {value:.3f} where there is something to see")


def _grey(shot: str) -> Any:
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(shot))) as image:
        return np.asarray(image.convert("L"), dtype=float)


def ssim(one: Any, two: Any) -> float:
    """Mean SSIM, 0 to 1, of two grey pictures (arrays of 0 to 255, equal widths) over the tiles that show something.

    Gaussian window of 11 pixels. Two empty pictures are alike (1); negative correlation counts as 0.
    """
    import numpy as np
    from scipy.ndimage import gaussian_filter

    height = max(one.shape[0], two.shape[0])
    one, two = (_continued(picture, height) for picture in (one, two))

    def blur(picture: Any) -> Any:
        return gaussian_filter(picture, SIGMA, truncate=RADIUS / SIGMA)

    mean1, mean2 = blur(one), blur(two)
    var1, var2 = blur(one * one) - mean1**2, blur(two * two) - mean2**2
    both = blur(one * two) - mean1 * mean2
    field = ((2 * mean1 * mean2 + C1) * (2 * both + C2)) / ((mean1**2 + mean2**2 + C1) * (var1 + var2 + C2))
    values = []
    for top in range(0, height, TILE_PX):
        for left in range(0, one.shape[1], TILE_PX):
            tile = np.s_[top : top + TILE_PX, left : left + TILE_PX]
            if np.ptp(one[tile]) > 1 or np.ptp(two[tile]) > 1 or abs(one[tile].mean() - two[tile].mean()) > 1:
                values.append(float(field[tile].mean()))
    return min(1.0, max(0.0, sum(values) / len(values))) if values else 1.0


def _continued(picture: Any, height: int) -> Any:
    import numpy as np

    missing = height - picture.shape[0]
    return (
        np.pad(picture, ((0, missing), (0, 0)), constant_values=float(np.median(picture[-1]))) if missing else picture
    )
