"""What people get wrong when they write tasks, and the one sentence each mistake is answered with."""

from __future__ import annotations

import re

import pytest

INVOICE = """\
title: Read an order
complexity: 2
input:
  prompt: "Return JSON. {{ order }}"
  variables: {order: Order A-17}
output: {format: json}
expected: {order_no: A-17, date: 2025-03-04, total: 59.80}
evaluators:
  - {use: json_fields, with: {fields: {total: {match: money}}}}
"""
LABELS = """\
prompt: "{{ mail }}"
output: {format: label, labels: [billing, support]}
samples: {file: rows/FILE, id: id, expected: label}
evaluators: [{use: label}]
"""
FACTS = """\
prompt: Write to Kim.
evaluators:
  - use: key_facts
    with:
      facts:
        - {id: date, date: "2025-03-06"}
        - {id: lamp, any: [new lamp]}
"""
ROWS = "id,mail,label\na,Refund me,billing\nb,It is broken,support\n"
EXACT = "prompt: hi\nexpected: x\n"
ROW = "prompt: '{{ q }}'\nsamples:\n"

TASKS = {
    "misspelt_key": (INVOICE.replace("complexity", "complexty"), 2, "unknown key 'complexty' (did you mean 'complexity'?)"),
    "misspelt_evaluator": (FACTS.replace("key_facts", "key_fact"), 3, "unknown evaluator 'key_fact' (did you mean 'key_facts'?)"),
    "misspelt_option": (FACTS.replace("any: [", "anny: ["), 7, "unknown option 'anny' (did you mean 'any'?) in 'facts[1]'"),
    "misspelt_field_option": (INVOICE.replace("match", "mtch"), 9, "unknown option 'mtch' (did you mean 'match'?) in 'fields.total'"),
    "field_as_text": (INVOICE.replace("{match: money}", "money"), 9, "'fields.total': a mapping was expected (got 'money'; write {match: money})"),
    "field_not_expected": (INVOICE.replace("{total: {match", "{totl: {match"), 9, "no expected document has the field 'totl' (did you mean 'total'?)"),
    "phrases_as_text": (FACTS.replace("[new lamp]", "new lamp"), 7, "'facts[1].any': a list was expected (got 'new lamp'; write ['new lamp'])"),
    "missing_expected": (re.sub("expected:.*\n", "", INVOICE), 8, "there is nothing expected to compare with: write 'expected'"),
    "nothing_to_judge": ("prompt: hi\n", 1, "a ready task needs 'expected' or at least one evaluator (or 'status: draft')"),
    "one_row_without_expected": (ROW + "  - {id: a, variables: {q: 1}, expected: x}\n  - {id: b, variables: {q: 2}}\n", 4, "sample 'b' has no 'expected'"),
    "value_beside_variables": (ROW + "  - {id: a, q: hi, expected: x}\n", 3, "unknown key 'q' in a sample; values for the prompt stand in 'variables': {q: ...}"),
    "number_as_row_id": (ROW + "  - {id: 1, variables: {q: 1}, expected: x}\n", 3, "the sample id 1 must be text (quote it)"),
    "no_prompt": ("expected: x\n", 1, "'input' is missing: write 'prompt: ...' or 'input: ...'"),
    "prompt_as_list": ("prompt:\n  - hi\nexpected: x\n", 1, "'input.prompt': text was expected (got a list)"),
    "evaluator_as_text": (EXACT + "evaluators: [exact]\n", 3, "'evaluators[0]': a mapping was expected (got 'exact'; write {use: exact})"),
    "option_beside_with": (EXACT + "evaluators: [{use: exact, fold: false}]\n", 3, "unknown key 'fold' in 'evaluators[0]'; options of an evaluator stand in 'with': {fold: ...}"),
    "json_required": (EXACT + "requires: {json: true}\n", 3, "unknown key 'json' in 'requires' (known: vision, tools, json_schema"),
    "title_as_number": (EXACT + "title: 2024\n", 3, "'title': text was expected (got 2024; quote it)"),
    "bad_fact_date": (FACTS.replace("2025-03-06", "6.3.2025"), 6, "'6.3.2025' is no date (YYYY-MM-DD)"),
    "bad_date": ("prompt: When?\nexpected: 2025-13-40\nevaluators: [{use: date}]\n", 3, "the expected value '2025-13-40' is not one date; write it as 2025-03-04"),
    "tab": (INVOICE.replace("  prompt", "\tprompt"), 4, "is not valid YAML (found character that cannot start any token: a tab; indent with spaces)"),
    "backtick": (EXACT + "title: `x`\n", 3, "(found character that cannot start any token; quote the value that starts with '`')"),
    "colon_in_text": (EXACT + "title: Order: read it\n", 3, "(mapping values are not allowed in this context; quote a text that holds ': ')"),
    "open_quote": (EXACT + 'title: "x\nwhy: "y"\n', 4, "look at the quotes and the indentation of this line and those before it"),
    "brace_without_quotes": ("expected: x\nprompt: {{ mail }}\n", 2, "a key must be plain text; quote a value that starts with '{'"),
    "undefined_variable": (INVOICE.replace("{{ order }}", "{{ ordr }}"), 4, "the variable 'ordr' is used in a template but not defined (did you mean 'order'?)"),
    "empty": ("", 1, "is empty"),
    "utf16": (EXACT.encode("utf-16"), 1, "is not UTF-8; save the file as UTF-8"),
    "latin1": (EXACT.encode() + b"title: K\xe4m\n", 3, "is not UTF-8; save the file as UTF-8"),
    "two_documents": (EXACT + "---\n" + EXACT, 3, "holds more than one YAML document"),
    "twice": (EXACT + "prompt: ho\n", 3, "the key 'prompt' stands twice (lines 1 and 3)"),
    "file_outside": (EXACT.replace("prompt: hi", "input: {prompt: hi, files: [../x.txt]}"), 1, "'../x.txt' must be a relative path below the category folder"),
    "wrong_calibration": (EXACT + "calibration:\n  - {name: r, output: '@expectd'}\n", 4, "'@expectd' names no file or variable (did you mean 'expected'?)"),
    "top_level_setting": (EXACT + "temperature: 0\n", 3, "unknown key 'temperature' (it belongs under 'generation')"),
    "Upper": (EXACT, 1, "'Upper' is not a usable id: lower-case letters"),
}  # fmt: skip
FILES = {
    "cells.csv": (
        ROWS.replace("Refund me,", "Refund, me,"),
        2,
        "has 4 cells where the first line names 3 columns; quote a cell that holds ','",
    ),
    "twice.csv": (ROWS.replace("b,It", "a,It"), 3, "two samples have the id 'a'"),
    "column.csv": (ROWS.replace("label\n", "lable\n"), 2, "has no column 'label' (did you mean 'lable'?)"),
    "broken.jsonl": ('{"id": "a", "mail": "x", "label": "billing",}\n', 1, "is not valid JSON"),
    "large.csv": (
        ROWS + "c," + "x" * 5_000_000 + ",billing\n",
        None,
        "is larger than 5 MB; make it smaller or split it",
    ),
}


