"""The report of pytest-html: columns, answers, one picture, links; nothing of a model becomes markup."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

pytest.importorskip("pytest_html")

HOSTILE = "</script><img src=x onerror=alert(1)>"
ODD = "a\x1b[31m \x00 \ud835"


@pytest.fixture
def asked(project):
    project.write("docs/category.yaml", "id: documents\nname: Documents <svg onload=alert(1)>\n")
    answers = {"right": "Paris", "hostile": HOSTILE, "odd": ODD, "long": "y" * 2_000_000, "down": {"error": "no"}}
    project.model(answers=answers)
    for name in answers:
        project.exact(name, title="{{7*7}} <b>t</b>", retries_infra=0)
    project.write("test_plain.py", "def test_a():\n    pass\n")
    return project


class Tags(HTMLParser):
    """Every tag with its attributes, outside of scripts."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def page(project, name="out/t.html"):
    text = (project.root / name).read_text("utf-8")
    blob = json.loads(html.unescape(re.search(r'data-jsonblob="([^"]*)"', text)[1]))
    rows = {test: entries[-1] for test, entries in blob["tests"].items()}
    return text, rows


def cells(row):
    return [re.sub(r"<!--.*?-->|</?td[^>]*>", "", cell) for cell in row["resultsTableRow"]]


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize("alone", [(), ("--self-contained-html",)])
def test_columns_answers_and_links(asked, workers, alone):
    args = ("docs", "test_plain.py", "--html=out/t.html", "--localbench-html=dash/d.html", *alone, *workers)
    run = asked.run(*args, target="", subprocess=True)
    assert run.outcomes == {"passed": 2, "failed": 3, "errors": 1}
    text, rows = page(asked)
    assert len(text) < 1_000_000
    for key in ("localbenchScore", "localbenchQuality", "localbenchTime"):
        assert f'data-column-type="{key}"' in text
    right = rows["docs/tasks/right.json::right[m]"]
    assert cells(right)[0] == "Passed"
    assert cells(right)[3] == "10.0"
    assert cells(right)[4].endswith(" s")
    assert cells(rows["test_plain.py::test_a"])[2:5] == ["-", "-", "-"]
    assert cells(rows["docs/tasks/down.json::down[m]"])[2:5] == ["-", "-", "-"]
    assert {len(row["resultsTableRow"]) for row in rows.values()} == {7}
    shown, link = rows["docs/tasks/hostile.json::hostile[m]"]["extras"]
    assert html.escape(HOSTILE) in shown["content"]
    assert "evaluator" in shown["content"]
    dashboard = (asked.root / "dash/d.html").read_text("utf-8")
    assert "plain list of the tests (pytest-html): ../out/t.html" in dashboard
    place, _, key = link["content"].partition("#/results?r=")
    assert ((asked.root / "out") / place).resolve() == (asked.root / "dash/d.html").resolve()
    assert unquote(key) == "documents/hostile/m/-/1"
    assert "more characters are in the run document" in rows["docs/tasks/long.json::long[m]"]["extras"][0]["content"]
    assert "a\\x1b[31m \\x00 \ufffd" in rows["docs/tasks/odd.json::odd[m]"]["extras"][0]["content"]
    assert "not measured" in shown["content"]


def test_no_text_of_models_or_files_becomes_markup(asked):
    asked.run("--html=out/t.html", "--self-contained-html")
    text, rows = page(asked)
    made = [
        text,
        *(extra["content"] for row in rows.values() for extra in row["extras"] if extra["format_type"] == "html"),
    ]
    for piece in made:
        parser = Tags()
        parser.feed(piece)
        for tag, attributes in parser.found:
            assert tag != "svg"
            assert not any(name.startswith("on") and "alert" in (value or "") for name, value in attributes.items())
            if tag == "img" and attributes.get("src"):
                assert attributes["src"].startswith("data:image/png;base64,")
                assert attributes["alt"].startswith("Scores from 0 to 10. Documents <svg")
            assert tag != "a" or not attributes.get("href", "").startswith("javascript")
    for row in rows.values():
        assert "<img" not in row["log"]


def test_cells_sort_as_their_numbers():
    from pytest_localbench.reports.plain_report import row_cells

    names = ("localbench.ultimate_score", "localbench.quality_points", "localbench.time_s")
    made = [row_cells(dict(zip(names, values, strict=True))) for values in ((9.5, 2, 100.0), (10.0, 10, 20.5))]
    for first, second, order in zip(*made, (1, 1, -1), strict=True):
        texts = [re.search(r"<td.*?>(.*?)</td>", cell)[1] for cell in (first, second)]
        assert texts == sorted(texts)[::order]
    unknown = re.search(r"<td.*?>(.*?)</td>", row_cells({})[0])[1]
    assert unknown > texts[0]


@pytest.mark.parametrize(
    ("option", "kept"), [("--localbench-redact=all", "sha256:"), ("--localbench-embed=none", "weak")]
)
def test_what_must_not_leave_the_house_is_not_in_the_report(asked, option, kept):
    asked.exact("secret", expected="4711-SECRET")
    asked.run("--html=out/t.html", option, "-k", "secret or hostile")
    text, rows = page(asked)
    assert "4711-SECRET" not in text
    assert html.escape(HOSTILE) not in html.unescape(text)
    assert kept in rows["docs/tasks/hostile.json::hostile[m]"]["extras"][0]["content"]


def test_without_matplotlib_a_sentence_stands_in_the_place_of_the_picture(asked, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    asked.run("--html=out/t.html", "-k", "right")
    text, _ = page(asked)
    assert "pytest-localbench[charts]" in text
    assert "data:image/png" not in text
    assert "<th>model</th>" in text


def test_projects_without_tasks_get_the_plain_report(pytester):
    pytester.makepyfile(test_x="def test_x():\n    pass\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--html=t.html")
    result.assert_outcomes(passed=1)
    assert "localbench" not in (pytester.path / "t.html").read_text("utf-8").replace('"localbench": ', "").replace(
        "&#34;localbench&#34;", ""
    )


def test_nothing_of_pytest_html_is_imported_without_it(asked):
    code = "import sys, pytest; pytest.main(['docs','-q','-p','no:cacheprovider','-p','no:html','-k','right']); print([m for m in sys.modules if 'html_report' in m or m == 'matplotlib'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=asked.root)
    assert done.stdout.splitlines()[-1] == "[]"
