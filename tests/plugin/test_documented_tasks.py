"""The page about task files: its examples run as printed, its tables name what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_localbench.suite.template import _FILTERS, TemplateProblem, read_template

PAGE = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def examples():
    """File name -> text of every example of the page."""
    for language, text in BLOCKS:
        named = re.match(r"# (tasks/\S+\.yaml)\n", text)
        if named:
            yield named.group(1), text
        elif text.startswith("name: Office"):
            yield "category.yaml", text
        elif language == "json":
            yield "rows/sums.jsonl", text
        elif text.startswith("Hello Kim"):
            yield "note.txt", text


def test_the_examples_are_loaded_and_pass_their_self_check(project):
    files = dict(examples())
    assert len(files) == 8
    for name, text in files.items():
        project.write(f"benchmarks/office/{name}", text.encode())
    run = project.run("--localbench-selfcheck", target="benchmarks")
    assert run.code == 0, run.text
    assert run.outcomes == {"passed": 17}
    assert "OUT OF BOUNDS" not in run.text


def test_rows_of_every_documented_kind(project):
    project.model(default="x")
    rows = [
        {"id": "a", "variables": {"q": 2}, "expected": "x", "weight": 2},
        {"id": "b", "variables": {"q": 3}, "expected": "@file:gold/b.txt"},
    ]
    project.write("docs/rows.jsonl", "\n".join(map(json.dumps, rows)))
    project.write("docs/gold/b.txt", "y\n")
    project.write("docs/rows.csv", "q;expected\n1,5;x\n2;y\n")
    for kind in ("jsonl", "csv"):
        project.task(kind, f"prompt: '{{{{ q }}}}'\nsamples: {{file: rows.{kind}}}\n")
    run = project.run()
    assert run.outcomes == {"passed": 2, "failed": 2}
    assert run.result("jsonl", sample="a")["weight"] == 2
    assert run.result("csv", sample="r1")["outcome"] == "passed"


def test_the_filters_of_templates_are_all_named():
    row = next(line for line in PAGE.splitlines() if line.startswith("| filters |"))
    assert set(re.findall(r"`(\w+)`", row)) == _FILTERS


@pytest.mark.parametrize(
    "text",
    [
        "{{ a.upper() }}",
        "{{ range(3) }}",
        "{% set b = 1 %}",
        "{% macro f() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{{ a * 2 }}",
        "{{ a / 2 }}",
        "{{ a | join }}",
    ],
)
def test_what_templates_may_not_do_is_refused(text):
    with pytest.raises(TemplateProblem):
        read_template(text)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ a.b }} {{ a['b'] }} {{ c[0] }}", "1 1 x"),
        ("{% for n in c if n in ['y'] %}{{ loop.index }}{{ n | upper }}{% endfor %}", "1Y"),
        ("{% if a.b >= 1 and not d %}yes{% endif %} {{ 'p' if d else 'q' }}", "yes q"),
        ("{{ 1 + 2 - 1 }}{{ c[0] ~ 'z' }} {{ a is defined }}", "2xz true"),
        ("{{ c }} {{ d }} {# note #} {% raw %}{{ e }}{% endraw %}", '["x", "y"] false {# note #} {{ e }}'),
    ],
)
def test_what_templates_may_do(text, filled):
    assert read_template(text).fill({"a": {"b": 1}, "c": ["x", "y"], "d": False}) == filled
