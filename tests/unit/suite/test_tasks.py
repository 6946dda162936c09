"""Task, category and model files as typed nouns."""

from __future__ import annotations

import json

import pytest

from pytest_localbench.errors import TaskFileError
from pytest_localbench.suite.layout import is_category_folder
from pytest_localbench.suite.render import build_messages, documents
from pytest_localbench.suite.tasks import check_unique, load_category, load_task_file, task_files

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def test_category_defaults_lie_under_the_task(load):
    (task,) = load("input: {prompt: hi}\nexpected: x\ngeneration: {max_tokens: 5}\n")
    assert task.generation.temperature == 0
    assert task.generation.max_tokens == 5
    assert task.timeout_seconds == 9
    assert (task.id, task.category, task.source.path) == ("t", "docs", "docs/tasks/t.yaml")
    assert task.evaluators[0].use == "exact"


def test_yaml_and_json_give_the_same_task(load):
    data = {"id": "t", "input": {"prompt": "hi {{ x }}", "variables": {"x": "1"}}, "expected": {"a": None},
            "evaluators": [{"use": "json_fields", "with": {"missing_is_null": True}}], "output": {"format": "json"}}  # fmt: skip
    (first,) = load(json.dumps(data), "t.json")
    (second,) = load(
        "id: t\ninput: {prompt: 'hi {{ x }}', variables: {x: '1'}}\nexpected: {a: null}\n"
        "evaluators: [{use: json_fields, with: {missing_is_null: true}}]\noutput: {format: json}\n"
    )
    assert first.content_hash == second.content_hash
    assert first.model_dump(exclude={"source"}) == second.model_dump(exclude={"source"})


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("id: t\ninput: {prompt: hi}\nexpeced: 1\n", 3, "unknown key 'expeced' (did you mean 'expected'?)"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nevaluation_weights:\n  qualty: 0.9\n", 5, "did you mean 'quality'?"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nevaluation_weights: {quality: -1}\n", 4, "evaluation_weights.quality"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nevaluation_weights: {quality: 0}\n", 4, "at least one weight"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nevaluation_weights: {quality: much}\n", 4, "a number was expected"),
        ("id: Bad Id\ninput: {prompt: hi}\nexpected: x\n", 1, "is not a usable id"),
        ("id: a--b\ninput: {prompt: hi}\nexpected: x\n", 1, "separates the parts"),
        ("id: con\ninput: {prompt: hi}\nexpected: x\n", 1, "Windows reserves"),
        ("id: t\ninput: {prompt: '{{ nme }}', variables: {name: x}}\nexpected: x\n", 2, "did you mean 'name'?"),
        ("id: t\ninput: {prompt: '{{ a '}\nexpected: x\n", 2, "a template cannot be read"),
        ("id: t\ninput: {prompt: a, messages: [{role: user, content: b}]}\nexpected: x\n", 2, "exactly one of"),
        ("id: t\ncategory: other\ninput: {prompt: hi}\nexpected: x\n", 2, "does not match the folder's 'docs'"),
        ("id: t\nschema: 2\ninput: {prompt: hi}\nexpected: x\n", 2, "newer version"),
        ("id: t\ninput: {prompt: hi, files: [{path: ../x.txt}]}\nexpected: x\n", 2, "must be a relative path"),
        ("id: t\ninput: {prompt: hi, files: [{path: x.txt}]}\nexpected: x\n", 2, "does not exist"),
        ("id: t\ninput: {prompt: hi}\nsamples:\n  - {id: a}\n  - {id: A}\nexpected: x\n", 5, "is not a usable id"),
        ("id: t\ninput: {prompt: hi}\nsamples:\n  - {id: a}\n  - {id: a}\nexpected: x\n", 5, "two samples have the id"),
        ("id: t\ninput: {prompt: hi}\nexpected: c\noutput: {format: label, labels: [a, b]}\n", 3, "not among the labels"),
        ("id: t\ninput: {prompt: hi}\ncomplexity: hard\nexpected: x\n", 3, "a whole number was expected (got 'hard')"),
        ("id: t\ninput: {prompt: hi}\n", 1, "a ready task needs 'expected' or at least one evaluator"),
    ],
)  # fmt: skip
def test_mistakes_are_one_sentence_with_file_and_line(load, text, line, words):
    with pytest.raises(TaskFileError) as caught:
        load(text)
    message = str(caught.value)
    assert message.startswith(f"docs/tasks/t.yaml:{line}: ")
    assert words in message
    assert "\n" not in message


