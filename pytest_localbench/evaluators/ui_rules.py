"""Rules on the elements of a page: written in task files, checked on what a parser or a browser saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from pydantic import Field, model_validator

from .base import OptionError, Options
from .folding import norm
from .ui_color import color_difference, read_color
from .ui_page import check_selector, read_tree, select

SLACK_PX: Final = 2.0
"""Edges that miss by no more than this still count as left of, above or inside."""
CELL_WORDS: Final = 80

Box = tuple[float, float, float, float]


class Extent(Options):
    """Bounds of a length in CSS pixels: ``equals`` within ``abs``, or ``min`` and ``max``."""

    equals: float | None = None
    abs: float = Field(default=1.0, ge=0)
    min: float | None = None
    max: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a length is inside."""
        if self.equals is not None and abs(value - self.equals) > self.abs:
            return False
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


class StyleValue(Options):
    """A computed style: a colour within ``delta_e_max`` (CIEDE2000), ``px`` as a length, or ``any`` of these texts."""

    color: str | None = None
    delta_e_max: float = Field(default=6.0, ge=0)
    px: Extent | None = None
    any: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> StyleValue:
        if (self.color is not None) + (self.px is not None) + bool(self.any) != 1:
            raise ValueError("give exactly one of 'color', 'px' and 'any'")
        if self.color is not None and read_color(self.color) is None:
            raise ValueError(f"'{self.color}' is no colour such as #1d4ed8")
        return self

    def holds(self, value: str) -> bool:
        """Whether a computed value fits."""
        if self.color is not None:
            got, wanted = read_color(value), read_color(self.color)
            return got is not None and wanted is not None and color_difference(got, wanted) <= self.delta_e_max
        if self.px is not None:
            number = value.removesuffix("px")
            try:
                return self.px.holds(float(number))
            except ValueError:
                return False
        return value.strip().lower() in {word.lower() for word in self.any}


class DomRule(Options):
    """One rule; everything it says must hold for every element that its selector finds, and one must be found.

    ``keep``: true before the edit already, so it can only take away. ``count`` and its kin count matches; ``text`` is the
    whole visible text, ``texts`` that of all matches in order, ``has_text`` a part of it; ``attributes``: a value, ``true``
    (there) or ``false`` (not there). ``left_of``, ``above``, ``inside``, ``same_row``, ``no_overlap`` compare the first
    matches of two or more selectors. ``max_overflow_px``: how much wider than the window the page may be.
    """

    id: str
    selector: str | None = None
    weight: float = Field(default=1.0, gt=0)
    keep: bool = False
    count: int | None = Field(default=None, ge=0)
    min_count: int | None = Field(default=None, ge=0)
    max_count: int | None = Field(default=None, ge=0)
    text: str | None = None
    texts: tuple[str, ...] | None = None
    has_text: str | None = None
    attributes: dict[str, str | bool] = Field(default_factory=dict)
    style: dict[str, StyleValue] = Field(default_factory=dict)
    background: StyleValue | None = None
    box: dict[str, Extent] = Field(default_factory=dict)
    value: str | None = None
    checked: bool | None = None
    visible: bool | None = None
    focusable: bool | None = None
    focused: bool | None = None
    left_of: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    same_row: tuple[str, ...] = ()
    no_overlap: tuple[str, ...] = ()
    max_overflow_px: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _says_something(self) -> DomRule:
        stated = self.model_fields_set - {"id", "weight", "keep", "selector"}
        if not stated:
            raise ValueError("a rule needs something to check, e.g. 'count', 'text' or 'left_of'")
        relations = (self.left_of, self.above, self.inside, self.same_row, self.no_overlap)
        if any(len(pair) == 1 for pair in relations):
            raise ValueError("'left_of', 'above', 'inside', 'same_row' and 'no_overlap' take two or more selectors")
        own = stated - {"left_of", "above", "inside", "same_row", "no_overlap", "max_overflow_px"}
        if bool(own) != (self.selector is not None):
            raise ValueError("'selector' goes with what is checked on its elements, e.g. 'count' or 'text'")
        wrong = next((name for name in self.box if name not in ("x", "y", "width", "height")), None)
        if wrong:
            raise ValueError(f"'box' has x, y, width and height, not '{wrong}'")
        return self

    @property
    def selectors(self) -> list[str]:
        """All selectors of the rule."""
        own = [self.selector] if self.selector else []
        return [*own, *self.left_of, *self.above, *self.inside, *self.same_row, *self.no_overlap]

    @property
    def needs_browser(self) -> bool:
        """Whether it speaks of what only shows when the page is laid out or used."""
        seen = (
            self.visible,
            self.focusable,
            self.focused,
            self.checked,
            self.value,
            self.max_overflow_px,
            self.background,
        )
        relations = self.left_of or self.above or self.inside or self.same_row or self.no_overlap
        return bool(self.style or self.box or relations) or any(value is not None for value in seen)


