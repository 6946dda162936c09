"""Runs against earlier ones: saved, blessed, compared and gated, with exit codes and the sentences on screen."""

from __future__ import annotations

import json

import pytest

from pytest_localbench.cli import main


def closing(run):
    return [line for line in run.text.split("\n") if line.startswith("exit code")][-1]


def flat(run):
    """The output with wrapped sentences joined."""
    return " ".join(run.text.split())


@pytest.fixture
def two(project):
    """Two tasks that a model answers right; later calls change its answers."""
    project.exact("one")
    project.exact("two")
    project.model(default="Paris")
    return project


def baseline(project):
    return json.loads((project.root / "data/baseline.json").read_text("utf-8"))


def qualities(document):
    return {f"{t['task']}[{t['model']}]": t["quality"] for t in document["task_results"]}


def test_a_saved_run_is_compared_by_its_name(two):
    saved = two.run("--localbench-save", "main")
    assert saved.code == 0
    assert "saved as 'main': data/results/named/main/run.json" in saved.text
    two.model(default="Paris", answers={"one": "London"})
    run = two.run("--localbench-compare=main")
    assert run.code == 1
    assert "compared with main (run 2" in run.text
    assert "newly failing (1):" in run.text
    assert "10.0 -> 1.0  documents/one[m]" in run.text
    assert 'm: options.answers (none) -> {"one": "London"}' in run.text
    assert closing(run) == "exit code 1: 1 weak answer; weak answers are failed tests, as no gate was set."


def test_alone_it_compares_with_the_last_complete_run_of_these_tasks(two):
    first = two.run("--localbench-compare")
    assert first.code == 0
    assert "nothing to compare with: no earlier complete run scored any of these tasks" in first.text
    two.model(default="London")
    two.run("-x")
    run = two.run("--localbench-compare")
    assert f"compared with {first.document['id']} (of" in run.text
    assert "newly failing (2):" in run.text


def test_a_gate_on_regressions_decides_the_exit_code(two):
    two.run("--localbench-bless")
    two.model(default="Paris", answers={"one": "London"})
    run = two.run("--localbench-compare-fail", "quality:5%", "--localbench-compare-fail", "documents/two:quality:0")
    assert run.code == 1
    assert (
        "gate not met: documents[m] quality 5.50 < 10.00 in blessed, -45.0 % (allowed 5 %); over 2 common tasks"
        in flat(run)
    )
    assert "gate met: documents/two[m] quality 10.00 as in blessed" in run.text
    assert closing(run) == "exit code 1: 1 of 2 gates not met (1 weak answer)."
    checks = run.document["gate"]["checks"]
    assert [(c["expression"], c["passed"]) for c in checks] == [
        ("compare-fail quality:5%", False), ("compare-fail documents/two:quality:0", True),
    ]  # fmt: skip


def test_weak_answers_that_were_weak_before_fail_nothing(two):
    two.model(default="London")
    two.run("--localbench-bless")
    run = two.run("--localbench-compare-fail", "*/*:quality:0")
    assert run.code == 0
    assert closing(run) == "exit code 0: all gates are met (2); weak answers alone (2) do not fail a gated run."
    assert two.run("--localbench-compare-fail", "*/*:quality:0", "--localbench-strict").code == 1


def test_new_tasks_are_reported_only(two):
    two.run("--localbench-bless")
    two.exact("three", expected="London")
    run = two.run("--localbench-compare-fail", "*/*:quality:0")
    assert run.code == 0
    assert "gate not judged: documents/three[m] is new, blessed has no score for it" in flat(run)
    assert "new, not in blessed (1): documents/three[m]" in run.text


def test_it_stands_beside_the_other_gates(two):
    two.run("--localbench-bless")
    run = two.run("--localbench-compare-fail", "quality:0", "--localbench-fail-under", "9.9")
    assert run.code == 1
    assert closing(run) == "exit code 1: 1 of 2 gates not met (0 weak answers)."


