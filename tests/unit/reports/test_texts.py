"""Failure texts, field diffs, and model text made safe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import result

from pytest_localbench.domain.result import Outcome
from pytest_localbench.domain.score import Detail, Verdict
from pytest_localbench.reports.diff import difference, shown
from pytest_localbench.reports.safe_text import ascii_text, cut, pad, safe, width
from pytest_localbench.reports.terminal import failure_text
from pytest_localbench.reports.words import COUNTED_WORDS, OUTCOME_WORDS, REMEDIES, cost, count, points, seconds, size


def verdict(*details):
    return Verdict(evaluator="json_fields", name="fields", score=0.5, details=details)


def wrong(path, got, expected, note="", score=0.0):
    return Detail(path=path, got=got, expected=expected, score=score, note=note)


def test_a_weak_answer_shows_what_is_wrong_field_by_field():
    one = result("t", 0.6, reason="11 of 13 fields right", verdicts=(
        verdict(wrong("vendor", "Alba", "Alba", score=1.0), wrong("date", "2025-03-04", "2025-04-03", score=0.5),
                wrong("amount_due", 2967.98, 2467.98, "deposit not taken off")),
    ))  # fmt: skip
    assert failure_text(one, "Invoice", None).splitlines() == [
        "Invoice: quality 6.4 of 10: 11 of 13 fields right",
        "  amount_due: got 2967.98, should be 2467.98 (deposit not taken off)",
        "  date: got 2025-03-04, should be 2025-04-03",
    ]


def test_a_long_diff_is_cut_to_ten_lines():
    details = [wrong(f"f{i:02}", i, i + 1) for i in range(25)]
    lines = failure_text(result("t", 0.1, verdicts=(verdict(*details),)), "T", None).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "  ... and 16 more"


def test_a_text_answer_is_shown_beside_what_was_expected():
    one = result("t", 0.0, answer="Lon\x1b[31mdon" + "x" * 500)
    head, expected, answered = failure_text(one, "", "Paris").splitlines()
    assert (head, expected) == ("quality 1.0 of 10", "  expected: Paris")
    assert answered.startswith("  answered: Lon\\x1b[31mdonxxx")
    assert len(answered) <= 215
    assert failure_text(result("t", 0.0, "empty"), "", {"a": 1}).splitlines() == [
        "quality 1.0 of 10, no answer", "  answered: (nothing)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("detail", "line"),
    [
        (wrong("a", None, "x"), "a: got null, should be x"),
        (wrong("a", None, "x", "missing"), "a: missing, should be x"),
        (wrong("a", "free", None, "invented"), "a: free invented"),
        (wrong("secret", True, None, "must not occur"), "secret: must not occur"),
        (wrong("a", "", " x "), 'a: got "", should be " x "'),
        (wrong("a", True, [1, {"b": "ü"}]), 'a: got true, should be [1, {"b": "ü"}]'),
        (wrong("a", "x" * 99, 1), f"a: got {'x' * 57}..., should be 1"),
        (wrong("label of name", None, None, "0 found, 1 expected"), "label of name: 0 found, 1 expected"),
        (wrong("a\n\x1b[0m", 1, 2), "a \\x1b[0m: got 1, should be 2"),
    ],
)
def test_one_difference_is_one_line(detail, line):
    assert difference(detail) == line


@pytest.mark.parametrize(
    ("outcome", "reason", "text"),
    [
        (
            "backend_error",
            "no connection",
            "T: could not be asked: no connection (once that is mended, --lf asks",
        ),
        ("context_overflow", "needs 9000 tokens", "raise resources.context_tokens in the model file"),
        ("context_overflow", "set resources.context_tokens to 9000", "T: does not fit into the context: set resources"),
        ("evaluator_error", "", "mend the task or the evaluator"),
        ("lost", "", "--lf asks it again"),
    ],
)
def test_an_error_says_how_to_mend_it_once(outcome, reason, text):
    found = failure_text(result("t", None, outcome, reason=reason), "T", None)
    assert text in found
    assert found.count("context_tokens") <= 1
    assert "\n" not in found


def test_every_outcome_has_words():
    outcomes = set(Outcome.__args__)
    assert set(OUTCOME_WORDS) == outcomes
    assert set(COUNTED_WORDS) | set(REMEDIES) < outcomes


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\r\nc\td", "a b c d"),
        ("\x00\x07\x1b[31m\x7f\x9b", "\\x00\\x07\\x1b[31m\\x7f\\x9b"),
        ("a\u202ebc\u2066", "a\\u202ebc\\u2066"),
        ("\ud83d!", "\\ud83d!"),
        ("a\u200bb\ufeff\u2028", "a\\u200bb\\ufeff\\u2028"),
        ("\U000e0041", "\\U000e0041"),
        ("Zoë 合同 👍 e\u0301", "Zoë 合同 👍 e\u0301"),
        (None, "None"),
    ],
)
def test_unsafe_characters_are_shown_not_sent(text, line):
    assert safe(text) == line


@given(st.text(), st.integers(3, 80))
def test_safe_text_is_one_printable_line_of_bounded_width(text, limit):
    line = safe(text, limit)
    assert width(line) <= limit
    assert not any(ch < " " or "\x7f" <= ch <= "\x9f" or ch in "\u202e\u2066" for ch in line)
    line.encode("utf-8")


@given(st.text(), st.integers(0, 12))
def test_cut_and_pad_meet_in_the_column(text, limit):
    assert width(cut(text, limit)) <= limit
    assert width(pad(cut(text, limit), limit)) == limit


def test_width_is_that_of_a_terminal():
    assert (width("合同"), width("e\u0301"), width("a\u200d"), width("abc")) == (4, 1, 1, 3)
    assert cut("合同终止合同", 7) == "合同..."
    assert pad("合", 4, right=True) == "  合"


def test_a_huge_reply_is_not_walked_through():
    assert safe("x" * 5_000_000, 10) == "xxxxxxx..."


def test_ascii_terminals_lose_no_columns():
    assert ascii_text("6.1–8.5 ★ Müller “x”") == '6.1-8.5 * M?ller "x"'


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (seconds(None), "-"), (seconds(0.413), "0.41 s"), (seconds(12.3), "12 s"), (size(3.4e9), "3.4 GB"),
        (size(310e6), "310 MB"), (cost(0.0), "0"), (cost(0.00001), "<$0.0001"), (cost(0.0421), "$0.0421"),
        (cost(12.5), "$12.50"), (cost(None), "-"), (points(0.71), "7.4"), (count(1, "task"), "1 task"),
        (count(0, "task"), "0 tasks"), (shown(None), "null"), (shown(2**70), str(2**70)),
    ],
)  # fmt: skip
def test_numbers_in_words(found, text):
    assert found == text