def lines_of(text):
    return [line.removeprefix("E   ").strip() for line in text.splitlines()]


def test_every_wrong_file_is_named_with_line_and_remedy(project):
    project.model()
    wanted = []
    for name, (text, line, words) in TASKS.items():
        project.write(f"docs/tasks/{name}.yaml", text if isinstance(text, bytes) else text.encode())
        wanted.append((f"docs/tasks/{name}.yaml:{line}: ", words))
    for name, (text, line, words) in FILES.items():
        project.write(f"docs/rows/{name}", text.encode())
        project.task(f"rows_of_{name.split('.')[0]}", LABELS.replace("FILE", name))
        wanted.append((f"docs/rows/{name}:{line}: " if line else f"docs/rows/{name}: ", words))
    project.write("docs/rows/labels.csv", ROWS.replace(",billing", ",bill"))
    project.task("undeclared_label", LABELS.replace("FILE", "labels.csv"))
    wanted.append(("docs/tasks/undeclared_label.yaml:3: ", "expected 'bill' is not among the labels"))
    run = project.run()
    said = lines_of(run.text)
    missing = [place + words for place, words in wanted if not any(s.startswith(place) and words in s for s in said)]
    assert not missing, "\n".join([*missing, *(s for s in said if s.startswith("docs/"))])
    assert run.code == 2
    assert f"{len(wanted)} errors" in run.text
    assert "Traceback" not in run.text
    assert "pydantic" not in run.text


