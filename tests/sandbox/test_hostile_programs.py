"""Hostile programs at every level, as root and as a user without rights: each is contained, nothing is left behind."""

from __future__ import annotations

from typing import Any

import pytest
from hostile_programs import ALL, Hostile
from levels import LEVELS, USERS, hostile_outcomes, lack_of


@pytest.fixture(scope="module", params=[(level, user) for level in LEVELS for user in USERS], ids="-".join)
def outcomes(request: pytest.FixtureRequest) -> dict[str, Any]:
    level, user = request.param
    lack = lack_of(level)
    found = f"{level}: {lack}" if lack else hostile_outcomes(level, user)
    if isinstance(found, str):
        assert not found.startswith("broken"), found
        pytest.skip(found)
    return found


@pytest.mark.parametrize("program", ALL, ids=lambda p: p.name)
def test_is_contained(outcomes: dict[str, Any], program: Hostile) -> None:
    if program.name not in outcomes["programs"]:
        pytest.skip(f"{program.language} is not installed")
    found = outcomes["programs"][program.name]
    if found["status"] == "returned":
        assert found["said"] == "[]"
    else:
        assert found["status"] in program.ends, found
    assert found["seconds"] < 20


def test_nothing_outside_was_touched(outcomes: dict[str, Any]) -> None:
    assert outcomes["harm"] == []


def test_nothing_is_left(outcomes: dict[str, Any]) -> None:
    assert outcomes["left"] == []
