"""What the evaluator makes of answers: values, errors, tolerances, and code that does not behave."""

from __future__ import annotations

import os
import shutil

import pytest
from code_answers import judge
from levels import LEVELS, lack_of
from pydantic import ValidationError

from pytest_localbench.evaluators.base import OptionError
from pytest_localbench.evaluators.code import UnitTestsOptions
from pytest_localbench.evaluators.code_values import BadReply, Odd, Raised, Returned, read_reply, same, show

ADD = [{"args": [1, 2], "expect": 3}, {"args": [5, 5], "expect": 10}]


def value_of(source: str, expect: object, level: str, **options: object) -> float | None:
    return judge(source, [{"args": [], "expect": expect, **options}], entry="f", runner=level).score


@pytest.fixture
def level() -> str:
    """The best level here; values do not depend on it."""
    held = next((name for name in LEVELS if lack_of(name) is None), None)
    if held is None:
        pytest.skip("no level of isolation holds here")
    return held


def test_every_case_is_a_detail_and_the_level_is_told(level: str) -> None:
    score = judge(
        "def add(a, b): return a * b", [*ADD, {"args": [2, 2], "expect": 4, "name": "twos"}], entry="add", runner=level
    )
    assert score.score == pytest.approx(1 / 3)
    assert score.reason == "1 of 3 cases passed; add(1, 2) gave 2, should be 3"
    assert [(d.path, d.got, d.score) for d in score.details[:3]] == [
        ("add(1, 2)", "2", 0.0), ("add(5, 5)", "25", 0.0), ("twos", "4", 1.0)]  # fmt: skip
    assert score.details[3].path == "isolation"
    assert str(score.details[3].got).startswith(level)
    assert score.details[3].score is None


def test_code_that_cannot_be_loaded_is_told_once(level: str) -> None:
    score = judge("def add(a, b:\n  return", ADD, entry="add", runner=level)
    lack, isolation = score.details
    assert (lack.path, lack.expected, lack.got, lack.score) == ("add", "a function", "nothing", 0.0)
    assert lack.note.startswith("the code raised SyntaxError")
    assert isolation.path == "isolation"


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ("def f(): raise ValueError('no')", True),
        ("class Mine(ValueError): pass\ndef f(): raise Mine", True),
        ("def f(): raise TypeError", False),
        ("def f(): return ValueError", False),
        ("def f(): return 'ValueError'", False),
        ("import sys\ndef f(): sys.exit('ValueError')", False),
    ],
)
def test_expected_errors(level: str, source: str, passes: bool) -> None:
    score = judge(source, [{"raises": "ValueError"}], entry="f", runner=level)
    assert score.score == float(passes)


@pytest.mark.parametrize(
    ("source", "expect", "passes"),
    [
        ("def f(): return (1, 2)", [1, 2], True),
        ("def f(): return {1, 2}", [1, 2], False),
        ("def f(): return {'a': None, 'b': [True]}", {"a": None, "b": [True]}, True),
        ("def f(): return {'a': 1, 'b': 2}", {"a": 1}, False),
        ("def f(): return {1: 'x'}", {"1": "x"}, True),
        ("def f(): return 0.1 + 0.2", 0.3, True),
        ("def f(): return 3.0", 3, True),
        ("def f(): return 10**30", 10**30, True),
        ("def f(): return 10**30 + 1", 10**30, False),
        ("def f(): return 10**10000", 1, False),
        ("def f(): return 1", True, False),
        ("def f(): return 'Größe \\U0001F600'", "Größe \U0001f600", True),
        ("def f(): return 'a'", "A", False),
        ("def f(): pass", None, True),
        ("def f(): return b'x'", "x", False),
        ("def f(): yield 1", [1], False),
        ("def f(): return float('inf')", 1, False),
    ],
)
def test_values_are_compared_by_type_and_value(level: str, source: str, expect: object, passes: bool) -> None:
    assert value_of(source, expect, level) == float(passes)


def test_tolerance_of_a_case_and_of_all(level: str) -> None:
    cases = [{"args": [], "expect": 1.0}, {"args": [], "expect": 1.0, "abs": 0.01}]
    assert judge("def f(): return 1.05", cases, entry="f", runner=level, abs=0.1).score == 0.5


def test_a_process_that_died_is_started_again_for_the_next_case(level: str) -> None:
    source = "import os\ndef f(x):\n    if x == 2: os._exit(1)\n    return x"
    score = judge(source, [{"args": [n], "expect": n} for n in (1, 2, 3)], entry="f", runner=level)
    assert [d.score for d in score.details[:3]] == [1.0, 0.0, 1.0]
    assert score.reason == "2 of 3 cases passed; f(2): it ended the process (code 1)"


