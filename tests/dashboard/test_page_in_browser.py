"""The page in a real Chromium, opened from its file as a double click does."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from synthetic_runs import make_run, prompt_of

from pytest_localbench.domain.history import PastRun
from pytest_localbench.domain.run import BenchmarkRun
from pytest_localbench.engine.since import since
from pytest_localbench.reports.dashboard import Baseline, dashboard_html

Open = Callable[..., Any]
AXE = Path(__file__).parents[2] / "ui/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ANSWER = "document_understanding/doc_contract_1/granite-3b/-/1"
PAGES = {
    "overview": "#/overview",
    "categories": "#/categories",
    "category": "#/category/document_understanding",
    "task": "#/task/document_understanding/doc_invoice_0",
    "models": "#/models",
    "model": "#/model/granite-3b",
    "results": "#/results",
    "answer": f"#/results?r={ANSWER}",
    "compare": "#/compare",
    "history": "#/history",
    "limits": "#/overview?gb=4&s=6",
    "nothing found": "#/results?q=zzzzzz",
    "no such page": "#/task/document_understanding/nowhere",
}


@pytest.fixture(scope="module")
def full_page(small_run: BenchmarkRun) -> str:
    """A page with everything: an earlier run and a history."""
    then = make_run(tasks=8, models=5, categories=3, shift=-0.1, run_id="20260222T080000Z-000009")
    then = then.model_copy(update={"started_at": "2026-02-22T08:00:00.000Z"})
    return dashboard_html(
        small_run,
        prompt_of=prompt_of,
        baseline=Baseline(then, since(small_run, then)),
        history=[PastRun.of(then), PastRun.of(small_run)],
        skipped=["20260101T000000Z-aaaaaa was left out: no readable JSON"],
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_opens_without_an_error_and_asks_for_nothing(open_page: Open, full_page: str, theme: str) -> None:
    opened = open_page(full_page, theme=theme)
    assert opened.page.evaluate("document.documentElement.dataset.theme") == theme
    for address in PAGES.values():
        opened.go(address)
        assert opened.text().strip()
    assert opened.problems == []
    assert all(url.startswith("file:") for url in opened.requests)
    assert len(opened.requests) == 1


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm ci in ui/)")
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(open_page: Open, full_page: str, theme: str, width: int) -> None:
    opened = open_page(full_page, theme=theme, width=width, bypass_csp=True)
    opened.page.add_script_tag(path=str(AXE))
    found = {}
    for name, address in PAGES.items():
        opened.go(address)
        opened.page.wait_for_timeout(150)
        violations = opened.page.evaluate(
            "rules => axe.run({runOnly: rules}).then(r => r.violations.map(v => `${v.id}: ${v.nodes[0].html}`))", RULES
        )
        if violations:
            found[name] = violations
    opened.page.keyboard.press("?")
    in_help = opened.page.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
    assert (found, in_help) == ({}, [])


def test_keyboard_walks_pages_rows_answer_and_back(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page)
    keys = opened.page.keyboard
    for key, path in zip("123456", ("overview", "categories", "models", "results", "compare", "history"), strict=True):
        keys.press(key)
        assert opened.page.evaluate("location.hash").startswith(f"#/{path}")
    keys.press("/")
    opened.until("document.activeElement.id === 'search'")
    keys.type("invoice f1")
    assert "results" in opened.page.evaluate("location.hash")
    opened.until("location.hash.includes('q=')")
    opened.go("#/results")
    opened.page.locator("[role=row][data-key]").first.focus()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    third = opened.page.evaluate("document.activeElement.dataset.key")
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-rowindex')") == "4"
    keys.press("Enter")
    opened.page.wait_for_selector("aside pre")
    keys.press("j")
    assert opened.page.evaluate("decodeURIComponent(location.hash)").split("r=")[1] != third
    keys.press("k")
    assert opened.page.evaluate("decodeURIComponent(location.hash)").split("r=")[1] == third
    keys.press("Escape")
    opened.until("!location.hash.includes('r=')")
    assert opened.page.evaluate("document.activeElement.dataset.key") == third
    keys.press("End")
    rows = opened.page.evaluate("document.querySelector('[role=grid]').getAttribute('aria-rowcount')")
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-rowindex')") == rows
    keys.press("?")
    assert opened.page.locator("dialog[open]").count() == 1
    keys.press("Escape")
    assert opened.page.locator("dialog[open]").count() == 0
    keys.press("t")
    assert opened.page.evaluate("document.documentElement.dataset.theme") == "dark"
    keys.press("[")
    assert opened.page.locator("aside[aria-label=Navigation]").count() == 0


def test_buttons_of_an_answer_walk_and_keep_the_focus_in_the_panel(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page, f"#/results?r={ANSWER}")
    opened.page.wait_for_selector("aside pre")
    opened.page.get_by_role("button", name="Next answer").click()
    opened.until(f"!decodeURIComponent(location.hash).endsWith('{ANSWER}')")
    opened.until("document.activeElement.closest('aside') !== null")
    opened.page.get_by_role("button", name="Previous answer").click()
    opened.until(f"decodeURIComponent(location.hash).endsWith('{ANSWER}')")


def test_single_keys_can_be_switched_off(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page)
    opened.page.keyboard.press("?")
    opened.page.get_by_label("Single keys are on").uncheck()
    opened.page.keyboard.press("Escape")
    opened.page.keyboard.press("4")
    assert "results" not in opened.page.evaluate("location.hash")


def test_link_to_an_answer_opens_it_with_its_filters(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page, f"#/results?outcome=weak&sort=-time&m=granite-3b&r={ANSWER}")
    opened.page.wait_for_selector("aside pre")
    panel = opened.text("aside[aria-label=Details]")
    assert "Contract 1" in panel
    assert "Velohof Aarmatt AG" in panel
    assert opened.page.locator("button[aria-pressed=true]", has_text="weak").count() == 1
    assert opened.page.locator("[aria-sort=descending]").inner_text().startswith("Time")
    assert set(opened.page.locator("[role=row][data-key]").all_inner_texts()) != set()
    assert all("smollm2" not in text for text in opened.page.locator("[role=row][data-key]").all_inner_texts())


def test_link_to_an_answer_that_is_not_there_says_so(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page, "#/results?r=document_understanding/gone/granite-3b/-/1")
    assert "is not in this report" in opened.text("aside[aria-label=Details]")


def test_drill_down_from_category_to_answer(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page, "#/categories")
    opened.page.get_by_role("link", name="Tasks and answers").first.click()
    opened.page.get_by_role("link", name="Contract 1: what must be paid, and when").first.click()
    assert "Judged by" in opened.text()
    opened.page.locator("main button[data-key]").first.click()
    opened.page.wait_for_selector("aside pre")
    assert "Prompt" in opened.text("aside[aria-label=Details]")
    trail = opened.page.locator("nav[aria-label=Breadcrumb] li").all_inner_texts()
    assert [t.replace("/", "").strip() for t in trail] == ["Categories", "Document understanding", "doc_contract_1"]


def test_category_that_did_not_run_is_no_zero(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page)
    row = opened.page.locator("main tr", has_text="Never run").first.inner_text()
    assert "not run" in row
    assert not re.search(r"\d", row)


def test_models_that_cannot_be_told_apart_are_not_called_best(open_page: Open, small_run: BenchmarkRun) -> None:
    tied = [s for s in small_run.summary if s.rank == 1 and s.tied]
    assert tied
    opened = open_page(dashboard_html(small_run, prompt_of=prompt_of), f"#/category/{tied[0].category}")
    title = opened.text("figure h2")
    assert "cannot be told apart" in title or "not beyond chance" in title
    assert "best of" not in title


def test_limits_pick_the_best_model_that_fits(open_page: Open, full_page: str, small_run: BenchmarkRun) -> None:
    opened = open_page(full_page, "#/overview?in=document_understanding&gb=4&s=6")
    rows = [s for s in small_run.summary if s.category == "document_understanding"]
    fits = [
        s
        for s in rows
        if s.covered and (s.peak_memory_bytes or 0) <= 4e9 and s.p95_time_s is not None and s.p95_time_s <= 6
    ]
    best = max(fits, key=lambda s: s.quality or 0)
    shown = opened.page.locator("section", has_text="Best under my limits").get_by_role("status").first.inner_text()
    assert shown.startswith(best.model)


def test_csv_holds_the_filtered_answers_and_no_formula(open_page: Open, small_run: BenchmarkRun) -> None:
    starts = ("=HYPERLINK(1)", "+1+2", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-0.25", " =x", 'say "hi", twice')
    results = tuple(
        r.model_copy(update={"reason": starts[i], "outcome": "weak", "quality": 0.5}) if i < len(starts) else r
        for i, r in enumerate(small_run.results)
    )
    html = dashboard_html(small_run.model_copy(update={"results": results}), prompt_of=prompt_of)
    opened = open_page(html, "#/results?outcome=weak")
    with opened.page.expect_download() as waiting:
        opened.page.get_by_role("button", name="Export CSV").click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == sum(r.outcome not in {"passed", "backend_error"} for r in results)
    found = [row["reason"] for row in rows[: len(starts)]]
    assert found == [f"'{s}" if i not in {6, 8} else s for i, s in enumerate(starts)]
    assert all(float(row["quality"]) >= 0 for row in rows)
    by_key = {(r.key.task, r.key.model): r for r in results if r.key.category == "document_understanding"}
    for row in rows:
        if row["category"] == "document_understanding":
            memory = by_key[row["task"], row["model"]].memory.peak_bytes
            assert row["peak_memory_bytes"] == ("" if memory is None else str(memory))


def test_compared_page_lists_what_fails_newly_first(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page, "#/compare")
    rows = opened.page.locator("[role=row][data-key]").all_inner_texts()
    assert rows[0].startswith("newly failing")
    assert "Since 22 Feb 2026" in opened.text()
    assert re.search(r"within chance|really better", opened.text())


def test_history_draws_both_runs_and_names_the_unreadable_one(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page, "#/history")
    assert "2 runs" in opened.text()
    assert "no readable JSON" in opened.text()
    assert opened.page.locator("svg[role=img]").count() == 3


def test_every_chart_has_its_numbers_as_a_table(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page)
    for address in ("#/overview", "#/category/document_understanding", "#/history"):
        opened.go(address)
        charts = opened.page.locator("svg[role=img]").count()
        assert charts
        assert opened.page.locator("figure:has(svg[role=img]) details table").count() == charts


def test_left_out_texts_are_explained(open_page: Open, small_run: BenchmarkRun) -> None:
    html = dashboard_html(small_run, prompt_of=prompt_of, embed="none")
    opened = open_page(html, f"#/results?r={ANSWER}")
    opened.page.wait_for_timeout(100)
    assert "were left out of the page" in opened.text("aside[aria-label=Details]")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda html: html.replace('"format":1,', '"format":99,', 1), "format 99"),
        (lambda html: re.sub(r'id="lb-tables">.{40}', 'id="lb-tables">', html, count=1), "damaged"),
        (lambda html: html.replace('id="lb-run"', 'id="other"', 1), "missing"),
    ],
)
def test_page_that_cannot_be_read_says_why(open_page: Open, small_page: str, change: Any, words: str) -> None:
    assert words in open_page(change(small_page)).text("main")


def test_print_holds_more_rows_than_the_screen(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page, "#/results")
    rows = opened.page.locator("[role=row][data-key]")
    shown = rows.count()
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert rows.count() == 120 > shown
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    opened.until(f"document.querySelectorAll('[role=row][data-key]').length === {shown}")


def test_print_shows_the_content_and_not_the_frame(open_page: Open, full_page: str) -> None:
    opened = open_page(full_page, theme="dark")
    opened.page.emulate_media(media="print")
    assert opened.page.locator("main h1").is_visible()
    assert not opened.page.locator("aside[aria-label=Navigation]").is_visible()
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.page.evaluate("getComputedStyle(document.body).color") == "rgb(26, 28, 32)"
