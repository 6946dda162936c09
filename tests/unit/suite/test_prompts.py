"""From a task and a sample to messages; templates of strangers do no harm."""

from __future__ import annotations

import pytest

from pytest_localbench.domain.task import Sample
from pytest_localbench.errors import TaskFileError
from pytest_localbench.suite.render import build_messages, documents
from pytest_localbench.suite.template import TemplateProblem, is_template, read_template

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def fill(text, **values):
    return read_template(text).fill(values)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("a {{ x }} b {{y}}\n", 'a X b {"k": [1, null]}\n'),
        ("{{ n }} {{ f }} {{ t }} {{ e }}", "3 184.5 true null"),
        ("{% if t %}yes{% else %}no{% endif %}: {{ x | lower }}", "yes: x"),
        ("{% for k in y.k %}[{{ k }}]{% endfor %}\n", "[1][null]\n"),
        ("{{ y | tojson }} {{ y.k | length }} {{ t }}", '{"k": [1, null]} 2 true'),
        ("{{ n - 1 }} {{ 'a' ~ n }} {{ y['k'][0] }} {{ (x, n) }}", '2 a3 1 ["X", 3]'),
        ("{% raw %}{{ x }}{% endraw %} {{ x }}", "{{ x }} X"),
        ("{# no comment #} {{ x }}", "{# no comment #} X"),
        ("{% if true %}{# kept #}{% endif %} {{ true }}", "{# kept #} true"),
        ("{ {{ x }} } }} %}", "{ X } }} %}"),
    ],
)
def test_templates_are_filled(text, filled):
    assert fill(text, x="X", y={"k": [1, None]}, n=3, f=184.5, t=True, e=None) == filled


def test_what_is_filled_in_is_no_template():
    assert fill("{{ x }}", x="{{ y }} {% for %}") == "{{ y }} {% for %}"
    assert fill("{% if x %}{{ x }}{% endif %}", x="{{ y }}") == "{{ y }}"


@pytest.mark.parametrize("text", ["plain", "{ x }", "100 %", "{# x #}", "a { b: 1 }"])
def test_other_texts_are_no_templates(text):
    assert not is_template(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ a ", "cannot be read"),
        ("{{{ a }}}", "for literal braces write {% raw %}"),
        ("<div style={{color: 'red'}}>", "cannot be read"),
        ("{% for x in y %}", "cannot be read"),
        ("{{ a | upperr }}", "the filter 'upperr'"),
        ("{{ a | join(',') }}", "known: abs, capitalize"),
        ("{{ a.__class__() }}", "uses 'call'"),
        ("{{ range(10) }}", "uses 'call'"),
        ("{{ 'x' * 1000000000 }}", "uses 'mul'"),
        ("{{ 2 ** 1000000000 }}", "uses 'pow'"),
        ("{{ '%s' % a }}", "uses 'mod'"),
        ("{% set a = 1 %}", "uses 'assign'"),
        ("{% macro m() %}{% endmacro %}", "uses 'macro'"),
        ("{% include 'x' %}", "uses 'include'"),
        ("{% import 'x' as y %}", "uses 'import'"),
    ],
)
def test_other_templates_are_refused(text, words):
    with pytest.raises(TemplateProblem) as caught:
        read_template(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ a.b.c }}", "has no attribute 'b'"),
        ("{{ a.__class__ }}", "unsafe"),
        ("{{ a + n }}", "cannot be filled"),
        ("{{ n | round(a) }}", "cannot be filled"),
        ("{% for i in l %}{% for j in l %}{{ a }}{% endfor %}{% endfor %}", "grows beyond 10 million characters"),
    ],
)
def test_templates_that_cannot_be_filled_are_a_sentence(text, words):
    with pytest.raises(TemplateProblem) as caught:
        fill(text, a="x" * 100, n=1, l=list(range(1000)))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("input: {prompt: hi, system: '{{ nme }}', variables: {name: x}}\n", 1, "did you mean 'name'?"),
        ("input:\n  prompt: hi\n  few_shot:\n    - {user: a, assistant: '{{ b }}'}\n", 4, "the variable 'b' is used"),
        ("input:\n  messages:\n    - {role: user, content: '{% if %}'}\n", 3, "a template cannot be read"),
        ("input:\n  prompt: '{{ v.k.l }}'\n  variables: {v: {}}\n", 2, "a template cannot be filled"),
        ("input: '{{ a }}'\nsamples:\n  - {id: x, variables: {a: 1}}\n  - {id: y}\n", 1, "not defined in sample 'y'"),
    ],
)
def test_templates_are_checked_when_the_file_is_loaded(load, text, line, words):
    with pytest.raises(TaskFileError) as caught:
        load(f"{text}expected: x\n")
    assert str(caught.value).startswith(f"docs/tasks/t.yaml:{line}: task 't': ")
    assert words in str(caught.value)


def test_values_of_the_row_cover_files_and_files_cover_the_task(load, folder, tmp_path):
    (folder / "a.txt").write_text("file a")
    (folder / "b.txt").write_text("file b")
    (task,) = load(
        "input:\n  prompt: '{{ a }}|{{ b }}|{{ c }}|{{ d }}'\n  files: [a.txt, b.txt]\n"
        "  variables: {a: task, b: task, c: [1, ä], d: task}\n"
        "samples: [{id: s, variables: {b: row}}]\nexpected: x\n"
    )
    (sample,) = task.samples
    assert build_messages(task, sample, tmp_path)[0].content == 'file a|row|[1, "ä"]|task'
    assert documents(task, sample) == {"a": "file a", "b": "row", "c": '[1, "ä"]', "d": "task"}


def test_messages_keep_their_order_and_pictures_go_to_the_last_user(load, folder, tmp_path):
    for name in "pqr":
        (folder / f"{name}.png").write_bytes(PNG + name.encode())
    (task,) = load(
        "input:\n  system: Be brief, {{ name }}.\n  few_shot: [{user: '{{ name }}?', assistant: yes}]\n"
        "  messages:\n    - {role: user, content: one}\n    - {role: assistant, content: two}\n"
        "    - {role: user, content: 'three {{ name }}'}\n    - {role: assistant, content: so}\n"
        "  images: [{path: p.png, name: first}]\n  files: [{path: q.png, as: image}]\n  variables: {name: Ann}\n"
        "samples: [{id: s, images: [r.png]}]\nexpected: x\n"
    )
    messages = build_messages(task, task.samples[0], tmp_path)
    assert [(m.role, m.text) for m in messages] == [
        ("system", "Be brief, Ann."),
        ("user", "Ann?"),
        ("assistant", "yes"),
        ("user", "one"),
        ("assistant", "two"),
        ("user", "three Ann"),
        ("assistant", "so"),
    ]
    _, *pictures = messages[5].parts
    assert [p.data[-1:] for p in pictures] == [b"p", b"q", b"r"]
    assert {p.mime for p in pictures} == {"image/png"}
    (folder / "p.png").unlink()
    with pytest.raises(TaskFileError, match=r"^docs/p.png: cannot be read"):
        build_messages(task, task.samples[0], tmp_path)


def test_a_task_made_by_hand_fails_with_its_place(load, tmp_path):
    (task,) = load("input: '{% if a.b %}{% endif %}'\nsamples: [{variables: {a: {b: {}}}}]\nexpected: x\n")
    with pytest.raises(TaskFileError, match=r"^docs/tasks/t.yaml:1: task 't': a template cannot be filled"):
        build_messages(task, Sample(variables={"a": {}}), tmp_path)
