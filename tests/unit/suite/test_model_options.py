"""Options, keys and resources of model files: what is wrong is one sentence with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pytest_localbench.adapters import pytest_localbench_register
from pytest_localbench.errors import ModelFileError
from pytest_localbench.registry import Registry
from pytest_localbench.suite.models import load_model_file
from pytest_localbench.suite.schema import model_schema
from pytest_localbench.suite.yaml_source import read_data

EXAMPLES = sorted((Path(__file__).parents[3] / "data/models/examples").glob("*.yaml"))
HTTP = """\
provider: http
base_url: http://127.0.0.1:9/gen
options:
  body:
    q: "{{ prompt }}"
  answer: out.text
"""


def load(tmp_path, text):
    path = tmp_path / "m.yaml"
    path.write_text(text)
    return load_model_file(path, tmp_path)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_shipped_example_loads_and_holds_no_key(path):
    registry = Registry()
    pytest_localbench_register(registry)
    model = load_model_file(path, path.parent)
    assert Draft202012Validator(model_schema()).is_valid(read_data(path))
    assert model.provider in registry.known_adapters()
    assert model.api_key is None or model.api_key.startswith("${env:")


def test_there_is_an_example_for_every_provider_that_ships():
    registry = Registry()
    pytest_localbench_register(registry)
    shown = {load_model_file(path, path.parent).provider for path in EXAMPLES}
    assert shown >= set(registry.known_adapters())


def test_a_described_api_loads(tmp_path):
    assert load(tmp_path, HTTP).options["answer"] == "out.text"


@pytest.mark.parametrize(
    ("line", "text", "at", "words"),
    [
        ("  answer: out.text", "  answer: out..text", 6, "'answer': 'out..text' is not a path at '..text'"),
        ("  answer: out.text", "  answr: out.text", 6, "unknown option 'answr' (did you mean 'answer'?)"),
        ("  answer: out.text", "  method: POST", 3, "'answer' is missing"),
        ("  answer: out.text", "  answer: out.text\n  method: GET", 7, "'method': must be 'POST', 'PUT' or 'PATCH'"),
        ("  answer: out.text", "  answer: a\n  stream:\n    format: csv\n    delta: b", 8, "'stream.format': must be 'sse' or 'ndjson'"),
        ("  answer: out.text", "  answer: a\n  stream:\n    delta: 'b['", 8, "'stream.delta': 'b[' is not a path at '['"),
        ("  answer: out.text", "  answer: a\n  usage:\n    tokens: b", 8, "unknown option 'tokens' (did you mean 'input_tokens'?) in 'usage'"),
        ("  answer: out.text", "  answer: a\n  finish_words: {END: done}", 7, "'finish_words.END': must be 'stop'"),
        ('    q: "{{ prompt }}"', '    q: "{{ prompt }}{{ temprature }}"', 4,
         "unknown placeholder '{{ temprature }}' (did you mean 'temperature'?)"),
        ('    q: "{{ prompt }}"', "    q: hello", 4, "the question is nowhere in it"),
    ],
)  # fmt: skip
def test_a_wrongly_described_api_is_a_sentence_with_its_line(tmp_path, line, text, at, words):
    with pytest.raises(ModelFileError) as caught:
        load(tmp_path, HTTP.replace(line, text))
    assert str(caught.value).startswith(f"m.yaml:{at}: model 'm': ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("options:\n  headers:\n    X-Api-Key: hunter2\n", 5, "'X-Api-Key' looks like a key"),
        ("options:\n  headers:\n    authorization: Basic aHVudGVyMg==\n", 5, "'authorization' looks like a key"),
        ("options: {headers: {Cookie: session=1}}\n", 3, "'Cookie' looks like a key"),
        ("options:\n  headers:\n    X: y\n    api_key: k\n", 6, "'api_key' looks like a key"),
        ("base_url: https://me:secret@host/v1\n", 3, "'base_url' holds a key or a password"),
        ("base_url: https://host/v1?api_key=hunter2\n", 3, "'base_url' holds a key or a password"),
        ("base_url: https://host/v1?key=hunter2\n", 3, "'base_url' holds a key or a password"),
        ("api_key: hunter2\n", 3, "'api_key' must be a reference"),
        ("api_key: ''\n", 3, "'api_key' must be a reference"),
    ],
)
def test_a_key_in_a_file_is_refused_and_not_repeated(tmp_path, text, at, words):
    with pytest.raises(ModelFileError) as caught:
        load(tmp_path, f"provider: openai\nmodel: x\n{text}")
    assert str(caught.value).startswith(f"m.yaml:{at}: ")
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "options: {headers: {X-Api-Key: '${env:ACME_KEY}', Authorization: 'Token ${file:/run/secrets/k}'}}\n",
        "options: {headers: {Api-Key: '${keyring:acme/me}', X-Max-Tokens: '9'}}\n",
        "base_url: http://host:8000/v1?api-version=2\n",
        "api_key: keyring:acme/me\n",
    ],
)
def test_references_and_harmless_words_are_no_keys(tmp_path, text):
    assert load(tmp_path, f"provider: openai\nmodel: x\n{text}").provider == "openai"


@pytest.mark.parametrize("provider", ["openai", "vllm", "http", "anthropic"])
@pytest.mark.parametrize(
    ("name", "words"), [("threads", "drop it"), ("context_tokens", "'capabilities: {context_tokens: N}'")]
)
def test_resources_of_a_running_server_are_not_ours_to_set(tmp_path, provider, name, words):
    with pytest.raises(ModelFileError) as caught:
        load(tmp_path, f"provider: {provider}\nmodel: x\nresources:\n  {name}: 4\n")
    assert str(caught.value).startswith(f"m.yaml:4: model 'm': '{name}' has no effect on a server")
    assert words in str(caught.value)


def test_a_table_of_answers_is_checked_when_it_is_loaded(tmp_path):
    with pytest.raises(
        ModelFileError, match=r"^m.yaml:3: model 'm': unknown option 'defalt' \(did you mean 'default'\?\)"
    ):
        load(tmp_path, "provider: scripted\noptions:\n  defalt: Paris\n")
    with pytest.raises(ModelFileError, match="'answers': a mapping was expected"):
        load(tmp_path, "provider: scripted\noptions: {answers: [Paris]}\n")
    assert load(tmp_path, "provider: scripted\noptions: {default: {text: a}, contains: [{when: b, text: c}]}\n").options