def test_lists_of_tasks_files_samples_and_pictures(load, tmp_path):
    folder = tmp_path / "docs"
    (folder / "files").mkdir()
    (folder / "files" / "note.txt").write_text("Text of the note", encoding="utf-8")
    (folder / "files" / "p.png").write_bytes(PNG)
    (folder / "files" / "rows.jsonl").write_text(
        '{"id": "a", "q": "1+1", "expected": "2"}\n{"id": "b", "q": "1+2", "expected": "3"}\n'
    )
    (folder / "files" / "rows.csv").write_text("id,q,gold\nx,hello,HELLO\n")
    first, second, third = load("""
- id: one
  input: {prompt: "Read {{ doc }}", files: [{path: files/note.txt, name: doc}], images: [files/p.png]}
  expected: x
- id: two
  input: {prompt: "{{ q }}"}
  samples: {file: files/rows.jsonl}
  evaluators: [{use: exact}]
- id: three
  input: {prompt: "{{ q }}"}
  samples: {file: files/rows.csv, expected: gold}
  evaluators: [{use: exact}]
""")
    (message,) = build_messages(first, first.samples[0], tmp_path)
    assert message.text == "Read Text of the note"
    assert message.parts[1].mime == "image/png"
    assert documents(first, first.samples[0]) == {"doc": "Text of the note"}
    assert [(s.id, second.expected_of(s)) for s in second.samples] == [("a", "2"), ("b", "3")]
    assert build_messages(third, third.samples[0], tmp_path)[0].text == "hello"
    assert third.expected_of(third.samples[0]) == "HELLO"
    assert first.source.line == 2


def test_a_link_out_of_the_category_is_refused(load, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("s")
    (tmp_path / "docs" / "in.txt").symlink_to(secret)
    with pytest.raises(TaskFileError, match="leads out of the category folder"):
        load("input: {prompt: hi, files: [{path: in.txt}]}\nexpected: x\n")


def test_task_files_are_found_by_name_whatever_the_file_system_says(tmp_path):
    folder = tmp_path / "c"
    (folder / "tasks").mkdir(parents=True)
    for name in ("category.yaml", "b.yaml", "a.json", "tasks/z.yml", "tasks/y.yaml", "notes.txt"):
        (folder / name).write_text("")
    assert [p.name for p in task_files(folder)] == ["a.json", "b.yaml", "y.yaml", "z.yml"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("id: t\ninput: {prompt: hi}\nexpected: x\nevaluation_weights: {quality: '0.9'}\n", 4, "a number was expected (got '0.9')"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nevaluation_weights: {quality: .nan}\n", 4, "not a number that can be stored"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\ncomplexity: true\n", 4, "a whole number was expected (got true)"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\ncomplexity: 9\n", 4, "'complexity': must be at most 5 (got 9)"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nstatus: redy\n", 4, "(got 'redy') (did you mean 'ready'?)"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\ntitle: 2024\n", 4, "text was expected (got 2024; quote it)"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\ntags: red\n", 4, "a list was expected"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\ntemperature: 1\n", 4, "(it belongs under 'generation')"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nthresholds: {pas: 1}\n", 4, "(did you mean 'pass'?) in 'thresholds'"),
        ("id: t\ninput: {prompt: hi}\nevaluators:\n  - use: exact\n    weigth: 1\n", 5, "in 'evaluators[0]'"),
        ("id: t\ninput: {prompt: hi}\nevaluators:\n  - {use: exact, weight: 1, guard: 1}\n", 4, "not both"),
        ("id: t\ninput: {prompt: hi}\nevaluators:\n  - {use: a, depends_on: exakt}\n  - use: exact\n", 4, "did you mean 'exact'?"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\ncomplexity: 0\nrepeats: 0\nretries_infra: 11\n", 4, "(and 2 more)"),
        ("id: t\nhas_expected: true\ninput: {prompt: hi}\n", 2, "unknown key 'has_expected'"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nkind: category\n", 4, "'kind: category' where a task was expected"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nschema: '1'\n", 4, "'schema' must be 1 (got '1')"),
        ("id: t\nexpected: x\n", 1, "'input' is missing"),
        ("id: t\ninput: {prompt: hi}\nexpected: x\nmetadata: 5\ncreated_at: 2025-01-01\n", 4, "a mapping was expected"),
        ("just text\n", 1, "a task is a mapping (id: ..., ...), not a single value"),
        ("[]\n", 1, "holds no task"),
        ("- 1\n", 1, "not a single value"),
        ("tasks: {id: t}\nkind: tasks\n", 2, "'kind: tasks' where a task was expected"),
        ("id: t\ninput: {messages: [{role: system, content: a}]}\nexpected: x\n", 2, "at least one message of the user"),
        ("id: t\ninput: {prompt: hi}\nexpected: 1\noutput: {format: label, labels: ['1', '2']}\n", 3, "quote it"),
        ("id: t\ninput: {prompt: hi}\nexpected: [a, c]\noutput: {format: label, labels: [a, b]}\n", 3, "expected 'c'"),
        ("id: t\ninput: {prompt: hi}\nexpected: a\noutput: {format: label}\n", 4, "needs 'labels'"),
        ("id: t\ninput: {prompt: hi}\nexpected: a\noutput: {format: label, labels: [a, a]}\n", 4, "'a' stands twice"),
    ],
)  # fmt: skip
def test_more_mistakes_with_their_line(load, text, line, words):
    with pytest.raises(TaskFileError) as caught:
        load(text)
    assert str(caught.value).startswith(f"docs/tasks/t.yaml:{line}: ")
    assert words in str(caught.value)


CASE = "id: t\ninput: {prompt: '{{ mail }}', variables: {mail: m}}\nexpected: x\ncalibration:\n  - {name: c, %s}\n"


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("sample: b", "there is no sample 'b'"),
        ("min: 0.9, max: 0.1", "'min' is above 'max'"),
        ("output: '@mial'", "'@mial' names no file or variable (did you mean 'mail'?)"),
        ("outputs: x", "unknown key 'outputs' (did you mean 'output'?)"),
        ("output: '@file:../x'", "must be a relative path"),
    ],
)
def test_a_calibration_that_points_nowhere_is_refused(load, case, words):
    with pytest.raises(TaskFileError) as caught:
        load(CASE % case)
    assert str(caught.value).startswith("docs/tasks/t.yaml:5: ")
    assert words in str(caught.value)