def check_rules(rules: Sequence[DomRule], path: tuple[str | int, ...]) -> None:
    """Raise OptionError for selectors that are none, for two rules of one name, and for a list without rules."""
    if not rules:
        raise OptionError("give at least one rule", path)
    names: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.id in names:
            raise OptionError(f"two rules are called '{rule.id}'; rename one", (*path, index, "id"))
        names.add(rule.id)
        for selector in rule.selectors:
            check_selector(selector, (*path, index))


@dataclass(frozen=True, slots=True)
class Found:
    """What one selector found: how many, and the first of them as measured."""

    count: int
    elements: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What rules are checked on: finds by selector, and (only from a browser) the size of the page."""

    found: dict[str, Found]
    page: dict[str, float] = field(default_factory=dict)


def seen_by_parser(html: str, rules: Sequence[DomRule]) -> Seen:
    """Counts, texts and attributes without a browser; raises BadPage for pages beyond the limits."""
    tree = read_tree(html)
    found = {}
    for selector in dict.fromkeys(s for rule in rules for s in rule.selectors):
        nodes = select(tree, selector)
        elements = tuple(
            {"text": " ".join(node.text(deep=True, separator=" ").split()), "attributes": _attributes(node)}
            for node in nodes[:CELL_WORDS]
        )
        found[selector] = Found(len(nodes), elements)
    return Seen(found)


def _attributes(node: Any) -> dict[str, str]:
    return {name: value or "" for name, value in node.attributes.items()}


def action_for(rules: Sequence[DomRule]) -> dict[str, Any]:
    """What the browser is to measure for some rules."""
    selectors = list(dict.fromkeys(s for rule in rules for s in rule.selectors))
    return {"do": "rules", "selectors": selectors, "style": sorted({name for rule in rules for name in rule.style})}


def seen_by_browser(action: dict[str, Any], result: dict[str, Any]) -> Seen:
    """The browser's answer to :func:`action_for`."""
    pairs = zip(action["selectors"], result["found"], strict=True)
    return Seen({s: Found(found["count"], tuple(found["elements"])) for s, found in pairs}, result["page"])


def broken(rule: DomRule, seen: Seen) -> str | None:
    """What is wrong, in words; ``None`` when the rule holds."""
    if rule.selector is not None and (problem := _broken_here(rule, seen.found[rule.selector])):
        return problem
    if rule.max_overflow_px is not None and seen.page["width"] - seen.page["shown"] > rule.max_overflow_px:
        return f"the page is {seen.page['width'] - seen.page['shown']:.0f} px wider than the window"
    for name in ("left_of", "above", "inside", "same_row", "no_overlap"):
        selectors = getattr(rule, name)
        if missing := next((s for s in selectors if not seen.found[s].elements), None):
            return f"there is no {missing}"
        boxes = [tuple(seen.found[s].elements[0]["box"]) for s in selectors]
        for (one, a), (two, b) in pairwise(zip(selectors, boxes, strict=True)):
            if min(*a[2:], *b[2:]) <= 0:
                return f"{one} or {two} takes no room"
            if not _RELATIONS[name](a, b):
                return f"{one} {_WORDS[name]} {two}"
    return None


