"""The index beside each run: lists without whole documents, made anew when it is missing, damaged or older."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.result import TaskResult
from pytest_localbench.domain.run import SCHEMA_VERSION, BenchmarkRun, CategoryScore
from pytest_localbench.errors import CorruptDocument
from pytest_localbench.store import index
from pytest_localbench.store.baselines import save_blessed, save_named
from pytest_localbench.store.history import any_earlier, last_comparable
from pytest_localbench.store.index import entries, entry, save_run, with_named
from pytest_localbench.store.runs import find, load

LATE = "2027-01-01T00:00:00Z"


def run_of(name: str, tasks: str = "ab", score: float = 5.0, **fields: object) -> BenchmarkRun:
    usual = {"started_at": f"2026-01-01T00:00:{len(name):02}Z", "finished_at": LATE}
    return BenchmarkRun.model_validate({
        **usual, "id": name, "models": [ModelConfig(id="m", provider="scripted")],
        "summary": [CategoryScore(category="c", model="m", ultimate_score=score, n_scored=len(tasks))],
        "task_results": [TaskResult(category="c", task=t, model="m", status="passed", quality=1.0) for t in tasks],
        **fields,
    })  # fmt: skip


def put(data: Path, name: str, **fields: object) -> Path:
    path = data / "results" / name / "run.json"
    save_run(run_of(name, **fields), path)
    return path


def test_an_entry_is_written_with_the_run_and_serves_without_the_document(tmp_path, monkeypatch):
    path = put(tmp_path, "r1")
    monkeypatch.setattr(index, "_read_document", lambda *_: pytest.fail("the document was read"))
    found = entry(path)
    assert (found.run.id, found.run.scores[0].score, found.scored) == ("r1", 5.0, ("c/a[m]", "c/b[m]"))


@pytest.mark.parametrize("damage", ["missing", "torn", "stale", "other version"])
def test_an_entry_that_cannot_be_trusted_is_made_anew(tmp_path, damage):
    path = put(tmp_path, "r1")
    beside = path.with_name("index.json")
    good = beside.read_bytes()
    if damage == "missing":
        beside.unlink()
    elif damage == "torn":
        beside.write_bytes(good[: len(good) // 2])
    elif damage == "other version":
        beside.write_text(json.dumps({**json.loads(good), "version": 99}))
    else:
        path.write_text(run_of("r1", score=7.0).model_dump_json())
        os.utime(path, ns=(1, 1))
    assert entry(path).run.scores[0].score == (7.0 if damage == "stale" else 5.0)
    assert json.loads(beside.read_bytes())["mtime_ns"] == path.stat().st_mtime_ns


def test_lists_work_where_nothing_can_be_written(tmp_path, monkeypatch):
    path = put(tmp_path, "r1")
    path.with_name("index.json").unlink()
    monkeypatch.setattr("tempfile.mkstemp", lambda **_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    found, skipped = entries(tmp_path)
    assert ([one.run.id for one in found], skipped) == (["r1"], [])
    assert not path.with_name("index.json").exists()


def _make_and_list(data: Path, worker: int) -> None:
    for n in range(10):
        put(data, f"w{worker}-{n}", score=float(worker))
        entries(data)


def test_two_processes_at_once_never_mix(tmp_path):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_make_and_list, args=(tmp_path, n)) for n in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    found, skipped = entries(tmp_path)
    assert skipped == []
    assert {(one.run.id, one.run.scores[0].score) for one in found} == {
        (f"w{worker}-{n}", float(worker)) for worker in (1, 2) for n in range(10)
    }
    assert not list((tmp_path / "results").rglob(".*"))


def test_two_hundred_runs_are_listed_without_one_document(tmp_path, monkeypatch):
    for n in range(200):
        put(tmp_path, f"r{n:03}", started_at=f"2026-01-01T{n // 60:02}:{n % 60:02}:00Z")
    monkeypatch.setattr(index, "_read_document", lambda *_: pytest.fail("a document was read"))
    found, _ = entries(tmp_path)
    assert [one.run.id for one in found] == [f"r{n:03}" for n in range(200)]


def test_saved_names_stay_in_the_history_when_the_run_is_gone(tmp_path):
    save_named(run_of("r1"), tmp_path, "main")
    save_named(run_of("r1"), tmp_path, "v1")
    put(tmp_path, "r22")
    found, names, _ = with_named(tmp_path)
    assert [one.run.id for one in found] == ["r1", "r22"]
    assert names == {"r1": ("main", "v1")}


def names(*tasks: str) -> list[frozenset[str]]:
    return [frozenset({f"c/{t}[m]"}) for t in tasks]


def test_the_last_comparable_run_is_complete_and_has_the_tasks(tmp_path):
    put(tmp_path, "r1", tasks="abcd", started_at="2026-01-01T00:00:00Z")
    put(tmp_path, "r2", tasks="a", started_at="2026-01-02T00:00:00Z")
    put(tmp_path, "r3", tasks="abcd", complete=False, started_at="2026-01-03T00:00:00Z")
    put(tmp_path, "r4", tasks="xyz", started_at="2026-01-04T00:00:00Z")
    put(tmp_path, "r5", tasks="abcd", started_at="2027-01-04T00:00:00Z")

    def last(*tasks: frozenset[str]) -> str | None:
        return last_comparable(tmp_path, before=LATE, run_id="now", tasks=list(tasks))

    assert last(*names("a", "b", "c", "d")) == "r1"
    assert last(*names("a")) == "r2"
    assert last(*names("a", "q", "r")) == "r2"
    assert last(frozenset({"c/new[m]", "c/x[m]"})) == "r4"
    assert last(*names("q")) is None
    assert any_earlier(tmp_path)
    assert not any_earlier(tmp_path / "nowhere")


def test_runs_are_found_by_name_id_beginning_and_path(tmp_path):
    first, last = put(tmp_path, "2026a"), put(tmp_path, "2026b")
    saved = save_named(run_of("2026a"), tmp_path, "main")
    assert find(tmp_path, "main") == saved
    assert find(tmp_path, "2026a") == first
    assert find(tmp_path, "last") == find(tmp_path, "2026") == last
    assert find(tmp_path, str(first)) == first
    with pytest.raises(CorruptDocument, match=r"no run 'x' in .*newest runs: 2026a, 2026b; saved: main"):
        find(tmp_path, "x")
    with pytest.raises(CorruptDocument, match="nothing is blessed yet"):
        find(tmp_path, "blessed")
    blessed = save_blessed(run_of("2026a"), tmp_path)
    assert find(tmp_path, "blessed") == blessed


def test_of_two_runs_in_one_second_the_later_is_the_last(tmp_path):
    for n, ending in enumerate("fca"):
        os.utime(put(tmp_path, f"20260101T000000Z-{ending}00000"), ns=(n, n))
    assert find(tmp_path, "last").parent.name == "20260101T000000Z-a00000"
    assert find(tmp_path, "20260101T000000Z-f").parent.name == "20260101T000000Z-f00000"


def test_the_blessed_file_has_one_line_for_each_result_and_reads_back(tmp_path):
    run = run_of("r1", tasks="abc")
    path = save_blessed(run, tmp_path)
    lines = path.read_text().splitlines()
    assert lines[1] == f' "schema_version": {SCHEMA_VERSION},'
    assert sum('"task"' in line for line in lines) == 3
    assert load(path) == run
