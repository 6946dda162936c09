"""Imports: nothing is lost, nothing is half done, everything can be taken back."""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from bundles import PNG, T1, Folder, again, envelope, parsed

from pytest_localbench import evaluators
from pytest_localbench.engine.bundle_export import export_category, export_tasks
from pytest_localbench.engine.bundle_import import apply_plan
from pytest_localbench.errors import ConfigError, CorruptDocument, LocalbenchError, StoreError
from pytest_localbench.registry import Registry
from pytest_localbench.store import bundle_changes
from pytest_localbench.store.bundle_changes import undo_changes

ROOT = Path(__file__).parents[3]


@pytest.fixture
def theirs(tmp_path):
    found = Folder(tmp_path / "theirs")
    found.category()
    found.task("t1", input={"prompt": "B? {{ a }}", "files": ["files/a.txt"]})
    found.task("t9")
    found.write("benchmarks/documents/files/a.txt", "their text")
    return found


@pytest.fixture
def mine(tmp_path):
    found = Folder(tmp_path / "mine")
    found.category()
    found.task("t1")
    found.task("own")
    return found


def statuses(plan):
    return {item.name: item.status for item in plan.items}


@pytest.mark.parametrize("archive", [True, False])
def test_an_empty_project_gets_the_same_tasks(tmp_path, theirs, archive):
    empty = Folder(tmp_path / "empty")
    done = apply_plan(empty.plan(again(theirs.suite(), archive=archive)))
    assert empty.hashes() == theirs.hashes()
    assert {path.relative_to(empty.root).as_posix() for path in done.files} == {
        "benchmarks/documents/category.json", "benchmarks/documents/tasks/t1.json", "benchmarks/documents/tasks/t9.json",
        "benchmarks/documents/files/a.txt",
    }  # fmt: skip
    assert done.notes == ()


def test_the_shipped_categories_survive_the_journey(tmp_path):
    from pytest_localbench.engine.bundle_export import export_suite

    bundle = again(export_suite(ROOT, tmp_path / "none", [ROOT / "benchmarks"], models=False), archive=True)
    assert len(bundle.tasks) >= 24
    empty = Folder(tmp_path / "empty")
    registry = Registry()
    evaluators.pytest_localbench_register(registry)
    plan = empty.plan(bundle, registry=registry)
    apply_plan(plan)
    assert empty.hashes() == dict(bundle.hashes)


def test_without_a_choice_nothing_changes_and_the_difference_is_shown(mine, theirs):
    before = mine.tree()
    plan = mine.plan(theirs.suite())
    assert statuses(plan) == {
        "documents": "unchanged", "documents/t1": "conflict", "documents/t9": "new", "documents/files/a.txt": "new",
    }  # fmt: skip
    diff = plan.conflicts[0].diff()
    assert any(line.startswith("-") and "A?" in line for line in diff)
    assert any(line.startswith("+") and "B?" in line for line in diff)
    with pytest.raises(ConfigError, match="documents/t1: differs from what is here; choose skip, rename or replace"):
        apply_plan(plan)
    assert mine.tree() == before


def test_the_same_bundle_twice_is_no_conflict(mine, theirs):
    apply_plan(mine.plan(theirs.suite()), default="replace")
    before = mine.tree()
    plan = mine.plan(theirs.suite())
    assert set(statuses(plan).values()) == {"unchanged"}
    assert apply_plan(plan).id is None
    assert mine.tree() == before


@pytest.mark.parametrize("choice", ["skip", "replace", "rename"])
def test_choices(mine, theirs, choice):
    before = mine.hashes()
    own = mine.tree()["benchmarks/documents/tasks/own.yaml"]
    apply_plan(mine.plan(theirs.suite()), {"documents/t1": choice})
    now = mine.hashes()
    assert now["documents/own"] == before["documents/own"]
    assert mine.tree()["benchmarks/documents/tasks/own.yaml"] == own
    assert now["documents/t9"] == theirs.hashes()["documents/t9"]
    kept, brought = before["documents/t1"], theirs.hashes()["documents/t1"]
    assert now["documents/t1"] == (brought if choice == "replace" else kept)
    assert ("documents/t1-2" in now) == (choice == "rename")
    assert (mine.root / "benchmarks/documents/files/a.txt").exists() == (choice != "skip")
    assert (mine.root / "benchmarks/documents/tasks/t1.yaml").exists() == (choice != "replace")


