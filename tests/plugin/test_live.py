"""Runs that are watched, paused and cancelled from another terminal."""

from __future__ import annotations

import json
import os

import pytest

from pytest_localbench.cli import main
from pytest_localbench.errors import NotAsked
from pytest_localbench.reports.progress import Progress, progress_lines, status_line
from pytest_localbench.store.control import ControlFile, read_control, write_control
from pytest_localbench.store.events import EventReader

CONFTEST = """
    import threading
    from pathlib import Path
    from pytest_localbench.store.control import write_control

    def say(state):
        (folder,) = {path.parent for path in Path("data/results").glob("*/w-*.jsonl")}
        write_control(folder, state)

    def pytest_runtest_teardown(item):
        if "a[" in item.nodeid:
            say("STATE")
            if "STATE" == "pause":
                threading.Timer(0.5, say, ["run"]).start()
"""


@pytest.fixture
def suite(project):
    project.model(default="Paris")
    for name in ("a", "b", "c"):
        project.exact(name)
    return project


def events(project):
    (path,) = project.root.glob("data/results/*/events.jsonl")
    return EventReader(path).read()


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_a_run_tells_what_happens(suite, workers):
    outcome = suite.run("--models=m", *workers, subprocess=bool(workers))
    first, *results, last = events(suite)
    assert (first["event"], first["run"]) == ("start", outcome.document["id"])
    assert first["questions"] == [["documents", "m", 3]]
    assert [(e["event"], e["category"], e["model"], e["outcome"]) for e in results] == [
        ("result", "documents", "m", "passed")
    ] * 3
    assert all(isinstance(e["s"], float) and isinstance(e["score"], float) for e in results)
    assert (last["event"], last["exit_code"], last["complete"]) == ("finish", 0, True)
    assert outcome.document["paused_s"] is None


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_a_cancelled_run_keeps_what_was_answered(suite, workers):
    suite.write("conftest.py", CONFTEST.replace("STATE", "cancel"))
    outcome = suite.run("--models=m", *workers, subprocess=bool(workers))
    assert outcome.code == 2
    assert "cancelled with 'localbench control cancel'" in outcome.text
    assert [r["key"]["task"] for r in outcome.document["results"]] == ["a"]
    assert len(outcome.document["not_run"]) == 2
    assert outcome.document["complete"] is False
    (suite.root / "conftest.py").unlink()
    resumed = suite.run("--models=m", "--localbench-resume", subprocess=True)
    assert resumed.code == 0
    assert len(resumed.document["results"]) == 3


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_a_paused_run_goes_on(suite, workers):
    suite.write("conftest.py", CONFTEST.replace("STATE", "pause"))
    outcome = suite.run("--models=m", *workers, subprocess=bool(workers))
    assert outcome.code == 0
    assert len(outcome.document["results"]) == 3
    assert outcome.document["paused_s"] > 0.1
    if not workers:
        names = [event["event"] for event in events(suite)]
        assert names == ["start", "result", "paused", "resumed", "result", "result", "finish"]
        assert "localbench: paused" in outcome.text


def test_an_order_to_an_earlier_session_is_forgotten(suite):
    suite.run("--models=m", "-k", "a")
    (folder,) = suite.root.glob("data/results/*")
    write_control(folder, "cancel")
    assert suite.run("--models=m", "--localbench-resume").outcomes == {"passed": 3}


def test_runs_can_be_watched_and_what_is_over_takes_no_orders(suite, monkeypatch, capsys):
    suite.run("--models=m")
    monkeypatch.chdir(suite.root)
    assert main(["watch"]) == 0
    told = capsys.readouterr().out
    assert "3 of 3 items (100%), finished, exit code 0" in told
    assert "documents  m      3/3   ####################  3" in told
    assert "\x1b" not in told
    assert main(["control", "pause"]) == 1
    assert "is over; there is nothing to pause" in capsys.readouterr().err
    assert main(["watch", "nothing"]) == 1
    assert "no run 'nothing' below" in capsys.readouterr().err


def test_orders_reach_a_run_that_goes_on_and_a_dead_one_is_told(suite, monkeypatch, capsys):
    folder = suite.root / "data/results/r1"
    folder.mkdir(parents=True)
    start = {"event": "start", "at": 1.0, "run": "r1", "pid": os.getpid(), "questions": [["c", "m", 2]]}
    (folder / "events.jsonl").write_text(json.dumps(start) + "\n", "utf-8")
    monkeypatch.chdir(suite.root)
    for word, state in (("pause", "pause"), ("resume", "run"), ("cancel", "cancel")):
        assert main(["control", word, "r1"]) == 0
        assert read_control(folder / "control.json") == state
    assert main(["control", "pause"]) == 0
    assert main(["watch", "--once"]) == 0
    assert "0 of 2 items (0%), paused" in capsys.readouterr().out
    (folder / "events.jsonl").write_text(json.dumps(start | {"pid": 2**22 + 1}) + "\n", "utf-8")
    assert main(["watch"]) == 0
    assert "its process is gone; --localbench-resume goes on" in capsys.readouterr().out


