"""``localbench cache``: what answers take, and deleting old ones without touching results or anything else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_localbench.cli import main
from pytest_localbench.store.lock import RunLock
from pytest_localbench.store.responses import ResponseWriter
from pytest_localbench.store.stored import old_runs, stored_runs

IDS = ("20250101T000000Z-aaaaaa", "20250601T000000Z-bbbbbb", "20250602T000000Z-cccccc")


@pytest.fixture
def data(tmp_path):
    for number, run_id in enumerate(IDS):
        writer = ResponseWriter(tmp_path / "responses" / run_id / "w-main.jsonl")
        for n in range(number + 1):
            writer.append(f'{{"key":"{n:032x}.{0:016x}"}}', offered=n == 0)
        writer.close()
        (tmp_path / "results" / run_id).mkdir(parents=True)
    (tmp_path / "responses" / "notes").mkdir()
    return tmp_path


def run(capsys, *argv):
    code = main(["cache", *argv])
    told = capsys.readouterr()
    return code, told.out + told.err


def left(data):
    return sorted(path.name for path in (data / "responses").iterdir())


def test_show(data, capsys):
    code, text = run(capsys, "show", "--data", str(data))
    assert code == 0
    assert f"{IDS[2]}  3 answers, 1 in the cache, 0.0 MB" in text
    assert "3 runs, 6 answers" in text
    assert run(capsys, "show", "--data", str(data / "nowhere")) == (0, "0 runs, 0 answers, 0.0 MB\n")


@pytest.mark.parametrize(
    ("argv", "gone"),
    [(("--keep", "1"), 2), (("--keep", "0"), 3), (("--keep", "9"), 0), (("--keep", "1", "--dry-run"), 0)],
)
def test_prune_keeps_the_newest(data, capsys, argv, gone):
    code, _ = run(capsys, "prune", "--data", str(data), *argv)
    assert code == 0
    assert left(data) == [*IDS[gone:], "notes"]
    assert len(list((data / "results").iterdir())) == 3


def test_prune_by_age(data):
    runs = stored_runs(data / "responses")
    now = datetime(2025, 6, 3, tzinfo=UTC)
    assert [r.id for r in old_runs(runs, keep=None, older_than_days=30, now=now)] == [IDS[0]]
    assert [r.id for r in old_runs(runs, keep=3, older_than_days=0, now=now)] == []
    assert [r.id for r in old_runs(runs, keep=None, older_than_days=0, now=now)] == list(IDS)


def test_a_run_that_is_going_on_is_kept(data, capsys):
    lock = RunLock(data / "results" / IDS[0])
    assert lock.acquire()
    _, text = run(capsys, "prune", "--data", str(data), "--keep", "0")
    lock.release()
    assert f"{IDS[0]} is still going on: kept" in text
    assert left(data) == [IDS[0], "notes"]


@pytest.mark.parametrize(("argv", "words"), [((), "with --keep N or --older-than DAYS"), (("--keep", "-1"), "from 0")])
def test_nothing_goes_without_a_word(data, capsys, argv, words):
    code, text = run(capsys, "prune", "--data", str(data), *argv)
    assert code == 1
    assert words in text
    assert left(data) == [*IDS, "notes"]