def test_a_changed_task_cannot_pass_unseen(two):
    two.run("--localbench-bless")
    two.exact("one", input={"prompt": "Another question?"})
    two.exact("two", input={"prompt": "Another question?"})
    run = two.run("--localbench-compare-fail", "quality:5%")
    assert run.code == 1
    assert "nothing can be compared: all 2 tasks that match have changed since blessed" in flat(run)
    assert "task changed, not compared (2): documents/one[m], documents/two[m]" in flat(run)


def test_a_renamed_task_keeps_its_place(two):
    two.run("--localbench-bless")
    (two.root / "docs/tasks/one.json").unlink()
    two.exact("uno", previous_ids=["one"], input={"prompt": "Question one?"})
    two.model(default="Paris", answers={"uno": "London"})
    run = two.run("--localbench-compare-fail", "*/*:quality:0")
    assert "gate not met: documents/uno[m] quality 1.00 < 10.00 in blessed" in flat(run)
    assert two.run("--localbench-bless").code == 1
    assert set(qualities(baseline(two))) == {"uno[m]", "two[m]"}


def test_blessing_a_part_keeps_the_rest(two):
    two.run("--localbench-bless")
    two.model(default="London")
    run = two.run("--localbench-bless", "-k", "one")
    assert "blessed: 1 lowered, 1 kept from before (lowered: documents/one[m])" in flat(run)
    assert qualities(baseline(two)) == {"one[m]": 0.0, "two[m]": 1.0}


def test_a_part_never_replaces_a_saved_run(two):
    two.run("--localbench-save", "main")
    path = two.root / "data/results/named/main/run.json"
    before = path.read_bytes()
    run = two.run("--localbench-save", "main", "-k", "one")
    assert run.code == 1
    assert "not saved as 'main': it lacks 1 of the 2 results that are saved there (documents/two[m])" in flat(run)
    assert closing(run).startswith("exit code 1: not saved as 'main': it lacks 1 of the 2 results")
    assert path.read_bytes() == before
    assert two.run("--localbench-save", "part", "-k", "one").code == 0
    assert two.run("--localbench-save", "main").code == 0


def test_a_run_that_was_stopped_is_kept_nowhere(two):
    two.run("--localbench-bless")
    two.model(default="London")
    before = baseline(two)
    run = two.run("-x", "--localbench-bless", "--localbench-save", "new")
    assert run.code == 1
    assert "not blessed: the run is partial (it was stopped early or lost items)" in flat(run)
    assert "not saved as 'new': the run is partial" in flat(run)
    assert baseline(two) == before
    assert not (two.root / "data/results/named").exists()


def test_a_run_that_misses_a_gate_is_not_blessed(two):
    two.run("--localbench-bless")
    before = baseline(two)
    two.model(default="London")
    run = two.run("--localbench-bless", "--localbench-compare-fail", "quality:0")
    assert run.code == 1
    assert "not blessed: a gate is not met" in run.text
    assert baseline(two) == before


def test_the_baseline_holds_no_prompts_and_no_answers(two):
    two.model(default="Paris", answers={"one": "A TELLING ANSWER"})
    two.run("--localbench-bless")
    text = (two.root / "data/baseline.json").read_text("utf-8")
    assert "Question" not in text
    assert sum(line.startswith('  {"key"') for line in text.splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--localbench-compare=nope",), "--localbench-compare: no run 'nope' in"),
        (("--localbench-compare", "docs"), "'docs' is a path: write --localbench-compare=last"),
        (("--localbench-compare=blessed",), "nothing is blessed yet"),
        (("--localbench-compare-fail", "quality:5%"), "there is no earlier run to compare with"),
        (("--localbench-compare-fail", "qualty:5%"), "did you mean 'quality'"),
        (("--localbench-save", "A B"), "is not a usable id"),
        (("--localbench-save", "last"), "already means something else"),
        (("--localbench-selfcheck", "--localbench-bless"), "asks no model, so there is nothing to keep or compare"),
    ],
)
def test_what_cannot_be_used_is_said_before_a_model_is_asked(two, options, words):
    run = two.pytester.runpytest_inprocess("-p", "no:cacheprovider", *options, *([] if "docs" in options else ["docs"]))
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    assert words in " ".join(run.stderr.str().split())
    assert not (two.root / "data/results").exists()


