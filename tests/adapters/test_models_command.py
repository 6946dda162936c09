"""The command ``localbench models``: what it writes, shows and asks, and the one sentence when something is wrong."""

from __future__ import annotations

import json

import pytest
from scripted_server import Reply, answer, chunk

from pytest_localbench.cli import main
from pytest_localbench.suite.models import load_model_file

KEY = "sk-not-a-real-key-12345"


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """A project folder; calling it runs the command and returns (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ACME_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(*words):
        code = main(["models", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def put(tmp_path, name, text):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def line(out, title):
    return [text.strip().removeprefix(title).strip() for text in out.splitlines() if text.strip().startswith(title)]


def test_add_writes_a_commented_file_that_loads(here, tmp_path):
    code, out, _ = here(
        "add", "qwen", "--provider", "vllm", "--model", "Qwen/Qwen3-8B", "--context", "40960", "--concurrency", "8",
        "--tag", "big", "--tag", "no", "--option", "stream=false",
    )  # fmt: skip
    assert code == 0
    assert out == "Wrote data/models/qwen.yaml. Try it: localbench models test qwen\n"
    path = tmp_path / "data/models/qwen.yaml"
    model = load_model_file(path, tmp_path)
    assert (model.id, model.provider, model.model, model.concurrency) == ("qwen", "vllm", "Qwen/Qwen3-8B", 8)
    assert (model.capabilities.context_tokens, model.tags, model.options) == (40960, ("big", "no"), {"stream": False})
    assert path.read_text().startswith("# Model 'qwen'.")
    assert "# api_key: ${env:NAME}" in path.read_text()


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["--provider", "openai", "--model", "gpt-x"], "api_key", "${env:OPENAI_API_KEY}"),
        (["--provider", "openai", "--model", "x", "--base-url", "http://127.0.0.1:8/v1"], "api_key", None),
        (["--provider", "anthropic", "--model", "c", "--api-key-env", "MINE"], "api_key", "${env:MINE}"),
        (["--provider", "llamacpp", "--path", "w/Odd name #1.gguf", "--threads", "2"], "resources.threads", 2),
        (["--provider", "http", "--base-url", "http://127.0.0.1:8/gen"], "options.answer", "choices[0].text"),
        (["--provider", "openai", "--model", "3: #odd"], "model", "3: #odd"),
    ],
)
def test_add_for_each_kind_of_provider(here, tmp_path, words, field, value):
    assert here("add", "m", *words)[0] == 0
    found = load_model_file(tmp_path / "data/models/m.yaml", tmp_path)
    for part in field.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    assert found == value


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["m", "--provider", "lamacpp"], "unknown provider 'lamacpp' (did you mean 'llamacpp'?)"),
        (["M!", "--provider", "openai"], "'M!' is not a usable id"),
        (["m", "--provider", "llamacpp"], "say where the weights are: --path FILE.gguf"),
        (["m", "--provider", "openai"], "say which model: --model NAME"),
        (["m", "--provider", "http"], "say what is asked: --base-url URL"),
        (
            ["m", "--provider", "openai", "--model", "x", "--api-key-env", KEY],
            "takes the name of an environment variable",
        ),
        (["m", "--provider", "openai", "--model", "x", "--option", "headers"], "write it as KEY=VALUE"),
        (["m", "--provider", "llamacpp", "--model", "smollm2", "--option", "n_ctx=4"], "unknown option 'n_ctx'"),
        (["m", "--provider", "openai", "--model", KEY], "looks like a key"),
        (["m", "--provider", "vllm", "--model", "x", "--threads", "4"], "'threads' has no effect on a server"),
    ],
)
def test_add_refuses_with_one_sentence_and_writes_nothing(here, tmp_path, words, says):
    code, out, err = here("add", *words)
    assert (code, out) == (1, "")
    assert err.startswith("localbench: ")
    assert says in err
    assert err.count("\n") == 1
    assert KEY not in err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["m.yaml", "m.yml", "m.json", "other.yaml"])
def test_add_never_overwrites(here, tmp_path, name):
    text = json.dumps({"id": "m", "provider": "scripted"})
    put(tmp_path, f"data/models/{name}", text)
    code, _, err = here("add", "m", "--provider", "openai", "--model", "x")
    assert code == 1
    assert f"the model 'm' is already there: data/models/{name}" in err
    assert (tmp_path / "data/models" / name).read_text() == text
    assert len(list((tmp_path / "data/models").iterdir())) == 1


def test_list_says_what_can_be_asked_and_where_it_runs(here, tmp_path):
    put(tmp_path, "data/models/a.yaml", "provider: scripted\n")
    put(tmp_path, "data/models/b.yaml", "provider: openai\nmodel: x\n")
    put(tmp_path, "data/models/c.yaml", "provider: opnai\nmodel: x\n")
    code, out, _ = here("list")
    rows = {row.split()[0]: " ".join(row.split()) for row in out.splitlines()}
    assert code == 0
    assert rows["a"] == "a scripted local ready"
    assert rows["b"].startswith("b openai remote model 'b' reads its key from the environment variable OPENAI_API_KEY")
    assert "did you mean 'openai'" in rows["c"]
    assert rows["smollm2"].startswith("smollm2 llamacpp local")


TASK = """
id: ID
title: T
input: INPUT
expected: Paris
requires: REQUIRES
evaluators: [{use: exact}]
samples: [{id: a}, {id: b}, {id: c, skip: later}]
"""


def test_show_tells_settings_source_lane_capabilities_and_questions_but_no_key(here, tmp_path, monkeypatch):
    monkeypatch.setenv("ACME_KEY", KEY)
    put(tmp_path, "data/models/acme.yaml", """
