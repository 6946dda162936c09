"""Agent tasks as items: turns through an adapter, outcomes, repeats, whole-task evaluators, self-check."""

from __future__ import annotations

import json

import pytest

from tests.agents import agent_task, call, calls

RIGHT = {"turns": [
    calls(call("list_applicants", job="J-7")),
    calls(call("set_status", id="A-1", status="accepted"), call("set_status", id="A-2", status="rejected")),
    {"text": "DONE", "usage": {"input_tokens": 50, "output_tokens": 5}},
]}  # fmt: skip
WRONG = {
    "turns": [
        calls(call("set_status", id="A-1", status="maybe")),
        calls(call("set_status", id="A-1", status="accepted")),
        "Done.",
    ]
}


def model(project, tools=True, name="m", **options):
    capabilities = {} if tools is None else {"tools": tools}
    data = {"provider": "scripted", "options": options, "capabilities": capabilities}
    project.write(f"data/models/{name}.json", json.dumps(data))


def agent(project, name="sort", **changed):
    project.write(f"docs/tasks/{name}.json", json.dumps({"id": name, **agent_task(**changed)}))


def test_a_dialogue_passes_and_its_transcript_is_kept(project):
    agent(project)
    model(project, default=RIGHT)
    run = project.run()
    assert run.outcomes == {"passed": 1}
    result = run.result("sort")
    assert (result["outcome"], result["quality"], result["answer"], result["requests"]) == ("passed", 1.0, "DONE", 3)
    steps = result["transcript"]
    assert [(step["kind"], step["tool"] or None) for step in steps] == [
        ("call", "list_applicants"), ("call", "set_status"), ("call", "set_status"), ("message", None),
    ]  # fmt: skip
    assert steps[1]["arguments"] == {"id": "A-1", "status": "accepted"}
    assert steps[1]["text"] == '{"ok": true, "rows": 1}'


def test_a_bad_call_is_answered_and_the_rest_is_judged(project):
    agent(project)
    model(project, default=WRONG)
    run = project.run()
    assert run.outcomes == {"failed": 1}
    result = run.result("sort")
    assert (result["outcome"], result["quality"]) == ("weak", 0.5)
    assert result["transcript"][0]["status"] == "invalid"
    assert "'maybe' is not one of ['accepted', 'rejected']" in result["transcript"][0]["text"]
    assert "1 of 2 things done" in run.text
    assert 'applicants A-2: got {"status": "new"}, should be {"status": "rejected"} (not done)' in run.text
    assert "called: set_status (invalid), set_status" in run.text


def test_what_must_not_be_done_is_named(project):
    spec = [{"use": "state", "with": {"checks": agent_task()["evaluators"][0]["with"]["checks"]}},
            {"use": "trajectory", "guard": 1.0, "with": {"forbidden": [{"tool": "send_mail"}]}}]  # fmt: skip
    agent(project, evaluators=spec)
    model(project, default={"turns": [calls(call("send_mail", to="A-1", body="Welcome!")), "Done."]})
    run = project.run()
    assert "outbox OUT-1: must not change" in run.text
    assert 'forbidden (critical): {"tool": "send_mail", "arguments": {"to": "A-1"' in run.text


def test_an_empty_list_of_turns_is_a_mistake(project):
    agent(project)
    model(project, default={"turns": []})
    run = project.run()
    assert "default.turns must be a list with at least one answer" in run.text


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ("Both are fine people.", "tool_not_called"),
        ('{"name": "hire", "arguments": {}}', "tool_not_called"),
        ("", "empty"),
        (calls(call("list_applicants", job="J-7")), "looped"),
    ],
)
def test_what_models_do_instead(project, entry, outcome):
    agent(project)
    model(project, default=entry)
    run = project.run()
    assert run.outcomes == {"failed": 1}
    assert run.result("sort")["outcome"] == outcome
    assert run.result("sort")["quality"] == 0.0


