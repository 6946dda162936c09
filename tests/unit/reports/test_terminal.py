"""The summary on terminals of several widths, against stored text, and the closing sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import DOCS, result, run, score

from pytest_localbench.domain.run import GateCheck, GateOutcome
from pytest_localbench.reports.board import Board
from pytest_localbench.reports.safe_text import width as columns_of
from pytest_localbench.reports.terminal import closing_sentence, item_line, summary_lines

GOLDEN = Path(__file__).parent / "golden"


def lines(document=None, *, width=80, verbosity=0, ascii_only=False):
    return summary_lines(Board.of(document or run()), width=width, verbosity=verbosity, ascii_only=ascii_only)


def text(*args, **options):
    return "\n".join(line.text for line in lines(*args, **options))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("60_ascii", {"width": 60, "ascii_only": True}),
        ("80", {"width": 80}),
        ("120", {"width": 120}),
        ("200_tasks", {"width": 200, "verbosity": 1}),
        ("80_quiet", {"width": 80, "verbosity": -1}),
    ],
)
def test_the_summary_is_as_stored(name, options):
    marked = [f"{line.markup:<5}|{line.text}" for line in lines(**options)]
    assert marked == (GOLDEN / f"{name}.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("width", [60, 61, 72, 80, 100, 120, 160, 200])
@pytest.mark.parametrize("verbosity", [0, 1])
def test_nothing_is_wider_than_the_terminal(width, verbosity):
    assert all(columns_of(line.text) <= width for line in lines(width=width, verbosity=verbosity))


def test_an_ascii_terminal_gets_ascii_of_the_same_shape():
    plain, rich = lines(ascii_only=True), lines()
    assert all(line.text.isascii() for line in plain)
    assert [(len(line.text), line.markup) for line in plain] == [(columns_of(line.text), line.markup) for line in rich]


def test_a_category_that_did_not_run_is_no_zero():
    shown = text()
    assert "Mail: not run" in shown
    assert "overall (partial, 1 of 2 categories ran): qwen3-4b 7.9" in shown
    assert "overall gpt-x: not enough tasks scored" in shown


def test_names_of_models_cannot_break_the_table():
    wide = run(summary=(score("模型" * 8, 5.0), score("m" * 60, 4.0)), comparisons=(), overall=(), gate=None)
    table = lines(wide, width=60)[1:4]
    assert {columns_of(line.text) for line in table} == {columns_of(table[0].text)}
    assert all(columns_of(line.text) <= 60 for line in table)


def test_columns_that_say_nothing_are_left_out():
    head = lines(run(summary=(score("m", 5.0),), comparisons=()), width=200)[1].text
    assert head.split() == ["model", "score", "quality", "passed"]


def test_the_list_of_weak_answers_is_short():
    weak = tuple(result(f"t{i:02}", 0.01 * i, reason="x\n\x1b[31mred") for i in range(22))
    shown = text(run(results=weak))
    assert "weakest answers (22 did not pass):" in shown
    assert "t04[qwen3-4b]" in shown
    assert "t05[qwen3-4b]" not in shown
    assert "and 17 more, see the run document" in shown
    assert "\x1b" not in shown
    assert "\\x1b[31mred" in shown


def test_failed_gates_come_first_and_many_are_counted():
    checks = [
        GateCheck(expression="g", threshold=5, passed=i >= 30, message=f"gate {'met' if i >= 30 else 'not met'}: {i}")
        for i in reversed(range(40))
    ]
    shown = text(run(gate=GateOutcome(passed=False, checks=tuple(checks))))
    assert "gate not met: 29" in shown
    assert "gate met" not in shown
    assert "and 20 more gate checks, see the run document" in shown


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"quality": 0.71}, "quality 7.4, 1.20 s"),
        ({"quality": 0.0, "outcome": "empty"}, "quality 1.0, 1.20 s, no answer"),
        ({"quality": None, "outcome": "pending"}, "1.20 s, not judged yet"),
        ({"quality": None}, "could not be asked"),
        ({"quality": 0.9, "seconds": 75.2}, "quality 9.1, 75 s"),
    ],
)
def test_one_line_per_item(fields, line):
    assert item_line(result("t", **fields)) == line


def gate(*passed):
    checks = tuple(GateCheck(expression="g", threshold=1, passed=p, message="m") for p in passed)
    return GateOutcome(passed=all(passed), checks=checks)


WEAK = (result("t", 0.1), result("u", 0.9))
ERROR = (result("t", None), result("u", 0.9))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"gate": None, "results": WEAK, "exit_code": 1}, "1 weak answer; weak answers are failed tests, as no gate was set"),
        ({"gate": None, "results": WEAK[1:], "exit_code": 0}, "0 weak answers; everything passed"),
        ({"gate": None, "results": WEAK[1:], "exit_code": 1}, "0 weak answers; other tests failed"),
        ({"gate": None, "results": ERROR, "exit_code": 1}, "what could not be asked or judged is an error"),
        ({"gate": gate(True, True), "results": WEAK, "exit_code": 0},
         "all gates are met (2); weak answers alone (1) do not fail a gated run"),
        ({"gate": gate(True), "results": WEAK[1:], "exit_code": 0}, "all gates are met (1)."),
        ({"gate": gate(True, False), "results": WEAK, "exit_code": 1}, "1 of 2 gates not met (1 weak answer)"),
        ({"gate": gate(True), "results": WEAK, "exit_code": 1}, "or --localbench-strict (1 weak answer)"),
        ({"gate": gate(False), "results": (), "exit_code": 5}, "0 items were scored and no gate is met"),
        ({"gate": gate(True), "results": WEAK, "exit_code": 1, "not_run": ("a",)},
         "what was asked meets all gates, but the run was stopped early and 1 item not asked (1 weak answer)"),
        ({"results": WEAK, "exit_code": 2}, "the run was interrupted; what was answered is kept"),
        ({"results": WEAK, "exit_code": 1, "lost": ("a", "b")}, "2 items lost"),
    ],
)  # fmt: skip
def test_the_exit_code_is_explained(fields, words):
    sentence = closing_sentence(run(**fields))
    assert sentence.startswith(f"exit code {fields['exit_code']}: ")
    assert words in sentence
    assert sentence.endswith(".")


def test_a_run_that_measured_nothing_prints_nothing():
    assert lines(run(summary=(), categories=(), overall=(), gate=None)) == []


def test_stopped_and_lost_items_are_named():
    shown = text(run(not_run=("a", "b"), lost=("x::y[m]",)))
    assert "the run was stopped early: 2 items not asked" in shown
    assert "1 item never reported: x::y[m]" in shown


def test_quiet_is_one_line_per_model_and_failed_gate():
    shown = lines(verbosity=-1, width=200)
    assert [line.text.split(":")[0] for line in shown] == [
        f"{DOCS} qwen3-4b", f"{DOCS} gemma3-4b", f"{DOCS} smollm2", f"{DOCS} gpt-x", "gate not met",
    ]  # fmt: skip
