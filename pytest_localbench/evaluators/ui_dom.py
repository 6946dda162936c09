"""What a page is made of: rules on its elements, and what an edit left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import norm
from .guards import check_source
from .ui_browser import BROWSER, VIEWPORT, missing_browser
from .ui_page import NO_PAGE, BadPage, check_selector, read_markup, read_tree, select
from .ui_rules import DomRule, Seen, action_for, broken, check_rules, seen_by_browser, seen_by_parser

MAX_PX = 4000


class ViewportOptions(Options):
    """``viewport``: width and height of the window in CSS pixels."""

    viewport: tuple[int, int] = VIEWPORT


def check_viewport(viewport: tuple[int, int]) -> None:
    """Raise OptionError for a window nobody has."""
    if not all(100 <= side <= MAX_PX for side in viewport):
        raise OptionError(f"width and height lie between 100 and {MAX_PX}", ("viewport",))


class HtmlValidOptions(Options):
    """``require``: tags that must be written; ``doctype`` is one of them."""

    require: tuple[str, ...] = ()


class HtmlValid(Evaluator[HtmlValidOptions]):
    """1 minus a tenth per parse error (WHATWG parsing, html5lib); a missing required tag counts as three."""

    role = "guard"
    guard_share = 0.3
    options_type = HtmlValidOptions

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Parse the page strictly."""
        if not ctx.answer.text:
            return Score(0.0, NO_PAGE)
        try:
            markup = read_markup(ctx.answer.text)
        except BadPage as problem:
            return Score(0.0, str(problem))
        written = markup.tags | ({"doctype"} if markup.doctype else set())
        if "fragment" in ctx.answer.notes:
            written -= {"doctype", "html", "head", "title", "meta", "body"}
        missing = [name for name in self.options.require if name.lower() not in written]
        details = [Detail(path=f"<{name}>", score=0.0, note="not written") for name in missing]
        details += [Detail(path="markup", score=0.0, note=error[:200]) for error in markup.errors[:10]]
        score = max(0.0, 1.0 - (len(markup.errors) + 3 * len(missing)) / 10)
        words = [f"no {', '.join(missing)}"] if missing else []
        if markup.errors:
            words.append(f"{len(markup.errors)} parse error(s); {markup.errors[0]}")
        return Score(score, "; ".join(words) or "parses without errors", tuple(details))


class DomRulesOptions(ViewportOptions):
    """``rules``: see :class:`~.ui_rules.DomRule`."""

    rules: tuple[DomRule, ...]


