"""Pictures of pages: screenshots, red marks drawn over them as by hand, and pencil drawings of pages to be built.

Drawn as SVG and photographed in the browser that judges, so a Chromium must be there.
"""

from __future__ import annotations

import base64
import html
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from pytest_localbench.evaluators.ui_browser import BROWSER

RED = "#e11d48"
PENCIL = "#374151"
Box = tuple[float, float, float, float]
Files = dict[str, str | bytes]


def shot(page: str, viewport: tuple[int, int]) -> str:
    """A screenshot, base64 of a PNG."""
    visit = BROWSER.visit(page, [{"do": "picture"}], viewport)
    assert visit.hung is None, visit.hung
    return str(visit.results[0])


def boxes(page: str, selectors: Sequence[str], viewport: tuple[int, int]) -> list[Box]:
    """Where the first match of each selector lies."""
    visit = BROWSER.visit(page, [{"do": "rules", "selectors": list(selectors), "style": []}], viewport)
    assert visit.hung is None, visit.hung
    return [tuple(found["elements"][0]["box"]) for found in visit.results[0]["found"]]


def line(rng: random.Random, points: Sequence[tuple[float, float]], colour: str = RED, width: float = 4) -> str:
    """A stroke through points, a little shaky."""
    steps = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        count = max(2, int((abs(x1 - x0) + abs(y1 - y0)) / 14))
        steps += [
            (x0 + (x1 - x0) * k / count + rng.uniform(-1.2, 1.2), y0 + (y1 - y0) * k / count + rng.uniform(-1.2, 1.2))
            for k in range(1, count + 1)
        ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in steps)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linecap="round"/>'


def ring(box: Box, pad: float = 12) -> str:
    """A hand-drawn ring around a box."""
    x, y, w, h = box[0] - pad, box[1] - pad, box[2] + 2 * pad, box[3] + 2 * pad
    return (
        f'<path d="M {x + w * 0.4:.1f} {y:.1f} C {x + w * 1.1:.1f} {y - 6:.1f} {x + w * 1.08:.1f} {y + h + 6:.1f} '
        f"{x + w / 2:.1f} {y + h:.1f} C {x - w * 0.1:.1f} {y + h + 4:.1f} {x - w * 0.06:.1f} {y - 4:.1f} "
        f'{x + w * 0.52:.1f} {y - 3:.1f}" fill="none" stroke="{RED}" stroke-width="4"/>'
    )


def cross(rng: random.Random, box: Box) -> str:
    """Two strokes across a box."""
    x, y, w, h = box
    return line(rng, [(x + 6, y + 3), (x + w - 6, y + h - 3)]) + line(rng, [(x + 6, y + h - 3), (x + w - 6, y + 3)])


def arrow(rng: random.Random, start: tuple[float, float], end: tuple[float, float], bend: float) -> str:
    """A stroke with a head, bent downwards by some pixels."""
    (x0, y0), (x1, y1) = start, end
    middle = ((x0 + x1) / 2, max(y0, y1) + bend)
    side = 1 if x1 > x0 else -1
    return line(rng, [start, middle, end]) + line(rng, [(x1 - 18 * side, y1 + 2), end, (x1 - 4 * side, y1 + 18)])


def words(at: tuple[float, float], text: str, colour: str = RED, size: int = 20) -> str:
    """A note, slightly askew."""
    x, y = at
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="sans-serif" font-style="italic" font-weight="bold" '
        f'font-size="{size}" fill="{colour}" transform="rotate(-2 {x:.1f} {y:.1f})">{html.escape(text)}</text>'
    )


def badge(at: tuple[float, float], number: int) -> str:
    """A number in a filled circle."""
    x, y = at
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="16" fill="{RED}"/><text x="{x:.1f}" y="{y + 7:.1f}" fill="#fff" '
        f'font-family="sans-serif" font-size="20" font-weight="bold" text-anchor="middle">{number}</text>'
    )