def test_calibration_answers_come_from_files_and_calls_may_be_pairs(load, folder):
    (folder / "page.html").write_text("<p>hi</p>\n")
    tools = "tools: [{name: get}, {name: set}]\n"
    (task,) = load(tools + CASE % "output: '@file:page.html', tool_calls: [[get, {id: 1}], {name: set, arguments: {}}]")
    (case,) = task.calibration
    assert case.output == "<p>hi</p>"
    assert case.tool_calls == ({"name": "get", "arguments": {"id": 1}}, {"name": "set", "arguments": {}})
    assert load(CASE % "output: '@mail'")[0].calibration[0].output == "@mail"
    assert load(CASE % "output: '@media print {}'")[0].calibration[0].output == "@media print {}"


def test_mappings_of_the_category_merge_lists_of_the_task_win_and_tags_are_added(folder, load):
    (folder / "category.yaml").write_text(
        "defaults:\n  evaluation_weights: {quality: 0.5, time: 0.5}\n  tags: [a]\n  language: en\n"
        "  generation: {stop: [x, y], extra: {top_a: 1, min_p: 2}}\n"
    )
    (task,) = load(
        "input: hi\nexpected: x\nevaluation_weights: {time: 0.1}\ntags: [b, a]\n"
        "generation: {stop: [z], extra: {min_p: 3}}\nlanguage: null\n"
    )
    assert task.evaluation_weights.model_dump(exclude_unset=True) == {"quality": 0.5, "time": 0.1}
    assert task.tags == ("a", "b")
    assert task.generation.stop == ("z",)
    assert task.generation.extra == {"top_a": 1, "min_p": 3}
    assert task.language is None
    assert task.category == "docs"


def test_drafts_may_lack_evaluators_and_follow_their_category(folder, load, tmp_path):
    assert load("status: draft\ninput: hi\n")[0].evaluators == ()
    (folder / "category.yaml").write_text("status: draft\n")
    assert load("input: hi\nexpected: x\n")[0].status == "draft"


def test_expected_of_every_row_is_enough_for_the_default_evaluator(load):
    (task,) = load("input: '{{ q }}'\nsamples:\n  - {id: a, variables: {q: 1}, expected: 2}\n")
    assert [spec.use for spec in task.evaluators] == ["exact"]


def test_expected_may_be_a_file(load, folder):
    (folder / "gold.yaml").write_text("a: no\n")
    (folder / "gold.txt").write_text("text\n")
    assert load("input: hi\nexpected: '@file:gold.yaml'\n")[0].expected == {"a": "no"}
    assert load("input: hi\nexpected: '@file:gold.txt'\n")[0].expected == "text"
    (folder / "gold.yaml").write_text("a: no\na: yes\n")
    with pytest.raises(TaskFileError, match=r"^docs/gold.yaml:2: the key 'a' stands twice"):
        load("input: hi\nexpected: '@file:gold.yaml'\n")