provider: llama-server
base_url: http://127.0.0.1:8080
api_key: ${env:ACME_KEY}
concurrency: 2
capabilities: {thinking: false}
generation: {temperature: 0, max_tokens: 99}
options: {headers: {X-Team: "${env:ACME_KEY}"}}
tags: [big]
""")  # fmt: skip
    put(tmp_path, "docs/category.yaml", "id: documents\n")
    put(tmp_path, "docs/tasks/one.yaml", TASK.replace("ID", "one").replace("INPUT", "Q?").replace("REQUIRES", "{}"))
    put(
        tmp_path,
        "docs/tasks/two.yaml",
        TASK.replace("ID", "two").replace("INPUT", "Q?").replace("REQUIRES", "{thinking: true}"),
    )
    put(tmp_path, "docs/tasks/three.yaml", "id: three\ntitel: T\n")
    put(tmp_path, ".venv/docs/category.yaml", "id: hidden\n")
    code, out, err = here("show", "acme")
    assert (code, err) == (0, "")
    assert KEY not in out
    assert line(out, "provider") == ["llama-server"]
    assert line(out, "from") == ["data/models/acme.yaml"]
    assert line(out, "lane") == ["local; 2 requests at once"]
    assert line(out, "key") == ["${env:ACME_KEY} (set)"]
    assert line(out, "generation") == ["{temperature: 0.0, max_tokens: 99}"]
    assert line(out, "state") == ["ready"]
    assert line(out, "cannot") == ["thinking"]
    assert line(out, "on opening") == ["the server tells context tokens, tools, vision"]
    assert line(out, "would be asked") == [f"2 questions of 1 task below {tmp_path.name}/"]
    assert line(out, "skipped") == ["two: needs thinking, which acme has no"]
    assert "three.yaml" in line(out, "unreadable")[0]


def test_show_of_a_model_that_cannot_be_asked_says_why(here, tmp_path):
    put(tmp_path, "data/models/paid.yaml", "provider: openai\nmodel: x\napi_key: ${env:ACME_KEY}\n")
    code, out, _ = here("show", "paid")
    assert code == 0
    assert line(out, "key") == ["${env:ACME_KEY} (not set)"]
    assert line(out, "runs") == ["elsewhere: prompts leave this machine"]
    assert "ACME_KEY, which is not set" in line(out, "state")[0]
    code, _, err = here("show", "pad")
    assert code == 1
    assert "unknown model 'pad' (did you mean 'paid'?)" in err


def test_test_asks_once_and_tells_what_was_learned(here, tmp_path, serve):
    props = {"default_generation_settings": {"n_ctx": 4096}, "modalities": {"vision": True}}
    usage = {"object": "chat.completion.chunk", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 30}}
    events = [chunk(content="Paris\x1b[31m."), chunk("stop"), usage]
    server = serve(Reply(props), Reply(answer("OK")), Reply(events=events))
    put(tmp_path, "data/models/m.yaml", f"provider: llama-server\nbase_url: {server.url}\n")
    code, out, err = here("test", "m")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "m (llama-server, data/models/m.yaml)"
    assert line(out, "answer  ") == ["Paris\\x1b[31m."]
    assert "first token after" in line(out, "answered in")[0]
    assert line(out, "speed")[0].endswith("tokens/s (30 tokens)")
    assert line(out, "memory") == ["not measured (not our process)"]
    assert line(out, "context") == ["4096 tokens"]
    assert line(out, "can  ") == ["vision, JSON schema"]
    assert "tools" in line(out, "not known")[0]
    assert "capital of France" in server.requests[-1]["body"]["messages"][0]["content"]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(answer("")), "m: the answer is empty (finish reason: stop)"),
        (
            Reply(answer(None, message={"reasoning_content": "hm hm"})),
            "m: it thought for 5 characters and gave no answer",
        ),
        (Reply({"error": {"message": "no such model 'x'"}}, status=404), "no such model 'x'"),
        (Reply(b"<html>", headers={"Content-Type": "text/html"}), "answered with a web page instead of JSON"),
    ],
)
def test_test_says_in_one_sentence_what_is_wrong(here, tmp_path, serve, reply, says):
    put(tmp_path, "data/models/m.yaml", f"provider: openai\nmodel: x\nbase_url: {serve(reply).url}\nwarmup: false\n")
    code, out, _ = here("test", "m")
    assert code == 1
    assert says in out
    assert out.count("\n") == 1


def test_test_of_a_server_that_is_not_there(here):
    code, out, _ = here("test", "vllm:qwen")
    assert code == 1
    assert out.startswith("qwen: nothing listens at http://127.0.0.1:8000/")


@pytest.mark.real_model
def test_test_of_a_real_model(here, smollm2):
    code, out, _ = here("test", f"llamacpp:{smollm2}")
    assert code == 0
    assert "tokens/s" in line(out, "speed")[0]
    assert "MB" in line(out, "memory")[0]
    assert line(out, "context") == ["8192 tokens"]
