"""Of two runs that began in the same second the one written last is the newer, whatever their random digits are."""

from __future__ import annotations

import os

import pytest

from pytest_localbench.store.recorded import find_recorded
from pytest_localbench.store.responses import ResponseWriter, cached_responses

KEY = "a" * 32 + "." + "b" * 16


def touched(path, at):
    os.utime(path, ns=(at, at))


@pytest.mark.parametrize("newer", ["20260101T000000Z-aaaaaa", "20260101T000000Z-ffffff"])
def test_the_last_run(tmp_path, newer):
    for run in ("20260101T000000Z-aaaaaa", "20260101T000000Z-ffffff"):
        journal = tmp_path / "results" / run / "w-main.jsonl"
        journal.parent.mkdir(parents=True)
        journal.write_text("x\n")
        touched(journal, 10**18 + (run == newer))
    assert find_recorded(tmp_path, "last") == newer


@pytest.mark.parametrize("newer", ["20260101T000000Z-aaaaaa", "20260101T000000Z-ffffff"])
def test_the_newer_cached_answer(tmp_path, newer):
    for run in ("20260101T000000Z-aaaaaa", "20260101T000000Z-ffffff"):
        path = tmp_path / run / "w-main.jsonl"
        writer = ResponseWriter(path)
        writer.append(f'{{"key":"{KEY}","item":"i","response":{{"text":"{run}"}}}}', offered=True)
        writer.close()
        touched(path, 10**18 + (run == newer))
    found = cached_responses(tmp_path)
    assert found.read(found.by_key[KEY])["response"] == {"text": newer}
