"""Model files and runs in bundles."""

from __future__ import annotations

import json

import pytest
from bundles import Folder, again, envelope, parsed

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ResultKey
from pytest_localbench.domain.result import Failure, SampleResult
from pytest_localbench.domain.run import BenchmarkRun, CategoryScore
from pytest_localbench.domain.score import Detail, Verdict
from pytest_localbench.domain.task import EvaluatorSpec, Sample, Task, TaskInput
from pytest_localbench.engine.bundle_export import export_results
from pytest_localbench.engine.bundle_import import apply_plan
from pytest_localbench.errors import CorruptDocument, UnsupportedSchema
from pytest_localbench.store.history import past_runs
from pytest_localbench.store.runs import dump, load, save

SECRET = "4711-SECRET"


@pytest.fixture
def project(tmp_path):
    return Folder(tmp_path / "p")


def suite(*models):
    return parsed(envelope("suite", categories=[{"id": "c", "name": "C"}], tasks=[], models=list(models)))


QWEN = {"id": "qwen", "provider": "llamacpp", "path": "~/models/qwen.gguf", "resources": {"context_tokens": 4096}}


def test_model_files_travel_as_they_are_written(project, tmp_path):
    project.category("c")
    project.write("data/models/qwen.yaml", "provider: llamacpp\npath: ../weights/qwen.gguf\ntags: [small]\n")
    bundle = again(project.suite(models=True), archive=False)
    assert bundle.models == ({"id": "qwen", "provider": "llamacpp", "path": "../weights/qwen.gguf", "tags": ["small"]},)
    other = Folder(tmp_path / "other")
    assert any("--with-models imports them" in note for note in other.plan(bundle).notes)
    apply_plan(other.plan(bundle))
    assert not (other.data / "models").exists()
    apply_plan(other.plan(bundle, models=True))
    assert json.loads((other.data / "models/qwen.json").read_text())["path"] == "../weights/qwen.gguf"
    assert {item.status for item in other.plan(bundle, models=True).items} == {"unchanged"}


@pytest.mark.parametrize("choice", ["skip", "replace", "rename"])
def test_models_that_differ(project, choice):
    project.write("data/models/qwen.yaml", "provider: scripted\n")
    apply_plan(project.plan(suite(QWEN), models=True), default=choice)
    found = {path.name for path in (project.data / "models").iterdir()}
    assert found == {"skip": {"qwen.yaml"}, "replace": {"qwen.json"}, "rename": {"qwen.yaml", "qwen-2.json"}}[choice]
    if choice == "rename":
        assert json.loads((project.data / "models/qwen-2.json").read_text())["id"] == "qwen-2"


HTTP = {
    "provider": "http",
    "base_url": "http://evil.example/ask",
    "options": {"body": {"p": "{{ prompt }}"}, "answer": "a"},
}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            {"provider": "openai", "base_url": "http://evil.example", "api_key": "${env:OPENAI_API_KEY}"},
            "would send the key",
        ),
        ({"provider": "openai", "model": "gpt", "api_key": "file:/etc/passwd"}, "reads a file or a keyring"),
        ({"provider": "openai", "model": "gpt", "api_key": "keyring:mail/me"}, "reads a file or a keyring"),
        ({**HTTP, "options": {**HTTP["options"], "headers": {"X-Key": "${env:HOME_KEY}"}}}, "would send the key"),
        (
            {"provider": "transformers", "model": "a/b", "options": {"trust_remote_code": True}},
            "runs code that came with",
        ),
        ({"provider": "transformers", "model": "a/b", "options": {"allow_pickle": True}}, "runs code that came with"),
        ({"provider": "openai", "api_key": "sk-" + "a" * 30}, "looks like a key"),
        ({"provider": "llamacpp", "pathh": "x"}, "unknown key 'pathh'"),
        ({"provider": "llamacpp", "path": "x.gguf", "options": {"nope": 1}}, "unknown option 'nope'"),
    ],
)
def test_models_that_could_harm_are_refused(project, model, words):
    with pytest.raises(CorruptDocument) as caught:
        project.plan(suite(QWEN, {"id": "m", **model}), models=True)
    assert words in str(caught.value)
    assert "content.models[1]" in str(caught.value)
    assert "a" * 30 not in str(caught.value)
    assert not project.data.exists()


def test_a_model_of_the_provider_itself_is_fine(project):
    model = {"id": "gpt", "provider": "openai", "model": "gpt-x", "api_key": "${env:OPENAI_API_KEY}"}
    apply_plan(project.plan(suite(model), models=True))
    assert (project.data / "models/gpt.json").exists()


# -- runs ----------------------------------------------------------------------------------------------------------------


