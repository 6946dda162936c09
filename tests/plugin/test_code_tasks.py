"""Tasks whose answers are code, from the task file to the run document."""

from __future__ import annotations

import json
import shutil

import pytest

from pytest_localbench.evaluators import isolation
from pytest_localbench.evaluators.code_policy import policy

TASK = {
    "input": {"prompt": "Write add(a, b) in Python."},
    "output": {"format": "code", "language": "python", "entry": "add"},
    "evaluators": [{"use": "unit_tests", "with": {"cases": [{"args": [1, 2], "expect": 3}, {"args": [5, 5], "expect": 10}]}}],
}  # fmt: skip
RIGHT = "Here you are:\n```python\ndef add(a, b):\n    return a + b\n```"
HALF = "```python\ndef add(a, b):\n    return 3\n```"


@pytest.fixture(autouse=True)
def _fresh():
    isolation._find.cache_clear()
    policy.runner, policy.allow = "auto", False
    yield
    isolation._find.cache_clear()
    policy.runner, policy.allow = "auto", False


@pytest.fixture
def no_level(monkeypatch):
    monkeypatch.setattr(isolation, "_wall", lambda level: None)


@pytest.fixture
def some_level():
    problem = isolation.find("python").problem
    if problem:
        pytest.skip(problem)


def write(project, reply, **extra):
    task = {"id": "code", "title": "Add", **TASK, **extra}
    project.write("docs/tasks/code.json", json.dumps(task))
    project.model(default=reply)


def test_code_is_run_and_the_run_says_how(project, some_level):
    write(project, RIGHT)
    run = project.run("--models=m")
    assert run.outcomes == {"passed": 1}
    level = run.document["environment"]["facts"]["isolation"]
    assert level.split()[0] in {"namespace", "kernel"}
    details = run.result("code")["verdicts"][0]["details"]
    assert details[-1]["path"] == "isolation"
    assert details[-1]["got"] == level
    assert not [note for note in run.document.get("notes", []) if "isolation" in note]


def test_a_wrong_answer_shows_the_case(project, some_level):
    write(project, HALF)
    run = project.run("--models=m")
    assert run.outcomes == {"failed": 1}
    assert run.result("code")["quality"] == 0.5
    assert "add(5, 5): got 3, should be 10" in run.text
    assert "isolation" not in run.text


def test_without_isolation_the_task_is_skipped(project, no_level):
    write(project, RIGHT)
    run = project.run("--models=m", "-rs")
    assert run.outcomes == {"skipped": 1}
    assert "cannot be isolated here" in run.text
    assert "--localbench-allow-code" in run.text
    assert run.result("code").get("quality") is None


def test_the_opt_in_runs_it_and_every_report_says_so(project, no_level, tmp_path):
    write(project, RIGHT)
    run = project.run("--models=m", "--localbench-allow-code", "--localbench-markdown", str(tmp_path / "s.md"))
    assert run.outcomes == {"passed": 1}
    assert run.document["environment"]["facts"]["isolation"] == "none (limits only)"
    words = "1 answer with code ran without isolation (--localbench-allow-code)"
    assert run.document["notes"] == [words]
    assert words in run.text
    assert words in (tmp_path / "s.md").read_text()


def test_the_opt_in_is_not_for_ini_files(project, no_level):
    write(project, RIGHT)
    project.write("pytest.ini", "[pytest]\nlocalbench_allow_code = true\n")
    assert project.run("--models=m").outcomes["skipped"] == 1


def test_code_can_be_switched_off(project):
    write(project, RIGHT)
    project.write("pytest.ini", "[pytest]\nlocalbench_code_runner = off\n")
    run = project.run("--models=m", "-rs")
    assert run.outcomes == {"skipped": 1}
    assert "localbench_code_runner is off" in run.text


def test_a_wrong_runner_is_told(project):
    write(project, RIGHT)
    project.write("pytest.ini", "[pytest]\nlocalbench_code_runner = docker\n")
    run = project.run("--models=m")
    assert run.code != 0
    assert "localbench_code_runner = docker: give one of auto, namespace, kernel, off" in run.text


def test_workers_agree(project, some_level):
    pytest.importorskip("xdist")
    write(project, RIGHT)
    run = project.run("--models=m", "-n", "1", subprocess=True)
    assert run.outcomes == {"passed": 1}
    assert run.document["environment"]["facts"]["isolation"].split()[0] in {"namespace", "kernel"}


def test_known_answers_are_checked(project, some_level):
    cases = [{"name": "reference", "output": RIGHT, "min": 1.0}, {"name": "half", "output": HALF, "max": 0.5}]
    write(project, RIGHT, calibration=cases)
    assert project.run("--localbench-selfcheck").outcomes == {"passed": 3}


def test_known_answers_are_not_run_without_isolation(project, no_level):
    write(project, RIGHT, calibration=[{"name": "reference", "output": RIGHT, "min": 1.0}])
    assert project.run("--localbench-selfcheck").outcomes == {"skipped": 2}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"output": {"format": "text"}}, "the task needs 'output: {format: code}'"),
        ({"output": {"format": "code", "entry": "add"}}, "'' cannot be run; 'language' is python or javascript"),
        ({"output": {"format": "code", "language": "python"}}, "'entry' names the function to call"),
        ({"evaluators": [{"use": "unit_tests", "with": {"cases": [{"args": [1]}]}}]}, "give exactly one of 'expect' and 'raises'"),
        ({"evaluators": [{"use": "unit_tests", "with": {"cases": []}}]}, "cases"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_line(project, change, words):
    write(project, RIGHT, **change)
    run = project.run("--models=m")
    assert run.code == 2
    assert "docs/tasks/code.json:1: task 'code'" in run.text
    assert words in run.text


def test_a_task_that_needs_node_is_asked_where_node_is(project, monkeypatch):
    project.exact("one", requires={"node": True})
    project.model(default="Paris")
    monkeypatch.setattr(shutil, "which", lambda name, *a, **k: "/usr/bin/node" if name == "node" else None)
    assert project.run("--models=m").outcomes == {"passed": 1}
    monkeypatch.setattr(shutil, "which", lambda name, *a, **k: None)
    run = project.run("--models=m", "-rs")
    assert run.outcomes == {"skipped": 1}
    assert "needs 'node', which is not installed" in run.text


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript_answers(project, some_level):
    script = "```js\nexport const add = (a, b) => a + b;\n```"
    write(project, script, output={"format": "code", "language": "javascript", "entry": "add"})
    assert project.run("--models=m").outcomes == {"passed": 1}
