"""``localbench export`` and ``import`` from end to end: what is shown, what is asked, and that pytest runs what came."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os

import pytest

from pytest_localbench.cli import main


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def bundle(project, monkeypatch):
    """A category with two tasks, exported; the project is empty afterwards."""
    monkeypatch.chdir(project.root)
    project.exact("t1", expected="Paris")
    project.exact("t9", expected="Rome")
    project.write("docs/tasks/t3.json", json.dumps({"id": "t3", "input": {"prompt": "{{ a }}", "files": ["files/a.txt"]},
                                                     "expected": "Paris"}))  # fmt: skip
    project.write("docs/files/a.txt", "Which city?")
    assert main(["export", "category", "documents", "-o", "cat.zip"]) == 0
    for name in ("t1", "t3", "t9"):
        (project.root / f"docs/tasks/{name}.json").unlink()
    (project.root / "docs/files/a.txt").unlink()
    (project.root / "docs/category.yaml").unlink()
    return project


def tree(project):
    return {
        str(path.relative_to(project.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(project.root.rglob("*"))
        if path.is_file() and "imports" not in path.parts
    }


def test_what_was_imported_runs_at_once(bundle, capsys):
    assert main(["import", "cat.zip"]) == 0
    shown = capsys.readouterr().out
    assert "├─ t1" in shown
    assert "└─ files/a.txt" in shown
    assert "5 new" in shown
    bundle.model(default="Paris")
    run = bundle.run(target="benchmarks")
    assert run.outcomes == {"passed": 2, "failed": 1}
    assert main(["import", "--undo"]) == 0
    assert not (bundle.root / "benchmarks").exists()


def test_a_dry_run_shows_the_same_plan_and_changes_nothing(bundle, capsys):
    before = tree(bundle)
    assert main(["import", "cat.zip", "--dry-run"]) == 0
    plan = capsys.readouterr().out
    assert tree(bundle) == before
    assert not (bundle.root / "data/imports").exists()
    assert main(["import", "cat.zip", "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {item["name"]: item["status"] for item in found["items"]}["documents/t1"] == "new"
    main(["import", "cat.zip"])
    assert capsys.readouterr().out.startswith(plan.partition("\nNothing was changed")[0])


def test_conflicts_are_shown_and_wait_for_a_choice(bundle, capsys):
    main(["import", "cat.zip"])
    path = bundle.root / "benchmarks/documents/tasks/t1.json"
    path.write_text(path.read_text().replace("Paris", "Berlin"))
    before = tree(bundle)
    capsys.readouterr()
    assert main(["import", "cat.zip"]) == 1
    told = capsys.readouterr()
    assert '-  "expected": "Berlin"' in told.out
    assert '+  "expected": "Paris"' in told.out
    assert "4 unchanged, 1 in conflict" in told.out
    assert "nothing was changed; say what to do with what differs: --on-conflict" in told.err
    assert tree(bundle) == before
    assert main(["import", "cat.zip", "--on-conflict", "rename"]) == 0
    assert json.loads((bundle.root / "benchmarks/documents/tasks/t1-2.json").read_text())["expected"] == "Paris"
    assert json.loads(path.read_text())["expected"] == "Berlin"


@pytest.mark.parametrize(
    ("typed", "code", "expected", "renamed"),
    [("s\n", 0, "Berlin", False), ("r\n", 0, "Paris", False), ("x\nn\n", 0, "Berlin", True), ("q\n", 1, "Berlin", False),
     ("", 1, "Berlin", False), ("R\n", 0, "Paris", False)],
)  # fmt: skip
def test_people_are_asked(bundle, capsys, monkeypatch, typed, code, expected, renamed):
    main(["import", "cat.zip"])
    path = bundle.root / "benchmarks/documents/tasks/t1.json"
    path.write_text(path.read_text().replace("Paris", "Berlin"))
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert main(["import", "cat.zip"]) == code
    assert json.loads(path.read_text())["expected"] == expected
    assert (bundle.root / "benchmarks/documents/tasks/t1-2.json").exists() == renamed


@pytest.mark.parametrize(("typed", "there"), [("y\n", True), ("n\n", False), ("", False)])
def test_people_see_the_plan_before_anything_is_imported(bundle, monkeypatch, typed, there):
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert main(["import", "cat.zip"]) == (0 if there else 1)
    assert (bundle.root / "benchmarks").exists() == there


def test_ctrl_c_leaves_everything_as_it_was(bundle, monkeypatch, capsys):
    bundle_changes = importlib.import_module(
        "pytest_localbench.store.bundle_changes"
    )  # the one that is used, after other runs here

    before, real, count = tree(bundle), bundle_changes.write_atomic, []

    def write(path, text):
        count.append(path)
        if len(count) == 4:
            raise KeyboardInterrupt
        real(path, text)

    monkeypatch.setattr(bundle_changes, "write_atomic", write)
    assert main(["import", "cat.zip"]) == 130
    assert "nothing was changed" in capsys.readouterr().err
    assert tree(bundle) == before


def test_a_broken_bundle_changes_nothing(bundle, capsys):
    text = json.dumps({"export_type": "category", "export_date": "2026-01-01T00:00:00Z", "version": "1.0",
                       "content": {"category": {"id": "new", "name": "N"}, "tasks": [{"id": "a", "prompt": "x", "expected": "y"},
                                                                                    {"id": "b", "prompt": "{{ gone }}"}]}})  # fmt: skip
    bundle.write("broken.json", text)
    before = tree(bundle)
    assert main(["import", "broken.json"]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("localbench: broken.json: content.tasks[1]: task 'b'")
    assert "Traceback" not in told.err
    assert tree(bundle) == before


def test_nothing_of_a_bundle_reaches_the_terminal_raw(bundle, capsys):
    name = "\x1b[31mred\x07 \u202eevil"
    bundle.write("odd.json", json.dumps({
        "export_type": "category", "export_date": "2026-01-01T00:00:00Z", "version": "1.0", "generator": {"name": name},
        "content": {"category": {"id": "odd", "name": name}, "tasks": [{"id": "a", "title": name, "prompt": "x", "expected": "y"}]},
    }))  # fmt: skip
    assert main(["import", "odd.json", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out


def test_results_travel(project, monkeypatch, capsys):
    monkeypatch.chdir(project.root)
    project.model(answers={"one": "=HYPERLINK(1)"})
    project.exact("one")
    project.run()
    assert main(["export", "results", "-o", "runs.json"]) == 0
    assert os.stat("runs.json").st_mode & 0o077 == 0
    project.write("elsewhere/x", "")
    monkeypatch.chdir(project.root / "elsewhere")
    assert main(["import", "../runs.json"]) == 0
    (document,) = (project.root / "elsewhere/data/results").glob("*/run.json")
    assert json.loads(document.read_text())["results"][0]["answer"] == "=HYPERLINK(1)"
    assert main(["report", "last", "-o", "page.html"]) == 0
    assert "1 run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["export", "category", "documnts"], "did you mean 'documents'"),
        (["export", "suite", "-o", "x.tar"], "a .json or a .zip file"),
        (["export", "results", "nope"], "no run 'nope'"),
        (["import"], "say which file"),
        (["import", "nope.zip"], "there is no such file"),
        (["import", "--undo"], "no import to undo"),
        (["import", "x", "--json"], "use it with --dry-run"),
    ],
)
def test_mistakes_are_answered_with_a_sentence(project, monkeypatch, capsys, args, words):
    monkeypatch.chdir(project.root)
    project.exact("one")
    assert main(args) == 1
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
