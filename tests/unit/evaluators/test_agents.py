"""What an agent did, left behind and said."""

from __future__ import annotations

import itertools

import pytest
from judging import REGISTRY

from pytest_localbench.domain.response import ModelResponse, Timing, ToolCall
from pytest_localbench.domain.task import Task
from pytest_localbench.engine.judging import Judge
from pytest_localbench.engine.replay import known_response
from pytest_localbench.errors import TaskFileError
from pytest_localbench.evaluators.trajectory import CallSpec, Trajectory, TrajectoryOptions
from tests.agents import WORLD, agent_task, call

READ_1, READ_2 = call("read_cv", id="A-1"), call("read_cv", id="A-2")
YES, NO = call("set_status", id="A-1", status="accepted"), call("set_status", id="A-2", status="rejected")
MAIL = call("send_mail", to="A-2", body="An offer")
CHECKS = agent_task()["evaluators"][0]["with"]["checks"]


def task_of(use, **options):
    spec = {"use": use, "with": options, **({"guard": options.pop("guard")} if "guard" in options else {})}
    return Task.model_validate({"id": "t", "title": "t", "category": "c", **agent_task(evaluators=[spec])})


def judged(task, *made, text="Done."):
    return Judge(task, REGISTRY).judge(task.samples[0], known_response(task, text, made), {})


def score(use, *made, text="Done.", **options):
    return judged(task_of(use, **options), *made, text=text).quality


@pytest.mark.parametrize(
    ("made", "options", "wanted"),
    [
        ((READ_1, YES, NO), {}, 1.0),
        ((NO, YES), {}, 1.0),
        ((YES,), {}, 0.5),
        ((READ_1,), {}, 0.0),
        ((YES, call("set_status", id="A-2", status="accepted")), {}, 0.5),
        ((YES, NO, MAIL), {}, 2 / 3),
        ((YES, NO, MAIL), {"strict": False}, 1.0),
        ((YES, NO, MAIL), {"unchanged": ["outbox"]}, 2 / 3),
        ((YES, NO, MAIL), {"unchanged": [{"table": "outbox", "critical": True}]}, 0.0),
        ((YES, NO, MAIL, MAIL), {"strict": False, "unchanged": ["outbox"]}, 2 / 3),
        ((YES, NO, MAIL, MAIL), {}, 2 / 4),
        ((YES,), {"checks": [CHECKS[0], {**CHECKS[1], "critical": True}]}, 0.0),
        ((NO,), {"checks": [CHECKS[0]]}, 0.0),
        ((YES, NO), {"checks": [CHECKS[0]]}, 0.5),
        ((MAIL,), {"checks": [{"table": "outbox", "count": 1}]}, 1.0),
        ((MAIL, MAIL), {"checks": [{"table": "outbox", "count": 1}]}, 0.0),
        ((MAIL,), {"checks": [{"table": "outbox", "where": {"to": "A-2"}, "exists": True}]}, 1.0),
        (
            (MAIL,),
            {"checks": [{"table": "outbox", "where": {"to": "A-2"}, "expect": {"body": {"regex": "offer"}}}]},
            1.0,
        ),
        (
            (MAIL,),
            {"checks": [{"table": "outbox", "expect": {"sent": {"value": "4 March 2025", "match": "date"}}}]},
            1.0,
        ),
        ((MAIL,), {"checks": [{"table": "outbox", "expect": {"sent": "2025-03-04T09:00:00"}}]}, 1.0),
        ((MAIL,), {"checks": [{"table": "outbox", "expect": {"to": {"any_of": ["A-1", "A-2"]}}}]}, 1.0),
    ],
)
def test_state(made, options, wanted):
    assert score("state", *made, **{"checks": CHECKS, **options}) == pytest.approx(wanted)


def test_rows_without_ids_are_compared_as_they_are():
    world = {**WORLD, "state": {**WORLD["state"], "notes": [{"text": "a"}, {"text": "b"}]},
             "tools": [*WORLD["tools"], {"name": "strike", "parameters": {"text": {"type": "string"}},
                                         "effect": {"delete": "notes", "where": {"text": "{text}"}}}]}  # fmt: skip
    spec = {"use": "state", "with": {"checks": [CHECKS[0]]}}
    data = {"id": "t", "title": "t", "category": "c", **agent_task(evaluators=[spec], environment=world)}
    assert judged(Task.model_validate(data), YES, call("strike", text="b")).quality == 0.5