def run(**fields):
    key = ResultKey(category="documents", task="t1", sample="-", model="m")
    answer = SampleResult(
        key=key, outcome="weak", quality=0.1, reason=f"{SECRET} is wrong", answer=f"it is {SECRET}", expected_label=SECRET,
        verdicts=(Verdict(evaluator="exact", name="exact", score=0.1, reason=SECRET, details=(Detail(path="a", expected=SECRET),)),),
        failure=Failure(kind="x", message=SECRET), nodeid="docs/t1.yaml::t1[m]",
    )  # fmt: skip
    task = Task(id="t1", title=f"About {SECRET}", category="documents", input=TaskInput(prompt=SECRET), expected=SECRET,
                has_expected=True, samples=(Sample(variables={"a": SECRET}),), traps={SECRET: "x"},
                evaluators=(EvaluatorSpec(use="exact", options={"accept": SECRET}),))  # fmt: skip
    usual = {
        "id": "r1", "started_at": "2025-03-30T01:00:00Z", "finished_at": "2025-03-30T01:01:00Z",
        "categories": (Category(id="documents", name="Documents"),), "tasks": (task,),
        "models": (ModelConfig(id="m", provider="scripted"),), "results": (answer,), "command": (f"-k {SECRET}",), "fingerprints": {"m": {"fingerprint": {"file": f"/home/{SECRET}/m.gguf", "sha256": "ab12"}}},
        "summary": (CategoryScore(category="documents", model="m", ultimate_score=1.0),),
    }  # fmt: skip
    return BenchmarkRun(**{**usual, **fields})


@pytest.mark.parametrize("archive", [True, False])
def test_runs_are_the_same_after_export_and_import(project, archive):
    bundle = again(export_results([run(), run(id="r2")]), archive=archive)
    plan = project.plan(bundle)
    assert [(item.kind, item.name, item.status) for item in plan.items] == [("run", "r1", "new"), ("run", "r2", "new")]
    apply_plan(plan)
    assert dump(load(project.data / "results/r1/run.json")) == dump(run())
    assert {item.status for item in project.plan(bundle).items} == {"unchanged"}


@pytest.mark.parametrize("choice", ["skip", "replace", "rename"])
def test_a_run_that_differs(project, choice):
    mine = project.data / "results/r1/run.json"
    save(run(notes=("mine",)), mine)
    apply_plan(project.plan(export_results([run()])), default=choice)
    assert load(mine).notes == (() if choice == "replace" else ("mine",))
    if choice == "rename":
        assert load(project.data / "results/r1-2/run.json").id == "r1-2"


def test_imported_runs_stand_in_the_history_by_instant(project, monkeypatch):
    stamps = {"a": "2025-03-30T03:10:00+02:00", "b": "2025-03-30T01:30:00+01:00", "c": "2025-03-30T01:00:00Z"}
    runs = [run(id=name, started_at=stamp) for name, stamp in stamps.items()]
    apply_plan(project.plan(again(export_results(runs), archive=False)))
    for zone in ("America/New_York", "Asia/Tokyo"):
        monkeypatch.setenv("TZ", zone)
        found, skipped = past_runs(project.data, before="2026-01-01T00:00:00Z", limit=9)
        assert [one.id for one in found] == ["b", "c", "a"]
        assert skipped == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"schema_version": 99}, "made by a newer version"),
        ({"schema_version": True}, "made by a newer version"),
        ({"id": "../../evil"}, "no usable id"),
        ({"id": "CON.x"}, "no usable id"),
        ({"id": "a/b"}, "no usable id"),
        ({"id": ""}, "no usable id"),
        ({"started_at": "2025-03-30T01:00:00"}, "no time zone"),
        ({"started_at": "yesterday"}, "is no time"),
        ({"results": [{"outcome": "great"}]}, "field 'results.0"),
        ({"strange": 1}, "field 'strange'"),
        ({"id": None}, "field 'id'"),
    ],
)
def test_runs_that_cannot_be_used_stop_all(project, fields, words):
    good = json.loads(dump(run()))
    bundle = parsed(envelope("results", runs=[good, {**good, "id": "r2", **fields}]))
    with pytest.raises((CorruptDocument, UnsupportedSchema)) as caught:
        project.plan(bundle)
    assert words in str(caught.value)
    assert "content.runs[1]" in str(caught.value)
    assert not project.data.exists()


def test_a_run_without_a_version_is_read_with_the_defaults(project):
    data = json.loads(dump(run()))
    for name in ("schema_version", "gate", "comparisons", "overall"):
        del data[name]
    apply_plan(project.plan(parsed(envelope("results", runs=[data]))))
    assert load(project.data / "results/r1/run.json").gate is None


@pytest.mark.parametrize(("level", "answer"), [("inputs", f"it is {SECRET}"), ("all", "sha256:")])
def test_what_must_not_leave_the_house_is_left_out(level, answer):
    bundle = export_results([run()], level=level)
    document = bundle.runs[0]
    assert document["results"][0]["answer"].startswith(answer)
    document["results"][0]["answer"] = ""
    text = json.dumps(document)
    if level == "inputs":
        document["command"], document["tasks"][0]["title"], document["fingerprints"] = [], "", {}
        text = json.dumps(document)
    assert SECRET not in text
    assert level == "inputs" or document["fingerprints"]["m"]["fingerprint"]["sha256"] == "ab12"
    assert document["results"][0]["quality"] == 0.1
    assert document["results"][0]["verdicts"][0]["score"] == 0.1
    BenchmarkRun.model_validate(document)


def test_keys_are_taken_out_of_results():
    bundle = export_results(
        [run(notes=("uses sk-test-12345678",))], redact=lambda text: text.replace("sk-test-12345678", "***")
    )
    assert bundle.runs[0]["notes"] == ["uses ***"]
