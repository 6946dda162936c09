"""The envelope of a bundle: what is read, and what is refused with a sentence."""

from __future__ import annotations

import base64
import hashlib
import json
import os

import pytest
from bundles import PNG, T1, Folder, again, envelope, parsed

from pytest_localbench.engine.bundle import dump_bundle, read_bundle
from pytest_localbench.engine.bundle_export import export_category, export_tasks
from pytest_localbench.errors import ConfigError, CorruptDocument, LocalbenchError, UnknownName, UnsupportedSchema


def asset(path="files/a.txt", data=b"x", **fields):
    return {"category": "documents", "path": path, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data),
            "data": base64.b64encode(data).decode(), **fields}  # fmt: skip


def with_assets(*assets):
    made = envelope()
    made["content"]["assets"] = list(assets)
    return made


def changed(**fields):
    return envelope() | fields


REFUSED = [
    ("not json", "is not valid JSON"),
    ("[1, 2]", "is no bundle"),
    ("{}", "is no bundle"),
    (b"\xff\xfe\x00", "neither JSON in UTF-8 nor a zip archive"),
    ("[" * 100_000, "nested"),
    ('{"export_type": ' + "[" * 70 + "]" * 70 + "}", "nested more than 64"),
    ('{"export_type": "category", "export_type": "suite"}', "stands twice"),
    ('{"export_type": [' + "[]," * 2_000_000 + "1]}", "more values than a bundle may"),
    ('{"id": "r", "started_at": "x", "results": []}', "localbench export results b.json"),
    ('{"export_type": NaN}', "NaN is not valid JSON"),
    ('{"export_type": 1e999}', "1e999 is not valid JSON"),
    ('{"export_type": ' + "9" * 5000 + "}", "a number that is too long"),
    ('{"export_type": "category", "x": "\\ud800"}', "half of a surrogate pair"),
    (changed(export_type="everything"), "none of suite, category, tasks, results"),
    (changed(export_type="categry"), "did you mean 'category'?"),
    (changed(export_type=["suite"]), "none of suite"),
    (changed(version="2.0"), "made by a newer version"),
    (changed(version="1.1"), "made by a newer version"),
    (changed(version=1.0), 'must be text such as "1.0"'),
    (changed(version="1." + "9" * 400), 'must be text such as "1.0"'),
    (changed(export_date="2026-01-31T12:00:00"), "no time zone"),
    (changed(export_date="yesterday"), "a time such as"),
    (changed(content=None), "content: a mapping was expected"),
    (changed(content={"category": {"id": "a"}, "taks": []}), "content.taks: is not known"),
    (changed(content={"tasks": []}), "content.category: is missing"),
    (changed(extra=1), "'extra' is not known"),
    (envelope(category={"id": "../../etc"}, tasks=[]), "is not a usable id"),
    (envelope(category={"id": "CON"}, tasks=[]), "is not a usable id"),
    (envelope(category={"id": "a" * 1_000_000}, tasks=[]), "is not a usable id|content.category"),
    (envelope(category={"id": "\x1b[31m\u202e"}, tasks=[]), "\\x1b[31m\\u202e"),
    (with_assets(asset("files/\x1b[31m.txt")), "\\x1b[31m"),
    (changed(export_type="x" * 30_000_000), "is none of"),
    (changed(**{"y" * 1_000_000: 1}), "is not known"),
    (envelope(category={"id": "nul"}, tasks=[]), "Windows reserves"),
    (envelope(category={"name": "x"}, tasks=[]), "'id' is missing"),
    (envelope(category={"id": "a"}, tasks=[{"id": "t", "category": "a"}, {"id": "t", "category": "a"}]), "stands there twice"),
    (envelope(category={"id": "a"}, tasks=[{"id": "x/../../y"}]), "content.tasks[0]: "),
    (envelope(category={"id": "a"}, tasks=["t1"]), "content.tasks[0]: a mapping was expected"),
    (envelope(category={"id": "a"}, tasks={}), "content.tasks: a list was expected"),
    (envelope(category={"id": "a"}, tasks=[{"id": f"t{n}"} for n in range(10_001)]), "more than 10000"),
    (with_assets(asset("../a.txt")), "leads out of its folder"),
    (with_assets(asset("/etc/cron.d/x")), "absolute path"),
    (with_assets(asset("C:\\x.txt")), "not every system allows"),
    (with_assets(asset("conftest.py")), "steers pytest"),
    (with_assets(asset("evil.yaml")), "taken for a task file"),
    (with_assets(asset("tasks/t.yaml")), "task files are looked for"),
    (with_assets(asset(category="../x")), "must be the id of a category"),
    (with_assets(asset(sha256="0" * 64)), "is not what was exported"),
    (with_assets({**asset(), "data": "###"}), "must be base64"),
    (with_assets(asset(), asset()), "stands there twice"),
    (with_assets(asset("files/a.txt"), asset("files/A.TXT")), "where case does not count"),
    (with_assets(asset("files/a.txt", b"x" * 5_000_001)), "too large"),
    (with_assets("files/a.txt"), "a mapping with category, path and sha256"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "words"), REFUSED, ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_what_is_no_bundle_is_refused_with_one_sentence(data, words):
    with pytest.raises(CorruptDocument if "newer" not in words else UnsupportedSchema) as caught:
        parsed(data)
    text = str(caught.value)
    assert any(word in text for word in words.split("|"))
    assert text.startswith("b.json")
    assert "\n" not in text
    assert len(text) < 700
    assert text.isprintable()


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: None, os.mkfifo])
def test_only_plain_files_are_read(tmp_path, make):
    make(tmp_path / "b.json")
    with pytest.raises(CorruptDocument, match=r"is no plain file|there is no such file"):
        read_bundle(tmp_path / "b.json")


