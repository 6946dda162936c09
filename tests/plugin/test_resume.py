"""A run that was stopped goes on: what is answered is not asked again, and the document is one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pytest_localbench.domain.response import ModelResponse
from pytest_localbench.store.journal import Journal, read_journals
from pytest_localbench.store.lock import RunLock

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_server import Reply, ScriptedServer, answer

WORKERS = [(), ("-n", "2")]


@pytest.fixture
def server():
    with ScriptedServer(Reply(answer("Paris"))) as served:
        yield served


def served_model(project, server, name="m"):
    model = {"provider": "openai", "model": "x", "base_url": server.url, "warmup": False, "options": {"stream": False}}
    project.write(f"data/models/{name}.json", json.dumps(model))


def asked(server):
    return [next(q for q in ("t0", "t1", "t2", "t3", "t4", "t5") if q in json.dumps(r)) for r in server.requests
            if "Question" in json.dumps(r)]  # fmt: skip


def tasks(project, n=6):
    for number in range(n):
        project.exact(f"t{number}")


def runs(project):
    return sorted(path.name for path in (project.root / "data" / "results").iterdir())


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "workers"])
def test_a_stopped_run_goes_on_where_it_was(project, server, workers):
    served_model(project, server)
    tasks(project)
    first = project.run("-k", "t0 or t1 or t2", subprocess=True)
    assert len(first.document["results"]) == 3
    run = project.run("--localbench-resume", *workers, subprocess=True)
    assert sorted(asked(server)) == [f"t{n}" for n in range(6)]
    assert run.code == 0
    assert run.outcomes == {"passed": 6}
    assert runs(project) == [first.document["id"]]
    document = run.document
    assert (document["id"], document["started_at"]) == (first.document["id"], first.document["started_at"])
    assert document["complete"] is True
    assert [r["key"]["task"] for r in document["results"]] == [f"t{n}" for n in range(6)]
    assert document["summary"][0]["n_scored"] == 6
    assert document["results"][0] == first.document["results"][0]
    assert "this run was continued: 2 sessions" in document["notes"]
    again = project.run("--localbench-resume=last", *workers, subprocess=True)
    assert len(asked(server)) == 6
    assert again.document["results"] == document["results"]
    assert again.document["traffic"] == document["traffic"]


def test_what_was_answered_but_not_judged_is_not_asked_again(project, server):
    served_model(project, server)
    tasks(project, 2)
    run = project.run()
    (journal,) = (project.root / "data" / "results" / run.document["id"]).glob("w-*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if b'"kind":"result"' not in line))
    again = project.run("--localbench-resume")
    assert len(server.requests) == 2
    assert again.outcomes == {"passed": 2}
    assert again.result("t0")["timing"]["generation_s"] == run.result("t0")["timing"]["generation_s"]
    assert again.result("t0")["cached"] is False


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "workers"])
def test_errors_stand_until_they_are_retried(project, workers):
    table = project.write("data/models/answers.yaml.txt", "{t0: Paris, t1: {error: no server}, t2: London}\n")
    project.write("data/models/m.json", json.dumps({"provider": "scripted", "path": "answers.yaml.txt"}))
    tasks(project, 3)
    first = project.run()
    assert first.outcomes == {"passed": 1, "failed": 1, "errors": 1}
    resumed = project.run("--localbench-resume", *workers, subprocess=True)
    assert resumed.outcomes == {"passed": 1, "failed": 1, "errors": 1}
    assert "no server" in resumed.text
    assert resumed.document["summary"] == first.document["summary"]
    assert table.exists()
    retried = project.run("--localbench-retry-errors", *workers, subprocess=True)
    assert retried.outcomes == {"passed": 1, "failed": 1, "errors": 1}
    assert len({r["started_at"] for r in retried.document["results"]}) >= 1
    assert runs(project) == [first.document["id"]]


def test_an_error_that_is_gone_is_replaced(project, server):
    served_model(project, server)
    tasks(project, 2)
    server.replies = [Reply({"error": {"message": "bad"}}, status=400), Reply(answer("Paris"))]
    first = project.run("-p", "no:randomly")
    assert first.outcomes == {"errors": 1, "passed": 1}
    retried = project.run("--localbench-retry-errors")
    assert retried.outcomes == {"passed": 2}
    assert len(server.requests) == 3
    assert retried.document["summary"][0]["n_errors"] == 0


def test_a_changed_task_a_changed_model_or_other_weights_are_refused(project):
    project.model(answers={"t0": "Paris"}, default="London")
    tasks(project, 2)
    first = project.run("-k", "t0")
    project.exact("t0", expected="Rome")
    run = project.run("--localbench-resume")
    assert run.code == 2
    assert "task 't0' has changed since run" in run.text
    assert f"--localbench-rescore={first.document['id']}" in run.text
    project.exact("t0")
    project.model(default="Berlin")
    assert "model 'm' has changed since run" in project.run("--localbench-resume").text
    project.model(answers={"t0": "Paris"}, default="London")
    weighed = project.run("--localbench-resume", "--localbench-weights=quality=1")
    assert weighed.code == 4
    assert "begun with other weights" in weighed.text
    assert project.run("--localbench-resume").outcomes == {"passed": 1, "failed": 1}


def test_a_part_of_a_run_that_goes_on_is_not_complete(project):
    project.model(default="Paris")
    tasks(project, 3)
    conftest = project.write(
        "conftest.py", "def pytest_runtest_setup(item):\n    if 't1[' in item.name: raise KeyboardInterrupt\n"
    )
    assert project.run(subprocess=True).code == 2
    conftest.unlink()
    run = project.run("--localbench-resume", "-k", "t0 or t1")
    assert run.outcomes == {"passed": 2, "deselected": 1}
    assert run.document["complete"] is False
    assert run.document["not_run"] == ["docs/tasks/t2.json::t2[m]"]
    assert len(run.document["results"]) == 2
    assert project.run("--localbench-resume").document["complete"] is True


def test_names_of_runs(project):
    project.model(default="Paris")
    tasks(project, 1)
    fresh = project.run("--localbench-resume")
    assert fresh.code == 0
    run_id = fresh.document["id"]
    assert project.run(f"--localbench-resume={run_id[:20]}").document["id"] == run_id
    for name, words in (("nosuch", "no run 'nosuch'"), ("docs", "'docs' is a path: write --localbench-resume=last")):
        run = project.run(f"--localbench-resume={name}")
        assert run.code == 4
        assert words in run.text
    mixed = project.run("--localbench-resume", "--localbench-rescore")
    assert mixed.code == 4
    assert "cannot go together" in mixed.text


def test_a_run_that_is_still_going_on_is_left_alone(project):
    project.model(default="Paris")
    tasks(project, 1)
    run_id = project.run().document["id"]
    lock = RunLock(project.root / "data" / "results" / run_id)
    assert lock.acquire()
    run = project.run("--localbench-resume", subprocess=True)
    assert run.code == 4
    assert f"another process is still working on run {run_id}" in run.text
    lock.release()
    assert project.run("--localbench-resume", subprocess=True).code == 0


def test_skips_stay_skips_and_torn_lines_cost_only_themselves(project):
    project.model(default="Paris")
    tasks(project, 3)
    project.exact("seen", requires={"vision": True})
    first = project.run()
    folder = project.root / "data" / "results" / first.document["id"]
    (journal,) = folder.glob("w-*.jsonl")
    journal.write_bytes(journal.read_bytes()[:-9])
    (answers,) = (project.root / "data" / "responses" / first.document["id"]).glob("w-*.jsonl")
    answers.write_bytes(answers.read_bytes()[:-9])
    run = project.run("--localbench-resume")
    assert run.outcomes == {"passed": 3, "skipped": 1}
    assert len(run.document["results"]) == 4
    assert sorted(p.name for p in folder.glob("w-*.jsonl")) == ["w-main.jsonl", "w-r002-main.jsonl"]


def test_weights_that_were_exchanged_are_noticed(project):
    answers = project.write("data/models/table.txt", '{"t0": "Paris", "t1": "Paris"}')
    project.write("data/models/m.json", json.dumps({"provider": "scripted", "path": "table.txt"}))
    tasks(project, 2)
    project.run("-k", "t0")
    answers.write_text('{"t0": "x", "t1": "y"}')
    run = project.run("--localbench-resume")
    assert run.outcomes == {"passed": 1, "errors": 1}
    assert "m is not the model that this run began with (answers_sha256 changed)" in run.text


def test_journals_of_sessions_are_read_in_their_order(tmp_path):
    for name, value in (("w-main.jsonl", 1), ("w-gw0.jsonl", 1), ("w-r002-gw0.jsonl", 2), ("w-r010-gw0.jsonl", 3)):
        journal = Journal(tmp_path / name)
        journal.append("result", {"n": value})
        journal.close()
    assert [data["n"] for data in read_journals(tmp_path).of("result")] == [1, 1, 2, 3]
    assert ModelResponse.model_validate({"text": "x", "timing": {"generation_s": 1}}).cached is False
