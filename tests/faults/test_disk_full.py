"""A disk that is full, at 50 places of a journal and in the middle of runs: a sentence, and nothing that was written is lost."""

from __future__ import annotations

import errno
import json
import os

import pytest

from pytest_localbench.errors import StoreError
from pytest_localbench.store.journal import Journal, read_journals
from pytest_localbench.store.responses import ResponseWriter, responses_of

RECORDS = 12


class Quota:
    """``os.write`` on a disk with so many bytes left; like a real one it first writes what still fits."""

    def __init__(self, monkeypatch, left):
        self.left, self._real = left, os.write
        monkeypatch.setattr(os, "write", self)

    def __call__(self, fd, data):
        if fd < 3:
            return self._real(fd, data)
        if self.left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self._real(fd, bytes(data[: self.left]))
        self.left -= written
        return written


def record(number):
    return {"n": number, "text": "x" * (number * 7)}


def whole_length(tmp_path):
    journal = Journal(tmp_path / "whole" / "w-main.jsonl")
    for number in range(RECORDS):
        journal.append("result", record(number))
    journal.close()
    return journal.path.stat().st_size


@pytest.mark.parametrize("step", range(50))
def test_a_journal_keeps_what_was_acknowledged(tmp_path, monkeypatch, step):
    left = whole_length(tmp_path) * step // 50
    quota = Quota(monkeypatch, left)
    journal = Journal(tmp_path / "w-main.jsonl")
    acknowledged: list[int] = []

    def fill():
        for number in range(RECORDS):
            journal.append("result", record(number))
            acknowledged.append(number)

    with pytest.raises(StoreError, match=r"w-main.jsonl: the result could not be written \(No space left on device\)"):
        fill()
    found = read_journals(tmp_path)
    assert [data["n"] for data in found.of("result")] == acknowledged
    assert found.damaged == 0
    quota.left = 10_000
    journal.append("result", {"n": 99})
    journal.close()
    assert [data["n"] for data in read_journals(tmp_path).of("result")] == [*acknowledged, 99]


@pytest.mark.parametrize("step", range(0, 50, 7))
def test_stored_answers_before_it_are_found(tmp_path, monkeypatch, step):
    keys = [f"{number:032x}.{number:016x}" for number in range(RECORDS)]
    length = len(b'{"crc":"00000000","kind":"answer","data":{"key":""}}\n') + 49
    Quota(monkeypatch, length * RECORDS * step // 50)
    writer = ResponseWriter(tmp_path / "w-main.jsonl")
    for key in keys:
        writer.append(f'{{"key":"{key}"}}')
    writer.close()
    with pytest.raises(StoreError, match="the answer could not be written"):
        writer.check()
    writer.check()
    found = responses_of(tmp_path)
    assert list(found.by_key) == keys[: RECORDS * step // 50]
    assert all(found.read(place) == {"key": key} for key, place in found.by_key.items())


LIMIT = """
    import resource, signal
    resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, resource.RLIM_INFINITY))
"""


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
@pytest.mark.parametrize(
    ("size", "workers"),
    [(3000, ()), (18_000, ()), (6000, ("-n", "2"))],
    ids=["alone", "document", "workers"],
)
def test_a_run_on_a_full_disk_stops_with_a_sentence_and_goes_on_later(project, size, workers):
    if workers:
        pytest.importorskip("xdist")
    project.model(default="Paris " + "x" * 300)
    for number in range(8):
        project.exact(f"t{number}", evaluators=[{"use": "contains", "with": {"all": ["Paris"]}}])
    conftest = project.write("conftest.py", LIMIT.format(size=size))
    run = project.run(*workers, subprocess=True)
    assert run.code not in (0, 3)
    assert "could not be written (File too large)" in run.text
    assert "Traceback" not in run.text
    assert "INTERNALERROR" not in run.text
    conftest.unlink()
    again = project.run("--localbench-resume", *workers, subprocess=True)
    assert again.outcomes == {"passed": 8}
    assert len(again.document["results"]) == 8
    assert again.document["complete"] is True


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
@pytest.mark.parametrize("name", ["results", "responses"])
def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(project, name, workers):
    project.model(default="Paris")
    for number in range(3):
        project.exact(f"t{number}")
    blocked = project.write(f"data/{name}", "a file where a folder should be")
    run = project.run(*workers, subprocess=True)
    assert run.code not in (0, 3)
    assert "INTERNALERROR" not in run.text
    assert f"data/{name}/" in run.text
    assert "written" in run.text
    assert "--localbench-data" in run.text
    assert "Traceback" not in run.text
    blocked.unlink()
    assert project.run("--localbench-resume").outcomes == {"passed": 3}


def test_processes_that_start_together_never_mix(project):
    import subprocess
    import sys

    project.model(default="Paris")
    for number in range(3):
        project.exact(f"t{number}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "docs"]
    started = [subprocess.Popen(command, cwd=project.root, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [run.wait(timeout=300) for run in started] == [0, 0, 0]
    documents = [json.loads(p.read_text("utf-8")) for p in project.root.glob("data/results/*/run.json")]
    assert len({d["id"] for d in documents}) == 3
    assert [len(d["results"]) for d in documents] == [3, 3, 3]
    assert len(list(project.root.glob("data/responses/*/w-main.jsonl"))) == 3