REQUIRED = [
    {"id": "cv", "tool": "read_cv", "args": {"id": "A-2"}},
    {"id": "no", "tool": "set_status", "args": {"id": "A-2", "status": "rejected"}, "after": ["cv"]},
]
UNORDERED = [{k: v for k, v in spec.items() if k != "after"} for spec in REQUIRED]


@pytest.mark.parametrize(
    ("made", "options", "wanted"),
    [
        ((READ_2, NO), {}, 1.0),
        ((NO, READ_2), {}, 0.5),
        ((NO, READ_2, NO), {}, 1.0),
        ((NO,), {}, 0.0),
        ((READ_1, READ_2, YES, NO), {}, 1.0),
        ((NO, READ_2), {"order": "any", "required": UNORDERED}, 1.0),
        ((READ_2, NO), {"order": "strict", "required": UNORDERED}, 1.0),
        ((NO, READ_2), {"order": "strict", "required": UNORDERED}, 0.5),
        ((READ_1, READ_2, NO, YES), {"order": "strict", "required": UNORDERED}, 0.5),
        ((READ_2, NO, MAIL), {"forbidden": [{"tool": "send_mail"}]}, 0.0),
        ((READ_2, NO, MAIL), {"forbidden": [{"tool": "send_mail", "severity": "major"}]}, 0.5),
        ((READ_2, NO, MAIL), {"forbidden": [{"tool": "send_mail", "severity": "minor"}]}, 0.9),
        ((READ_2, NO, MAIL), {"forbidden": [{"tool": "send_mail", "args": {"to": "A-1"}}]}, 1.0),
        ((READ_2, NO, YES), {"max_calls": 2}, 2 / 3),
        ((READ_2, READ_2, NO), {"max_calls": 2}, 1.0),
        ((READ_2, call("nope"), NO), {}, 0.95),
        ((READ_2, call("read_cv", id="A-9"), NO), {}, 1.0),
        ((READ_2, call("set_status", id="A-2", status="no"), NO), {}, 0.95),
        ((READ_2, NO), {"required": [{"tool": "send_mail"}, *REQUIRED]}, 2 / 3),
    ],
)
def test_trajectory(made, options, wanted):
    assert score("trajectory", *made, **{"required": REQUIRED, **options}) == pytest.approx(wanted)


def test_an_argument_of_the_reference_that_the_call_leaves_out_never_matches():
    wanted = [{"tool": "set_status", "args": {"id": "A-1", "reason": "4 years"}}]
    assert score("trajectory", YES, required=wanted) == 0.0


def test_matching_agrees_with_trying_every_assignment():
    """Oracle: the best of all one-to-one assignments of requirements to calls."""
    task = task_of("trajectory", required=UNORDERED)
    specs = [
        CallSpec(tool="read_cv", args={}),
        CallSpec(tool="read_cv", args={"id": "A-1"}),
        CallSpec(tool="set_status"),
    ]
    trajectory = Trajectory(TrajectoryOptions(order="any", required=tuple(specs)), task)
    pool = [("read_cv", "A-1"), ("read_cv", "A-2"), ("set_status", "A-1")]

    def fits(spec, made):
        return spec.tool == made[0] and spec.args.get("id") in (None, made[1])

    for length in range(4):
        for made in itertools.product(pool, repeat=length):
            if length == 3 and len(set(made)) == 1:  # the same call a third time ends the dialogue
                continue
            places = [*range(length), *[None] * len(specs)]
            best = max(
                sum(at is not None and fits(spec, made[at]) for spec, at in zip(specs, chosen, strict=True))
                for chosen in itertools.permutations(places, len(specs))
            )
            steps = known_response(task, "", [{"name": n, "arguments": {"id": i, "status": "accepted"} if n == "set_status"
                                               else {"id": i}} for n, i in made]).dialogue.calls  # fmt: skip
            assert sum(at is not None for at in trajectory._matched(steps)) == best


