"""Task, category and model files as typed nouns."""

from __future__ import annotations

import json

import pytest

from pytest_localbench.errors import ModelFileError, TaskFileError, UnknownName
from pytest_localbench.suite.models import default_models, load_model_files, select_models
from pytest_localbench.suite.render import build_messages, documents
from pytest_localbench.suite.seed import load_seed
from pytest_localbench.suite.tasks import load_category, load_task_file, task_files

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def load(tmp_path):
    folder = tmp_path / "docs"
    (folder / "tasks").mkdir(parents=True)
    (folder / "category.yaml").write_text(
        "id: docs\nname: Documents\ndefaults: {generation: {temperature: 0, max_tokens: 50}, timeout_seconds: 9}\n"
    )

    def load_one(text, name="t.yaml"):
        path = folder / "tasks" / name
        path.write_text(text, encoding="utf-8")
        return load_task_file(path, load_category(folder, tmp_path), tmp_path)

    return load_one


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
        ("id: t\ninput: {prompt: hi}\n", 1, "needs at least one evaluator"),
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


def test_the_flat_store_names_a_missing_category(tmp_path):
    (tmp_path / "categories").mkdir()
    (tmp_path / "tasks").mkdir()
    (tmp_path / "categories" / "geo.json").write_text('{"id": "geo"}')
    (tmp_path / "tasks" / "t.json").write_text(
        '{"id": "t", "category_id": "gee", "input_data": "x", "expected_output": "y"}'
    )
    with pytest.raises(TaskFileError, match="there is no category 'gee'"):
        load_seed(tmp_path, tmp_path)


def model(tmp_path, name, text):
    folder = tmp_path / "models"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_models_are_selected_by_name_glob_tag_and_provider(tmp_path):
    model(tmp_path, "a.yaml", "provider: scripted\ntags: [small]\n")
    model(tmp_path, "b.yaml", "provider: openai\nmodel: x\n")
    known = load_model_files(tmp_path, tmp_path)
    ids = lambda *names: [m.id for m in select_models(names, known)]  # noqa: E731
    assert ids("b", "a", "b") == ["b", "a"]
    assert ids("*") == ["a", "b", "smollm2"]
    assert ids("tag:small") == ["a"]
    assert ids("openai:gpt-x", "llamacpp:/m/Qwen 3.gguf") == ["gpt-x", "qwen-3"]
    assert [m.id for m in default_models(known)] == ["a"]
    assert [m.id for m in default_models({})] == ["smollm2"]
    with pytest.raises(UnknownName, match="Known: a, b, smollm2"):
        ids("c")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("provider: openai\napi_key: sk-abcdefghijklmnop\n", "looks like a key"),
        ("provider: openai\nbase_url: x\noptions:\n  header: Bearer abcdefghijkl\n", "looks like a key"),
        ("provider: openai\napi_key: hunter2\n", "must be a reference"),
        ("provder: openai\n", "did you mean 'provider'?"),
        ("provider: openai\nconcurrency: 0\n", "concurrency"),
    ],
)
def test_a_wrong_model_file_is_a_sentence(tmp_path, text, words):
    model(tmp_path, "m.yaml", text)
    with pytest.raises(ModelFileError) as caught:
        load_model_files(tmp_path, tmp_path)
    assert words in str(caught.value)
    assert "abcdefghijkl" not in str(caught.value)
    assert str(caught.value).startswith("models/m.yaml:")
