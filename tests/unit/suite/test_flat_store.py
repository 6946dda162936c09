"""The flat layout: categories/*.json beside tasks/*.json."""

from __future__ import annotations

import json

import pytest

from pytest_localbench.errors import TaskFileError
from pytest_localbench.suite.seed import load_seed


@pytest.fixture
def store(tmp_path):
    def write(kind, name, data):
        folder = tmp_path / "data" / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(data if isinstance(data, str) else json.dumps(data, indent=1))

    def load():
        return load_seed(tmp_path / "data", tmp_path)

    load.write = write
    write("categories", "geo.json", {"id": "geo", "name": "Geography", "created_at": "2025-01-01", "updated_at": None})
    return load


TASK = {
    "id": "t",
    "name": "Capital",
    "category_id": "geo",
    "input_data": "Capital of France?",
    "expected_output": "Paris",
    "complexity_score": 1,
    "weights": {"quality": 1},
    "created_at": "2025-01-01T00:00:00Z",
    "updated_at": "2025-02-01T00:00:00Z",
}


def test_other_names_of_fields_are_understood(store):
    store.write("tasks", "t.json", TASK)
    ((category, (task,)),) = store()
    assert (category.id, category.name) == ("geo", "Geography")
    assert (task.title, task.input.prompt, task.expected) == ("Capital", "Capital of France?", "Paris")
    assert (task.complexity, task.evaluation_weights.quality) == (1, 1.0)
    assert [spec.use for spec in task.evaluators] == ["exact"]
    assert task.metadata == {"created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-02-01T00:00:00Z"}
    assert (task.folder, task.source.path) == ("data/tasks", "data/tasks/t.json")


def test_categories_without_tasks_and_hidden_files(store):
    store.write("tasks", "._t.json", "\x00")
    store.write("categories", "art.json", {})
    assert [(category.id, tasks) for category, tasks in store()] == [("art", []), ("geo", [])]


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        ({"category_id": "gee"}, 4, "there is no category 'gee' in data/categories (did you mean 'geo'?) (known: geo)"),
        ({"category_id": ["geo"]}, 4, "there is no category"),
        ({"category_id": None}, 1, "'category' is missing"),
        ({"complexity_score": "hard"}, 7, "'complexity': a whole number was expected"),
        ({"expected": "Rome"}, 6, "unknown key 'expected_output'"),
    ],
)
def test_wrong_tasks_are_named_with_their_line(store, change, line, words):
    store.write("tasks", "t.json", {**TASK, **change})
    with pytest.raises(TaskFileError) as caught:
        store()
    assert str(caught.value).startswith(f"data/tasks/t.json:{line}: ")
    assert words in str(caught.value)


def test_two_of_one_id_are_refused_with_both_places(store):
    store.write("tasks", "t.json", TASK)
    store.write("tasks", "u.json", TASK)
    with pytest.raises(TaskFileError, match=r"^data/tasks/u.json:1: .*already used in data/tasks/t.json:1"):
        store()
    store.write("tasks", "u.json", [TASK])
    with pytest.raises(TaskFileError, match="holds one task: a mapping"):
        store()
    store.write("categories", "z.json", {"name": "again", "id": "geo"})
    with pytest.raises(TaskFileError, match=r"^data/categories/z.json:3: .*already used in data/categories/geo.json"):
        store()


def test_files_of_tasks_lie_below_the_folder_of_the_tasks(store, tmp_path):
    store.write("tasks/files", "note.txt", "Hello")
    store.write("tasks/files", "gold.json", '{"a": 1}')
    task = {"id": "t", "category": "geo", "input": {"prompt": "{{ note }}", "files": ["files/note.txt"]}}
    store.write("tasks", "t.json", {**task, "expected": "@file:files/gold.json"})
    ((_, (found,)),) = store()
    assert (found.expected, found.input.files[0].text) == ({"a": 1}, "Hello")
    (tmp_path / "data" / "models").mkdir()
    (tmp_path / "data" / "models" / "m.json").write_text("{}")
    for name in ("models/m.json", "../models/m.json"):
        store.write("tasks", "t.json", {**task, "expected": f"@file:{name}"})
        with pytest.raises(
            TaskFileError, match=r"^data/tasks/t\.json:\d+: task 't': .*(looked in data/tasks/|no '\.\.')"
        ):
            store()
