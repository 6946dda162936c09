"""Stored answers are judged again: no adapter, no SDK, no model; a new document with new scores and the old measurements."""

from __future__ import annotations

import json

import pytest

WORKERS = [(), ("-n", "2")]
NO_ADAPTER = """
    import sys
    import pytest_localbench.adapters.scripted as scripted

    def never(*_):
        raise AssertionError("an adapter was made")

    scripted.ScriptedAdapter.__init__ = never
"""


@pytest.fixture
def answered(project):
    """A run of two tasks and two models, of which one is wrong once."""
    project.model("a", answers={"t0": "Paris", "t1": "paris is the answer"})
    project.model("b", answers={"t0": "Rome", "t1": {"error": "no server"}})
    project.exact("t0", expected_time_seconds=5.0)
    project.exact("t1", retries_infra=0)
    first = project.run("--localbench-weights=quality=0.5,complexity=0.5")
    assert first.outcomes == {"passed": 1, "failed": 2, "errors": 1}
    return first.document


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "workers"])
def test_new_evaluators_judge_the_old_answers(project, answered, workers):
    project.exact("t0", expected="Rome", expected_time_seconds=5.0)
    project.exact("t1", evaluators=[{"use": "contains", "with": {"all": ["paris"]}}])
    for name in ("a", "b"):
        (project.root / "data" / "models" / f"{name}.json").unlink()
    project.write("conftest.py", NO_ADAPTER)
    run = project.run("--localbench-rescore", *workers, subprocess=True)
    assert run.outcomes == {"passed": 2, "failed": 1, "errors": 1}
    assert run.document["id"] != answered["id"]
    assert run.result("t0", "a")["outcome"] == "weak"
    assert run.result("t0", "b")["outcome"] == run.result("t1", "a")["outcome"] == "passed"
    lost = run.result("t1", "b")
    assert (lost["outcome"], lost["failure"]["kind"], lost["quality"]) == ("backend_error", "not_stored", None)
    assert f"run {answered['id']} holds no answer to this question (there was none: no server)" in lost["reason"]
    then = next(r for r in answered["results"] if r["key"]["task"] == "t0" and r["key"]["model"] == "a")
    assert run.result("t0", "a")["timing"] == then["timing"]
    assert run.result("t0", "a")["started_at"] == then["started_at"]
    assert run.document["environment"] == answered["environment"]
    assert run.document["fingerprints"].keys() == {"a", "b"}
    assert f"the answers are those of run {answered['id']}, judged again; no model was asked" in run.document["notes"]


def test_new_weights_and_thresholds(project, answered):
    run = project.run("--localbench-rescore", "--localbench-weights=quality=1", "--localbench-gate=@a:score>=4")
    then = {r["key"]["task"]: r["ultimate_score"] for r in answered["results"] if r["key"]["model"] == "a"}
    assert run.result("t0", "a")["ultimate_score"] == 10.0 != then["t0"]
    assert run.document["settings"]["weights"]["quality"] == 1.0
    assert run.document["gate"]["checks"][0]["passed"] is True


def test_a_rescored_run_is_scored_again_from_the_same_answers(project, answered):
    second = project.run("--localbench-rescore")
    third = project.run("--localbench-rescore")
    assert len({answered["id"], second.document["id"], third.document["id"]}) == 3
    assert third.document["summary"] == second.document["summary"]
    assert third.result("t0", "a")["answer"] == "Paris"
    resumed = project.run("--localbench-resume")
    assert resumed.code == 4
    assert f"Name that run: --localbench-resume={answered['id']}" in resumed.text


def test_a_question_that_changed_is_an_error_with_a_sentence(project, answered):
    project.exact("t0", input={"prompt": "Another question?"})
    project.exact("t2")
    run = project.run("--localbench-rescore", "--models=a")
    assert run.outcomes == {"failed": 1, "errors": 2}
    assert "what is asked has changed since" in run.result("t0", "a")["reason"]
    assert "it was not asked then" in run.result("t2", "a")["reason"]
    assert run.code == 1


def test_no_sdk_is_imported(project, answered):
    models = project.root / "data" / "models"
    for path in models.iterdir():
        path.unlink()
    project.write(
        "conftest.py",
        """
        import sys

        def pytest_unconfigure():
            print("IMPORTED", [m for m in sys.modules if m.startswith("pytest_localbench.adapters.") and
                               not m.endswith((".base", ".secrets", ".offline", ".faults"))],
                  [m for m in ("openai", "anthropic", "google.genai", "xllamacpp", "torch") if m in sys.modules])
        """,
    )
    run = project.run("--localbench-rescore", "-s", subprocess=True)
    assert "IMPORTED [] []" in run.text


def test_pictures_and_attempts_have_answers_of_their_own(project):
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
    )
    project.write("docs/one.png", png)
    model = {
        "provider": "scripted",
        "capabilities": {"vision": True},
        "options": {"answers": {"t0": ["Paris", "Rome"]}},
    }
    project.write("data/models/m.json", json.dumps(model))
    project.exact("t0", repeats=2, input={"prompt": "What is this?", "images": ["one.png"]})
    first = project.run()
    assert first.outcomes == {"passed": 1, "failed": 1}
    project.exact("t0", expected="Rome", repeats=2, input={"prompt": "What is this?", "images": ["one.png"]})
    run = project.run("--localbench-rescore")
    assert [run.result("t0", attempt=n)["outcome"] for n in (1, 2)] == ["weak", "passed"]
    project.write("docs/one.png", png.replace(b"\x01\xe2", b"\x01\xe3"))
    assert project.run("--localbench-rescore").outcomes == {"errors": 2}


def test_nothing_to_judge(project):
    project.model(default="Paris")
    project.exact("t0")
    run = project.run("--localbench-rescore")
    assert run.code == 4
    assert "--localbench-rescore: nothing was recorded yet" in run.text
    cached = project.run("--localbench-rescore", "--localbench-cache=read")
    assert cached.code == 4