def test_a_baseline_of_a_newer_version_is_refused_and_left_alone(two):
    text = '{"schema_version": 99, "id": "x"}'
    two.write("data/baseline.json", text)
    for option in ("--localbench-bless", "--localbench-compare=blessed"):
        run = two.run(option)
        assert run.code == pytest.ExitCode.USAGE_ERROR
        assert "was made by a newer version" in run.text
    assert (two.root / "data/baseline.json").read_text("utf-8") == text


def test_nothing_selected_is_no_success(two):
    two.run("--localbench-bless")
    run = two.run("-k", "nothing", "--localbench-compare-fail", "quality:5%")
    assert run.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "gate not met: 0 items scored" in run.text
    kept = two.run("-k", "nothing", "--localbench-save", "x")
    assert kept.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "nothing was asked, so nothing was kept" in kept.text


def test_errors_never_hide_a_fall(two):
    two.run("--localbench-bless")
    two.model(default="Paris", answers={"one": {"error": {"kind": "context", "message": "too long"}}})
    run = two.run("--localbench-compare-fail", "quality:0")
    assert run.code == 1
    assert "documents[m]: 1 of the tasks that had a score in blessed have none now" in flat(run)
    assert "scored in blessed, without a score now (1): documents/one[m]" in flat(run)


def test_times_of_another_machine_gate_nothing(two):
    two.run("--localbench-bless")
    path = two.root / "data/baseline.json"
    data = baseline(two)
    data["environment"]["machine"] = "elsewhere"
    path.write_text(json.dumps(data), "utf-8")
    run = two.run("--localbench-compare-fail", "p95_s:0", "--localbench-compare-fail", "quality:0")
    assert run.code == 0
    assert "gate not judged: documents[m] p95_s: the runs were made on different machines" in flat(run)
    assert "another machine: times and memory are not compared, and only quality makes the score" in flat(run)


def test_workers_change_nothing(two):
    two.run("--localbench-bless")
    two.model(default="Paris", answers={"one": "London"})
    run = two.run("-n", "2", "--localbench-compare-fail", "*/*:quality:0", "--localbench-save", "main", subprocess=True)
    assert run.code == 1
    assert run.text.count("compared with blessed") == 1
    assert "gate not met: documents/one[m] quality 1.00 < 10.00 in blessed" in flat(run)
    assert (two.root / "data/results/named/main/run.json").exists()


def test_brief_and_silent(two):
    two.run("--localbench-save", "main")
    two.model(default="London")
    brief = two.run("--localbench-compare=main", "-q")
    assert "newly failing (2):" in brief.text
    assert "what is not the same" not in brief.text
    assert "compared with" not in two.run("--localbench-compare=main", "--localbench-summary", "none").text


def test_the_commands_show_the_same(two, capsys):
    two.run("--localbench-save", "main")
    two.model(default="Paris", answers={"one": "London"})
    two.run()
    data = ("--data", str(two.root / "data"))
    capsys.readouterr()
    assert main(["compare", "main", *data]) == 0
    shown = capsys.readouterr().out
    assert "compared with main (run 2" in shown
    assert "10.0 -> 1.0  documents/one[m]" in shown
    assert main(["compare", "main", "last", "--fail", "quality:5%", "--fail", "*/*:quality:0", *data]) == 1
    assert capsys.readouterr().out.endswith("2 of 3 gates not met\n")
    assert main(["compare", "main", "main", "--fail", "quality:0", *data]) == 0
    assert capsys.readouterr().out.endswith("all gates are met (1)\n")
    assert main(["compare", "main", "--fail", "quality", *data]) == 1
    assert "compare-fail 'quality': write" in capsys.readouterr().err
    assert main(["history", *data]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 3
    assert rows[1].endswith("saved as main")
    assert rows[2].endswith("model changed")
    assert main(["history", "--model", "nobody", *data]) == 0
    assert "no runs in" in capsys.readouterr().out


def test_the_history_names_what_it_left_out(two, capsys):
    two.run()
    two.write("data/results/torn/run.json", "{")
    capsys.readouterr()
    assert main(["history", "--data", str(two.root / "data")]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 2
    assert shown.err == "localbench: torn was left out: no readable JSON\nlocalbench: 1 of 2 runs were left out\n"
