"""Levels that tests of the sandbox are repeated for."""

from __future__ import annotations

import pytest
from levels import LEVELS, lack_of


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    """A level that holds here."""
    lack = lack_of(request.param)
    if lack:
        pytest.skip(f"{request.param}: {lack}")
    return request.param
