"""Documents of every version that was ever written are read, and shown as if they were of today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_localbench.domain.run import SCHEMA_VERSION
from pytest_localbench.engine.page import page_of
from pytest_localbench.errors import CorruptDocument, UnsupportedSchema
from pytest_localbench.reports.board import Board
from pytest_localbench.reports.terminal import summary_lines
from pytest_localbench.store.index import entry
from pytest_localbench.store.migrate import STEPS, migrate
from pytest_localbench.store.runs import dump, load

DOCUMENTS = Path(__file__).parents[2] / "documents"


def test_there_is_a_document_and_a_step_for_every_older_version():
    assert sorted(STEPS) == list(range(1, SCHEMA_VERSION))
    for version in STEPS:
        assert json.loads((DOCUMENTS / f"schema-{version}.json").read_text("utf-8"))["schema_version"] == version


@pytest.mark.parametrize("version", sorted(STEPS))
def test_an_older_document_is_read_whole_and_left_as_it_is(tmp_path, version):
    path = tmp_path / "results" / "r1" / "run.json"
    path.parent.mkdir(parents=True)
    path.write_bytes((DOCUMENTS / f"schema-{version}.json").read_bytes())
    before = path.read_bytes()
    run = load(path)
    assert run.schema_version == SCHEMA_VERSION
    assert (run.id, run.summary[0].n_tasks, len(run.results)) == ("20261125T072835Z-3fa0bc", 3, 4)
    assert [task.id for task in run.tasks] == [task["id"] for task in json.loads(before)["tasks"]]
    assert entry(path).run.id == run.id
    lines = [line.text for line in summary_lines(Board.of(run), width=100, verbosity=0, ascii_only=False)]
    assert any("smollm2" in line for line in lines)
    assert "smollm2" in page_of(run, data_dir=tmp_path)
    assert path.read_bytes() == before
    path.write_text(dump(run), "utf-8")
    assert load(path) == run


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ('{"schema_version": 99}', UnsupportedSchema, "made by a newer version"),
        ('{"schema_version": 0}', CorruptDocument, "schema 0, this version reads 1 to"),
        ('{"schema_version": "1"}', UnsupportedSchema, "schema 1"),
        ('{"schema_version": 1, "tasks": [3], "categories": {}}', CorruptDocument, "field 'id'"),
    ],
)
def test_what_cannot_be_read_is_told_and_not_changed(tmp_path, text, error, words):
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(error, match=words):
        load(path)
    assert path.read_text() == text


def test_a_document_of_today_passes_through():
    data = {"schema_version": SCHEMA_VERSION, "categories": [{"weight": 1}]}
    assert migrate(data) == data
