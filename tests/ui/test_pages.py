"""Rules, edits and validity of pages: with a browser, and what is left without one."""

from __future__ import annotations

import re

import pytest
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError

PAGE = """<!doctype html><html lang="en"><head><title>Orders</title><style>
#go{background:#1d4ed8;color:white} .side{float:left;width:100px} .gone{display:none}</style></head><body>
<h1>Orders</h1><div class="side">Menu</div><p class="a b">One <b>two</b></p>
<button id="go">Export  CSV</button><input id="mail" value="x@example.com"><p class="gone">hidden</p></body></html>"""
HTML = {"output": {"format": "html"}}
EDIT = {**HTML, "input": {"prompt": "?", "variables": {"source": PAGE}}}


def rules(page, *rules, **options):
    return quality("dom_rules", None, page, task=HTML, rules=list(rules), **options)


STATIC = [
    ({"selector": "h1", "count": 1}, {"selector": "h1", "count": 2}),
    ({"selector": "p", "min_count": 2, "max_count": 2}, {"selector": "p", "max_count": 1}),
    ({"selector": "#go", "text": "export csv"}, {"selector": "#go", "text": "export"}),
    ({"selector": "p.a", "has_text": "two"}, {"selector": "p.a", "has_text": "three"}),
    ({"selector": "h1, #go", "texts": ["Orders", "Export CSV"]}, {"selector": "h1, #go", "texts": ["Orders"]}),
    ({"selector": "#mail", "attributes": {"value": "x@example.com", "id": True, "disabled": False}},
     {"selector": "#mail", "attributes": {"disabled": True}}),
]  # fmt: skip
LAID_OUT = [
    ({"selector": "#go", "style": {"background-color": {"color": "#1d4fd8"}}},
     {"selector": "#go", "style": {"background-color": {"color": "#d81d4f"}}}),
    ({"selector": "#go", "background": {"color": "#1d4ed8"}}, {"selector": "#go", "background": {"color": "white"}}),
    ({"selector": ".side", "box": {"width": {"equals": 100}}}, {"selector": ".side", "box": {"width": {"min": 101}}}),
    ({"selector": ".side", "style": {"float": {"any": ["left"]}}}, {"selector": ".side", "style": {"float": {"any": ["right"]}}}),
    ({"selector": "h1", "style": {"font-size": {"px": {"equals": 32}}}}, {"selector": "h1", "style": {"font-size": {"px": {"max": 31}}}}),
    ({"selector": ".gone", "visible": False}, {"selector": ".gone", "visible": True}),
    ({"selector": ".never-there", "visible": False}, {"selector": ".never-there", "visible": True}),
    ({"selector": "#go", "focusable": True}, {"selector": "h1", "focusable": True}),
    ({"selector": "#mail", "value": "x@example.com"}, {"selector": "#mail", "value": "y"}),
    ({"above": ["h1", ".side"]}, {"above": [".side", "h1"]}),
    ({"left_of": [".side", "b"]}, {"left_of": ["b", ".side"]}),
    ({"inside": ["b", "p.a"]}, {"inside": ["p.a", "b"]}),
    ({"same_row": ["#go", "#mail"]}, {"same_row": ["h1", "#go"]}),
    ({"no_overlap": ["h1", "#go"]}, {"no_overlap": ["b", "p.a"]}),
    ({"max_overflow_px": 0}, {"above": ["h1", ".never-there"]}),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), STATIC)
def test_rules_a_parser_can_check(right, wrong):
    assert rules(PAGE, {"id": "r", **right}) == 1
    assert rules(PAGE, {"id": "r", **wrong}) == 0


@pytest.mark.parametrize(("right", "wrong"), LAID_OUT)
def test_rules_that_need_a_layout(judging_browser, right, wrong):
    assert rules(PAGE, {"id": "r", **right}) == 1
    assert rules(PAGE, {"id": "r", **wrong}) == 0


def test_a_page_too_wide_for_its_window_is_found(judging_browser):
    wide = "<!doctype html><title>t</title><body><div style='width:900px'>x</div>"
    assert rules(wide, {"id": "r", "max_overflow_px": 0}, viewport=[360, 640]) == 0
    assert rules(wide, {"id": "r", "max_overflow_px": 0}, viewport=[1000, 640]) == 1


def test_what_held_before_only_takes_away():
    kept, done = {"id": "k", "selector": "h1", "count": 1, "keep": True}, {"id": "d", "selector": "#new", "count": 1}
    assert rules(PAGE, kept, done) == 0
    assert rules(PAGE.replace("</h1>", "</h1><i id=new></i>"), kept, done) == 1
    assert rules("<p id=new>x</p>", kept, done) == 0
    half = [done, {"id": "e", "selector": "#other", "count": 1, "weight": 3}]
    assert rules(PAGE.replace("</h1>", "</h1><i id=new></i>"), kept, *half) == 0.25


