"""The summary as Markdown, and workflow commands of GitHub Actions."""

from __future__ import annotations

import pytest
from runs import DOCS, result, run

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.task import SourceRef, Task, TaskInput
from pytest_localbench.reports.github import MAX_OF_A_KIND, annotation_lines, command, shortened
from pytest_localbench.reports.markdown import code, escaped, run_markdown


def test_the_table_has_a_row_for_each_model_and_gaps_for_unknown():
    text = run_markdown(run())
    head = next(line for line in text.splitlines() if line.startswith("| model"))
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split("|")[1].strip() for row in rows] == ["`qwen3-4b` ★", "`gemma3-4b`", "`smollm2`", "`gpt-x`"]
    assert {row.count("|") for row in [head, *rows]} == {head.count("|")}
    gpt = dict(zip(map(str.strip, head.split("|")), map(str.strip, rows[3].split("|")), strict=True))
    assert (gpt["score"], gpt["rank"], gpt["memory"], gpt["errors"]) == ("(9.1)", "-", "-", "6")
    assert "Not run: Mail." in text
    assert "- **✗** gate not met" in text
    assert "- ✓ gate met" in text
    assert "Exit code 1\\: 1 of 2 gates not met" in text


def test_reasons_stay_out_when_they_may_quote():
    assert "2967.98" in run_markdown(run())
    assert "2967.98" not in run_markdown(run(), reasons=False)


HOSTILE = [
    "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "a | b | c", "*bold* _it_ ~~s~~", "@octocat see #1",
    "http://evil.example", "www.evil.example", "![x](http://evil/p.png)", "\x1b[31mred", "line\n# head", "- item",
    "1. item", "&lt;b&gt;", "$x$", "`code`", "```\nfence", "\\", "| --- |",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(text):
    shown = escaped(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    for sign in "<[`*|":
        assert f"\\{sign}" in shown or sign not in shown.replace("@<!-- -->", "")
    assert not shown.startswith(("- ", "# ", "1. "))
    assert "http:" not in shown
    assert not shown.startswith("www.")
    assert "@o" not in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_code_spans_cannot_be_left(text):
    span = code(text)
    ticks = len(span) - len(span.lstrip("`"))
    inside = span[ticks:-ticks]
    assert "`" * ticks not in inside.strip().strip(" ") or len(inside.replace("`", "")) == 0
    assert "|" not in inside.replace("\\|", "")
    assert "\n" not in span


def test_hostile_names_leave_the_table_whole():
    hostile = "m|`<svg onload=alert(1)>"
    bad = result("doc_invoice_de", 0.1, reason="</td>|\n| x | <script>alert(1)</script>")
    text = run_markdown(run(results=(bad,), categories=(Category(id=DOCS, name=hostile),)))
    assert "<svg" not in text.replace("\\<svg", "")
    head = next(line for line in text.splitlines() if line.startswith("| model"))
    widths = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
    assert widths == {head.count("|")}


def task(name, path="docs/tasks/a,b:c.yaml", line=3):
    return Task(id=name, title=name, category=DOCS, input=TaskInput(prompt="?"), source=SourceRef(path=path, line=line))


def test_annotations_stand_at_the_task_and_hold_one_line():
    found = run(
        results=(result("a", 0.1, reason="50% off\n::error::fake\r##[error]x"), result("b", None, reason="HTTP 503")),
        tasks=(task("a"), task("b", "docs/tasks/b.yaml")),
    )
    lines = annotation_lines(found, root="/repo/sub", workspace="/repo")
    assert lines[0] == (
        "::error title=LocalBench gate::gate not met: document_understanding[gpt-x]: only 70%25 of the tasks were scored "
        "(14 of 20), too few for a gate"
    )
    assert lines[1] == "::error file=sub/docs/tasks/b.yaml,line=3,title=b[qwen3-4b]::could not be asked: HTTP 503"
    assert lines[2].startswith(
        "::warning file=sub/docs/tasks/a%2Cb%3Ac.yaml,line=3,title=a[qwen3-4b]::quality 1.9 of 10: 50%25"
    )
    assert all("\n" not in line and "\r" not in line for line in lines)
    assert "fake" not in "".join(annotation_lines(found, reasons=False))


def test_annotations_outside_the_checkout_name_no_file():
    found = run(results=(result("a", 0.1),), tasks=(task("a", "/elsewhere/a.yaml"),))
    assert "file=" not in annotation_lines(found, root="/repo", workspace="/repo")[1]


def test_no_more_annotations_than_are_shown():
    lines = annotation_lines(run(results=tuple(result(f"t{n}", 0.1) for n in range(40))))
    warnings = [line for line in lines if line.startswith("::warning")]
    assert len(warnings) == MAX_OF_A_KIND
    assert "31 more warnings" in warnings[-1]


def test_commands_cannot_be_forged():
    assert command("error", "a%0A::x\n", title="b,file=c::d") == "::error title=b%2Cfile=c%3A%3Ad::a%250A::x "


def test_a_long_summary_is_cut_at_a_line():
    text = "".join(f"| row {n} ä |\n" for n in range(200))
    cut = shortened(text, 500)
    assert len(cut.encode()) <= 500
    assert "see the run document" in cut
    assert all(line.endswith("|") for line in cut.splitlines()[:-3])
    assert shortened("short", 100) == "short"
    assert shortened(text, 10) == ""