def test_the_envelope_of_other_programs_is_understood():
    found = parsed(envelope(
        category={"id": "document_understanding", "name": "Corporate Document Understanding", "description": "Documents"},
        tasks=[{"id": "task1", "name": "Invoice", "category_id": "document_understanding", "input_data": "A?",
                "expected_output": "yes", "complexity_score": 3, "weights": {"quality": 1}}],
    ))  # fmt: skip
    assert (found.kind, found.categories[0]["name"], found.tasks[0]["id"]) == (
        "category", "Corporate Document Understanding", "task1",
    )  # fmt: skip


@pytest.fixture
def project(tmp_path):
    found = Folder(tmp_path / "p")
    found.category(defaults={"timeout_seconds": 9, "generation": {"max_tokens": 50}})
    found.write("benchmarks/documents/files/a.txt", "text\r\n")
    found.write("benchmarks/documents/files/p.png", PNG)
    found.write("benchmarks/documents/files/private.txt", "not mentioned")
    found.write("benchmarks/documents/want.json.txt", "{}")
    found.write("benchmarks/documents/datasets/rows.csv", "id,q,a\nx,1,2\n")
    found.task("t1", input={"prompt": "{{ a }}", "files": ["files/a.txt"], "images": [{"path": "files/p.png"}]})
    found.write(
        "benchmarks/documents/tasks/t2.yaml",
        """
        id: t2
        input: {prompt: "{{ q }}"}
        samples: {file: datasets/rows.csv, id: id, expected: a}
        evaluators: [{use: exact}]
    """,
    )
    found.task("t3", expected=None, calibration=[{"name": "r", "output": "@file:files/a.txt", "max": 0.0}])
    found.category("mail")
    found.task("m1", "mail")
    return found


@pytest.mark.parametrize("archive", [True, False])
def test_a_suite_is_the_same_after_export_and_import(project, archive):
    bundle = again(project.suite(), archive=archive)
    assert bundle.kind == "suite"
    assert set(bundle.assets) == {("documents", "files/a.txt"), ("documents", "files/p.png")}
    assert bundle.assets["documents", "files/a.txt"] == b"text\r\n"
    assert bundle.hashes == project.hashes()
    t3 = next(task for task in bundle.tasks if task["id"] == "t3")
    assert t3["expected"] is None
    assert "text" in t3["calibration"][0]["output"]


def test_a_category_and_a_choice_of_tasks(project):
    category = export_category(project.root, project.data, "documents")
    assert [task["id"] for task in category.tasks] == ["t1", "t2", "t3"]
    chosen = export_tasks(project.root, project.data, ["documents/t[12]", "m1"])
    assert [f"{task['category']}/{task['id']}" for task in chosen.tasks] == ["documents/t1", "documents/t2", "mail/m1"]
    assert [category["id"] for category in chosen.categories] == ["documents", "mail"]
    with pytest.raises(UnknownName, match="did you mean 'documents'"):
        export_category(project.root, project.data, "document")
    with pytest.raises(UnknownName, match="unknown task 'nope'"):
        export_tasks(project.root, project.data, ["nope"])


def test_the_written_document_has_the_known_form(project):
    document = json.loads(dump_bundle(export_category(project.root, project.data, "mail"), archive=False))
    assert list(document) == ["export_type", "export_date", "version", "generator", "content"]
    assert (document["export_type"], document["version"]) == ("category", "1.0")
    assert document["export_date"].endswith("Z")
    assert document["content"]["category"] == {"id": "mail", "name": "Mail"}
    assert document["content"]["tasks"][0] == {
        "id": "m1", "title": "One", "category": "mail", "input": {"prompt": "A?"}, "expected": "yes",
        "evaluators": [{"use": "exact"}],
    }  # fmt: skip


def test_keys_and_links_are_not_exported(project):
    key = "sk-" + "a" * 24
    project.task("t4", input={"prompt": f"use {key}"})
    with pytest.raises(ConfigError, match="what looks like a key") as caught:
        project.suite(redact=lambda text: text.replace(key, "***"))
    assert key not in str(caught.value)
    project.task("t4", input={"prompt": "{{ l }}", "files": ["files/l.txt"]})
    (project.root / "benchmarks/documents/files/l.txt").symlink_to("a.txt")
    with pytest.raises(ConfigError, match="a link; put the file itself there"):
        project.suite()


def test_two_categories_of_one_id_are_told_apart_from_one(project):
    project.write("other/category.yaml", "id: mail\nname: Mail\n")
    with pytest.raises(ConfigError, match="'mail' is used in"):
        project.suite()


def test_nothing_to_export_is_a_sentence(tmp_path):
    with pytest.raises(LocalbenchError, match="there is no category below"):
        Folder(tmp_path / "empty").suite()


def test_a_single_task_keeps_what_was_not_written(project):
    assert T1["id"] == "t1"
    data = next(task for task in project.suite().tasks if task["id"] == "m1")
    assert "complexity" not in data
    assert "samples" not in data
