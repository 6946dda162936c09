"""Distribution: the same document, one load per model, nothing lost with a worker."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("xdist")


def shape(document):
    return sorted(
        (r["key"]["task"], r["key"]["model"], r["outcome"], r["quality"], r["answer"]) for r in document["results"]
    )


@pytest.mark.parametrize("dist", ["load", "loadscope", "worksteal", "loadgroup"])
def test_workers_leave_the_same_document(project, dist):
    for name in ("a", "b", "c"):
        project.model(name, answers={"t1": "Paris", "t2": "x\ud800y"}, default="London")
    for number in range(4):
        project.exact(f"t{number}")
    alone = project.run(subprocess=True)
    spread = project.run("-n", "2", "--dist", dist, subprocess=True)
    assert spread.outcomes == alone.outcomes == {"passed": 3, "failed": 9}
    assert shape(spread.document) == shape(alone.document)
    assert spread.document["summary"][0]["quality"] == alone.document["summary"][0]["quality"]
    assert "exit code 1" in spread.text


def test_each_model_is_loaded_by_one_worker(project):
    project.write("data/models/a.json", json.dumps({"provider": "scripted", "lane": "a", "options": {"default": "x"}}))
    project.write("data/models/b.json", json.dumps({"provider": "scripted", "lane": "b", "options": {"default": "x"}}))
    for number in range(6):
        project.exact(f"t{number}")
    run = project.run("-n", "2", subprocess=True)
    workers = {}
    for result in run.document["results"]:
        workers.setdefault(result["key"]["model"], set()).add(result["worker"])
    assert {model: len(names) for model, names in workers.items()} == {"a": 1, "b": 1}
    assert set.union(*workers.values()) == {"gw0", "gw1"}


def test_a_dead_worker_costs_one_item_and_nothing_else(project):
    project.model(default="Paris")
    for number in range(6):
        project.exact(f"t{number}")
    project.write(
        "conftest.py",
        """
        import os
        import pytest

        @pytest.fixture(autouse=True)
        def kill(request):
            yield
            if "t2[" in request.node.name and not os.path.exists("killed"):
                open("killed", "w").close()
                os._exit(9)
    """,
    )
    run = project.run("-n", "2", subprocess=True)
    assert sorted(r["key"]["task"] for r in run.document["results"]) == [f"t{n}" for n in range(6)]
    assert run.document["lost"] == []
    assert run.code == 1


def test_ordinary_tests_are_left_to_xdist(pytester):
    pytester.makepyfile("import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_x(n): pass")
    result = pytester.runpytest_subprocess("-n", "2")
    assert result.parseoutcomes() == {"passed": 6}