def test_calls_of_a_task_without_a_world_are_judged_as_they_were_made():
    data = {"id": "t", "title": "t", "category": "c", "input": {"prompt": "?"}, "tools": [{"name": "book"}],
            "evaluators": [{"use": "trajectory", "with": {"required": [{"tool": "book", "args": {"slot": 3}}]}}]}  # fmt: skip
    task = Task.model_validate(data)
    made = ModelResponse(
        text="", tool_calls=(ToolCall(name="book", arguments={"slot": 3.0}),), timing=Timing(generation_s=0)
    )
    assert Judge(task, REGISTRY).judge(task.samples[0], made, {}).quality == 1.0


@pytest.mark.parametrize(
    ("text", "finish", "outcome"),
    [
        ("All done!", "stop", "tool_not_called"),
        ('{"name": "reject_all", "arguments": {}}', "stop", "tool_not_called"),
        ("I am sorry, I cannot help with this.", "stop", "refused"),
        ("Let me thin", "length", "truncated"),
        ("", "stop", "empty"),
    ],
)
def test_who_calls_no_tool_where_one_is_needed_gets_nothing(text, finish, outcome):
    task = task_of("state", checks=CHECKS)
    response = known_response(task, text).model_copy(update={"finish_reason": finish})
    found = Judge(task, REGISTRY).judge(task.samples[0], response, {})
    assert (found.quality, found.outcome) == (0.0, outcome)


def test_a_task_that_needs_no_call_may_be_answered_in_words():
    spec = [{"use": "contains", "with": {"all": ["Gdansk"]}},
            {"use": "trajectory", "guard": 1.0, "with": {"forbidden": [{"tool": "*"}]}}]  # fmt: skip
    data = {"id": "t", "title": "t", "category": "c", **agent_task(evaluators=spec)}
    task = Task.model_validate(data)
    assert judged(task, text="In Gdansk.").quality == 1.0
    assert judged(task, READ_1, text="In Gdansk.").quality == 0.0


def test_a_model_that_turns_in_circles_is_called_so():
    task = task_of("state", checks=CHECKS)
    response = known_response(task, "", [READ_1, READ_1])
    stuck = response.dialogue.model_copy(update={"ended": "stuck"})
    found = Judge(task, REGISTRY).judge(task.samples[0], response.model_copy(update={"dialogue": stuck}), {})
    assert found.outcome == "looped"


FACTS = [{"id": "count", "number": 2}, {"id": "missing", "any": ["A-9"]}]


def test_communicate_looks_at_the_last_message_or_at_all():
    world = {**WORLD, "user": [{"when": ["A-9"], "say": "Leave it."}]}
    for target, wanted in (("final", 0.5), ("all", 1.0)):
        spec = {"use": "communicate", "with": {"facts": FACTS, "target": target}}
        task = Task.model_validate(
            {"id": "t", "title": "t", "category": "c", **agent_task(evaluators=[spec], environment=world)}
        )
        assert judged(task, {"say": "A-9 is unknown, shall I go on?"}, YES, text="2 are done.").quality == wanted


@pytest.mark.parametrize(
    ("use", "options", "words"),
    [
        ("state", {"checks": []}, "must hold at least 1"),
        ("state", {"checks": [{"table": "outbx", "count": 1}]}, "no table 'outbx' (did you mean 'outbox'?)"),
        ("state", {"checks": [{"table": "outbox", "count": 0}]}, "holds before anything is done"),
        ("state", {"checks": [{"table": "outbox"}]}, "exactly one of 'expect', 'count' and 'exists'"),
        ("state", {"checks": [{"table": "outbox", "expect": {"to": {"value": 1, "match": "dat"}}}]}, "match"),
        ("trajectory", {}, "at least one call"),
        ("trajectory", {"required": [{"tool": "read_cvs"}]}, "no tool 'read_cvs' (did you mean 'read_cv'?)"),
        ("trajectory", {"required": [{"tool": "read_cv", "after": ["x"]}]}, "no required call has the id 'x'"),
        ("trajectory", {"required": [{"tool": "read_cv", "id": "a", "after": ["a"]}]}, "form a circle"),
        ("trajectory", {"order": "any", "required": REQUIRED}, "'after' does nothing with 'order: any'"),
        ("trajectory", {"forbidden": [{"tool": "*"}]}, "only forbids, so doing nothing would earn"),
    ],
)
def test_checks_that_check_nothing_are_refused(use, options, words):
    with pytest.raises(TaskFileError) as caught:
        Judge(task_of(use, **options), REGISTRY)
    assert words in str(caught.value)
