"""The self-check asks no model, finds tasks that are too easy, and ends with a sentence; with workers, too."""

from __future__ import annotations

import pytest

RIGHT = [
    {"name": "reference", "output": "@expected", "min": 1.0},
    {"name": "wrong", "output": "London", "max": 0.0},
]
EASY = [{"name": "any text wins", "output": "Paris", "max": 0.5}]


def means(text):
    return sorted(line for line in text.splitlines() if line.startswith("localbench: documents: "))


def closing(text):
    return next(line for line in text.splitlines() if line.startswith("localbench: self-check: "))


def echoing(project):
    """Three tasks whose prompts hold the answer: each keeps to its own bounds, the category's mean does not."""
    for name in ("a", "b", "c"):
        project.exact(name, input={"prompt": "Paris"}, calibration=RIGHT)


def test_good_tasks_pass_and_the_last_line_says_how_many(project):
    project.exact("good", calibration=RIGHT)
    run = project.run("--localbench-selfcheck")
    assert run.code == 0
    assert run.outcomes == {"passed": 3}
    assert closing(run.text) == (
        "localbench: self-check: 1 task and 2 calibration cases checked, "
        "all of them and all null models keep to their bounds."
    )
    assert run.document is None


def test_a_case_outside_its_bounds_fails_and_is_counted(project):
    project.exact("good", calibration=RIGHT)
    project.exact("easy", calibration=EASY)
    run = project.run("--localbench-selfcheck")
    assert run.code == 1
    assert "'any text wins' earns 1.000, outside 0 to 0.5" in run.text
    assert closing(run.text) == (
        "localbench: self-check: 2 tasks and 3 calibration cases checked; 1 calibration case of 3 outside the bounds "
        "(mend the evaluators, or the 'min' and 'max' of the case)."
    )


def test_a_mean_out_of_bounds_fails_though_every_task_holds(project):
    echoing(project)
    run = project.run("--localbench-selfcheck")
    assert run.outcomes == {"passed": 9}
    assert run.code == 1
    assert "localbench: documents: echo earns 1.000 over 3 tasks (at most 0.1): OUT OF BOUNDS" in run.text
    assert closing(run.text).endswith(
        "checked; in documents echo earns 1.000 on average, at most 0.1 is allowed: "
        "the prompt holds the answer, so ask for something that must be worked out."
    )


def test_workers_check_what_one_process_checks(project):
    pytest.importorskip("xdist")
    echoing(project)
    project.exact("easy", calibration=EASY)
    alone = project.run("--localbench-selfcheck")
    spread = project.run("--localbench-selfcheck", "-n", "2", subprocess=True)
    assert spread.code == alone.code == 1
    assert spread.outcomes == alone.outcomes
    assert means(spread.text) == means(alone.text)
    assert len(means(alone.text)) == 7
    assert closing(spread.text) == closing(alone.text)


def test_a_mean_alone_makes_a_run_with_workers_fail(project):
    pytest.importorskip("xdist")
    echoing(project)
    run = project.run("--localbench-selfcheck", "-n", "2", subprocess=True)
    assert run.outcomes == {"passed": 9}
    assert run.code == 1


def test_a_check_that_was_stopped_says_so(project):
    project.exact("easy", calibration=EASY)
    project.exact("good", calibration=RIGHT)
    run = project.run("--localbench-selfcheck", "-x")
    assert run.code == 1
    assert closing(run.text).endswith("The run was stopped before every task was checked.")


def test_an_empty_check_says_so_and_is_not_green(project):
    project.exact("good", calibration=RIGHT)
    run = project.run("--localbench-selfcheck", "-k", "nothing")
    assert run.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert closing(run.text) == "localbench: self-check: no task was checked."