def marked(name: str, page: str, overlay: str, viewport: tuple[int, int]) -> Files:
    """The picture with the marks on it, and the marks alone."""
    width, height = viewport
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{overlay}</svg>\n'
    laid = (
        f"<!doctype html><title>m</title><style>*{{margin:0}}img,svg{{position:absolute;top:0;left:0}}</style>"
        f'<img alt="" src="data:image/png;base64,{shot(page, viewport)}">{svg}'
    )
    return {f"files/{name}.png": base64.b64decode(shot(laid, viewport)), f"files/{name}.svg": svg}


def sketched(name: str, page: str, outlined: Sequence[str], filled: Sequence[str], viewport: tuple[int, int],
             rng: random.Random) -> Files:  # fmt: skip
    """A pencil drawing of a page: outlines of some elements, hatching for filled ones, every text in its place."""
    drawing = []
    action = {"do": "rules", "selectors": [*outlined, *filled], "style": []}
    visit = BROWSER.visit(page, [action, {"do": "blocks"}], viewport)
    assert visit.hung is None, visit.hung
    for selector, found in zip(action["selectors"], visit.results[0]["found"], strict=True):
        for element in found["elements"]:
            x, y, w, h = element["box"]
            corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)]
            drawing.append(line(rng, corners, PENCIL, 2))
            if selector in filled:
                spots = range(int(x) + 8, int(x + w), 9)
                drawing += [
                    line(rng, [(s, y + 2), (max(x + 2, s - h * 0.6), min(y + h - 2, y + (s - x) / 0.6))], "#b9c0ca", 1)
                    for s in spots
                ]
    for block in visit.results[1]["blocks"]:
        x, y, w, h = block["box"]
        text = block["text"].removeprefix("[field]").strip()
        if text and not text.startswith("["):
            field = block["text"].startswith("[field]")
            at, width = (x + 12, "") if field else (x, f'textLength="{w:.0f}" ')
            drawing.append(
                f'<text x="{at:.1f}" y="{y + h * (0.64 if field else 0.78):.1f}" font-family="sans-serif" '
                f'font-style="italic" font-size="{block["font_px"]:.0f}" {width}fill="{PENCIL}">{html.escape(text)}</text>'
            )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{viewport[0]}" height="{viewport[1]}">'
        f'<rect width="{viewport[0]}" height="{viewport[1]}" fill="#fbfaf7"/>{"".join(drawing)}</svg>\n'
    )
    plain = f"<!doctype html><title>m</title><style>*{{margin:0}}</style>{svg}"
    return {f"files/{name}.png": base64.b64decode(shot(plain, viewport)), f"files/{name}.svg": svg}


def annotated_button(files: dict[str, str], values: dict[str, Any], rng: random.Random) -> Files:
    """An arrow for the search box, a ring and a note for a button, a cross over the banner."""
    page, view = files["files/ui_annotated_button.html"], (1280, 640)
    search, title, banner, export = boxes(page, ["#search", "h1", ".promo-banner", "#export"], view)
    overlay = arrow(rng, (search[0] + search[2] - 30, search[1] + 24), (title[0] + title[2] + 90, title[1] + 12), 12)
    overlay += cross(rng, (banner[0] + 30, banner[1], 420, banner[3])) + ring(export)
    overlay += words((export[0] + 240, export[1] + 26), f'"Export CSV", {values["brand"]}, white text')
    return marked("ui_annotated_button", page, overlay, view)


def annotated_move(files: dict[str, str], values: dict[str, Any], rng: random.Random) -> Files:
    """An arrow takes the side bar to the right; badges number three fields anew."""
    page, view = files["files/ui_annotated_move.html"], (1000, 560)
    side, content, name, arrival, room = boxes(page, ["#sidebar", "#content", "#name", "#arrival", "#room"], view)
    overlay = ring(side, 6) + arrow(rng, (side[0] + 120, side[1] + side[3] - 30), (content[0] + 560, side[1] + 200), 70)
    for number, box in enumerate((name, arrival, room), 1):
        overlay += badge((box[0] + box[2] + 34, box[1] + box[3] / 2), number)
    return marked("ui_annotated_move", page, overlay, view)


