"""Large runs: the page opens, holds few elements, and every row can be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from synthetic_runs import grown, make_run, prompt_of

from pytest_localbench.reports.dashboard import dashboard_html, template

MAX_TEMPLATE_BYTES = 260_000
MAX_ELEMENTS = 6_000


def test_built_page_is_small() -> None:
    assert len(template().encode()) < MAX_TEMPLATE_BYTES


@pytest.mark.parametrize(("tasks", "times"), [(20, 1), (20, 100), (20, 500)], ids=["100", "10000", "50000"])
def test_page_opens_and_shows_the_last_row(open_page: Callable[..., Any], tasks: int, times: int) -> None:
    run = grown(make_run(tasks=tasks, models=5), times)
    html = dashboard_html(run, prompt_of=prompt_of)
    assert len(html) < 400 * len(run.results) + 300_000
    opened = open_page(html, "#/results")
    assert f"{len(run.results):,} answers" in opened.text()
    opened.page.locator("[role=row][data-key]").first.focus()
    opened.page.keyboard.press("End")
    last = run.results[-1].key
    assert opened.page.evaluate("document.activeElement.dataset.key") == (
        f"{last.category}/{last.task}/{last.model}/{last.sample}/{last.attempt}"
    )
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("aside pre, aside [role=alert], aside .text-error")
    assert opened.page.evaluate("document.querySelectorAll('*').length") < MAX_ELEMENTS
    for address in ("#/overview", "#/category/document_understanding", "#/models"):
        opened.go(address)
        assert opened.page.evaluate("document.querySelectorAll('*').length") < MAX_ELEMENTS
    assert opened.problems == []
