"""Rows for spreadsheets: formulas stay text, numbers stay numbers, unknown stays empty."""

from __future__ import annotations

import csv
import io

import pytest
from runs import result, run

from pytest_localbench.domain.response import Memory, Timing, Usage
from pytest_localbench.domain.score import ScoreComponent
from pytest_localbench.reports.csv import MAX_CELL_CHARS, csv_cell, csv_text, run_csv

LINK = '=HYPERLINK("http://127.0.0.1/?"&A1,"total")'
FORMULAS = [
    LINK, "+1", "-2+3", "-3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1+1", "\u200b=1", "\ufeff@A1", "\u00a0-1",
    "\u2060\u200d+A1", "=cmd|' /C calc'!A0", "\tplain", "\rplain", "\uff1d1+1", "\uff20SUM(A1)", "\x00=1", '"=1"',
]  # fmt: skip


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", FORMULAS[:-2])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    (row,) = csv.reader(io.StringIO(csv_text([[text]]), newline=""))
    assert row == [f"'{text}"]


@pytest.mark.parametrize(("text", "cell"), [("\x00=1", "\\x00=1"), ('"=1"', '"=1"'), ("a=1", "a=1"), ("", ""),
                                            ("x\x1b[31m", "x\\x1b[31m"), ("a\nb\tc", "a\nb\tc"), ("Köln, 5 €", "Köln, 5 €")])  # fmt: skip
def test_other_text_stays_as_it_is_with_control_codes_visible(text, cell):
    (row,) = csv.reader(io.StringIO(csv_text([[text]]), newline=""))
    assert row == [cell]


@pytest.mark.parametrize(
    ("value", "cell"),
    [(-0.25, "-0.25"), (0, "0"), (0.0, "0.0"), (-3, "-3"), (None, ""), (float("nan"), ""), (float("inf"), ""),
     (True, "true"), (1e-9, "1e-09")],
)  # fmt: skip
def test_numbers_stay_plain_and_unknown_is_empty(value, cell):
    assert csv_cell(value) == cell


def test_every_answer_is_one_row_with_units_in_the_names():
    component = ScoreComponent(name="time", raw=1.5, unit="s", normalized=0.5, weight=1)
    answers = (
        result("a", 0.25, answer=LINK, components=(component,), usage=Usage(input_tokens=7), memory=Memory(peak_bytes=9),
               cost_usd=0.0, reason="-0.25 should be 1"),
        result("b", None, reason="HTTP 503"),
    )  # fmt: skip
    answers = (answers[0].model_copy(update={"timing": Timing(generation_s=1.5, queued_s=0.0)}), answers[1])
    text = run_csv(run(results=answers))
    assert text.count("\r\n") == 3
    first, second = read(text)
    assert (first["quality"], first["quality_points"], first["time_s"], first["queued_s"]) == (
        "0.25",
        "3.25",
        "1.5",
        "0.0",
    )
    assert (first["time_component"], first["input_tokens"], first["memory_bytes"], first["cost_usd"]) == (
        "0.5",
        "7",
        "9",
        "0.0",
    )
    assert first["answer"] == f"'{LINK}"
    assert first["reason"] == "'-0.25 should be 1"
    unknown = ("quality", "quality_points", "score", "time_s", "input_tokens", "output_tokens", "memory_bytes", "cost_usd",
               "time_component", "answer")  # fmt: skip
    assert {name: second[name] for name in unknown} == dict.fromkeys(unknown, "")
    assert second["outcome"] == "backend_error"


def test_a_cell_holds_what_a_spreadsheet_can():
    (row,) = read(run_csv(run(results=(result("a", 0.1, answer="x" * 2_000_000),))))
    assert len(row["answer"]) <= MAX_CELL_CHARS
    assert "more characters are in the run document" in row["answer"]


@pytest.mark.parametrize(("embed", "redact", "shown"), [("none", "none", ""), ("failures", "none", "secret text"),
                                                        ("all", "inputs", "secret text"), ("all", "all", "sha256:")])  # fmt: skip
def test_embed_and_redact_hold_for_rows_too(embed, redact, shown):
    answers = (result("a", 0.1, answer="secret text", reason="quotes 4711", expected_label="4711"),)
    text = run_csv(run(results=answers), embed=embed, redact=redact)
    assert read(text)[0]["answer"].startswith(shown)
    assert bool(read(text)[0]["answer"]) == bool(shown)
    assert ("4711" in text) == (redact == "none")
    assert redact == "none" or "quotes" not in text
