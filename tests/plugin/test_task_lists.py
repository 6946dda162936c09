"""Lists of tasks, few-shot examples and repeats, through pytest."""

from __future__ import annotations

import pytest


@pytest.fixture
def suite(project):
    project.model(answers={"a_one": "Paris", "a_two": "Paris", "b_one": "Paris"})
    for name in ("a_one", "a_two", "b_one"):
        project.exact(name)
    return project


def ran(outcome):
    return sorted(result["key"]["task"] for result in outcome.document["results"])


@pytest.mark.parametrize(
    ("name", "text", "tasks"),
    [
        ("list.txt", "# mine\na_one\n\nb_one  # too\n", ["a_one", "b_one"]),
        ("list.txt", "a_*\n!a_two\n", ["a_one"]),
        ("list.txt", "!a_two\n", ["a_one", "b_one"]),
        ("list.txt", "documents/*_one\n", ["a_one", "b_one"]),
        ("list.yaml", "- a_two\n- documents/b_one\n", ["a_two", "b_one"]),
        ("list.yml", "tasks: ['a_*']\n", ["a_one", "a_two"]),
        ("list.json", '["b_one"]', ["b_one"]),
    ],
)
def test_only_the_tasks_of_the_list_run(suite, name, text, tasks):
    suite.write(name, text)
    outcome = suite.run(f"--localbench-tasks={name}")
    assert outcome.code == 0
    assert ran(outcome) == tasks


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("list.txt", "a_one\na_tow\n", "list.txt:2: 'a_tow' names none of the tasks that were collected (did you mean 'a_two'?)"),
        ("list.txt", "# nothing\n", "list.txt:1: names no task"),
        ("list.yaml", "- a_one\n- 3\n", "list.yaml:2: a task is named by a text, not 3"),
        ("list.yaml", "taks: [a_one]\n", "list.yaml:1: unknown key 'taks'; write 'tasks: [...]'"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_stops_the_run(suite, name, text, told):
    suite.write(name, text)
    outcome = suite.run(f"--localbench-tasks={name}")
    assert outcome.code == 4
    assert f"--localbench-tasks: {told}" in outcome.text
    assert outcome.document is None


def test_workers_refuse_a_wrong_list_as_well(suite):
    suite.write("list.txt", "a_tow\n")
    outcome = suite.run("--localbench-tasks=list.txt", "-n1", subprocess=True)
    assert outcome.code == 4
    assert "ERROR: --localbench-tasks: list.txt:1: 'a_tow' names none of the tasks" in outcome.text
    assert "INTERNALERROR" not in outcome.text


def test_a_list_that_is_not_there_stops_the_run(suite):
    outcome = suite.run("--localbench-tasks=gone.txt")
    assert outcome.code == 4
    assert "--localbench-tasks: gone.txt: " in outcome.text


def test_ordinary_tests_stay_and_the_ini_file_may_name_the_list(suite):
    suite.write("pytest.ini", "[pytest]\nlocalbench_tasks = list.txt\n")
    suite.write("list.txt", "b_one\n")
    suite.write("docs/test_plain.py", "def test_plain():\n    pass\n")
    outcome = suite.run()
    assert outcome.outcomes == {"passed": 2, "deselected": 2}
    assert ran(outcome) == ["b_one"]


def test_examples_are_sent_between_system_text_and_prompt(project):
    project.task("sort", """\
        input:
          system: You sort.
          few_shot: [{user: "{{ first }} one", assistant: red}]
          prompt: The second one
          variables: {first: The first}
        expected: blue
        """)  # fmt: skip
    project.model(contains=[{"when": "You sort.\nThe first one\nred\nThe second one", "text": "blue"}], default="no")
    assert project.run().result("sort")["outcome"] == "passed"


def test_repeated_attempts_tell_pass_at_k_all_of_k_and_their_spread(project):
    project.exact("a")
    project.model(answers={"a": ["Paris", "Rome", "Paris"]})
    outcome = project.run("--localbench-repeat=3", "-v")
    (task,) = outcome.document["task_results"]
    assert task["metrics"]["pass@1"] == pytest.approx(2 / 3)
    assert task["metrics"]["pass@3"] == 1.0
    assert task["metrics"]["pass^3"] == 0.0
    assert task["spread"] == pytest.approx(0.4714, abs=1e-4)
    told = " ".join(outcome.text.split())
    assert "pass@1 67%, pass@2 100%, pass^2 33%, pass@3 100%, pass^3 0%, spread 4.2 points" in told
    (score,) = outcome.document["summary"]
    assert score["metrics"]["pass^3"] == 0.0
    assert "m: pass@1 67%, pass@2 100%, pass^2 33%, pass@3 100%, pass^3 0% (means over tasks)" in told