def _broken_here(rule: DomRule, found: Found) -> str | None:
    if rule.count is not None and found.count != rule.count:
        return f"{found.count} found, {rule.count} expected"
    if rule.min_count is not None and found.count < rule.min_count:
        return f"{found.count} found, at least {rule.min_count} expected"
    if rule.max_count is not None and found.count > rule.max_count:
        return f"{found.count} found, at most {rule.max_count} expected"
    if rule.texts is not None:
        got = [element["text"] for element in found.elements]
        if [norm(text) for text in got] != [norm(text) for text in rule.texts]:
            return f"texts are {', '.join(got)[:CELL_WORDS] or 'missing'}"
    counted = rule.count is not None or rule.min_count is not None or rule.max_count is not None
    if not found.elements:
        return None if counted or rule.visible is False else "not found"
    return next((problem for element in found.elements if (problem := _broken_element(rule, element))), None)


def _broken_element(rule: DomRule, element: dict[str, Any]) -> str | None:
    shown = str(element["text"])[:CELL_WORDS]
    if rule.text is not None and norm(element["text"]) != norm(rule.text):
        return f"text is '{shown}'"
    if rule.has_text is not None and norm(rule.has_text) not in norm(element["text"]):
        return f"text is '{shown}'"
    for name, wanted in rule.attributes.items():
        got = element["attributes"].get(name)
        if isinstance(wanted, bool):
            if (got is not None) != wanted:
                return f"{name} is {'missing' if wanted else 'there'}"
        elif got is None or norm(got) != norm(wanted):
            return f"{name} is '{str(got)[:CELL_WORDS]}'" if got is not None else f"{name} is missing"
    for name, style in rule.style.items():
        if not style.holds(element["style"][name]):
            return f"{name} is {element['style'][name] or 'not set'}"
    if rule.background is not None and not rule.background.holds("rgb({}, {}, {})".format(*element["background"])):
        return "the background is rgb({}, {}, {})".format(*element["background"])
    for name, extent in rule.box.items():
        got_px = element["box"][["x", "y", "width", "height"].index(name)]
        if not extent.holds(got_px):
            return f"{name} is {got_px:.0f} px"
    for name in ("value", "checked", "visible", "focusable", "focused"):
        wanted_state = getattr(rule, name)
        if wanted_state is not None and element[name] != wanted_state:
            return f"{name} is {str(element[name])[:CELL_WORDS].lower()}"
    return None


def _left_of(a: Box, b: Box) -> bool:
    return a[0] + a[2] <= b[0] + SLACK_PX


def _above(a: Box, b: Box) -> bool:
    return a[1] + a[3] <= b[1] + SLACK_PX


def _inside(a: Box, b: Box) -> bool:
    return (
        a[0] >= b[0] - SLACK_PX
        and a[1] >= b[1] - SLACK_PX
        and a[0] + a[2] <= b[0] + b[2] + SLACK_PX
        and a[1] + a[3] <= b[1] + b[3] + SLACK_PX
    )


def _same_row(a: Box, b: Box) -> bool:
    return min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]) >= min(a[3], b[3]) / 2


def _apart(a: Box, b: Box) -> bool:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return across <= SLACK_PX or down <= SLACK_PX


_RELATIONS: Final = {
    "left_of": _left_of, "above": _above, "inside": _inside, "same_row": _same_row, "no_overlap": _apart
}  # fmt: skip
_WORDS: Final = {
    "left_of": "is not left of", "above": "is not above", "inside": "is not inside", "same_row": "is not in one row with",
    "no_overlap": "overlaps",
}  # fmt: skip
