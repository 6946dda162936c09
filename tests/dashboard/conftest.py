"""A real browser for the page; tests that need it are skipped, with the reason, where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from synthetic_runs import make_run, prompt_of

from pytest_localbench.domain.run import BenchmarkRun
from pytest_localbench.reports.dashboard import dashboard_html

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
READY = "html[data-ready]"


@dataclass
class Opened:
    """A page in the browser and everything that went wrong on it."""

    page: Any
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        """Follow an address inside the page."""
        self.page.evaluate("address => { location.hash = address }", address)
        self.page.wait_for_timeout(60)

    def until(self, expression: str) -> None:
        """Wait until an expression is true; the page's own policy forbids the browser to wait by itself."""
        for _ in range(100):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(30)
        raise AssertionError(f"never true: {expression}")

    def text(self, selector: str = "main") -> str:
        """The text of an element."""
        return str(self.page.inner_text(selector))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra 'browser')")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except api.Error:
            pytest.skip("no Chromium was found; install one, or run 'playwright install chromium'")
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a page from its file, as a double click does: ``open_page(html, address="", theme="light", ...)``."""
    contexts = []

    def opener(html: str, address: str = "", *, theme: str = "light", width: int = 1440, **options: Any) -> Opened:
        path = tmp_path / "report.html"
        path.write_text(html, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, accept_downloads=True, **options
        )
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("pageerror", lambda error: opened.problems.append(str(error)))
        opened.page.on("console", lambda m: m.type in {"error", "warning"} and opened.problems.append(m.text))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(f"{path.as_uri()}{address}")
        opened.page.wait_for_selector(READY, timeout=60_000)
        return opened

    yield opener
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def small_run() -> BenchmarkRun:
    """Three categories that ran, one that did not, five models, one of them remote."""
    return make_run(tasks=8, models=5, categories=3)


@pytest.fixture(scope="session")
def small_page(small_run: BenchmarkRun) -> str:
    """The page of the small run."""
    return dashboard_html(small_run, prompt_of=prompt_of)