def test_a_category_that_differs_can_stand_beside_ones_own(mine, theirs):
    theirs.category(description="another one")
    before = mine.hashes()
    plan = mine.plan(theirs.suite())
    assert statuses(plan)["documents"] == "conflict"
    apply_plan(plan, default="rename")
    now = mine.hashes()
    assert before.items() <= now.items()
    assert set(now) - set(before) == {"documents-2/t1", "documents-2/t9"}
    assert json.loads((mine.root / "benchmarks/documents-2/category.json").read_text())["description"] == "another one"


def test_a_category_that_is_replaced_keeps_ones_own_tasks(mine, theirs):
    theirs.category(description="another one")
    apply_plan(mine.plan(theirs.suite()), {"documents": "replace"}, "skip")
    assert not (mine.root / "benchmarks/documents/category.yaml").exists()
    assert "documents/own" in mine.hashes()


@pytest.mark.parametrize("choice", ["skip", "replace", "rename"])
def test_a_file_that_differs(mine, theirs, choice):
    mine.write("benchmarks/documents/files/a.txt", "my text")
    theirs.task("t1", input={"prompt": "B? {{ a }}", "files": ["files/a.txt"]}, traps={"x": "files/a.txt"})
    plan = mine.plan(theirs.suite())
    assert statuses(plan)["documents/files/a.txt"] == "conflict"
    apply_plan(plan, {"documents/files/a.txt": choice}, "replace")
    text = (mine.root / "benchmarks/documents/files/a.txt").read_text()
    assert text == ("their text" if choice == "replace" else "my text")
    task = json.loads((mine.root / "benchmarks/documents/tasks/t1.json").read_text())
    if choice == "rename":
        assert task["input"]["files"] == [{"path": "files/a-2.txt", "name": "a"}]
        assert (mine.root / "benchmarks/documents/files/a-2.txt").read_text() == "their text"
        assert "documents/t1" in mine.hashes()
    else:
        assert task["input"]["files"] == [{"path": "files/a.txt"}]


def test_a_task_that_shares_its_file_is_not_replaced(mine, theirs):
    (mine.root / "benchmarks/documents/tasks/t1.yaml").unlink()
    mine.write("benchmarks/documents/tasks/many.json", [T1, {**T1, "id": "t5"}])
    before = mine.tree()
    with pytest.raises(ConfigError, match="shares its file with others"):
        apply_plan(mine.plan(theirs.suite()), default="replace")
    assert mine.tree() == before
    apply_plan(mine.plan(theirs.suite()), default="rename")
    assert {"documents/t1", "documents/t5", "documents/t1-2"} <= mine.hashes().keys()


def test_tasks_go_into_a_category_that_is_there(mine, theirs):
    mine.category(description="mine", defaults={"timeout_seconds": 7})
    before = mine.tree()["benchmarks/documents/category.yaml"]
    plan = mine.plan(export_tasks(theirs.root, theirs.data, ["t9"]))
    assert statuses(plan) == {"documents": "kept", "documents/t9": "new"}
    done = apply_plan(plan)
    assert done.notes == ("documents/t9: differs from what was exported, as the defaults of your category hold for it",)
    assert mine.tree()["benchmarks/documents/category.yaml"] == before


def test_tasks_bring_the_category_that_is_not_there(tmp_path, theirs):
    empty = Folder(tmp_path / "empty")
    apply_plan(empty.plan(export_tasks(theirs.root, theirs.data, ["t9"])))
    assert empty.hashes() == {"documents/t9": theirs.hashes()["documents/t9"]}


def test_the_flat_store_is_a_home_too(tmp_path, theirs):
    flat = Folder(tmp_path / "flat")
    flat.write("data/categories/documents.json", {"id": "documents", "name": "Documents"})
    flat.write("data/tasks/t1.json", {**T1, "category": "documents"})
    apply_plan(flat.plan(theirs.suite()), default="replace")
    assert flat.hashes() == theirs.hashes()
    assert (flat.root / "data/tasks/t9.json").exists()


