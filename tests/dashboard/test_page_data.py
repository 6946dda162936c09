"""What is inside the page, without a browser."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from typing import Any

import pytest
from page_blocks import block, details
from synthetic_runs import make_run, prompt_of

from pytest_localbench.domain.dialogue import Step
from pytest_localbench.domain.history import PastRun
from pytest_localbench.domain.run import BenchmarkRun
from pytest_localbench.domain.score import Detail, Verdict
from pytest_localbench.reports.board import Board
from pytest_localbench.reports.dashboard import MARKER, Baseline, dashboard_html, template

SECRET = "Velohof Aarmatt AG"


def page(run: BenchmarkRun, **options: object) -> str:
    return dashboard_html(run, prompt_of=prompt_of, **options)  # type: ignore[arg-type]


def everything(html: str) -> str:
    """All text of a page, compressed blocks included."""
    blocks = [block(html, name) for name in re.findall(r'<script type="[^"]+" id="(lb-[^"]+)"', html)]
    return json.dumps(blocks, ensure_ascii=False) + re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def test_template_has_one_place_for_data_and_no_outside_reference() -> None:
    text = template()
    assert text.count(MARKER) == 1
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", text)
    assert "@import" not in text
    assert "url(" not in text.replace("url(#", "")


def test_policy_names_exactly_the_scripts_of_the_page(small_page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', small_page)
    assert policy
    scripts = re.findall(r'<script(?: type="module")?>(.*?)</script>', small_page, re.DOTALL)
    hashes = {f"'sha256-{b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts}
    assert len(scripts) == 2
    assert set(re.findall(r"'sha256-[^']+'", policy[1])) == hashes
    assert "default-src 'none'" in policy[1]
    assert "unsafe-inline" not in policy[1].split("script-src")[1].split(";")[0]


def test_same_run_gives_the_same_bytes(small_run: BenchmarkRun) -> None:
    assert page(small_run) == page(small_run)


def test_numbers_are_those_of_the_board(small_run: BenchmarkRun, small_page: str) -> None:
    shown = {(r["category"], r["model"]): r for r in block(small_page, "lb-run")["board"]}
    for section in Board.of(small_run).sections:
        for row in section.rows:
            found = shown[section.category, row.score.model]
            assert found["shown"] == pytest.approx(row.shown, abs=1e-4)
            assert found["quality"] == row.score.quality
            assert found["rankText"] == row.rank
            assert found["best"] is row.best


def test_results_stand_in_columns_of_equal_length(small_run: BenchmarkRun, small_page: str) -> None:
    results = block(small_page, "lb-tables")["results"]
    assert {len(column) for column in results.values()} == {len(small_run.results)}
    outcomes = [o["id"] for o in block(small_page, "lb-run")["outcomes"]]
    assert [outcomes[o] for o in results["outcome"]] == [r.outcome for r in small_run.results]
    assert results["quality"] == [
        None if r.quality is None else pytest.approx(r.quality, abs=1e-4) for r in small_run.results
    ]


def test_what_is_not_known_is_null_and_not_zero(small_run: BenchmarkRun, small_page: str) -> None:
    results = block(small_page, "lb-tables")["results"]
    remote = [i for i, r in enumerate(small_run.results) if r.key.model == "office-api"]
    failed = [i for i, r in enumerate(small_run.results) if r.outcome == "backend_error"]
    assert remote
    assert failed
    assert all(results["memory"][i] is None for i in remote)
    assert all(results[name][i] is None for i in failed for name in ("quality", "score", "time", "tokOut", "cost"))


def test_category_that_did_not_run_is_named_and_has_no_score(small_page: str) -> None:
    document = block(small_page, "lb-run")
    assert [c["ran"] for c in document["categories"]] == [True, True, True, False]
    assert "never_run" not in {r["category"] for r in document["board"]}


def test_detail_of_an_answer_holds_prompt_answer_expected_and_fields(small_run: BenchmarkRun, small_page: str) -> None:
    tables, all_details = block(small_page, "lb-tables"), details(small_page)
    assert len(tables["starts"]) == len(re.findall(r'id="lb-chunk-\d+"', small_page))
    i = next(i for i, r in enumerate(small_run.results) if r.outcome == "weak")
    answer = all_details[tables["results"]["detail"][i]]
    prompt = all_details[tables["results"]["prompt"][i]]
    assert answer["answer"] == small_run.results[i].answer
    assert [d["path"] for d in answer["verdicts"][0]["details"]] == [
        d.path for d in small_run.results[i].verdicts[0].details
    ]
    assert prompt["messages"][0] == ["system", "Answer with one JSON object."]
    assert prompt["expected"]["supplier"] == SECRET


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>", "<!--<script>", "<!-- ", "-->", "]]>", "\u2028\u2029", "\ud835 lone", "\x00\x1b[31m",
        "$& $1 \\g<0> {{7*7}}", MARKER,
    ],
)  # fmt: skip
def test_no_text_leaves_its_block(small_run: BenchmarkRun, text: str) -> None:
    first = small_run.results[0].model_copy(update={"answer": text, "reason": text})
    model = small_run.models[0].model_copy(update={"model": text, "tags": (text,)})
    task = small_run.tasks[0].model_copy(update={"title": text, "description": text})
    run = small_run.model_copy(
        update={
            "results": (first, *small_run.results[1:]),
            "models": (model, *small_run.models[1:]),
            "tasks": (task, *small_run.tasks[1:]),
            "notes": (text,),
        }
    )
    html = page(run)
    html.encode("utf-8")
    empty = page(small_run)
    assert html.count("<script") == empty.count("<script")
    assert html.count("</script") == empty.count("</script")
    assert html.count("<!--") == empty.count("<!--")
    assert "\u2028" not in html
    tables = block(html, "lb-tables")
    clean = text.replace("\ud835", "\ufffd")
    assert details(html)[tables["results"]["detail"][0]]["answer"] in {text, clean}
    assert tables["tasks"]["title"][0] == clean


def test_embed_failures_leaves_passed_answers_and_their_prompts_out(small_run: BenchmarkRun) -> None:
    html = page(small_run, embed="failures")
    results = block(html, "lb-tables")["results"]
    for i, r in enumerate(small_run.results):
        assert (results["detail"][i] >= 0) == (r.outcome not in {"passed", "skipped"}), r.key


def test_embed_none_holds_no_prompt_answer_expected_or_reason(small_run: BenchmarkRun) -> None:
    text = everything(page(small_run, embed="none"))
    assert SECRET not in text
    assert "Document 0.0" not in text
    assert "fields right" not in text
    assert all(r.answer not in text for r in small_run.results if r.answer)


def test_redact_inputs_hashes_prompts_and_expected_values_and_keeps_answers(small_run: BenchmarkRun) -> None:
    html = page(small_run, redact="inputs")
    tables, all_details = block(html, "lb-tables"), details(html)
    i = next(i for i, r in enumerate(small_run.results) if r.outcome == "weak")
    prompt = all_details[tables["results"]["prompt"][i]]
    answer = all_details[tables["results"]["detail"][i]]
    assert all(text.startswith("sha256:") for _, text in prompt["messages"])
    assert prompt["expected"].startswith("sha256:")
    assert all(str(d["expected"]).startswith("sha256:") for d in answer["verdicts"][0]["details"])
    assert answer["answer"] == small_run.results[i].answer
    assert "fields right" not in everything(html)


def test_redact_all_leaves_no_text_of_people_or_models(small_run: BenchmarkRun) -> None:
    text = everything(page(small_run, redact="all"))
    assert SECRET not in text
    assert "Document 0.0" not in text
    assert "what must be paid" not in text
    assert "payment" not in text
    assert "models.example" not in text
    assert "--models=all" not in text
    assert ".gguf" not in text


def test_steps_of_a_dialogue_are_kept_and_redacted_by_who_said_them(small_run: BenchmarkRun) -> None:
    steps = (
        Step(turn=1, kind="user", text="my secret"),
        Step(turn=1, kind="call", tool="find", arguments={"name": "x"}, text='{"rows": 1}', status="ok"),
        Step(turn=2, kind="message", text="done"),
    )
    run = small_run.model_copy(update={"results": (small_run.results[0].model_copy(update={"transcript": steps}),)})

    def shown(redact: str) -> list[dict[str, Any]]:
        html = page(run, redact=redact)
        return details(html)[block(html, "lb-tables")["results"]["detail"][0]]["steps"]

    assert [s["text"] for s in shown("none")] == ["my secret", '{"rows": 1}', "done"]
    assert shown("none")[1] | {"text": ""} == {
        "turn": 1, "kind": "call", "text": "", "tool": "find", "arguments": {"name": "x"}, "status": "ok",
    }  # fmt: skip
    hidden = shown("inputs")
    assert [s["text"].startswith("sha256:") for s in hidden] == [True, True, False]
    assert hidden[1]["arguments"] == {"name": "x"}
    assert all(s["text"].startswith("sha256:") for s in shown("all"))


@pytest.mark.parametrize(
    ("redact", "path", "shown"),
    [
        ("none", "the fee of Muster AG", "the fee of Muster AG"),
        ("inputs", "the fee of Muster AG", "no. 1"),
        ("inputs", "items[0].total", "items[0].total"),
        ("all", "items[0].total", "no. 1"),
    ],
)
def test_names_of_checked_things_may_quote_documents(
    small_run: BenchmarkRun, redact: str, path: str, shown: str
) -> None:
    first = small_run.results[0]
    verdict = Verdict(evaluator="facts", name="facts", score=0.0, details=(Detail(path=path, score=0.0),))
    run = small_run.model_copy(update={"results": (first.model_copy(update={"verdicts": (verdict,)}),)})
    html = page(run, redact=redact)
    answer = details(html)[block(html, "lb-tables")["results"]["detail"][0]]
    assert answer["verdicts"][0]["details"][0]["path"] == shown


def test_redact_all_keeps_hashes_and_drops_places_of_what_was_loaded(small_run: BenchmarkRun) -> None:
    prints = {"weights": "/home/me/x.gguf", "weights_sha256": "ab12", "threads": 4}
    run = small_run.model_copy(update={"fingerprints": {"smollm2": {"fingerprint": prints}}})
    shown = next(m for m in block(page(run, redact="all"), "lb-run")["models"] if m["id"] == "smollm2")
    assert shown["opened"]["fingerprint"] == {"weights_sha256": "ab12", "threads": 4}


def test_long_answers_are_cut_and_the_page_says_so(small_run: BenchmarkRun) -> None:
    long = tuple(
        r.model_copy(update={"answer": f"{i} " + "loop " * 400_000}) for i, r in enumerate(small_run.results[:50])
    )
    html = page(small_run.model_copy(update={"results": long}))
    assert len(html) < 3_000_000
    assert block(html, "lb-run")["cut"] == 50
    answer = details(html)[block(html, "lb-tables")["results"]["detail"][0]]["answer"]
    assert answer.endswith("more characters are in the run document]")


def test_compared_run_is_joined_by_key_and_names_what_changed(small_run: BenchmarkRun) -> None:
    results = list(small_run.results)
    moved = results[0].model_copy(update={"task_hash": "other", "outcome": "passed", "quality": 1.0, "answer": "was"})
    gone = results[1].model_copy(update={"key": results[1].key.model_copy(update={"sample": "gone"})})
    then = small_run.model_copy(update={"id": "then", "results": (moved, gone, *results[2:])})
    tables = block(page(small_run, baseline=Baseline(then)), "lb-tables")
    now = tables["compare"]["now"]
    assert now["changed"][0] == 1
    assert now["quality"][0] == 1
    assert now["outcome"][1] == -1
    assert [tables["strings"][s] for s in tables["compare"]["gone"]["sample"]] == ["gone"]
    assert now["changed"][2:] == [0] * (len(results) - 2)


def test_history_is_inside_when_given(small_run: BenchmarkRun) -> None:
    past = PastRun.of(make_run(tasks=8, models=5, categories=3, seed=2))
    document = block(page(small_run, history=[past, PastRun.of(small_run)], skipped=["x was left out"]), "lb-run")
    assert [h["id"] for h in document["history"]] == [past.id, small_run.id]
    assert document["skipped"] == ["x was left out"]


def test_summary_is_readable_without_scripts(small_page: str) -> None:
    fallback = re.search(r"<noscript>(.*?)</noscript>", small_page, re.DOTALL)
    assert fallback
    assert "Document understanding" in fallback[1]
    assert "Never run: not run" in fallback[1]


def test_answer_whose_task_is_not_in_the_document_is_still_shown(small_run: BenchmarkRun) -> None:
    run = small_run.model_copy(update={"tasks": small_run.tasks[1:]})
    tables = block(page(run), "lb-tables")
    assert len(tables["results"]["task"]) == len(small_run.results)
    assert tables["tasks"]["title"][tables["results"]["task"][0]] == small_run.tasks[0].id


def test_empty_run_makes_a_page() -> None:
    empty = BenchmarkRun(id="r", started_at="2026-01-01T00:00:00Z", finished_at="2026-01-01T00:00:01Z")
    assert block(page(empty), "lb-tables")["results"]["task"] == []


def test_user_names_and_queries_of_addresses_stay_out(small_run: BenchmarkRun) -> None:
    model = small_run.models[2].model_copy(update={"base_url": "https://me:hush@models.example/v1?token=hush"})
    html = page(small_run.model_copy(update={"models": (*small_run.models[:2], model, *small_run.models[3:])}))
    assert "hush" not in everything(html)
    assert block(html, "lb-run")["models"][2]["address"] == "https://models.example"