class DomRules(Evaluator[DomRulesOptions]):
    """Share of the rules met, by weight, times the share of the ``keep`` rules met.

    Rules about layout, style or focus are checked in a browser. Without one the others are, marked ``static``.
    """

    heavy = True
    options_type = DomRulesOptions

    def __init__(self, options: DomRulesOptions, task: Task) -> None:
        super().__init__(options, task)
        check_viewport(options.viewport)
        check_rules(options.rules, ("rules",))
        if all(rule.keep for rule in options.rules):
            raise OptionError(
                "at least one rule must not be 'keep: true': what holds already earns nothing", ("rules",)
            )

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Check the rules on the page."""
        html = ctx.answer.text
        if not html:
            return Score(0.0, NO_PAGE)
        rules = self.options.rules
        left_out: list[DomRule] = []
        mark = ""
        if any(rule.needs_browser for rule in rules):
            if missing_browser() is None:
                action = action_for(rules)
                visit = BROWSER.visit(html, [action], self.options.viewport)
                problem = visit.hung or visit.failed(0)
                if problem:
                    return Score(0.0, problem)
                return score_rules(rules, seen_by_browser(action, visit.results[0]))
            left_out = [rule for rule in rules if rule.needs_browser]
            rules = tuple(rule for rule in rules if not rule.needs_browser)
            mark = f"static: {len(left_out)} rule(s) need a browser and were left out; "
            if all(rule.keep for rule in rules):
                return Score(None, f"{mark}{missing_browser()}", (), "skipped")
        try:
            seen = seen_by_parser(html, rules)
        except BadPage as problem:
            return Score(0.0, str(problem))
        score = score_rules(rules, seen)
        skipped = tuple(Detail(path=rule.id, note="static: needs a browser") for rule in left_out)
        return Score(score.score, mark + score.reason, score.details + skipped)


def score_rules(rules: Sequence[DomRule], seen: Seen) -> Score:
    """Met by weight, times kept by weight."""
    details, met, total = [], {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}
    for rule in rules:
        problem = broken(rule, seen)
        total[rule.keep] += rule.weight
        met[rule.keep] += 0.0 if problem else rule.weight
        details.append(Detail(path=rule.id, score=0.0 if problem else 1.0, note=problem or ""))
    edits = met[False] / total[False] if total[False] else 1.0
    score = edits * (met[True] / total[True] if total[True] else 1.0)
    wrong = [d for d in details if d.score == 0.0]
    reason = f"{len(details) - len(wrong)} of {len(details)} rules met"
    return Score(score, reason + (f"; {wrong[0].path}: {wrong[0].note}" if wrong else ""), tuple(details))


class DomUnchangedOptions(Options):
    """``source``: variable or file with the page before; ``ignore``: selectors of what may change, with all in it.

    ``zero_at``: the share of changed elements at which the score is 0.
    """

    source: str
    ignore: tuple[str, ...] = ()
    zero_at: float = Field(default=0.5, gt=0, le=1)


class DomUnchanged(Evaluator[DomUnchangedOptions]):
    """What an edit left alone: 1 minus the share of elements that differ, over ``zero_at``.

    Elements are compared by tag, attributes (classes as a set), own text and parent; their order does not count.
    """

    role = "guard"
    guard_share = 0.5
    options_type = DomUnchangedOptions

    def __init__(self, options: DomUnchangedOptions, task: Task) -> None:
        super().__init__(options, task)
        check_source(options.source, task, "source")
        for index, selector in enumerate(options.ignore):
            check_selector(selector, ("ignore", index))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the elements of both pages."""
        source = ctx.documents[self.options.source]
        if not ctx.answer.text:
            return Score(0.0, NO_PAGE)
        try:
            before, after = (_signatures(html, self.options.ignore) for html in (source, ctx.answer.text))
        except BadPage as problem:
            return Score(0.0, str(problem))
        all_of_them = before.total() + after.total()
        gone, new = before - after, after - before
        changed = (gone.total() + new.total()) / all_of_them if all_of_them else 0.0
        score = max(0.0, 1.0 - changed / self.options.zero_at)
        if not changed:
            return Score(1.0, "everything else is as it was")
        details = tuple(
            Detail(path=_shown(signature), score=0.0, note=note)
            for counter, note in ((gone, "gone or changed"), (new, "new or changed"))
            for signature in list(counter)[:5]
        )
        words = f"{gone.total()} element(s) gone or changed, {new.total()} new or changed"
        return Score(score, f"{words}, such as {details[0].path}", details)


def _signatures(html: str, ignore: Sequence[str]) -> Counter[tuple[Any, ...]]:
    tree = read_tree(html)
    left_out = {node.mem_id for selector in ignore for top in select(tree, selector) for node in top.traverse()}
    counts: Counter[tuple[Any, ...]] = Counter()
    for node in select(tree, "*"):
        if node.mem_id in left_out or node.tag in {"html", "head"}:
            continue
        parent = node.parent
        counts[(*_own(node), norm(node.text(deep=False)), _own(parent) if parent is not None else None)] += 1
    return counts


def _own(node: Any) -> tuple[Any, ...]:
    attributes = {name: value or "" for name, value in node.attributes.items()}
    classes = tuple(sorted(set(attributes.pop("class", "").split())))
    return node.tag, classes, tuple(sorted((name, " ".join(value.split())) for name, value in attributes.items()))


def _shown(signature: tuple[Any, ...]) -> str:
    tag, classes, attributes, text, _ = signature
    name = dict(attributes).get("id")
    words = f"<{tag}{f' id={name}' if name else ''}{''.join(f'.{c}' for c in classes)}>"
    return f"{words} {text[:40]}".strip()
