"""A dialogue as text."""

from __future__ import annotations

from pytest_localbench.domain.dialogue import Step
from pytest_localbench.domain.response import ResultKey
from pytest_localbench.domain.result import SampleResult
from pytest_localbench.reports.transcript import told

KEY = ResultKey(category="c", task="t", sample="-", model="m")


def result(*steps, answer="Done."):
    return SampleResult(key=KEY, outcome="passed", answer=answer, transcript=steps)


def test_every_step_has_its_line():
    steps = (
        Step(turn=1, kind="message", text="Which day?"),
        Step(turn=1, kind="user", text="Monday."),
        Step(turn=2, kind="call", tool="book", arguments={"day": "Mo"}, status="ok", text='{"ok": true}'),
        Step(
            turn=3, kind="call", tool="buk", arguments="day=Mo", status="invalid", text='{"error": "there is no tool"}'
        ),
        Step(turn=4, kind="message", text="Done."),
    )
    assert told(result(*steps)).splitlines() == [
        "[1] model: Which day?",
        "[1] user: Monday.",
        '[2] call book {"day": "Mo"} -> {"ok": true}',
        '[3] call buk day=Mo (invalid) -> {"error": "there is no tool"}',
        "[4] model: Done.",
    ]


def test_an_answer_without_a_dialogue_is_itself():
    assert told(result()) == "Done."
    assert told(result(Step(turn=1, kind="message", text="Done."))) == "Done."
    assert told(result(answer=None)) is None
