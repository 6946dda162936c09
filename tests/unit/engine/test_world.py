"""Tools of a simulated world."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pytest_localbench.domain.world import World, matches
from pytest_localbench.engine.world import Simulation

ROWS = [
    {"id": "C-1", "name": "Ewa", "years": 5, "skills": ["SQL", "Python"], "job": "J-1"},
    {"id": "C-2", "name": "Tom", "years": 1, "skills": [], "job": None},
]


def world(*effects, parameters=None, **more):
    tools = [{"name": f"t{n}", "parameters": parameters or {}, "effect": effect} for n, effect in enumerate(effects)]
    return World.model_validate({"state": {"people": ROWS, "log": []}, "tools": tools, **more})


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ({}, ["C-1", "C-2"]),
        ({"name": "ewa "}, ["C-1"]),
        ({"years": "5"}, ["C-1"]),
        ({"job": None}, ["C-2"]),
        ({"skills": "python"}, ["C-1"]),
        ({"years": {"min": 2}}, ["C-1"]),
        ({"years": {"max": 4, "min": 0}}, ["C-2"]),
        ({"name": {"min": "F"}}, ["C-2"]),
        ({"job": {"min": 1}}, []),
        ({"name": {"contains": "OM"}}, ["C-2"]),
        ({"name": {"any_of": ["Ewa", "Tom"]}}, ["C-1", "C-2"]),
        ({"name": {"not": "Ewa"}}, ["C-2"]),
        ({"unknown": "x"}, []),
    ],
)
def test_conditions(where, ids):
    assert [row["id"] for row in ROWS if matches(row, where)] == ids


def test_a_parameter_that_is_left_out_drops_its_condition():
    made = world(
        {"read": "people", "where": {"job": "{job}", "years": {"min": "{least}"}}, "columns": ["id"]},
        parameters={"job": {"type": "string", "optional": True}, "least": {"type": "integer", "optional": True}},
    )
    assert Simulation(made).call("t0", {}) == ([{"id": "C-1"}, {"id": "C-2"}], "ok")
    assert Simulation(made).call("t0", {"least": 2}) == ([{"id": "C-1"}], "ok")


def test_rows_are_deleted_and_the_rest_stays():
    simulation = Simulation(world({"delete": "people", "where": {"id": "{id}"}}, parameters={"id": {"type": "string"}}))
    assert simulation.call("t0", {"id": "C-1"}) == ({"ok": True, "rows": 1}, "ok")
    assert [row["id"] for row in simulation.tables["people"]] == ["C-2"]
    assert simulation.call("t0", {"id": "C-1"})[1] == "failed"


def test_values_keep_their_type_and_texts_are_put_together():
    made = world(
        {"insert": "log", "row": {"n": "{n}", "words": "{n} at {now}", "who": "{id}", "list": ["{n}", "x"]}},
        parameters={"n": {"type": "integer"}},
        now="09:00",
    )
    simulation = Simulation(made)
    assert simulation.call("t0", {"n": 3}) == ({"ok": True, "id": "LOG-1"}, "ok")
    assert simulation.tables["log"] == [
        {"id": "LOG-1", "n": 3, "words": "3 at 09:00", "who": "LOG-1", "list": [3, "x"]}
    ]


def test_what_a_model_writes_is_never_filled_in_again():
    made = world({"insert": "log", "row": {"body": "{body}"}}, parameters={"body": {"type": "string"}}, now="09:00")
    simulation = Simulation(made)
    simulation.call("t0", {"body": "{now} {0.__class__} %s"})
    assert simulation.tables["log"][0]["body"] == "{now} {0.__class__} %s"


@pytest.mark.parametrize(("exists", "status"), [(True, "failed"), (False, "ok")])
def test_a_guard_holds_a_tool_back(exists, status):
    guard = [{"table": "log", "where": {"kind": "approval"}, "exists": exists, "error": "needs an approval"}]
    made = world({"insert": "log", "row": {"kind": "offer"}, "guard": guard})
    result, found = Simulation(made).call("t0", {})
    assert found == status
    assert (result == {"error": "needs an approval"}) == (status == "failed")


def test_two_runs_of_a_world_do_not_touch_one_another():
    made = world({"delete": "people", "where": {"id": "C-1"}})
    Simulation(made).call("t0", {})
    assert len(Simulation(made).tables["people"]) == 2


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ({"read": "persons"}, "there is no table 'persons' in 'state' (there: people, log)"),
        ({}, "exactly one of read, insert, update, delete"),
        ({"read": "people", "delete": "people"}, "exactly one of"),
        ({"update": "people", "where": {"id": "C-1"}}, "'update' needs 'set'"),
        ({"delete": "people"}, "'delete' needs 'where'"),
        ({"insert": "log", "row": {"a": 1}, "where": {"a": 1}}, "'where' does nothing with 'insert'"),
        ({"read": "people", "where": {"id": "{person}"}}, "'{person}' is no parameter of it"),
        ({"read": "people", "where": {"years": {"above": 3}}}, "'above' is no condition; known: any_of, contains"),
    ],
)
def test_a_world_that_could_not_work_is_refused(effect, words):
    with pytest.raises(ValidationError) as caught:
        world(effect)
    assert words in str(caught.value)