def test_a_call_printed_as_text_counts_and_is_marked(project):
    lines = "\n".join(
        json.dumps(call("set_status", id=i, status=s)) for i, s in (("A-1", "accepted"), ("A-2", "rejected"))
    )
    agent(project)
    model(project, default={"turns": [lines, "DONE"]})
    run = project.run()
    assert run.result("sort")["quality"] == 1.0
    assert "text_tool_call" in run.result("sort")["notes"]


@pytest.mark.parametrize("tools", [False, None])
def test_a_model_that_calls_no_tools_is_skipped_unless_text_will_do(project, tools):
    agent(project)
    world = agent_task()["environment"]
    agent(project, "words", environment={**world, "text_calls": True})
    lines = json.dumps(call("set_status", id="A-1", status="accepted"))
    model(project, tools=tools, default={"turns": [lines, "DONE"]})
    run = project.run("-rs")
    assert run.outcomes == {"skipped": 1, "failed": 1}
    assert "needs tools, which m" in run.text
    assert run.result("words")["quality"] == 0.5
    assert "prompted_tools" in run.result("words")["notes"]


def test_a_server_that_fails_in_the_middle_is_an_error_and_no_score(project):
    agent(project)
    error = {"error": {"kind": "failed", "message": "the server is gone", "retryable": False}}
    model(project, default={"turns": [calls(call("list_applicants", job="J-7")), error]})
    run = project.run()
    assert run.outcomes == {"errors": 1}
    assert run.result("sort")["outcome"] == "backend_error"
    assert run.result("sort").get("quality") is None


def test_repeats_tell_how_reliable_an_agent_is(project):
    agent(project, repeats=4)
    model(project, answers={"sort": [RIGHT, RIGHT, WRONG, RIGHT]})
    run = project.run()
    (task,) = run.document["task_results"]
    assert task["metrics"]["pass@1"] == 0.75
    assert task["metrics"]["pass^2"] == 0.5
    assert task["metrics"]["pass^4"] == 0.0


def test_with_workers_the_transcript_is_kept_too(project):
    pytest.importorskip("xdist")
    agent(project)
    model(project, default=RIGHT)
    run = project.run("-n", "2", subprocess=True)
    assert run.result("sort")["quality"] == 1.0
    assert len(run.result("sort")["transcript"]) == 4


def test_a_dialogue_can_be_judged_again_without_a_model(project):
    agent(project)
    model(project, default=RIGHT)
    first = project.run()
    checks = agent_task()["evaluators"][0]["with"]["checks"]
    agent(project, evaluators=[{"use": "state", "with": {"checks": [*checks, {"table": "outbox", "count": 1}]}}])
    model(project, default="never asked")
    again = project.run(f"--localbench-rescore={first.document['id']}")
    assert again.result("sort")["quality"] == pytest.approx(2 / 3)
    assert again.result("sort")["transcript"] == first.result("sort")["transcript"]


