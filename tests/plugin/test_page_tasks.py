"""Tasks whose answers are pages: skipped where no browser is, judged by one browser for the whole run where one is."""

from __future__ import annotations

import pytest

from pytest_localbench.engine import requirements
from pytest_localbench.evaluators import ui_dom
from pytest_localbench.evaluators.ui_browser import BROWSER, missing_browser

LACK = "a browser is needed: install Chromium"
PAGE = "<!doctype html><html lang=en><title>t</title><body><h1>{}</h1></body></html>"


def page_task(project, name, needs=True):
    rules = [{"id": "heading", "selector": "h1", "text": name, "visible": True}]
    calibration = [
        {"name": "reference", "output": PAGE.format(name), "min": 1.0},
        {"name": "wrong", "output": PAGE.format("other"), "max": 0.0},
    ]
    project.exact(
        name, output={"format": "html"}, requires={"browser": True} if needs else {}, calibration=calibration,
        evaluators=[{"use": "dom_rules", "with": {"rules": rules}}],
    )  # fmt: skip


@pytest.fixture
def without_browser(monkeypatch):
    """A machine without Chromium."""
    for module in (requirements, ui_dom):
        monkeypatch.setattr(module, "missing_browser", lambda: LACK)


@pytest.fixture
def with_browser():
    """A machine with one."""
    if problem := missing_browser():
        pytest.skip(problem)


def test_without_a_browser_the_task_is_skipped_with_the_remedy(project, without_browser):
    page_task(project, "one")
    project.exact("two")
    project.model(default="Paris")
    run = project.run("-rs")
    assert run.outcomes == {"skipped": 1, "passed": 1}
    assert LACK in run.text
    assert run.result("one")["outcome"] == "skipped"


def test_without_a_browser_the_self_check_passes_over_the_task(project, without_browser):
    page_task(project, "one")
    project.exact("two", calibration=[{"name": "reference", "output": "Paris", "min": 1.0}])
    run = project.run("--localbench-selfcheck", "-rs")
    assert run.code == 0
    assert run.outcomes == {"skipped": 3, "passed": 2}
    assert "1 task and 1 calibration case checked" in run.text


def test_a_task_that_does_not_say_so_is_an_error_and_no_score(project, without_browser):
    page_task(project, "one", needs=False)
    project.model(default=PAGE.format("one"))
    run = project.run()
    assert run.result("one")["outcome"] == "evaluator_error"
    assert run.result("one").get("quality") is None


def test_one_browser_serves_the_run_and_ends_with_it(project, with_browser):
    for name in ("one", "two", "three"):
        page_task(project, name)
    project.model(answers={name: PAGE.format(name) for name in ("one", "two")}, default=PAGE.format("other"))
    before = BROWSER.starts
    run = project.run()
    assert run.outcomes == {"passed": 2, "failed": 1}
    assert run.result("three")["quality"] == 0
    assert BROWSER.starts == before + 1
    assert BROWSER._child is None


def test_the_known_answers_of_pages_are_checked(project, with_browser):
    page_task(project, "one")
    run = project.run("--localbench-selfcheck")
    assert run.code == 0, run.text
    assert run.outcomes == {"passed": 3}
    assert BROWSER._child is None