def annotated_colors(files: dict[str, str], values: dict[str, Any], rng: random.Random) -> Files:
    """Swatches with their hex values, tied to four elements."""
    page, view = files["files/ui_annotated_colors.html"], (1000, 420)
    found = boxes(page, ["#top", "#warning", "#total", "#confirm"], view)
    notes = [(values["brand"], "background"), (values["pale"], "background"), (values["brand2"], "text"),
             (values["brand2"], "background")]  # fmt: skip
    overlay = ""
    for (x, y, w, h), (colour, what), right in zip(found, notes, (500, 580, 300, 0), strict=True):
        below = right == 0
        at = (x + 90, y + h + 52) if below else (right + 80, y + h / 2)
        tail = (x + w / 2, y + h + 2) if below else (min(x + w, right) + 4, at[1])
        overlay += line(rng, [tail, (at[0] - 6, at[1])])
        overlay += f'<rect x="{at[0]:.0f}" y="{at[1] - 16:.0f}" width="34" height="32" fill="{colour}" stroke="{RED}" stroke-width="3"/>'
        colour_of_words = "#fff" if y < 40 else RED
        overlay += words((at[0] + 44, at[1] + 7), f"{colour} {what}", colour_of_words)
    return marked("ui_annotated_colors", page, overlay, view)


def annotated_remove_add(files: dict[str, str], values: dict[str, Any], rng: random.Random) -> Files:
    """A crossed-out column, a new one written beside the table, a crossed note that is taken back."""
    page, view = files["files/ui_annotated_remove_add.html"], (1160, 480)
    table, fax, note = boxes(page, ["#team", "th:nth-child(3)", "#old-note"], view)
    overlay = cross(rng, (fax[0], fax[1], fax[2], table[3]))
    right = table[0] + table[2]
    overlay += line(rng, [(right + 10, table[1]), (right + 10, table[1] + table[3])])
    overlay += words((right + 26, table[1] + 30), values["column"], size=26)
    overlay += words((right + 26, table[1] + 60), "(new, empty)", size=16)
    overlay += cross(rng, (note[0], note[1], 190, note[3])) + words(
        (note[0] + 215, note[1] + 18), "not this one, keep it!"
    )
    return marked("ui_annotated_remove_add", page, overlay, view)


def screenshot_bug(files: dict[str, str], values: dict[str, Any], rng: random.Random) -> Files:
    """The page as it looks, without a mark."""
    picture = shot(files["files/ui_screenshot_bug.html"], (640, 460))
    return {"files/ui_screenshot_bug.png": base64.b64decode(picture)}


def diff_find(files: dict[str, str], values: dict[str, Any], rng: random.Random) -> Files:
    """Before and after."""
    names = {"before": "ui_diff_find", "after": "ui_diff_find_target"}
    shots = {when: shot(files[f"files/{name}.html"], (700, 560)) for when, name in names.items()}
    return {f"files/ui_diff_find_{when}.png": base64.b64decode(picture) for when, picture in shots.items()}


def mockup(name: str, outlined: Sequence[str], filled: Sequence[str], view: tuple[int, int]) -> Callable[..., Files]:
    """The generator of a pencil drawing."""

    def draw(files: dict[str, str], values: dict[str, Any], rng: random.Random) -> Files:
        return sketched(name, files[f"files/{name}_target.html"].replace(" hidden>", ">"), outlined, filled, view, rng)

    return draw


PICTURES: dict[str, Callable[[dict[str, str], dict[str, Any], random.Random], Files]] = {
    "ui_annotated_button": annotated_button,
    "ui_annotated_move": annotated_move,
    "ui_annotated_colors": annotated_colors,
    "ui_annotated_remove_add": annotated_remove_add,
    "ui_screenshot_bug": screenshot_bug,
    "ui_diff_find": diff_find,
    "ui_mockup_card": mockup("ui_mockup_card", ["article", "li", ".save"], [".apply"], (480, 360)),
    "ui_mockup_login": mockup("ui_mockup_login", ["form", "input"], ["button"], (800, 520)),
    "ui_mockup_dashboard": mockup("ui_mockup_dashboard", [".tile", "svg", "td", "th"], ["rect"], (840, 520)),
}
"""What a task's pictures are made by."""
