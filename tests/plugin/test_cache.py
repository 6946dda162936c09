"""The cache of answers: used only when asked for, never for another model, and its times count nowhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_server import Reply, ScriptedServer, answer


@pytest.fixture
def server(project):
    with ScriptedServer(Reply(answer("Paris"))) as served:
        model = {"provider": "openai", "model": "x", "base_url": served.url, "warmup": False,
                 "options": {"stream": False}}  # fmt: skip
        project.write("data/models/m.json", json.dumps(model))
        for number in range(3):
            project.exact(f"t{number}", expected_time_seconds=5.0)
        yield served


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_modes(project, server, workers):
    def asked(mode, *more):
        before = len(server.requests)
        run = project.run(*((f"--localbench-cache={mode}",) if mode else ()), *more, *workers, subprocess=bool(workers))
        assert run.code == 0, run.text
        return len(server.requests) - before, run

    assert asked(None)[0] == 3
    assert asked("read")[0] == 3, "answers of runs that offer none are not used"
    assert asked("write", "-k", "t0 or t1")[0] == 2
    count, run = asked("read")
    assert count == 1
    assert [r["cached"] for r in run.document["results"]] == [True, True, False]
    assert asked("read")[0] == 1
    assert asked("write")[0] == 1
    assert asked("write")[0] == 0
    assert asked("refresh")[0] == 3
    assert asked("off")[0] == 3
    assert asked("read")[0] == 0


def test_times_of_cached_answers_count_nowhere(project, server):
    project.run("--localbench-cache=write")
    run = project.run("--localbench-cache=read", "--localbench-gate=p95_s<=0.000001", "--localbench-gate=quality>=9")
    row = run.document["summary"][0]
    assert (row["n_cached"], row["median_time_s"], row["p95_time_s"], row["tokens_per_s"]) == (3, None, None, None)
    assert row["quality"] == 1.0
    assert run.code == 0
    assert [c["passed"] for c in run.document["gate"]["checks"]] == [True, True]
    assert "gate not judged" in run.document["gate"]["checks"][0]["message"]
    (time,) = [c for c in run.result("t0")["components"] if c["name"] == "time"]
    assert (time["normalized"], "came from the cache" in time["reason"]) == (None, True)
    assert "m: 3 of 3 answers came from the cache; their times do not count" in run.text


def test_cached_answers_belong_to_the_run_that_used_them(project, server):
    project.run("--localbench-cache=write")
    used = project.run("--localbench-cache=read")
    project.exact("t0", expected="Rome")
    server.close()
    run = project.run(f"--localbench-rescore={used.document['id']}")
    assert run.outcomes == {"passed": 2, "failed": 1}
    assert run.result("t1")["cached"] is True


def test_a_refreshed_answer_replaces_the_older_one(project, server):
    project.run("--localbench-cache=write")
    server.replies = [Reply(answer("Rome"))]
    assert project.run("--localbench-cache=read").outcomes == {"passed": 3}
    assert project.run("--localbench-cache=refresh").outcomes == {"failed": 3}
    assert project.run("--localbench-cache=read").outcomes == {"failed": 3}


def test_another_model_another_question_and_another_attempt_are_asked(project, server):
    project.run("--localbench-cache=write", "-k", "t0")
    config = json.loads((project.root / "data" / "models" / "m.json").read_text())
    project.write("data/models/m.json", json.dumps({**config, "generation": {"temperature": 0.5}}))
    project.run("--localbench-cache=read", "-k", "t0")
    project.write("data/models/m.json", json.dumps(config))
    project.exact("t0", input={"prompt": "Question t0, please?"})
    project.run("--localbench-cache=read", "-k", "t0")
    project.exact("t0", evaluators=[{"use": "contains", "with": {"all": ["Paris"]}}])
    assert len(server.requests) == 3
    project.run("--localbench-cache=read", "-k", "t0")
    assert len(server.requests) == 3
    project.run("--localbench-cache=read", "-k", "t0", "--localbench-repeat=2")
    assert len(server.requests) == 4


def test_weights_behind_the_same_name_are_told_apart(project):
    table = project.write("data/models/table.txt", '{"t0": "Paris"}')
    project.write("data/models/m.json", json.dumps({"provider": "scripted", "path": "table.txt"}))
    project.exact("t0")
    project.run("--localbench-cache=write")
    table.write_text('{"t0": "London"}')
    assert project.run("--localbench-cache=read").result("t0")["answer"] == "London"


def test_empty_answers_and_errors_are_not_offered(project):
    project.model(answers={"t0": "", "t1": {"error": "no server"}, "t2": "Paris"})
    for number in range(3):
        project.exact(f"t{number}", retries_infra=0)
    project.run("--localbench-cache=write")
    kinds = [json.loads(line)["kind"] for path in project.root.glob("data/responses/*/w-*.jsonl")
             for line in path.read_text().splitlines()]  # fmt: skip
    assert sorted(kinds) == ["answer", "offered"]
    run = project.run("--localbench-cache=read")
    assert [r["cached"] for r in run.document["results"]] == [False, False, True]


def test_the_cache_may_lie_elsewhere(project, server):
    project.write("pytest.ini", "[pytest]\nlocalbench_cache = write\nlocalbench_cache_dir = kept\n")
    project.run()
    assert list(project.root.glob("kept/*/w-main.jsonl"))
    assert not (project.root / "data" / "responses").exists()
    project.run()
    assert len(server.requests) == 3
    project.write("pytest.ini", "[pytest]\nlocalbench_cache = often\n")
    assert "localbench_cache = often: give one of off, read, write, refresh" in project.run().text
