"""Nothing that was acknowledged is lost, whatever happens to the file afterwards."""

from __future__ import annotations

import errno
import os

import pytest

from pytest_localbench.domain.run import BenchmarkRun
from pytest_localbench.errors import CorruptDocument, StoreError, UnsupportedSchema
from pytest_localbench.store.identity import new_run_id
from pytest_localbench.store.journal import Journal, read_journals
from pytest_localbench.store.runs import find, load, save, write_atomic


def write(folder, n=3):
    journal = Journal(folder / "w-main.jsonl")
    for number in range(n):
        journal.append("result", {"n": number})
    journal.close()
    return journal.path


def numbers(folder):
    return [data["n"] for data in read_journals(folder).of("result")]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_line_costs_only_itself(tmp_path, cut):
    path = write(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    records = read_journals(tmp_path)
    assert [d["n"] for d in records.of("result")] == [0, 1, 2][: len(list(records.of("result")))]
    assert len(list(records.of("result"))) >= 2 - cut // 40
    journal = Journal(path)
    journal.append("result", {"n": 9})
    journal.close()
    assert numbers(tmp_path)[-1] == 9


def test_a_flipped_byte_is_noticed(tmp_path):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":7'))
    records = read_journals(tmp_path)
    assert [d["n"] for d in records.of("result")] == [0, 2]
    assert records.damaged == 1


def test_a_full_disk_keeps_everything_before_it(tmp_path, monkeypatch):
    path = write(tmp_path)
    journal = Journal(path)
    journal.append("result", {"n": 3})
    real = os.write

    def short_then_full(fd, data):
        if len(data) > 20:
            return real(fd, bytes(data[:20]))
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short_then_full)
        with pytest.raises(StoreError, match="No space left on device"):
            journal.append("result", {"n": 4, "text": "x" * 100})
    journal.append("result", {"n": 5})
    journal.close()
    assert numbers(tmp_path) == [0, 1, 2, 3, 5]
    assert read_journals(tmp_path).damaged == 0


def test_a_document_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    write_atomic(path, "old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the old content is untouched"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_documents_come_back_and_strangers_are_refused(tmp_path):
    run = BenchmarkRun(id="r1", started_at="2025-01-01T00:00:00Z", finished_at="2025-01-01T00:00:01Z")
    path = tmp_path / "results" / "r1" / "run.json"
    save(run, path)
    assert load(path) == run
    assert find(tmp_path, "last") == find(tmp_path, "r") == path
    newer = tmp_path / "newer.json"
    newer.write_text('{"schema_version": 99}')
    with pytest.raises(UnsupportedSchema, match="newer version"):
        load(newer)
    for text in ("", "[]", "{", '{"id": 3}'):
        newer.write_text(text)
        with pytest.raises(CorruptDocument):
            load(newer)
    with pytest.raises(CorruptDocument, match="newest runs: r1"):
        find(tmp_path, "nope")


def test_run_ids_differ_within_one_second():
    assert len({new_run_id() for _ in range(100)}) == 100
