"""Task files become pytest items."""

from __future__ import annotations

import json

import pytest


def test_items_are_named_by_task_model_sample_and_attempt(project):
    project.model()
    project.exact("one")
    project.task(
        "two",
        """
        id: two
        input: {prompt: "{{ q }}"}
        samples:
          - {id: a, variables: {q: x}, expected: "1"}
          - {id: b, variables: {q: y}, expected: "2"}
        evaluators: [{use: exact}]
        repeats: 2
    """,
    )
    found = project.run("--collect-only", "-q").text
    for name in ("one[m]", "two[m--a]", "two[m--a--r2]", "two[m--b]", "two[m--b--r2]"):
        assert f"::{name}\n" in found


def test_selection_by_mark_keyword_and_node_id(project):
    project.model(default="Paris")
    project.exact("one", tags=["short"])
    project.exact("two")
    assert project.run("-m", "short").outcomes == {"passed": 1, "deselected": 1}
    assert project.run("-m", "documents", "--strict-markers").outcomes == {"passed": 2}
    assert project.run("-k", "two").outcomes == {"passed": 1, "deselected": 1}
    assert project.run(target="docs/tasks/one.json::one[m]").outcomes == {"passed": 1}


def test_models_by_name_glob_and_ad_hoc(project):
    for name in ("a-1", "a-2", "b"):
        project.model(name, default="Paris")
    project.exact("one")
    assert project.run("--models=a-*").outcomes == {"passed": 2}
    assert project.run("--models=b,a-1").outcomes == {"passed": 2}
    ad_hoc = project.run("--models=scripted:other")
    assert ad_hoc.document["results"][0]["key"]["model"] == "other"
    unknown = project.run("--models=a-3")
    assert unknown.code == pytest.ExitCode.USAGE_ERROR
    assert "unknown model 'a-3' (did you mean" in unknown.text
    assert "a-1, a-2, b" in unknown.text


def test_failed_items_are_rerun_alone(project):
    project.model(default="Paris")
    project.exact("one")
    project.exact("two", expected="Rome")
    args = ("-o", "cache_dir=.cache", "-p", "cacheprovider")
    project.pytester.runpytest_subprocess("docs", *args)
    again = project.pytester.runpytest_subprocess("docs", "--lf", *args)
    assert again.parseoutcomes() == {"failed": 1}


def test_drafts_and_unfit_models_are_skipped_with_a_reason(project):
    project.write(
        "data/models/m.json",
        json.dumps({"provider": "scripted", "capabilities": {"vision": True}, "options": {"default": "Paris"}}),
    )
    project.write("data/models/blind.json", json.dumps({"provider": "scripted", "capabilities": {"vision": False}}))
    project.exact("draft", status="draft")
    project.exact("picture", requires={"vision": True})
    run = project.run("-rs", "--models=blind")
    assert run.outcomes == {"skipped": 2}
    assert "draft" in run.text
    assert "needs vision, which blind has no" in run.text
    assert project.run("--models=m", "--localbench-drafts").outcomes == {"passed": 2}
    strict = project.run("--models=blind", "-k", "picture", "--localbench-strict-capabilities")
    assert strict.outcomes == {"errors": 1, "deselected": 1}


def test_a_wrong_file_is_one_sentence_with_its_line(project):
    project.model()
    project.task(
        "bad",
        """
        id: bad
        input: {prompt: hi}
        expeced: {a: 1}
        evaluators: [{use: exact}]
    """,
    )
    run = project.run()
    assert run.code == 2
    assert "docs/tasks/bad.yaml:4: task 'bad': unknown key 'expeced' (did you mean 'expected'?)" in run.text
    assert "Traceback" not in run.text
    assert "pydantic" not in run.text


@pytest.mark.parametrize(
    ("evaluators", "message"),
    [
        ("[{use: exat}]", "unknown evaluator 'exat' (did you mean 'exact'?)"),
        ("[{use: exact, with: {flod: true}}]", "unknown option 'flod' (did you mean 'fold'?)"),
        ("[{use: length, with: {max: 5}}]", "at least one evaluator must earn"),
        ("[{use: regex, with: {all: ['(']}}]", "is no valid pattern"),
    ],
)
def test_a_wrong_evaluator_is_found_before_anything_is_asked(project, evaluators, message):
    project.model()
    project.write("docs/tasks/t.yaml", f"id: t\ninput: {{prompt: hi}}\nexpected: x\nevaluators: {evaluators}\n")
    run = project.run()
    assert run.code == 2
    assert message in run.text
    assert "docs/tasks/t.yaml:4:" in run.text


def test_two_tasks_with_one_id_are_refused(project):
    project.model()
    project.exact("alpha")
    project.write("docs/tasks/again.yaml", "id: alpha\ninput: {prompt: hi}\nexpected: x\n")
    run = project.run()
    assert run.code == 2
    assert "the task id 'alpha' is already used in docs/tasks/" in run.text


def test_the_flat_store_is_collected(project):
    project.model(default="Paris")
    project.write("data/categories/geo.json", '{"id": "geo", "name": "Geography"}')
    project.write(
        "data/tasks/t.json",
        json.dumps(
            {
                "id": "t",
                "name": "Capital",
                "category_id": "geo",
                "input_data": "Capital?",
                "expected_output": "Paris",
                "complexity_score": 1,
                "created_at": "2025-01-01T00:00:00Z",
            }
        ),
    )
    run = project.run("-m", "geo", target="data")
    assert run.outcomes == {"passed": 1}
    assert run.document["tasks"][0]["title"] == "Capital"


def test_other_yaml_files_and_projects_are_left_alone(pytester):
    pytester.makefile(".yaml", settings="a: 1")
    pytester.makepyfile("def test_x(): pass")
    result = pytester.runpytest_inprocess()
    assert result.parseoutcomes() == {"passed": 1}
    assert "localbench:" not in result.stdout.str()
    assert not (pytester.path / "data").exists()


def test_a_conftest_may_define_models_itself(pytester):
    pytester.makeconftest("def pytest_addoption(parser):\n    parser.addoption('--models')")
    pytester.makepyfile("def test_x(request): assert request.config.getoption('--models') == 'mine'")
    assert pytester.runpytest_subprocess("--models=mine").parseoutcomes() == {"passed": 1}


def test_special_tags_do_not_break_collection(project):
    project.model(default="Paris")
    project.exact("one", tags=["parametrize", "usefixtures", "skip"])
    run = project.run("-rs")
    assert run.outcomes == {"skipped": 1}
