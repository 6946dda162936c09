"""``--localbench-csv``, ``--localbench-markdown`` and what is shown on GitHub Actions."""

from __future__ import annotations

import csv
import json

import pytest

GITHUB = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE")


@pytest.fixture
def asked(project, monkeypatch):
    for name in GITHUB:
        monkeypatch.delenv(name, raising=False)
    project.model(answers={"right": "Paris", "formula": '=HYPERLINK("http://127.0.0.1/")', "down": {"error": "no"}})
    project.exact("right")
    project.exact("formula")
    project.exact("down", retries_infra=0)
    return project


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_rows_and_summary_are_written(asked, workers):
    run = asked.run("--localbench-csv=out/rows.csv", "--localbench-markdown=out/summary.md", *workers, subprocess=True)
    found = {row["task"]: row for row in rows(asked.root / "out/rows.csv")}
    assert set(found) == {"right", "formula", "down"}
    assert found["formula"]["answer"] == '\'=HYPERLINK("http://127.0.0.1/")'
    assert (found["right"]["quality"], found["formula"]["quality"], found["down"]["quality"]) == ("1.0", "0.0", "")
    assert float(found["right"]["time_s"]) >= 0
    text = (asked.root / "out/summary.md").read_text("utf-8")
    assert "### Documents" in text
    assert "| `m` |" in text
    assert "rows: out/rows.csv" in run.text
    assert "summary: out/summary.md" in run.text
    assert (asked.root / "out/rows.csv").stat().st_mode & 0o077 == 0


def test_github_gets_a_step_summary_and_annotations(asked, monkeypatch):
    summary = asked.write("step.md", "before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(asked.root))
    run = asked.run("--localbench-fail-under=9")
    text = summary.read_text("utf-8")
    assert text.startswith("before\n## LocalBench")
    assert "gate not met" in text
    assert "\n::error title=LocalBench gate::gate not met" in run.text
    assert "\n::error file=docs/tasks/down.json,line=1,title=down[m]::could not be asked" in run.text
    assert "\n::warning file=docs/tasks/formula.json,line=1,title=formula[m]::quality 1.0 of 10" in run.text


@pytest.mark.parametrize(("choice", "told"), [("off", False), ("auto", True)])
def test_github_can_be_switched_off(asked, monkeypatch, choice, told):
    summary = asked.root / "step.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run = asked.run(f"--localbench-github={choice}")
    assert summary.exists() == told
    assert ("\n::error" in run.text) == told


def test_elsewhere_nothing_of_github_is_shown(asked):
    assert "::error" not in asked.run().text


def test_a_place_that_cannot_be_written_is_a_sentence(asked):
    asked.write("file", "x")
    run = asked.run("--localbench-csv=file/rows.csv")
    assert "could not be written" in run.text
    assert "Traceback" not in run.text


def test_huge_answers_leave_files_that_open(asked):
    pytest.importorskip("pytest_html")
    for name in range(12):
        asked.exact(f"huge{name}")
    asked.model(default="loop " * 400_000)
    run = asked.run("-k", "huge", "--localbench-csv=r.csv", "--localbench-markdown=s.md", "--html=t.html",
                    "--self-contained-html", "--junitxml=j.xml")  # fmt: skip
    sizes = {name: (asked.root / name).stat().st_size for name in ("r.csv", "s.md", "t.html", "j.xml")}
    assert sizes["s.md"] < 20_000
    assert sizes["r.csv"] < 12 * 33_000
    assert max(sizes["t.html"], sizes["j.xml"]) < 1_000_000
    assert len(run.text) < 30_000


@pytest.mark.parametrize("forged", ["::error title=x::forged", "::stop-commands::token", "##[error]forged"])
def test_no_answer_speaks_to_the_ci_system(asked, monkeypatch, forged):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    answer = json.dumps({forged: forged, "total": f"aaa {forged}", "x": {forged: [forged]}})
    asked.exact("fields", expected={"total": "90.00"}, output={"format": "json"}, evaluators=[{"use": "json_fields"}])
    asked.exact("text", title="Text")
    asked.model(answers={"fields": answer, "text": f"\n{forged}\n\n   {forged}\n" + f"word {forged} " * 30})
    run = asked.run("-k", "fields or text", "-vv", "-rA")
    lines = [line.strip() for line in run.text.splitlines()]
    ours = ("::warning file=docs/tasks/", "::error file=docs/tasks/")
    assert [line for line in lines if line.startswith("::") and not line.startswith(ours)] == []
    assert not any("##[" in line and not line.startswith("::") for line in lines)
