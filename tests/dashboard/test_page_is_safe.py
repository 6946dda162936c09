"""Hostile texts in every place where people or models write: shown as text, never run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from synthetic_runs import make_run, prompt_of

from pytest_localbench.domain.dialogue import Step
from pytest_localbench.domain.result import Failure, SampleResult
from pytest_localbench.domain.run import BenchmarkRun
from pytest_localbench.domain.score import Detail, Verdict
from pytest_localbench.reports.dashboard import Baseline, dashboard_html

KINDS = ("message", "call", "user")
CALL = "window.__fired=1"
PAYLOADS = (
    f"<script>{CALL}</script>",
    f"</script><script>{CALL}</script>",
    f"</SCRIPT><script>{CALL}</script>",
    f"</script ><img src=x onerror={CALL}>",
    f"<!--<script>{CALL}</script>",
    f"--><script>{CALL}</script>",
    f"<![CDATA[<script>{CALL}</script>]]>",
    f"<img src=x onerror={CALL}>",
    f"<img src=x onerror='{CALL}'>",
    f"<IMG SRC=x ONERROR={CALL}>",
    f"<img/src=x/onerror={CALL}>",
    f"<svg onload={CALL}>",
    f"<svg><script>{CALL}</script></svg>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
    f"<svg><a xlink:href='javascript:{CALL}'><text>x</text></a></svg>",
    f"<math><mtext></mtext><script>{CALL}</script></math>",
    f"<body onload={CALL}>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'></iframe>",
    f"<iframe src='javascript:parent.{CALL}'></iframe>",
    f"<object data='javascript:{CALL}'></object>",
    f"<embed src='javascript:{CALL}'>",
    f"<video><source onerror={CALL}></video>",
    f"<audio src=x onerror={CALL}></audio>",
    f"<details open ontoggle={CALL}>x</details>",
    f"<input autofocus onfocus={CALL}>",
    f"<select autofocus onfocus={CALL}></select>",
    f"<marquee onstart={CALL}>x</marquee>",
    f"<style>@keyframes x{{}}</style><b style='animation-name:x' onanimationstart={CALL}></b>",
    f"<link rel=stylesheet href='data:text/css,*{{}}' onload={CALL}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>",
    f"<base href='javascript:{CALL}//'>",
    f"<form action='javascript:{CALL}'><input type=submit></form>",
    f"<a href='javascript:{CALL}'>x</a>",
    f"m\"><svg onload={CALL}>",
    f"' onmouseover='{CALL}",
    f"\" autofocus onfocus=\"{CALL}",
    f"`${{{CALL}}}`",
    f"{{{{constructor.constructor('{CALL}')()}}}} {{@html '<img src=x onerror={CALL}>'}}",
    f"\u2028{CALL}\u2029;\u0000<script>{CALL}</script>",
    f"\ufeff<template><script>{CALL}</script></template><noscript><img src=x onerror={CALL}></noscript>",
)  # fmt: skip
ADDRESSES = (
    "#/overview", "#/categories", "#/category/document_understanding", "#/models", "#/model/granite-3b", "#/results",
    "#/compare", "#/history", "#/task/document_understanding/doc_invoice_0",
    "#/results?r=document_understanding/doc_invoice_0/granite-3b/-/1",
)  # fmt: skip


def poisoned(run: BenchmarkRun, text: str) -> BenchmarkRun:
    """The run with one text in every place that takes one."""
    detail = Detail(path=text, expected=text, got={text: [text]}, score=0.0, note=text)
    verdict = Verdict(evaluator="x", name=text, score=0.0, reason=text, details=(detail,))

    def spoil(result: SampleResult) -> SampleResult:
        return result.model_copy(
            update={
                "answer": text, "thinking": text, "reason": text, "notes": (text,), "verdicts": (verdict,),
                "failure": Failure(kind=text, message=text, details=text), "resolved_model": text,
                "transcript": tuple(Step(turn=1, kind=k, text=text, tool=text, arguments={text: text}) for k in KINDS),
                "nodeid": text,
                "outcome": "weak", "quality": 0.1,
            }
        )  # fmt: skip

    return run.model_copy(
        update={
            "results": tuple(map(spoil, run.results)),
            "task_results": tuple(t.model_copy(update={"reason": text}) for t in run.task_results),
            "tasks": tuple(
                t.model_copy(update={"title": text, "description": text, "why": text, "tags": (text,)})
                for t in run.tasks
            ),
            "models": tuple(m.model_copy(update={"model": text, "tags": (text,), "path": text}) for m in run.models),
            "categories": tuple(c.model_copy(update={"name": text, "description": text}) for c in run.categories),
            "fingerprints": {m.id: {"fingerprint": {text: text}, "capabilities": {text: text}} for m in run.models},
            "environment": run.environment.model_copy(
                update={"cpu": text, "packages": {text: text}, "facts": {text: text}}
            ),
            "notes": (text,),
            "command": (text,),
        }
    )


@pytest.fixture(scope="module")
def tiny_run() -> BenchmarkRun:
    return make_run(tasks=2, models=2)


def test_there_are_forty_payloads() -> None:
    assert len(set(PAYLOADS)) == 40


@pytest.mark.parametrize("theme", ["light"])
def test_no_payload_fires_on_any_page(open_page: Callable[..., Any], tiny_run: BenchmarkRun, theme: str) -> None:
    spoilt = [poisoned(tiny_run, payload) for payload in PAYLOADS]
    fired = []
    for payload, run in zip(PAYLOADS, spoilt, strict=True):
        html = dashboard_html(
            run,
            prompt_of=lambda task, sample, payload=payload: [(payload, payload)],
            baseline=Baseline(run.model_copy(update={"results": tiny_run.results})),
        )
        # Without the policy of the page, so that the escaping alone is on trial.
        opened = open_page(html, theme=theme, bypass_csp=True)
        opened.page.on("dialog", lambda dialog: dialog.dismiss())
        for address in ADDRESSES:
            opened.page.evaluate("address => { location.hash = address }", address)
            opened.page.wait_for_timeout(25)
        opened.page.wait_for_selector("aside pre")
        strange = opened.page.locator("iframe, object, embed, marquee, body img, body base, template, form").count()
        if opened.page.evaluate("window.__fired") or strange or opened.problems:
            fired.append((payload, opened.problems))
        opened.page.context.close()
    assert fired == []


def test_policy_stops_a_script_that_got_in(open_page: Callable[..., Any], small_page: str) -> None:
    html = small_page.replace("</body>", f"<script>{CALL}</script><img src=x onerror={CALL}></body>")
    opened = open_page(html)
    opened.page.wait_for_timeout(100)
    assert opened.page.evaluate("window.__fired") is None
    assert any("Content Security Policy" in problem for problem in opened.problems)


def test_texts_are_shown_as_they_were_written(open_page: Callable[..., Any], tiny_run: BenchmarkRun) -> None:
    text = "{{7*7}} <b>x</b> &amp; \u202egnp"
    opened = open_page(dashboard_html(poisoned(tiny_run, text), prompt_of=prompt_of), ADDRESSES[-1])
    opened.page.wait_for_selector("aside pre")
    assert opened.page.locator("aside pre").first.inner_text() == "{{7*7}} <b>x</b> &amp; \\u202egnp"