def result(at, **more):
    return {"event": "result", "at": at, "category": "c", "model": "m", "outcome": "passed", "score": 8.0, **more}


def test_progress_is_counted_and_the_time_left_follows_the_pace():
    progress = Progress()
    progress.take([{"event": "start", "at": 0.0, "run": "r", "questions": [["c", "m", 10], ["", "n", 2]]}])
    assert progress.left_s() is None
    progress.take([result(100.0), result(102.0, outcome="weak", score=2.0, tokens_per_s=30.0, memory_bytes=10**9)])
    progress.take([result(104.0, outcome="backend_error", score=None, model="n", cost_usd=0.5)])
    assert progress.left_s() == pytest.approx(2.0 * 9)
    status, _, unnamed, named = progress_lines(progress, 200)
    assert status == "run r: 3 of 12 items (25%), about 0:18 left, 0.5000 USD so far"
    assert named.split() == ["c", "m", "2/10", "####................", "1", "1", "0", "5.0", "30.0", "1.0", "GB"]
    assert unnamed.split()[:4] == ["-", "n", "1/2", "##########.........."]
    assert progress_lines(progress, 70)[3].split() == ["c", "m", "2/10", "1", "1", "0", "5.0", "30.0", "1.0", "GB"]
    progress.take([result(105.0 + n) for n in range(8)] + [result(120.0, model="n")])
    assert "12 of 12 items (100%), all answered" in status_line(progress)


def test_texts_of_events_cannot_write_to_the_terminal():
    progress = Progress()
    hostile = {"event": "start", "at": 0.0, "run": "r\x1b[2J", "questions": [["c\x1b[31m", "m", 1], "x", [1]]}
    progress.take([hostile, {"event": "result"}, {"at": "soon"}, {"event": "result", "at": 1.0, "score": "high"}])
    assert "\x1b" not in "\n".join(progress_lines(progress, 80))
    assert all(len(line) <= 30 for line in progress_lines(progress, 30))
    progress.take([{"event": "finish", "at": 2.0, "complete": False, "exit_code": 2}])
    assert status_line(progress).endswith("ended, partial, exit code 2")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "explode"}', '{"state": null}'])
def test_a_control_file_that_says_nothing_lets_the_run_go_on(tmp_path, text):
    (tmp_path / "control.json").write_text(text, "utf-8")
    assert ControlFile(tmp_path / "control.json").state() == "run"


def test_a_change_is_told_once_and_a_removed_file_means_go_on(tmp_path):
    seen = []
    control = ControlFile(tmp_path / "control.json", seen.append)
    assert control.state() == "run"
    write_control(tmp_path, "pause")
    assert [control.state(), control.state()] == ["pause", "pause"]
    assert control.paused_s() > 0
    (tmp_path / "control.json").unlink()
    assert control.wait() == "run"
    assert seen == ["pause", "run"]
    write_control(tmp_path, "pause")
    control.stop()
    assert control.wait() == "pause"


def test_nothing_is_asked_once_a_run_is_cancelled_or_stopped_in_a_pause(tmp_path):
    control = ControlFile(tmp_path / "control.json")
    asked = control.gate(lambda question: question.upper())
    assert asked("a") == "A"
    write_control(tmp_path, "cancel")
    with pytest.raises(NotAsked, match="the run was cancelled"):
        asked("a")
    write_control(tmp_path, "pause")
    control.stop()
    with pytest.raises(NotAsked):
        asked("a")


def test_an_item_that_waits_for_its_answer_is_skipped_when_the_run_is_cancelled(suite):
    suite.write("conftest.py", """
        from pathlib import Path
        from pytest_localbench.adapters.scripted import ScriptedAdapter
        from pytest_localbench.store.control import write_control

        class Slow(ScriptedAdapter):
            def generate(self, request):
                (folder,) = {path.parent for path in Path("data/results").glob("*/w-*.jsonl")}
                write_control(folder, "cancel")
                return super().generate(request)

        def pytest_localbench_register(registry):
            registry.adapter("slow", "conftest:Slow")
        """)  # fmt: skip
    suite.write("data/models/m.json", json.dumps({"provider": "slow", "options": {"default": "Paris"}}))
    outcome = suite.run("--models=m", "-rs")
    assert outcome.code == 2
    assert [r["key"]["task"] for r in outcome.document["results"]] == ["a"]
    assert outcome.document["lost"] == []
    assert len(outcome.document["not_run"]) == 2


def test_torn_lines_wait_for_their_end(tmp_path):
    path = tmp_path / "events.jsonl"
    reader = EventReader(path)
    assert reader.read() == []
    path.write_bytes(b'{"event":"start"}\nbroken\n{"event":"res')
    assert reader.read() == [{"event": "start"}]
    path.write_bytes(path.read_bytes() + b'ult"}\n')
    assert reader.read() == [{"event": "result"}]