def test_tasks_of_a_list_know_their_lines_in_yaml_and_json(load):
    text = "kind: task\ntasks:\n- id: a\n  input: hi\n  expected: x\n- input: ho\n  expected: x\n"
    tasks = load(text)
    assert [(task.id, task.source.line) for task in tasks] == [("a", 3), ("t-2", 6)]
    with pytest.raises(TaskFileError, match=r"^docs/tasks/t.yaml:7: task 't-2': unknown key 'expeced'"):
        load(text.replace("ho\n  expected", "ho\n  expeced"))
    listed = '[\n{"id": "a", "input": "hi", "expected": "x"},\n{"id": "b",\n"input": "hi",\n"expected": "x",\n"complexity": 7}\n]'
    with pytest.raises(TaskFileError, match=r"^docs/tasks/t.json:6: task 'b': 'complexity'"):
        load(listed, "t.json")
    with pytest.raises(
        TaskFileError, match=r"^docs/tasks/t.json:3: the task id 'a' is already used in docs/tasks/t.json:2"
    ):
        load(listed.replace('"b"', '"a"').replace("7", "1"), "t.json")


def test_ids_that_differ_in_case_or_unicode_form_are_one(load):
    (first,) = load("id: a\ninput: hi\nexpected: x\n")
    second = first.model_copy(update={"id": "A"})
    with pytest.raises(TaskFileError, match=r"already used in docs/tasks/t.yaml:1"):
        check_unique([first, second])
    check_unique([first, second.model_copy(update={"category": "other"})])


def test_files_of_unusual_places(folder, load, tmp_path):
    assert is_category_folder(folder)
    assert not is_category_folder(tmp_path)
    with pytest.raises(TaskFileError, match=r"^nowhere: holds no category file"):
        load_category(tmp_path / "nowhere", tmp_path)
    (folder / "category.json").write_text("{}")
    with pytest.raises(TaskFileError, match=r"^docs/category.json: a second category file beside category.yaml"):
        load_category(folder, tmp_path)
    tasks = tmp_path / "tasks"
    tasks.mkdir()
    (tasks / "category.yaml").write_text("created_at: 2025-01-01\n")
    (tasks / "t.yaml").write_text("input: hi\nexpected: x\n")
    (task,) = load_task_file(tasks / "t.yaml", load_category(tasks, tmp_path), tmp_path)
    assert (task.folder, task.category) == ("tasks", "tasks")
    elsewhere = load_task_file(tasks / "t.yaml", load_category(tasks, tasks), tmp_path / "other")
    assert elsewhere[0].source.path == str(tasks / "t.yaml")
    at_root = load_task_file(tasks / "t.yaml", load_category(tasks, tasks), tasks)
    assert (at_root[0].source.path, at_root[0].folder) == ("t.yaml", ".")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("nam: x\n", 1, "unknown key 'nam' (did you mean 'name'?)"),
        ("name: x\ndefaults:\n  evaluation_weights: {qualty: 1}\n", 3, "did you mean 'quality'?"),
        ("name: x\ndefaults:\n  evaluation_weights: {quality: 'x'}\n", 3, "a number was expected"),
        ("name: x\ndefaults: {repeat: 3}\n", 2, "unknown key 'repeat' in 'defaults'"),
        ("id: My Docs\n", 1, "is not a usable id"),
        ("aggregation: {method: median}\n", 1, "must be 'complexity_weighted' or 'mean' (got 'median')"),
    ],
)
def test_a_wrong_category_is_a_sentence(folder, tmp_path, text, line, words):
    (folder / "category.yaml").write_text(text)
    with pytest.raises(TaskFileError) as caught:
        load_category(folder, tmp_path)
    assert str(caught.value).startswith(f"docs/category.yaml:{line}: category '")
    assert words in str(caught.value)


def test_line_ends_and_locale_do_not_change_a_task(load, folder):
    text = "input: {prompt: '{{ doc }}', files: [doc.txt]}\nexpected: '€ 5 – Müller'\n"
    (folder / "doc.txt").write_bytes("Zeile 1\nMüller\n".encode())
    (unix,) = load(text)
    (folder / "doc.txt").write_bytes("\ufeffZeile 1\r\nMüller\r\n".encode())
    (windows,) = load(text.replace("\n", "\r\n"))
    assert unix.content_hash == windows.content_hash
    assert windows.input.files[0].text == "Zeile 1\nMüller\n"
