"""Odd answers, odd files and odd selections: the right value is stored, nothing crashes, nothing is lost."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

TOTAL = {"output": {"format": "json"}, "evaluators": [{"use": "json_fields"}]}
DRAFT_AND_FINAL = 'Draft: {"total": "80.00"}\nAfter checking the VAT line, final: {"total": "90.00"}'


def json_task(project, name, expected, **fields):
    options = {"with": {"fields": fields}} if fields else {}
    project.exact(name, expected=expected, output={"format": "json"}, evaluators=[{"use": "json_fields", **options}])


def lasting(document):
    return sorted(
        (str(r["key"]), r["outcome"], r["quality"], r["answer"], r["thinking"], tuple(r["notes"]), r["reason"])
        for r in document["results"]
    )


@pytest.fixture
def odd_answers(project):
    """One task per odd answer; the expected value is the right one."""
    answers = {
        "fences": 'I used:\n```bash\npdftotext r17.pdf -\n```\nResult:\n```json\n{"no": "R-17", "total": "90.00"}\n```\n',
        "draft": DRAFT_AND_FINAL,
        "merged": '{"a": 1} and {"b": 2}',
        "thinking": 'Maybe {"total": "80.00"}? No, VAT is missing.\n</think>\n{"total": "90.00"}',
        "quoted": '{"note": "Wrap drafts in <think> and </think>."}',
        "ticks": 'Use `this`:\n{"cmd": "run `make` or ```make all```"}',
        "cut": {"text": '{"qty": 12, "total": 12', "finish_reason": "length"},
        "python": "{'vendor': \"O'Hara & Sons\", 'paid': True, 'po': None}",
        "emoji": '{"mood": "\\ud83c\\udf78"}',
        "half": '{"mood": "x\\ud835"}',
        "control": "ok \x01 \x1b[31m red \x00 \ud83d end",
        "due": '{"due": "2025-03-04", "at": "2025-03-04T03:04:05Z"}',
        "country": '{"country": "no", "active": "off", "NO": "Oslo"}',
    }
    json_task(project, "fences", {"no": "R-17", "total": "90.00"})
    json_task(project, "draft", {"total": "90.00"})
    json_task(project, "merged", {"a": 1, "b": 2})
    json_task(project, "thinking", {"total": "90.00"})
    json_task(project, "quoted", {"note": "Wrap drafts in <think> and </think>."}, note={"match": "exact"})
    json_task(project, "ticks", {"cmd": "run `make` or ```make all```"}, cmd={"match": "exact"})
    json_task(project, "cut", {"qty": 12, "total": 12})
    json_task(project, "python", {"vendor": "O'Hara & Sons", "paid": True, "po": None}, vendor={"match": "exact"})
    json_task(project, "emoji", {"mood": "\U0001f378"})
    json_task(project, "half", {"mood": "\U0001f378"})
    project.exact("control")
    for name, expected in (
        ("due", "{due: 2025-03-04, at: 2025-03-04T03:04:05Z}"),
        ("country", "{country: no, active: off, NO: Oslo}"),
    ):
        project.task(
            name,
            f"""
            id: {name}
            input: {{prompt: hi}}
            output: {{format: json}}
            expected: {expected}
            evaluators: [{{use: json_fields}}]
        """,
        )
    project.model(answers=answers)
    return project


def test_odd_answers_get_their_right_value_and_every_report_is_well_formed(odd_answers):
    run = odd_answers.run("--junitxml=j.xml", "-v")
    assert run.code == 1
    found = {r["key"]["task"]: r["quality"] for r in run.document["results"]}
    assert found == {
        "fences": 1, "draft": 1, "merged": 0.5, "thinking": 1, "quoted": 1, "ticks": 1, "cut": 0, "python": 1,
        "emoji": 1, "half": 0, "control": 0, "due": 1, "country": 1,
    }  # fmt: skip
    assert "several_candidates" in run.result("draft")["notes"]
    assert "several_candidates" not in run.result("fences")["notes"]
    assert run.result("cut")["outcome"] == "truncated"
    assert "not_strict_json" in run.result("python")["notes"]
    assert "VAT is missing" in run.result("thinking")["thinking"]
    assert "\x1b[31m red" not in run.text
    assert run.result("control")["answer"] == "ok \x01 \x1b[31m red \x00 \ufffd end"
    assert "\ufffd" in json.dumps(run.result("half")["verdicts"], ensure_ascii=False)
    cases = ElementTree.parse(odd_answers.root / "j.xml").iter("testcase")
    assert len(list(cases)) == 13
    for task in run.document["tasks"]:
        if task["id"] == "due":
            assert task["expected"] == {"due": "2025-03-04", "at": "2025-03-04T03:04:05Z"}


def test_workers_and_repeated_runs_judge_odd_answers_alike(odd_answers):
    pytest.importorskip("xdist")
    alone = odd_answers.run()
    assert lasting(odd_answers.run().document) == lasting(alone.document)
    spread = odd_answers.run("-n", "2", "--junitxml=j.xml", subprocess=True)
    assert "INTERNALERROR" not in spread.text
    assert spread.outcomes == alone.outcomes
    assert lasting(spread.document) == lasting(alone.document)
    assert len(list(ElementTree.parse(odd_answers.root / "j.xml").iter("testcase"))) == 13


def test_a_cut_off_number_earns_the_same_whatever_it_could_have_been(project):
    project.model(default={"text": '{"qty": 12, "total": 12', "finish_reason": "length"})
    json_task(project, "short", {"qty": 12, "total": 12})
    json_task(project, "long", {"qty": 12, "total": 1200})
    run = project.run()
    assert {(r["quality"], r["outcome"]) for r in run.document["results"]} == {(0.0, "truncated")}


@pytest.mark.parametrize("workers", ["0", "1", "3"])
def test_every_result_is_written_once_whatever_the_number_of_workers(project, workers):
    pytest.importorskip("xdist")
    for name in ("a", "b", "c"):
        project.model(name, default="Paris")
    for number in range(4):
        project.exact(f"t{number}", expected="Paris" if number else "Rome")
    run = project.run("-n", workers, subprocess=True)
    keys = [str(r["key"]) for r in run.document["results"]]
    assert len(keys) == len(set(keys)) == 12
    assert [(row["model"], row["quality"], row["n_scored"]) for row in run.document["summary"]] == [
        ("a", 0.75, 4), ("b", 0.75, 4), ("c", 0.75, 4),
    ]  # fmt: skip


def test_answers_that_cannot_be_read_stay_in_the_denominator(project):
    texts = ["HR", "HR", "HR", "HR", "I cannot help with that.", "???"]
    project.model(answers={f"t{n}": text for n, text in enumerate(texts)})
    for number in range(6):
        project.exact(
            f"t{number}",
            expected="HR",
            output={"format": "label", "labels": ["HR", "IT"]},
            evaluators=[{"use": "label"}],
        )
    row = project.run().document["summary"][0]
    assert (row["quality"], row["n_scored"], row["n_errors"]) == (pytest.approx(4 / 6), 6, 0)


def test_equal_models_are_tied_in_every_order(project):
    for name, right in (("m-c", 8), ("m-b", 0), ("m-a", 0)):
        project.model(name, answers={f"t{n}": "Paris" for n in range(right)}, default="London")
    for number in range(8):
        project.exact(f"t{number}")
    for models in ("m-c,m-b,m-a", "m-a,m-b,m-c"):
        summary = project.run(f"--models={models}").document["summary"]
        found = [(row["model"], row["rank"], row["tied"]) for row in summary]
        assert found == [("m-c", 1, False), ("m-a", 2, True), ("m-b", 2, True)]


def test_a_model_or_a_tag_never_acts_as_another_mark(project):
    project.model("documents", default="Paris")
    project.model("other", default="Paris")
    project.exact("one", tags=["skip"])
    project.exact("two", tags=["documents"])
    project.write("mail/category.yaml", "id: mail\nname: Mail at night\n")
    project.write(
        "mail/t.json", '{"id": "m1", "input": {"prompt": "?"}, "expected": "x", "evaluators": [{"use": "exact"}]}'
    )
    run = project.run("mail", "--strict-markers", "-W", "error", "-m", "documents", "-rs")
    assert run.outcomes == {"passed": 2, "skipped": 2, "deselected": 2}
    assert {r["key"]["category"] for r in run.document["results"]} == {"documents"}
    assert project.run("mail", "-m", "other").code == pytest.ExitCode.NO_TESTS_COLLECTED
    project.write("pytest.ini", "[pytest]\ntestpaths = docs mail\n")
    listed = project.pytester.runpytest_inprocess("--markers").stdout.str()
    assert "@pytest.mark.mail: category: Mail at night" in listed


@pytest.mark.parametrize(("first", "second"), [("alpha", "alpha"), ("alpha", "Alpha")])
def test_an_id_that_differs_in_case_alone_is_refused_before_anything_is_asked(project, first, second):
    project.model(default="Paris")
    for place, name in (("a", first), ("b", second)):
        project.task(place, f"id: {name}\ninput: {{prompt: hi}}\nexpected: x\nevaluators: [{{use: exact}}]\n")
    run = project.run()
    assert run.code == 2
    assert run.document is None
    assert "already used in docs/tasks/a.yaml" in run.text or "is not a usable id" in run.text


def test_two_files_of_one_id_in_two_folders_are_refused(project):
    project.model(default="Paris")
    project.exact("alpha")
    project.write("docs/alpha.yaml", "id: alpha\ninput: {prompt: hi}\nexpected: x\nevaluators: [{use: exact}]\n")
    run = project.run()
    assert run.code == 2
    assert "docs/alpha.yaml" in run.text
    assert "docs/tasks/alpha.json" in run.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "id: t\nexpected: {total: '90'}\ninput: {prompt: x}\nexpected: {total: '95'}\n",
            "stands twice (lines 2 and 4)",
        ),
        ("id: t\ninput: {prompt: x}\nexpected: &x [*x]\n", "an alias refers to itself"),
        ("id: t\nevaluation_weights: {qualty: 0.9}\ninput: {prompt: x}\n", "did you mean 'quality'?"),
    ],
)
def test_a_broken_file_is_told_before_anything_is_asked(project, text, words):
    project.model(default="Paris")
    project.exact("good")
    project.task("t", text)
    for args in ((), ("--collect-only",)):
        run = project.run(*args)
        assert run.code == 2
        assert words in run.text
        assert "docs/tasks/t.yaml:" in run.text
        assert run.document is None


GATE = ("--localbench-fail-under", "0.8")


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("-m", "documnets", *GATE), 5, "0 items scored"),
        (("-k", "nothing", *GATE), 5, "0 items scored"),
        (("--models=nosuch", *GATE), 4, "Known: m, smollm2"),
        (("--localbench-gate", "documnets:score>=1"), 1, "no category 'documnets'"),
        (("--localbench-gate=@nosuch:score>=1",), 1, "no model 'nosuch' (known: m)"),
        (("-k", "draft", *GATE), 1, "0 items scored"),
        (("-k", "draft", "--localbench-gate", "documents:coverage<=1"), 1, "0 items scored"),
        (("-k", "down", *GATE), 1, "0 items scored"),
        (("--collect-only", "-q", "-m", "documnets", *GATE), 5, "no tests collected"),
    ],
)
def test_a_gate_over_nothing_is_never_green(project, args, code, words):
    project.model(answers={"one": "Paris", "down": {"error": "no connection"}})
    project.exact("one")
    project.exact("down", retries_infra=0)
    project.exact("draft", status="draft")
    run = project.run(*args)
    assert run.code == code
    assert words in run.text


def test_a_gate_over_nothing_is_not_green_with_workers(project):
    pytest.importorskip("xdist")
    project.model(default="Paris")
    project.exact("draft", status="draft")
    run = project.run("-n", "2", *GATE, subprocess=True)
    assert run.code == 1
    assert "0 items scored" in run.text