FAIR = {
    "input": {"prompt": "Rate {{ cv }} from 0 to 100 as {\"score\": n}."},
    "samples": [{"id": n, "group": "weak" if n == "w" else "base", "variables": {"cv": n}} for n in ("a", "b", "w")],
    "output": {"format": "json"},
    "evaluators": [
        {"use": "number_range", "weight": 1, "with": {"field": "score", "min": 0, "max": 100}},
        {"use": "counterfactual", "weight": 2, "scope": "task", "depends_on": "ordering",
         "with": {"field": "score", "group": "base", "scale": 100, "zero_at": 0.2}},
        {"use": "ordering", "weight": 1, "scope": "task",
         "with": {"field": "score", "above": "base", "below": "weak"}},
    ],
    "calibration": [
        {"name": "reference", "sample": "a", "output": '{"score": 80}', "min": 1.0},
        {"name": "reference", "sample": "b", "output": '{"score": 80}', "min": 1.0},
        {"name": "reference", "sample": "w", "output": '{"score": 20}', "min": 1.0},
        {"name": "the same for everybody", "output": '{"score": 80}', "min": 0.25, "max": 0.25},
    ],
}  # fmt: skip


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_evaluators_over_the_task_change_no_letter_but_its_quality(project, workers):
    if workers:
        pytest.importorskip("xdist")
    project.write("docs/tasks/fair.json", json.dumps({"id": "fair", **FAIR}))
    scores = {"a": 80, "b": 70, "w": 20}
    model(project, answers={f"fair/{name}": f'{{"score": {value}}}' for name, value in scores.items()})
    run = project.run("-v", *workers, subprocess=bool(workers))
    assert run.outcomes == {"passed": 3}
    assert run.result("fair", sample="a")["quality"] == 1.0
    (task,) = run.document["task_results"]
    assert task["quality"] == pytest.approx((1 * 1.0 + 2 * 0.5 + 1 * 1.0) / 4)
    assert task["status"] == "weak"
    assert [(v["name"], v["score"]) for v in task["verdicts"]] == [("counterfactual", 0.5), ("ordering", 1.0)]
    assert "base: 10% of the scale apart" in run.text


def test_a_run_of_one_sample_judges_nothing_over_the_task(project):
    project.write("docs/tasks/fair.json", json.dumps({"id": "fair", **FAIR}))
    model(project, default='{"score": 80}')
    run = project.run("-k", "m--a")
    (task,) = run.document["task_results"]
    assert task["quality"] == 1.0
    assert {v["status"] for v in task["verdicts"]} == {"skipped"}


REFERENCE = {"name": "reference", "output": "DONE", "min": 1.0, "tool_calls": [
    ["list_applicants", {"job": "J-7"}],
    ["set_status", {"id": "A-1", "status": "accepted"}],
    ["set_status", {"id": "A-2", "status": "rejected"}],
]}  # fmt: skip


def test_the_self_check_plays_known_calls(project):
    cases = [REFERENCE, {"name": "nothing", "output": "DONE", "max": 0.0},
             {"name": "one only", "output": "DONE", "tool_calls": REFERENCE["tool_calls"][:2], "min": 0.5, "max": 0.5}]  # fmt: skip
    agent(project, calibration=cases)
    project.write("docs/tasks/fair.json", json.dumps({"id": "fair", **FAIR}))
    run = project.run("--localbench-selfcheck")
    assert run.code == 0, run.text
    assert "documents: oracle earns 1.000 over 2 tasks" in run.text
    assert "documents: refuse earns 0.000 over 2 tasks" in run.text


def test_a_reference_that_cannot_be_played_is_found(project):
    world = agent_task()["environment"]
    agent(project, environment={**world, "max_steps": 2}, calibration=[REFERENCE])
    run = project.run("--localbench-selfcheck")
    assert run.code == 1
    assert "the dialogue ended (max_steps) after 2 of 4 turns that were to be played" in run.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"environment": {"state": {}, "tools": []}}, "'environment.tools': must hold at least 1"),
        ({"environment": {"state": {}, "tools": [{"name": "x", "effect": {"read": "y"}}]}}, "there is no table 'y'"),
        ({"requires": {"tools": True}, "environment": {**agent_task()["environment"], "text_calls": True}},
         "'text_calls' does nothing where native tool calls are needed"),
        ({"calibration": [{"name": "x", "tool_calls": [{"tool": "a"}]}]}, "write [NAME, {ARGUMENT: VALUE}]"),
        ({"environment": None, "evaluators": [{"use": "exact"}], "expected": "x",
          "calibration": [{"name": "x", "tool_calls": [["a", {}]]}]}, "calls a tool, but the task has no tools"),
    ],
)  # fmt: skip
def test_mistakes_in_worlds_are_sentences(project, changed, words):
    agent(project, **changed)
    model(project, default="x")
    run = project.run()
    assert words in run.text
    assert "Traceback" not in run.text