BROKEN = [
    ({"title": 5}, "content.tasks[1]: task 't2': 'title'"),
    ({"evaluators": [{"use": "exact", "with": {"nope": 1}}]}, "unknown option 'nope'"),
    ({"evaluators": [{"use": "exact", "wieght": 1}]}, "unknown key 'wieght'"),
    ({"input": {"prompt": "{{ undefined }}"}}, "used in a template but not defined"),
    ({"input": {"prompt": "x", "files": ["files/missing.txt"]}}, "does not exist"),
    ({"input": {"prompt": "x", "files": ["../../../etc/passwd"]}}, "no '..'"),
    ({"expected": "@file:/etc/passwd"}, "relative path"),
    ({"samples": {"file": "/etc/passwd.csv"}}, "relative path"),
    ({"complexity": 10**400}, "complexity"),
    ({"timeout_seconds": "1e3"}, "a number was expected"),
    ({"category": "elsewhere"}, "belongs to 'elsewhere'"),
    ({"schema": 2}, "newer version"),
    ({"folder": "/etc"}, "unknown key 'folder'"),
    ({"source": {"path": "/etc/passwd"}}, "unknown key 'source'"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "words"), BROKEN, ids=lambda value: value if isinstance(value, str) else "")
def test_one_broken_task_stops_all(mine, fields, words):
    before = mine.tree()
    bundle = parsed(
        envelope(
            category={"id": "documents", "name": "Documents"}, tasks=[{**T1, "id": "t0"}, {**T1, "id": "t2", **fields}]
        )
    )
    registry = Registry()
    evaluators.pytest_localbench_register(registry)
    with pytest.raises(CorruptDocument) as caught:
        mine.plan(bundle, registry=registry)
    assert words in str(caught.value)
    assert "content.tasks[1]" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert mine.tree() == before


def test_an_evaluator_that_is_not_installed_is_a_note(mine):
    bundle = parsed(envelope(category={"id": "c2"}, tasks=[{**T1, "evaluators": [{"use": "acme_iban"}]}]))
    registry = Registry()
    evaluators.pytest_localbench_register(registry)
    assert any("acme_iban" in note for note in mine.plan(bundle, registry=registry).notes)


def test_a_hash_that_is_not_the_exported_one_is_said(mine):
    data = envelope()
    data["content"]["hashes"] = {"documents/t1": "0" * 16}
    item = next(item for item in mine.plan(parsed(data)).items if item.kind == "task")
    assert "its content hash differs" in item.note


def with_file(path, data=b"x", mention=True):
    tasks = [{**T1, "metadata": {"uses": path if mention else ""}}]
    entry = {"category": "documents", "path": path, "sha256": hashlib.sha256(data).hexdigest(),
             "data": base64.b64encode(data).decode()}  # fmt: skip
    return parsed(envelope(category={"id": "documents", "name": "D"}, tasks=tasks, assets=[entry]))


def test_code_needs_trust_in_this_very_bundle(tmp_path):
    empty = Folder(tmp_path / "empty")
    bundle = with_file("files/check.py", b"print(1)")
    for trust in (None, "0" * 64):
        with pytest.raises(ConfigError, match="brings files that can be run") as caught:
            empty.plan(bundle, trust=trust)
    assert bundle.sha256 in str(caught.value)
    apply_plan(empty.plan(bundle, trust=bundle.sha256))
    assert (empty.root / "benchmarks/documents/files/check.py").exists()


def test_files_that_nothing_uses_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="which no task of it uses"):
        Folder(tmp_path / "empty").plan(with_file("files/a.txt", mention=False))


def test_links_are_not_written_through(tmp_path, mine, theirs):
    outside = tmp_path / "outside"
    outside.mkdir()
    (mine.root / "benchmarks/documents/files").symlink_to(outside)
    before = mine.tree()
    with pytest.raises(StoreError, match="behind a link that leads out of the project"):
        apply_plan(mine.plan(theirs.suite()), default="replace")
    assert list(outside.iterdir()) == []
    assert mine.tree() == before


def test_the_folder_for_new_categories_lies_in_the_project(tmp_path, theirs):
    empty = Folder(tmp_path / "empty")
    with pytest.raises(ConfigError, match="lies outside of the project"):
        empty.plan(theirs.suite(), into=Path("../elsewhere"))
    apply_plan(empty.plan(theirs.suite(), into=Path("suites")))
    assert (empty.root / "suites/documents/category.json").exists()
    assert "suites" in str(empty.plan(export_category(theirs.root, theirs.data, "documents")).into)