def test_what_is_not_called_before_the_time_is_over_does_not_pass(level: str) -> None:
    source = "def f(x):\n    while x == 1: pass\n    return x"
    score = judge(source, [{"args": [n], "expect": n} for n in (0, 1, 2)], entry="f", timeout_seconds=1, runner=level)
    assert [d.score for d in score.details[:3]] == [1.0, 0.0, 0.0]
    assert score.details[2].note == "the time was over before it was called"


@pytest.mark.parametrize(("isolated", "share"), [(False, 0.5), (True, 1.0)])
def test_cases_share_a_process_unless_isolated(level: str, isolated: bool, share: float) -> None:
    source = "n = []\ndef f():\n    n.append(1)\n    return len(n)"
    assert judge(source, [{"expect": 1}, {"expect": 1}], entry="f", isolated=isolated, runner=level).score == share


def test_two_runs_of_an_answer_agree(level: str) -> None:
    source = "def f(): return list({'a', 'b', 'c', 'd', 'e'})"
    first, second = (judge(source, [{"expect": 0}], entry="f", runner=level) for _ in range(2))
    assert first.details[0].got == second.details[0].got


def test_nothing_of_ours_is_handed_on(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    source = "import os\ndef f(): return sorted(os.environ), os.path.expanduser('~') == os.getcwd(), os.listdir('.')"
    got = str(judge(source, [{"expect": 0}], entry="f", runner=level).details[0].got)
    assert "OPENAI" not in got
    assert got.endswith("true, []]")
    assert os.path.expanduser("~") not in got


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize(
    ("source", "case", "passes"),
    [
        ("function f() { return { a: 1, b: undefined }; }", {"expect": {"a": 1}}, True),
        ("function f() { return undefined; }", {"expect": None}, False),
        ("function f() { return null; }", {"expect": None}, True),
        ("function f() { return [1, 2.5, 'ä']; }", {"expect": [1, 2.5, "ä"]}, True),
        ("function f() { return 10n; }", {"expect": 10}, False),
        ("function f() { return NaN; }", {"expect": None}, False),
        ("function f() { throw new RangeError('far'); }", {"raises": "RangeError"}, True),
        ("class Far extends Error {}\nfunction f() { throw new Far(); }", {"raises": "Far"}, True),
        ("async function f() { throw new TypeError(); }", {"raises": "TypeError"}, True),
        ("function f(x) { return x.map((n) => n * 2); }", {"args": [[1, 2]], "expect": [2, 4]}, True),
        ("const g = 1;", {"expect": 1}, False),
        ("function f( {", {"expect": 1}, False),
        ("import fs from 'fs';\nfunction f() { return 1; }", {"expect": 1}, False),
    ],
)
def test_javascript(level: str, source: str, case: dict[str, object], passes: bool) -> None:
    score = judge(source, [case], entry="f", language="javascript", runner=level)
    assert score.score == float(passes), score.reason


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cases": []}, "at least 1"),
        ({"cases": [{"args": [1]}]}, "exactly one of 'expect' and 'raises'"),
        ({"cases": [{"expect": 1, "raises": "ValueError"}]}, "exactly one of 'expect' and 'raises'"),
        ({"cases": [{"raises": "ValueError", "abs": 1}]}, "'abs' needs 'expect'"),
        ({"cases": [{"expect": 1}], "timeout": 3}, "timeout"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        UnitTestsOptions.model_validate(options)


@pytest.mark.parametrize(("entry", "language"), [("", "python"), ("a.b", "python"), ("f; g", "python"), ("f", "cobol")])
def test_entry_and_language_are_checked(entry: str, language: str) -> None:
    with pytest.raises(OptionError):
        judge("x", ADD, entry=entry, language=language)


def test_replies_are_read_strictly() -> None:
    assert read_reply(b'{"id":"1","value":[1,{"tuple":[2]}]}', "1") == Returned([1, (2,)])
    assert read_reply(b'{"id":"1","value":1}', "2") is None
    assert read_reply(b'{"id":"1","raised":["A","B"],"message":"m"}', "1") == Raised(("A", "B"), "m")
    assert read_reply(b'{"id":"1","value":{"dict":[[[],1]]}}', "1") == Returned(Odd("a dict whose keys are no texts"))
    for line in (b'{"id":"1","value":NaN}', b"no", b"[" * 200_000, b'{"id":"1","value":' + b"9" * 5000 + b"}", b"\xff"):
        with pytest.raises(BadReply):
            read_reply(line, "1")


def test_odd_values_equal_nothing_and_are_shown() -> None:
    assert not same({"a": 1}, Odd("Proxy"))
    assert not same(None, Odd("None"))
    assert show([Odd("set"), "x" * 500]).startswith('["<set>", "xxx')
