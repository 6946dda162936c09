"""No wrong solution is taken for a right one, whatever it does; right ones pass, whatever their style."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from code_answers import judge
from forged_verdicts import RIGHT, RIGHT_JS, WRONG, WRONG_JS

CASES = [{"args": [2, 3], "expect": 5}, {"args": [-1, 4], "expect": 3}, {"args": [10, 7], "expect": 17}]
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def score_of(source: str, level: str, language: str = "python") -> Any:
    return judge(source, CASES, entry="add", language=language, timeout_seconds=2, runner=level)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_solution_passes_no_case(level: str, name: str) -> None:
    score = score_of(WRONG[name], level)
    assert score.score == 0.0
    assert score.reason.startswith("0 of 3 cases passed; ")


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_solution_passes_all(level: str, name: str) -> None:
    score = score_of(RIGHT[name], level)
    assert score.score == 1.0, score.reason


@needs_node
@pytest.mark.parametrize("name", WRONG_JS)
def test_a_wrong_script_passes_no_case(level: str, name: str) -> None:
    assert score_of(WRONG_JS[name], level, "javascript").score == 0.0


@needs_node
@pytest.mark.parametrize("name", RIGHT_JS)
def test_a_right_script_passes_all(level: str, name: str) -> None:
    score = score_of(RIGHT_JS[name], level, "javascript")
    assert score.score == 1.0, score.reason


def test_right_only_at_first_earns_that_case_alone(level: str) -> None:
    source = "n = []\ndef add(a, b):\n    n.append(1)\n    return a + b if len(n) == 1 else 0"
    assert score_of(source, level).score == pytest.approx(1 / 3)