# -- all or nothing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), StoreError("full")])
@pytest.mark.parametrize("step", range(5))
def test_a_failure_at_any_step_leaves_everything_as_it_was(mine, theirs, monkeypatch, step, error):
    before, folders = mine.tree(), sorted(p for p in mine.root.rglob("*") if p.is_dir())
    plan = mine.plan(theirs.suite())
    real, count = bundle_changes.write_atomic, [0]

    def write(path, text):
        if count[0] == step:
            count[0] += 1
            raise error
        count[0] += 1
        real(path, text)

    monkeypatch.setattr(bundle_changes, "write_atomic", write)
    with pytest.raises((LocalbenchError, KeyboardInterrupt, OSError)):
        apply_plan(plan, default="replace")
    monkeypatch.undo()
    assert count[0] == step + 1
    assert mine.tree() == before
    left = {p for p in mine.root.rglob("*") if p.is_dir()} - set(folders)
    assert {p.name for p in left} <= {"data", "imports"}


def test_a_result_that_would_not_load_is_taken_back(mine, theirs, monkeypatch):
    before = mine.tree()
    plan = mine.plan(theirs.suite())
    mine.write("benchmarks/documents/tasks/late.yaml", "id: t9\ninput: {prompt: late}\nexpected: x\n")
    late = mine.tree()
    with pytest.raises(ConfigError, match="already used"):
        apply_plan(plan, default="replace")
    assert mine.tree() == late
    assert before != late


def test_what_changed_since_it_was_looked_at_is_not_overwritten(mine, theirs):
    plan = mine.plan(theirs.suite())
    mine.task("t1", title="edited meanwhile")
    before = mine.tree()
    with pytest.raises(StoreError, match="was changed while you looked at the plan"):
        apply_plan(plan, default="replace")
    assert mine.tree() == before


def test_an_import_can_be_undone(mine, theirs):
    before = mine.tree()
    done = apply_plan(mine.plan(theirs.suite()), default="replace")
    assert mine.tree() != before
    name, paths = undo_changes(mine.data)
    assert name == done.id
    assert set(paths) == set(done.files)
    assert mine.tree() == before
    with pytest.raises(StoreError, match="no import to undo"):
        undo_changes(mine.data)


def test_what_was_edited_after_an_import_is_not_undone(mine, theirs):
    apply_plan(mine.plan(theirs.suite()), default="replace")
    mine.write("benchmarks/documents/tasks/t9.json", {**T1, "id": "t9", "title": "mine now"})
    edited = mine.tree()
    with pytest.raises(StoreError, match="was changed since the import"):
        undo_changes(mine.data)
    assert mine.tree() == edited


def test_a_killed_import_is_taken_back_by_the_next_one(mine, theirs):
    before = mine.tree()
    code = textwrap.dedent(f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from bundles import Folder
        from pathlib import Path
        from pytest_localbench.engine.bundle_import import apply_plan
        from pytest_localbench.store import bundle_changes
        real, count = bundle_changes.write_atomic, [0]
        def write(path, text):
            count[0] += 1
            if count[0] == 4:
                os.kill(os.getpid(), signal.SIGKILL)
            real(path, text)
        bundle_changes.write_atomic = write
        mine, theirs = Folder(Path({str(mine.root)!r})), Folder(Path({str(theirs.root)!r}))
        apply_plan(mine.plan(theirs.suite()), default="replace")
    """)
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert mine.tree() != before
    with pytest.raises(StoreError, match="no import to undo"):
        undo_changes(mine.data)
    assert mine.tree() == before


def test_one_import_at_a_time(mine, theirs):
    from pytest_localbench.store.lock import RunLock

    mine.data.joinpath("imports").mkdir(parents=True)
    lock = RunLock(mine.data / "imports")
    assert lock.acquire()
    with pytest.raises(StoreError, match="another import"):
        apply_plan(mine.plan(theirs.suite()), default="replace")
    lock.release()


def test_pictures_are_compared_by_content(mine, theirs):
    theirs.write("benchmarks/documents/files/p.png", PNG)
    theirs.task("t9", input={"prompt": "A?", "images": ["files/p.png"]})
    mine.write("benchmarks/documents/files/p.png", PNG + b"\0")
    item = next(item for item in mine.plan(theirs.suite()).items if item.name.endswith("p.png"))
    assert item.status == "conflict"
    assert "SHA-256" in item.diff()[-1]
