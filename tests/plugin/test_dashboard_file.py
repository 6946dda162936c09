"""``--localbench-html`` and ``localbench report``: the file that is written, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_localbench.cli import main


@pytest.fixture
def asked(project: Any) -> Any:
    """A project with one right and one wrong answer."""
    project.model(default="Paris")
    project.exact("right", "Paris")
    project.exact("wrong", "Rome")
    return project


def document(html: str) -> str:
    found = re.search(r'id="lb-run">([^<]*)<', html)
    assert found
    return found[1]


def test_option_writes_the_page_and_says_where(asked: Any) -> None:
    outcome = asked.run("--localbench-html", "out/report.html")
    page = (asked.root / "out/report.html").read_text()
    assert "dashboard: out/report.html" in outcome.text
    assert '"id":"documents"' in document(page)
    assert '"embed":"all"' in document(page)


def test_ini_keys_count_and_are_checked(asked: Any) -> None:
    asked.write(
        "pytest.ini", "[pytest]\nlocalbench_html = r.html\nlocalbench_embed = none\nlocalbench_redact = inputs\n"
    )
    asked.run()
    assert '"embed":"none","redact":"inputs"' in document((asked.root / "r.html").read_text())
    asked.write("pytest.ini", "[pytest]\nlocalbench_embed = some\n")
    outcome = asked.run()
    assert outcome.code not in {pytest.ExitCode.OK, pytest.ExitCode.INTERNAL_ERROR}
    assert "localbench_embed = some: give one of all, failures, none" in outcome.text


def test_nothing_is_written_when_nothing_was_asked(asked: Any) -> None:
    asked.run("-k", "nothing_like_this", "--localbench-html", "r.html")
    assert not (asked.root / "r.html").exists()


def test_place_that_cannot_be_written_is_a_sentence(asked: Any) -> None:
    asked.write("file", "x")
    outcome = asked.run("--localbench-html", "file/report.html")
    assert "could not be written" in outcome.text
    assert "Traceback" not in outcome.text
    assert outcome.code == pytest.ExitCode.TESTS_FAILED


def test_page_is_there_when_the_run_is_stopped_early(asked: Any) -> None:
    asked.exact("zz_last", "Paris")
    asked.run("-x", "--localbench-html", "r.html")
    assert '"complete":false' in document((asked.root / "r.html").read_text())


def test_compared_run_is_in_the_page(asked: Any) -> None:
    first = asked.run()
    assert first.document
    asked.run(f"--localbench-compare={first.document['id']}", "--localbench-html", "r.html")
    assert f'"baseline":{{"id":"{first.document["id"]}"' in document((asked.root / "r.html").read_text())


def test_report_command_makes_pages_of_older_runs(
    asked: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = asked.run(), asked.run()
    assert first.document
    assert second.document
    monkeypatch.chdir(asked.root)
    assert main(["report", second.document["id"], "-o", "r.html", "--baseline", first.document["id"]]) == 0
    page = Path("r.html").read_text()
    assert f'"id":"{second.document["id"]}"' in document(page)
    assert f'"baseline":{{"id":"{first.document["id"]}"' in document(page)
    assert document(page).count('"fingerprints":') == 2
    assert "r.html" in capsys.readouterr().out
    assert main(["report", first.document["id"], "-o", "one.html", "--history", "0", "--embed", "none"]) == 0
    assert '"history":[]' in document(Path("one.html").read_text())


def test_report_command_names_the_runs_there_are(
    asked: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = asked.run()
    monkeypatch.chdir(asked.root)
    assert main(["report", "nosuch"]) == 1
    assert outcome.document
    assert outcome.document["id"] in capsys.readouterr().err
