"""No wrong solution is taken for a right one, whatever it does; right ones pass, whatever their style."""

from __future__ import annotations

import shutil
from typing import Any

import psutil
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


@pytest.mark.parametrize(
    ("answer", "fenced", "reason"),
    [
        ("def add(a,b):\n    while True: pass", True, "the time was over (2 s)"),
        ("import sys; sys.exit(0)", True, "the code exited early"),
        ("import os; os._exit(0)", True, "it ended the process (code 0)"),
        ("import subprocess,time; subprocess.Popen(['sleep','300']); time.sleep(300)", True, "the code raised PermissionError"),
        ("# no function at all", True, "there is no function 'add'"),
        ("# no function at all", False, "there is no code"),
        ("add = 3", True, "there is no function 'add'"),
        ("def add(a, b:\n  return", True, "the code raised SyntaxError"),
        ("I would simply add both numbers.", False, "there is no code"),
        ("while True: print('x' * 1000)", True, "it printed more than 256 kB"),
    ],
)  # fmt: skip
def test_code_that_does_not_behave_earns_nothing_and_leaves_nothing(
    level: str, answer: str, fenced: bool, reason: str
) -> None:
    cases = CASES[:2]
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    score = judge(answer, cases, entry="add", timeout_seconds=2, fenced=fenced, runner=level)
    assert (score.score, score.status) == (0.0, "ok")
    assert reason in score.reason
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
