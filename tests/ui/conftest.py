"""Pages in a real browser; tests that need one are skipped, with the reason, where there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_localbench.evaluators.ui_browser import Browser, missing_browser

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "unit" / "evaluators"), str(ROOT / "bench")]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser for all tests of this folder."""
    if problem := missing_browser():
        pytest.skip(problem)
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def judging_browser(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Lets the evaluators use that browser."""
    for module in ("ui_dom", "ui_blocks", "ui_pictures", "ui_interaction", "ui_audit"):
        monkeypatch.setattr(f"pytest_localbench.evaluators.{module}.BROWSER", browser)
    return browser
