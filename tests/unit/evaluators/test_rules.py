"""Rules on answers, JSON fields and arguments of tool calls."""

from __future__ import annotations

import json

import pytest
from judging import judge, quality, task_of

from pytest_localbench.domain.response import ToolCall
from pytest_localbench.errors import TaskFileError

JSON = {"output": {"format": "json"}}
LETTER = [
    {"id": "health", "any": ["migraine", "nervous"]},
    {"id": "salary", "regex": r"18[.,\s]?500|salary"},
    {"id": "promise", "regex": "we (will|shall) (call|hire)|guarantee"},
]


@pytest.mark.parametrize(
    ("reply", "share", "every"),
    [
        ("Thank you, Anna.", 1, 1),
        ("You seemed nervous.", 2 / 3, 0),
        ("Migraine or a salary of 18 500?", 1 / 3, 0),
        ("WE WILL\nHIRE you; your migraine; your salary", 0, 0),
        ("No migraine was mentioned.", 2 / 3, 0),
    ],
)
def test_forbidden_things_are_counted_or_decide_alone(reply, share, every):
    assert quality("rules", "x", reply, must_not=LETTER) == pytest.approx(share)
    assert quality("rules", "x", reply, must_not=LETTER, mode="all") == every


def test_required_things_may_not_be_denied():
    must = [{"any": ["refund", "money back"]}, {"regex": r"within \d+ days"}]
    assert quality("rules", "x", "Your money back within 14 days.", must=must) == 1
    assert quality("rules", "x", "There is no refund.", must=must) == 0


def test_typographic_apostrophes_hide_nothing():
    assert quality("rules", "x", "We don’t hire women", must_not=[{"regex": "don't hire"}]) == 0
    assert quality("rules", "x", "We don’t hire women", must_not=[{"any": ["don't hire"]}]) == 0


@pytest.mark.parametrize("reply", ['{"reason": ""}', '{"reason": null}', "{}", '{"other": "x"}', "no JSON here"])
def test_an_empty_target_keeps_no_rule(reply):
    assert quality("rules", {"a": 1}, reply, target="reason", must_not=LETTER, task=JSON) == 0


@pytest.mark.parametrize(
    ("target", "value", "score"),
    [
        ("reason", {"reason": "good SQL"}, 1),
        ("reason", {"reason": "was nervous", "x": 1}, 2 / 3),
        ("Reason", {"reason": "good SQL"}, 1),
        ("a.b", {"a": {"b": "nervous"}}, 2 / 3),
        ("rows[].note", {"rows": [{"note": "fine"}, {"note": "nervous"}]}, 2 / 3),
        ("rows[].note", {"rows": []}, 0),
        ("rows[0].note", {"rows": [{"note": "fine"}, {"note": "nervous"}]}, 1),
        ("tags[]", {"tags": ["fine", "salary"]}, 2 / 3),
        ("reason", {"reason": ["calm", "nervous"]}, 2 / 3),
        ("reason", {"reason": 18500}, 2 / 3),
    ],
)
def test_rules_on_a_json_field(target, value, score):
    reply = json.dumps(value)
    assert quality("rules", {"a": 1}, reply, target=target, must_not=LETTER, task=JSON) == pytest.approx(score)


def test_rules_on_the_arguments_of_every_call_of_a_tool():
    tools = ({"name": "set_status", "parameters": {}}, {"name": "mail", "parameters": {}})
    task = task_of("rules", "x", target="tool_args.set_status.reason", must_not=LETTER, task={"tools": tools})

    def score(*calls):
        return judge(task, "DONE", tool_calls=tuple(ToolCall(name=n, arguments=a) for n, a in calls)).quality

    assert score(("set_status", {"reason": "meets all"})) == 1
    assert score(("set_status", {"reason": "meets all"}), ("set_status", {"reason": "nervous"})) == pytest.approx(2 / 3)
    assert score(("mail", {"reason": "nervous"}), ("set_status", {"reason": "ok"})) == 1
    assert score(("mail", {"reason": "nervous"})) == 0
    assert score(("set_status", "not an object")) == 0
    assert score() == 0


@pytest.mark.parametrize(
    ("options", "task", "problem"),
    [
        ({}, {}, "at least one rule"),
        ({"must": [{"id": "a"}]}, {}, "either 'any'"),
        ({"must": [{"any": ["a"], "regex": "b"}]}, {}, "either 'any'"),
        ({"must": [{"any": [""]}]}, {}, "is empty"),
        ({"must": [{"regex": "[a"}]}, {}, "no valid pattern"),
        ({"must": [{"any": ["a"]}], "target": "anser"}, {}, r"did you mean 'answer'"),
        ({"must": [{"any": ["a"]}], "target": "a..b"}, JSON, "is no path"),
        ({"must": [{"any": ["a"]}], "target": "tool_args.reason"}, {}, "write tool_args.TOOL.ARGUMENT"),
        ({"must": [{"any": ["a"]}], "target": "tool_args.set_stat.reason"},
         {"tools": ({"type": "function", "function": {"name": "set_status"}},)}, r"no tool 'set_stat' \(did you mean"),
        ({"must": [{"any": ["a"]}], "mode": "any"}, {}, "mode"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_checked_are_refused_at_load(options, task, problem):
    with pytest.raises(TaskFileError, match=problem):
        judge(task_of("rules", "x", task=task, **options), "a")