def test_marks_of_windows_editors_do_no_harm(project):
    project.model(default="billing")
    project.write("docs/category.yaml", b"\xef\xbb\xbfname: Documents\r\nid: documents\r\n")
    project.write("docs/rows/mails.csv", b"\xef\xbb\xbf" + ROWS.replace(",", ";").replace("\n", "\r\n").encode())
    project.write(
        "docs/tasks/sort.yaml", b"\xef\xbb\xbf" + LABELS.replace("FILE", "mails.csv").replace("\n", "\r\n").encode()
    )
    assert project.run().outcomes == {"passed": 1, "failed": 1}


@pytest.mark.parametrize(
    ("files", "args", "words"),
    [
        ({"docs/category.yaml": "nam: x\n"}, (), "docs/category.yaml:1: category 'docs': unknown key 'nam' (did you mean 'name'?)"),
        ({"docs/category.yaml": ""}, (), "docs/category.yaml:1: is empty"),
        ({"docs/category.yaml": "id: My Docs\n"}, (), "docs/category.yaml:1: category 'My Docs': 'id': 'My Docs' is not a usable id"),
        ({"docs/category.json": "{}"}, (), "docs/category.json: a second category file beside category.yaml; keep one"),
        ({"docs/tasks/a.yaml": "id: t\nprompt: hi\nexpected: x\n"}, (), "the task id 't' is already used in docs/tasks/a.yaml:1"),
        ({"data/models/m.yaml": "id: m2\nprovider: scriptd\n"}, (), "data/models/m.yaml:2: model 'm2': unknown provider 'scriptd' (did you mean 'scripted'?)"),
        ({"data/models/n.yaml": "options: {}\n"}, (), "data/models/n.yaml:1: model 'n': 'provider' is missing"),
        ({"data/models/n.yaml": "provider: openai\nmodel: x\napi_key: sk-abcdefghij\n"}, (), "data/models/n.yaml:3: 'api_key' looks like a key"),
        ({"data/models/n.yaml": "provider: scripted\noptions: {defaut: x}\n"}, (), "data/models/n.yaml:2: model 'n': unknown option 'defaut' (did you mean 'default'?)"),
        ({}, ("--models=mm",), "unknown model 'mm' (did you mean 'm'?)"),
        ({}, ("--localbench-gate", "scor >= 5"), "gate 'scor >= 5': unknown metric 'scor' (did you mean 'score'?)"),
        ({}, ("--localbench-gate", "score"), "gate 'score': write [CATEGORY[/TASK]][@MODEL]:METRIC OP VALUE"),
        ({}, ("--localbench-fail-under", "70"), "--localbench-fail-under 70: give a score from 0 to 10"),
        ({}, ("--localbench-weights", "qality=1"), "--localbench-weights: unknown component 'qality'"),
    ],
)  # fmt: skip
def test_other_mistakes_are_one_sentence_as_well(project, files, args, words):
    project.model()
    project.write("docs/tasks/t.yaml", EXACT)
    for name, text in files.items():
        project.write(name, text.encode())
    run = project.run(*args)
    assert any(words in line for line in lines_of(run.text)), run.text
    assert run.code in {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR}
    assert "Traceback" not in run.text
    assert "another exception" not in run.text
    assert "lost" not in run.text


def test_a_package_that_is_missing_is_a_sentence(project):
    project.write(
        "conftest.py",
        """
        def pytest_localbench_register(registry):
            registry.adapter("far", "far:Adapter", extra="far", package="package_of_far")
    """,
    )
    project.write("data/models/n.yaml", "provider: far\n")
    project.write("docs/tasks/t.yaml", EXACT)
    run = project.run("--models=n")
    assert run.code == 2
    assert "the provider 'far' needs the package 'package_of_far', which is not installed: pip install" in run.text
    assert "_resolve" not in run.text


def test_a_question_that_cannot_be_asked_is_told_once(project):
    project.model(default={"error": {"kind": "unavailable", "message": "no such model"}})
    project.write("docs/tasks/t.yaml", EXACT)
    run = project.run()
    assert run.outcomes == {"errors": 1}
    assert "another exception" not in run.text


def test_tasks_without_a_category_file_are_pointed_out(project):
    project.write("solo/one/tasks/t.yaml", EXACT)
    for target in ("solo", "solo/one", "solo/one/tasks"):
        run = project.run(target=target)
        assert run.code == 5
        assert "/solo/one/tasks holds task files, but nothing is collected without" in run.text
    project.write("roles/web/tasks/main.yml", "- name: install\n  apt: {name: nginx}\n")
    assert "localbench:" not in project.run(target="roles").text
