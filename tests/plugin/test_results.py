"""What a run leaves behind: outcomes, run document, journal, JUnit, gates and exit codes."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest


def test_outcomes_are_kept_apart(project):
    project.model(
        answers={
            "right": "Paris",
            "wrong": "London",
            "nothing": "",
            "thought": {"text": "", "thinking": "hm", "finish_reason": "length"},
            "broken": {"error": "boom"},
            "refused": "I'm sorry, I cannot help with that.",
        }
    )
    for name in ("right", "wrong", "nothing", "thought", "broken", "refused"):
        project.exact(name)
    run = project.run()
    assert run.outcomes == {"passed": 1, "failed": 4, "errors": 1}
    found = {r["key"]["task"]: (r["outcome"], r["quality"]) for r in run.document["results"]}
    assert found == {
        "right": ("passed", 1.0), "wrong": ("weak", 0.0), "nothing": ("empty", 0.0),
        "thought": ("budget_exhausted", 0.0), "broken": ("backend_error", None), "refused": ("refused", 0.0),
    }  # fmt: skip
    assert "boom" in run.text


def test_an_error_never_counts_as_a_wrong_answer(project):
    project.model(answers={"right": "Paris", "broken": {"error": "down"}})
    project.exact("right")
    project.exact("broken")
    run = project.run("--localbench-fail-under", "5")
    row = run.document["summary"][0]
    assert row["quality"] == 1.0
    assert (row["n_scored"], row["n_errors"], row["coverage"]) == (1, 1, 0.5)
    assert run.code == 1
    assert "only 50% of the tasks were scored" in run.text


def test_an_empty_answer_stays_in_the_mean(project):
    project.model(answers={"one": "Paris", "two": ""})
    project.exact("one")
    project.exact("two")
    row = project.run().document["summary"][0]
    assert (row["quality"], row["n_scored"]) == (0.5, 2)


def test_repeats_are_all_kept_and_averaged(project):
    project.model(answers={"one": ["Paris", "London"]})
    project.exact("one", repeats=2)
    run = project.run()
    folded = run.document["task_results"][0]
    assert folded["quality"] == 0.5
    assert folded["spread"] == 0.5
    assert folded["metrics"] == {"pass@1": 0.5, "pass@2": 1.0, "pass^2": 0.0}
    assert run.result("one", attempt=2)["answer"] == "London"


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        ((), 1, "weak answers are failed tests, as no gate was set"),
        (("--localbench-fail-under", "0.5"), 0, "exit code 0: all gates are met"),
        (("--localbench-fail-under", "0.5", "--localbench-strict"), 1, "--localbench-strict"),
        (("--localbench-fail-under", "9"), 1, "gates not met"),
        (("--localbench-gate", "documents:quality>=5"), 0, "all gates are met"),
        (("--localbench-gate", "documents/one@m:quality>=9.9"), 0, "all gates are met"),
        (("--localbench-gate", "doc*:pass_rate>=0.75"), 1, "pass_rate 0.50 < 0.75"),
        (("--localbench-gate", "other:score>=1"), 1, "nothing that ran matches"),
        (("-m", "documnets", "--localbench-gate", "score>=1"), 5, "0 items scored"),
    ],
)
def test_gates_decide_the_exit_code_and_say_why(project, args, code, sentence):
    project.model(answers={"one": "Paris", "two": "London"})
    project.exact("one")
    project.exact("two")
    run = project.run(*args)
    assert run.code == code
    assert sentence in run.text


@pytest.mark.parametrize("expression", ["score>>1", "scroe>=1", "score>=11", "documents/one:coverage>=1"])
def test_an_unreadable_gate_is_a_usage_error(project, expression):
    project.model()
    run = project.run("--localbench-gate", expression)
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert f"gate '{expression}'" in run.text


def test_a_gate_with_only_skipped_items_fails(project):
    project.model()
    project.exact("one", status="draft")
    run = project.run("--localbench-fail-under", "0")
    assert run.code == 1
    assert "0 items scored" in run.text


def test_failing_ordinary_tests_always_count(project):
    project.model(default="Paris")
    project.exact("one")
    project.write("docs/test_plain.py", "def test_no(): assert False")
    assert project.run("--localbench-fail-under", "1").code == 1


def test_stopping_early_still_writes_the_document(project):
    project.model(default="London")
    for name in "abc":
        project.exact(name)
    run = project.run("-x")
    assert run.document["complete"] is False
    assert len(run.document["results"]) == 1
    assert len(run.document["not_run"]) == 2


def test_json_goes_where_it_is_asked_for(project):
    project.model(default="Paris")
    project.exact("one")
    project.run("--localbench-json", "out/run.json")
    document = json.loads((project.root / "out/run.json").read_text("utf-8"))
    assert document["schema_version"] == 2
    assert document["results"][0]["answer"] == "Paris"
    assert (project.root / "data/.gitignore").exists()


def test_properties_reach_junit_and_control_codes_reach_nobody(project):
    reply = "no \x00\x1b[31m red \x01 \ud83d end"
    project.model(answers={"one": reply, "two": "Paris"})
    project.exact("one")
    project.exact("two")
    run = project.run("--junitxml=j.xml", "-v")
    assert run.outcomes == {"failed": 1, "passed": 1}
    assert "\x1b[31m red" not in run.text
    cases = {case.get("name"): case for case in ElementTree.parse(project.root / "j.xml").iter("testcase")}
    properties = {p.get("name"): p.get("value") for p in cases["two[m]"].iter("property")}
    assert properties["localbench.outcome"] == "passed"
    assert float(properties["localbench.quality_points"]) == 10.0
    assert run.result("one")["answer"] == reply.replace("\ud83d", "\ufffd")


def test_the_log_names_run_and_item_on_each_line(project):
    project.model(default="Paris")
    project.exact("one")
    project.run()
    (log,) = (project.root / "data/logs").iterdir()
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {line["run"] for line in lines} == {log.stem}
    assert any(line["item"] == "documents/one[m-----r1]" and line["event"] == "result" for line in lines)


def test_weights_from_the_command_line(project):
    project.model(default="Paris")
    project.exact("one", complexity=1)
    run = project.run("--localbench-weights", "quality=1,complexity=1")
    assert run.result("one")["ultimate_score"] == pytest.approx(6.0)
    wrong = project.run("--localbench-weights", "qualty=1")
    assert wrong.code == pytest.ExitCode.USAGE_ERROR
    assert "unknown component 'qualty'" in wrong.text


def test_a_read_only_folder_is_one_sentence(project):
    project.model(default="Paris")
    project.exact("one")
    project.write("data/results", "a file where a folder should be")
    run = project.run()
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert "results cannot be written here" in run.text


def test_no_terminal_and_quiet_and_narrow(project, monkeypatch):
    project.model(default="Paris")
    project.exact("one")
    assert project.run("-p", "no:terminal").code == 0
    assert "documents m: score" in project.run("-q").text
    monkeypatch.setenv("COLUMNS", "50")
    table = [line for line in project.run().text.splitlines() if line.startswith("  m ")]
    assert table
    assert len(table[0]) <= 50


def test_many_weak_answers_do_not_bury_the_table(project):
    project.model(default="London")
    for number in range(15):
        project.exact(f"t{number}")
    lines = project.run().text.splitlines()
    assert any(line.startswith("exit code 1") for line in lines[-4:])
    assert sum("answer: got London" in line for line in lines) == 10


def test_sigterm_ends_the_run_with_what_was_answered(project):
    project.model(answers={"a": "Paris", "b": {"text": "Paris", "delay_s": 30}})
    project.exact("a")
    project.exact("b")
    project.write(
        "conftest.py",
        """
        import os
        import signal

        def pytest_runtest_logfinish(nodeid):
            os.kill(os.getpid(), signal.SIGTERM)
    """,
    )
    run = project.run(subprocess=True)
    assert run.code == pytest.ExitCode.INTERRUPTED
    assert run.document["complete"] is False
    assert [r["key"]["task"] for r in run.document["results"]] == ["a"]
    assert "the run was interrupted" in run.text


def test_a_score_may_depend_on_another(project):
    project.model(default="Paris")
    project.exact(
        "one",
        evaluators=[
            {"use": "exact", "name": "right"},
            {"use": "contains", "with": {"all": ["Paris"]}, "depends_on": "other"},
            {"use": "contains", "name": "other", "with": {"all": ["Rome"]}},
        ],
    )
    assert project.run().result("one")["quality"] == pytest.approx(1 / 3)


def test_a_draft_category_is_not_run(project):
    project.write("docs/category.yaml", "id: documents\nname: Documents\nstatus: draft\n")
    project.model(default="Paris")
    project.exact("one")
    assert project.run().outcomes == {"skipped": 1}


def test_a_gated_run_that_was_stopped_early_is_not_green(project):
    project.model(answers={"a": "Paris"}, default="London")
    for name in "abc":
        project.exact(name)
    run = project.run("-x", "--localbench-fail-under", "1")
    assert run.code == 1
    assert len(run.document["not_run"]) == 1


def test_a_category_that_was_not_run_is_no_zero(project):
    project.write("mail/category.yaml", "id: mail\nname: Mail\n")
    project.write("mail/t.json", '{"id": "m1", "input": {"prompt": "?"}, "expected": "x"}')
    project.model(default="Paris")
    project.exact("one")
    run = project.run("mail", "-m", "documents")
    assert run.outcomes == {"passed": 1, "deselected": 1}
    assert [s["category"] for s in run.document["summary"]] == ["documents"]
    assert {c["id"] for c in run.document["categories"]} == {"documents", "mail"}
    assert "not run" in run.text


def test_measures_of_a_label_task_stand_under_it_in_the_summary(project):
    project.model(answers={"risk/a": '{"risk": "high"}', "risk/b": '{"risk": "low"}', "risk/c": "{}"})
    project.task(
        "risk",
        """
        prompt: "{{ clause }}"
        output: {format: json, labels: [low, high]}
        samples:
          - {id: a, variables: {clause: first}, expected: {risk: high}}
          - {id: b, variables: {clause: second}, expected: {risk: high}}
          - {id: c, variables: {clause: third}, expected: {risk: low}}
        evaluators:
          - {use: label, with: {field: risk, headline: macro_f1, report: [macro_f1, confusion]}}
    """,
    )
    run = project.run("-v")
    assert "\n      macro F1 0.33; taken for another: high as low 1x, low as (none) 1x\n" in run.text
    (result,) = run.document["task_results"]
    assert result["quality"] == pytest.approx(1 / 3)
    assert result["verdicts"][0]["details"][-1]["got"] == {"high": {"high": 1, "low": 1}, "low": {"(none)": 1}}