def test_without_a_browser_the_static_rules_are_judged_and_marked(monkeypatch):
    monkeypatch.setattr("pytest_localbench.evaluators.ui_dom.missing_browser", lambda: "a browser is needed")
    mixed = [{"id": "a", "selector": "h1", "count": 1}, {"id": "b", "selector": "h2", "count": 1},
             {"id": "c", "selector": "h1", "visible": True}]  # fmt: skip
    found = judge(task_of("dom_rules", task=HTML, rules=mixed), PAGE).verdicts[0]
    assert (found.score, found.status) == (0.5, "ok")
    assert found.reason.startswith("static: 1 rule(s) need a browser and were left out")
    assert [d.score for d in found.details] == [1, 0, None]
    alone = judge(task_of("dom_rules", task=HTML, rules=mixed[2:]), PAGE).verdicts[0]
    assert (alone.score, alone.status) == (None, "skipped")


@pytest.mark.parametrize("use", ["visual_blocks", "screenshot_ssim", "interaction", "accessibility"])
def test_without_a_browser_the_others_say_so(monkeypatch, use):
    monkeypatch.setattr("pytest_localbench.evaluators.ui_shown.missing_browser", lambda: "a browser is needed")
    steps = [{"name": "s", "rules": [{"id": "r", "selector": "h1", "count": 1}]}]
    options = {"interaction": {"steps": steps}, "accessibility": {}}.get(use, {"reference": "source"})
    found = judge(task_of(use, task=EDIT, **options), PAGE).verdicts[0]
    assert (found.score, found.status, found.reason) == (None, "skipped", "a browser is needed")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"id": "r", "selector": "p["}, "needs something to check"),
        ({"id": "r", "selector": "p[", "count": 1}, "'p[' is no CSS selector"),
        ({"id": "r", "count": 1}, "'selector' goes with"),
        ({"id": "r", "left_of": ["a"]}, "two or more selectors"),
        ({"id": "r", "selector": "p", "box": {"left": {"equals": 1}}}, "not 'left'"),
        ({"id": "r", "selector": "p", "style": {"color": {"color": "brandy"}}}, "is no colour"),
        ({"id": "r", "selector": "p", "count": 1, "keep": True}, "must not be 'keep: true'"),
        ({"id": "r", "selector": "p", "cuont": 1}, "did you mean 'count'"),
    ],
)
def test_wrong_rules_are_found_when_the_task_is_loaded(rule, words):
    with pytest.raises(TaskFileError, match=re.escape(words)):
        judge(task_of("dom_rules", task=HTML, rules=[rule]), PAGE)


def test_an_edit_that_leaves_the_rest_alone_costs_nothing():
    def kept(page, **options):
        return quality("dom_unchanged", None, page, task=EDIT, source="source", **options)

    assert kept(PAGE) == 1
    assert kept(PAGE.replace("  ", " ").replace('class="a b"', 'class="b a"')) == 1
    assert kept(PAGE.replace("Export  CSV", "Save")) < 1
    assert kept(PAGE.replace("Export  CSV", "Save"), ignore=["#go"]) == 1
    assert kept("<!doctype html><html lang=en><body><p>other</p></body></html>") == 0


@pytest.mark.parametrize(
    ("page", "low", "high"),
    [
        (PAGE, 1, 1),
        (PAGE.replace("</b></p>", "</p></b>"), 0.7, 0.95),
        (PAGE.replace("<!doctype html>", ""), 0.5, 0.8),
        ("<div>" * 3000, 0, 0),
        ("<p>" * 400_000, 0, 0),
        ("no markup", 0, 0),
    ],
)
def test_validity_falls_with_every_parse_error(page, low, high):
    score = quality("html_valid", None, page, task=HTML, require=["doctype", "body"])
    assert low <= score <= high


def test_a_fragment_has_no_doctype():
    assert quality("html_valid", None, "<p>x</p>", task=HTML) == 1
    assert quality("html_valid", None, "<p>x</p>", task=HTML, require=["doctype"]) == pytest.approx(0.7)


@pytest.mark.parametrize("use", ["html_valid", "dom_rules", "dom_unchanged"])
@pytest.mark.parametrize(
    "page", ["", "I am sorry.", "<div>" * 60_000, "<p>" + "</p>" * 80_000, "\x00<\ufffe", "<![CDATA[<p>"]
)
def test_any_text_gets_a_score(use, page):
    options = {
        "dom_rules": {"rules": [{"id": "r", "selector": "h1", "count": 1}]},
        "dom_unchanged": {"source": "source"},
    }
    found = judge(task_of(use, task=EDIT, **options.get(use, {})), page)
    assert found.quality == 0 or use == "html_valid"
    assert found.outcome != "evaluator_error"
