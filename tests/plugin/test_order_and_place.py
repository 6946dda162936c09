"""The same questions in the same order, whoever reorders the items and wherever the run is started."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter

import pytest

CACHE = ("-o", "cache_dir=.cache", "-p", "cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
SHUFFLE = """
    import random

    import pytest


    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(items):
        random.Random(7).shuffle(items)
"""
ALTERNATE = """
    import pytest


    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(items):
        yield
        items.sort(key=lambda item: item.name.split("[")[0])
"""


def start(folder, *args, **env):
    """pytest as a process of its own, started in a folder of the project."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_XDIST", "PYTHONHASHSEED"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
    return subprocess.run(
        command, cwd=folder, env={**clean, **env}, capture_output=True, text=True, timeout=120, check=False
    )


def collected(text):
    return [line for line in text.splitlines() if "::" in line]


def events(project, kind):
    """What the log of the newest run says, in order."""
    log = max((project.root / "data/logs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [line for line in lines if line["event"] == kind]


def loads(project):
    """How often each model was opened."""
    return Counter(line["model"] for line in events(project, "model_opened"))


def asked(project):
    """(task, model) of the items as they ran."""
    return [re.match(r"[^/]+/(\w+)\[(\w+)--", line["item"]).groups() for line in events(project, "result")]


def many_files(project, seed):
    """Six tasks in files that are made in a shuffled order, in nested folders, too."""
    names = [f"t{n}" for n in range(6)]
    random.Random(seed).shuffle(names)
    for name in names:
        project.exact(name)
    project.task(
        "many",
        """
        id: many
        input: {prompt: "{{ q }}"}
        samples:
          - {id: z, variables: {q: x}, expected: Paris}
          - {id: a, variables: {q: y}, expected: Paris}
        evaluators: [{use: exact}]
        repeats: 2
    """,
    )


def test_every_run_collects_the_same_items_in_the_same_order(project):
    for name in "edcba":
        project.model(name, default="Paris")
    many_files(project, 1)
    runs = [
        collected(start(project.root, "docs", "--collect-only", "-q", PYTHONHASHSEED=seed).stdout)
        for seed in ("0", "4711")
    ]
    assert len(runs[0]) == 5 * (6 + 4)
    assert runs[0] == runs[1]
    models = [name.partition("[")[2].split("--")[0].rstrip("]") for name in runs[0]]
    assert models == sorted(models)
    for path in (project.root / "docs/tasks").iterdir():
        path.unlink()
    many_files(project, 2)
    assert collected(project.run("--collect-only", "-q").text) == runs[0]


def test_workers_agree_on_the_order_whatever_the_hash_seed(project):
    pytest.importorskip("xdist")
    for name in "abcde":
        project.model(name, default="Paris")
    many_files(project, 1)
    run = start(project.root, "docs", "-n", "2", "--models=a,b,c,d,e", PYTHONHASHSEED="random")
    assert run.returncode == 0, run.stdout
    assert "50 passed" in run.stdout


def test_the_models_named_decide_the_order_and_a_name_given_twice_counts_once(project):
    for name in "abc":
        project.model(name, default="Paris")
    project.exact("one")
    project.run("--models=c,a", "--models=c,b")
    assert [model for _, model in asked(project)] == ["c", "a", "b"]


def test_items_and_results_are_named_the_same_from_every_folder(project):
    project.write("pytest.ini", "[pytest]\n")
    project.model(default="Paris")
    project.exact("one")
    places = ((project.root, "docs"), (project.root / "docs/tasks", "."), ("/", str(project.root / "docs")))
    for folder, target in places:
        done = start(folder, target, "--models=m")
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((project.root / "data/results").glob("*/run.json"))) == len(places)
    documents = [json.loads(path.read_text("utf-8")) for path in (project.root / "data/results").glob("*/run.json")]
    found = {(str(r["key"]), r["nodeid"], r["task_hash"]) for d in documents for r in d["results"]}
    assert len(found) == 1
    assert next(iter(found))[1] == "docs/tasks/one.json::one[m]"
    assert not list((project.root / "docs").rglob("data"))


def test_a_path_in_an_option_moves_no_root(project):
    project.write("pytest.ini", "[pytest]\n")
    project.write("weights/answers.json", '{"one": "Paris"}')
    project.exact("one")
    for option in (
        ("--models=scripted:weights/answers.json",),
        ("--localbench-models", "scripted:weights/answers.json"),
    ):
        assert "docs/tasks/one.json::one[" in project.run(*option, "--collect-only", "-q").text


def test_failed_first_and_stop_at_the_first_failure(project):
    project.model("a", answers={"t3": "Rome"}, default="Paris")
    project.model("b", answers={"t1": "Rome"}, default="Paris")
    for number in range(6):
        project.exact(f"t{number}")
    first = project.run(*CACHE)
    assert first.outcomes == {"passed": 10, "failed": 2}
    again = project.run("--ff", "-x", *CACHE)
    assert again.outcomes == {"failed": 1}
    assert asked(project) == [("t3", "a")]
    every = project.run("--ff", *CACHE)
    assert every.outcomes == {"passed": 10, "failed": 2}
    assert asked(project)[:2] == [("t3", "a"), ("t1", "b")]
    assert loads(project) == {"a": 1, "b": 1}
    last = project.run("--lf", *CACHE)
    assert last.outcomes == {"failed": 2}


@pytest.mark.parametrize("stop", [(), ("-x",)])
def test_shuffled_items_are_all_answered(project, stop):
    for name in "abc":
        project.model(name, default="Paris")
    for number in range(5):
        project.exact(f"t{number}")
    project.write("conftest.py", SHUFFLE)
    run = project.run(*stop)
    assert run.outcomes == {"passed": 15}
    assert len(set(asked(project))) == 15


@pytest.mark.parametrize("stop", [(), ("-x",), ("--maxfail=3",)])
def test_models_that_take_turns_on_one_lane_are_loaded_once(project, stop):
    for name in "ab":
        project.model(name, default="Paris")
    for number in range(5):
        project.exact(f"t{number}")
    project.write("conftest.py", ALTERNATE)
    run = project.run(*stop)
    assert run.outcomes == {"passed": 10}
    assert [m for _, m in asked(project)] == ["a", "b"] * 5
    if not stop:
        assert loads(project) == {"a": 1, "b": 1}


def test_skip_marks_and_skips_of_a_conftest_hang_nothing(project):
    project.model("a", default="Paris")
    project.model("b", default="Paris")
    for number in range(5):
        project.exact(f"t{number}", **({"tags": ["skip"]} if number == 1 else {}))
    project.write(
        "conftest.py",
        """
        import pytest


        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(items):
            for item in items:
                if item.name.startswith("t2["):
                    item.add_marker(pytest.mark.skip(reason="not today"))


        @pytest.fixture(autouse=True)
        def later(request):
            if request.node.name.startswith("t3["):
                pytest.skip("decided late")
    """,
    )
    for args in ((), ("-x",)):
        run = project.run("-rs", *args)
        assert run.outcomes == {"passed": 4, "skipped": 6}
        assert "not today" in run.text
        assert "decided late" in run.text
        assert Counter(r["outcome"] for r in run.document["results"]) == {"passed": 4, "skipped": 6}
        assert loads(project) == {"a": 1, "b": 1}


def test_a_question_left_out_of_the_plan_is_asked_when_its_item_comes(project):
    for name in "ab":
        project.model(name, default="Paris")
    for number in range(3):
        project.exact(f"t{number}")
    project.write(
        "conftest.py",
        """
        def pytest_localbench_plan(plan):
            for job in [job for job in plan.jobs if job.task.id == "t1"]:
                plan.drop(job)
    """,
    )
    run = project.run("-x")
    assert run.outcomes == {"passed": 6}
