"""A worker that dies in the middle of an item: every item is accounted for, nothing hangs, and the run can go on.

All ways to die under all ways to distribute: ``LOCALBENCH_CRASHES=all pytest tests/faults/test_worker_crash.py``.
"""

from __future__ import annotations

import os
from itertools import product

import pytest

pytest.importorskip("xdist")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="dies of signals")
DEATHS = {"exit": "os._exit(9)", "segfault": "os.kill(os.getpid(), 11)", "kill": "os.kill(os.getpid(), 9)"}
DISTS = ("load", "loadscope", "loadfile", "loadgroup", "worksteal")
SOME = [("exit", "load"), ("segfault", "loadgroup"), ("kill", "worksteal")]
PAIRS = list(product(DEATHS, DISTS)) if os.environ.get("LOCALBENCH_CRASHES") == "all" else SOME
N_TASKS = 5


@pytest.mark.parametrize(("death", "dist"), PAIRS)
def test_a_worker_that_dies_while_an_item_waits_for_its_answer(project, death, dist):
    for name in ("a", "b"):
        project.model(name, default={"text": "Paris", "delay_s": 0.01})
    for number in range(N_TASKS):
        project.exact(f"t{number}")
    conftest = project.write(
        "conftest.py",
        f"""
        import os, signal
        import pytest

        @pytest.fixture(autouse=True)
        def die(request):
            if request.node.name == "t2[a]":
                request.getfixturevalue("localbench_model")
                {DEATHS[death]}
        """,
    )
    run = project.run("-n", "2", "--dist", dist, subprocess=True)
    assert run.code == 1
    assert "INTERNALERROR" not in run.text
    document = run.document
    found = {(r["key"]["task"], r["key"]["model"]): r["outcome"] for r in document["results"]}
    assert {key for key, outcome in found.items() if outcome == "passed"} == {
        (f"t{n}", model) for n in range(N_TASKS) for model in "ab"
    } - {("t2", "a")}
    assert (found.get(("t2", "a")) == "lost") != (document["lost"] == ["docs/tasks/t2.json::t2[a]"])
    assert len(found) + len(document["lost"]) == N_TASKS * 2
    conftest.unlink()
    again = project.run("--localbench-resume", "-n", "2", "--dist", dist, subprocess=True)
    assert again.code == 0
    assert again.outcomes == {"passed": N_TASKS * 2}
    assert again.document["complete"] is True
    before = {str(r["key"]): r["started_at"] for r in document["results"] if r["outcome"] == "passed"}
    after = {str(r["key"]): r["started_at"] for r in again.document["results"]}
    assert {key: after[key] for key in before} == before
