"""Model files and the models that are named on the command line."""

from __future__ import annotations

import pytest

from pytest_localbench.errors import ModelFileError, UnknownName
from pytest_localbench.suite.models import default_models, load_model_files, select_models


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
        ("provider: openai\nconcurrency: 0\n", "'concurrency': must be at least 1 (got 0)"),
        ("provider: openai\napi_key: Bearer abcdefghijkl\n", "looks like a key"),
        ("provider: openai\noptions: [{a: AIzaabcdefghijklmnopqrstuvwx}]\n", "looks like a key"),
        ("provider: openai\napi_key: $HOME_KEY\n", "must be a reference"),
        ("provider: openai\napi_key: 5\n", "must be a reference"),
        ("provider: openai\nid: GPT\n", "is not a usable id"),
        ("provider: openai\nkind: task\n", "'kind: task' where a model was expected"),
        ("provider: openai\nschema: 2\n", "made for a newer version"),
        ("provider: openai\nsource: x\n", "unknown key 'source'"),
        ("provider: openai\npricing: {input_usd_per_mtok: 1}\n", "'pricing.output_usd_per_mtok' is missing"),
        ("provider: openai\ntemperature: 0\n", "(it belongs under 'generation')"),
        ("provider: openai\nprovider: openai\n", "the key 'provider' stands twice (lines 1 and 2)"),
        ("- provider: openai\n", "a model is a mapping (id: ..., ...), not a list"),
    ],
)
def test_a_wrong_model_file_is_a_sentence(tmp_path, text, words):
    model(tmp_path, "m.yaml", text)
    with pytest.raises(ModelFileError) as caught:
        load_model_files(tmp_path, tmp_path)
    assert words in str(caught.value)
    assert "abcdefghijkl" not in str(caught.value)
    assert str(caught.value).startswith("models/m.yaml:")


def test_errors_of_model_files_carry_their_line(tmp_path):
    model(tmp_path, "m.yaml", "provider: openai\noptions:\n  header:\n    x: Bearer abcdefghijkl\n")
    with pytest.raises(ModelFileError, match=r"^models/m.yaml:4: 'x' looks like a key; write a reference"):
        load_model_files(tmp_path, tmp_path)


@pytest.mark.parametrize("key", ["${env:MY_KEY}", "env:MY_KEY", "file:/run/secrets/key", "keyring:service/user"])
def test_references_are_no_keys(tmp_path, key):
    model(
        tmp_path,
        "m.yaml",
        f"provider: openai\napi_key: '{key}'\noptions: {{headers: {{h: 'Bearer ${{env:MY_TOKEN}}'}}}}\n",
    )
    assert load_model_files(tmp_path, tmp_path)["m"].api_key == key


def test_paths_are_relative_to_the_file_and_examples_are_not_read(tmp_path):
    model(tmp_path, "b.json", '{"kind": "model", "schema": 1, "provider": "llamacpp", "path": "weights/b.gguf"}')
    model(tmp_path, "a.yml", "id: z\nprovider: llamacpp\npath: ~/z.gguf\n")
    model(tmp_path, "._a.yml", "\x00")
    (tmp_path / "models" / "examples").mkdir()
    (tmp_path / "models" / "examples" / "paid.yaml").write_text("provider: openai\n")
    (tmp_path / "models" / "folder.yaml").mkdir()
    known = load_model_files(tmp_path, tmp_path)
    assert list(known) == ["z", "b"]
    assert known["b"].path == str((tmp_path / "models" / "weights" / "b.gguf").resolve())
    assert "~" not in known["z"].path
    assert known["b"].source.path == "models/b.json"
    assert load_model_files(tmp_path / "none", tmp_path) == {}


def test_two_files_with_one_id_are_refused(tmp_path):
    model(tmp_path, "a.yaml", "provider: openai\n")
    model(tmp_path, "b.yaml", "provider: openai\nid: a\n")
    with pytest.raises(ModelFileError, match=r"^models/b.yaml:2: the model id 'a' is already used in models/a.yaml"):
        load_model_files(tmp_path, tmp_path)


def test_models_without_a_file_get_ids_that_differ(tmp_path):
    model(tmp_path, "gpt-x.yaml", "provider: scripted\n")
    known = load_model_files(tmp_path, tmp_path)

    def ids(*names, providers=("openai", "llamacpp", "mine")):
        return [m.id for m in select_models(names, known, providers)]

    assert ids("gpt-x", "openai:gpt-x", "openai:gpt-x") == ["gpt-x", "openai-gpt-x"]
    third = ids("openai:GPT_Y", "mine:gpt_y", "mine:GPT_Y")
    assert third[:2] == ["gpt_y", "mine-gpt_y"]
    assert third[2].startswith("gpt_y-")
    assert third == ids("openai:GPT_Y", "mine:gpt_y", "mine:GPT_Y")
    assert ids("mine:llama3.2:1b", "mine:org/Name--7B!", "mine:con", "mine:" + "x" * 99) == [
        "llama3.2-1b",
        "org-name-7b",
        "m-con",
        "x" * 60,
    ]
    assert ids("mine:Ü") == ["m"]
    chosen = select_models(["./some/Tiny Model.Q4.gguf", " ", "llamacpp:some/../some/Tiny Model.Q4.gguf"], known)
    assert [(m.id, m.provider) for m in chosen] == [("tiny-model.q4", "llamacpp")]
    assert chosen[0].path.endswith("/some/Tiny Model.Q4.gguf")
    assert chosen[0].path.startswith("/")
    assert select_models(["llamacpp:smollm2"], known)[0].model == "smollm2"
    for name in ("ollama:x", "mine:", "tag:none", "g?x", "g*-y"):
        with pytest.raises(UnknownName, match="unknown model"):
            ids(name)


def test_a_configured_model_of_the_built_in_name_wins(tmp_path):
    model(tmp_path, "smollm2.yaml", "provider: scripted\n")
    known = load_model_files(tmp_path, tmp_path)
    assert select_models(["smollm2"], known)[0].provider == "scripted"
    assert select_models(["smollm2"], {})[0].provider == "llamacpp"
