"""A run is the same under every locale, encoding and line end; what a terminal cannot show is replaced, not fatal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from xml.etree import ElementTree

import pytest

ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
UTF8 = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
CP1252 = {**ASCII, "PYTHONIOENCODING": "cp1252:strict"}
TASK = """\
id: bill
title: Rechnung „Müller“
input:
  prompt: "€ 5 – {{ name }} {{ doc }}"
  variables: {name: Zoë 合同}
  files: [{path: files/text.txt, name: doc}]
output: {format: json}
expected: {who: Müller – 合同 👍, amount: "1.234,50 €"}
evaluators:
  - use: json_fields
    with: {fields: {amount: {match: money, locale: de}}}
"""


@pytest.fixture
def bill(project):
    """A task, a category, an answer and a failure full of letters beyond ASCII."""
    project.write("docs/category.yaml", "id: documents\nname: Verträge – 合同\n")
    project.write("docs/tasks/bill.yaml", TASK)
    project.write("docs/files/text.txt", "Grüße\nzwei")
    project.exact("wrong", expected="Größe", title="Größe ★")
    project.write(
        "data/models/m.yaml",
        """
        provider: scripted
        options:
          answers:
            bill: '{"who": "Müller – 合同 👍", "amount": "EUR 1234,50"}'
            wrong: "“naïve” – 合同 👍 \\u202e"
    """,
    )
    return project


def run(project, env, *args):
    """The run as bytes on the terminal, its document and its JUnit file."""
    names = ("LC_", "LANG", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONCOERCECLOCALE")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(names)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "docs", "--junitxml=j.xml", *args]
    done = subprocess.run(
        command, cwd=project.root, env={**clean, **env}, capture_output=True, timeout=120, check=False
    )
    newest = max((project.root / "data/results").glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    return done, json.loads(newest.read_bytes().decode("utf-8"))


def lasting(document):
    """What does not depend on when and how fast a run was."""
    results = [
        (
            r["key"],
            r.get("nodeid"),
            r["outcome"],
            r["quality"],
            r["answer"],
            r["reason"],
            r["task_hash"],
            r["model_hash"],
        )
        for r in document["results"]
    ]
    return results, document["tasks"], document["categories"], document["models"]


@pytest.mark.parametrize("args", [(), ("-v", "-rA"), ("-n", "2")])
def test_the_document_is_the_same_under_an_ascii_locale(bill, args):
    if "-n" in args:
        pytest.importorskip("xdist")
    modern, wanted = run(bill, UTF8, *args)
    assert modern.returncode == 1
    assert "Größe" in modern.stdout.decode("utf-8")
    for env in (ASCII, CP1252)[: 1 + (args == ())]:
        plain, found = run(bill, env, *args)
        assert plain.returncode == 1, plain.stdout + plain.stderr
        assert lasting(found) == lasting(wanted)
        output = plain.stdout + plain.stderr
        for word in (b"Traceback", b"INTERNALERROR", b"UnicodeEncodeError"):
            assert word not in output, output
        assert b"exit code 1" in output
        if env is ASCII:
            output.decode("ascii")
        case = next(c for c in ElementTree.parse(bill.root / "j.xml").iter("testcase") if c.get("name") == "wrong[m]")
        assert "naïve" in ElementTree.tostring(case, encoding="unicode")
    assert wanted["results"][0]["answer"] == '{"who": "Müller – 合同 👍", "amount": "EUR 1234,50"}'


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(bill):
    _, unix = run(bill, ASCII)
    bill.write("docs/tasks/bill.yaml", b"\xef\xbb\xbf" + TASK.replace("\n", "\r\n").encode())
    bill.write("docs/files/text.txt", "Grüße\r\nzwei".encode())
    _, windows = run(bill, ASCII)
    assert lasting(windows) == lasting(unix)


def test_a_file_named_beyond_ascii_is_found_under_an_ascii_locale(bill):
    bill.write("docs/files/Verträge.txt", "Grüße\nzwei")
    (bill.root / "docs/tasks/bill.yaml").unlink()
    bill.write("docs/tasks/Prüfung.yaml", TASK.replace("files/text.txt", "files/Verträge.txt"))
    _, wanted = run(bill, UTF8)
    plain, found = run(bill, ASCII)
    assert plain.returncode == 1, plain.stdout
    for document in (wanted, found):
        for result in document["results"]:
            del result["nodeid"]
    assert lasting(found) == lasting(wanted)
    if find_spec("xdist"):
        assert run(bill, ASCII, "-n", "1")[0].returncode == 1


@pytest.mark.parametrize("env", [ASCII, UTF8, {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}])
def test_the_locale_of_the_machine_reads_no_number(project, env):
    for name, expected in (("thousand", 1234), ("decimal", 1.234)):
        project.exact(name, expected=expected, evaluators=[{"use": "number"}])
    project.model(default="1,234")
    _, document = run(project, env)
    assert [(r["quality"], "ambiguous" in r["reason"]) for r in document["results"]] == [(0.0, True), (0.0, True)]
