"""From a reply to its answer: cleaning, reasoning, fences, markers, numbers, labels, code and pages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_localbench.domain.task import OutputSpec
from pytest_localbench.evaluators.extract import extract
from pytest_localbench.evaluators.reasoning import split_reasoning

FORMATS = ["text", "json", "label", "html", "code", "number", "none"]
LABELS = ["SPAM", "NOT SPAM", "HR", "A", "B"]


def answer(reply, form="text", *, thinking=None, finish_reason="stop", **output):
    return extract(reply, OutputSpec(format=form, **output), thinking=thinking, finish_reason=finish_reason)


@pytest.mark.parametrize(
    ("reply", "clean", "reasoning"),
    [
        ("<think>a</think>b", "b", "a"),
        ("<think>a</think>\n<reflection>c</reflection>b", "b", "a\nc"),
        ("<THINK>a</Think> b", "b", "a"),
        ("Maybe 80? No.\n</think>\n90", "90", "Maybe 80? No."),
        ("one</think>two</think>three", "three", "one</think>two"),
        ('He said "hm\n</think>\n{}', "{}", 'He said "hm'),
        ('<think>it is 5" wide</think>"x"', '"x"', 'it is 5" wide'),
        ("<think>write `</think>` here</think>done", "done", "write `</think>` here"),
        ("The tag `</think>` ends thinking.", "The tag `</think>` ends thinking.", ""),
        ("Use <think>so</think> in templates.", "Use <think>so</think> in templates.", ""),
        (
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>yes<|return|>",
            "yes",
            "hm",
        ),
        ("<|channel|>final<|message|>draft<|end|><|channel|>final<|message|>yes", "yes", "draft"),
    ],
)
def test_reasoning_is_cut_off_and_kept(reply, clean, reasoning):
    found = answer(reply)
    assert (found.clean, found.reasoning.strip()) == (clean, reasoning)


@pytest.mark.parametrize("reply", ['<think>never closed {"a": 1}', "<|channel|>analysis<|message|>hm, and then"])
def test_reasoning_that_never_ends_leaves_no_answer(reply):
    found = answer(reply, "json")
    assert (found.text, found.has_value, found.notes) == ("", False, ("reasoning_cut",))


def test_reasoning_that_was_kept_apart_stays_apart():
    found = answer("yes", thinking="no")
    assert (found.text, found.reasoning) == ("yes", "no")
    assert answer("", thinking="only thoughts").notes == ("only_thinking",)


def test_tags_after_a_thousand_quotes_are_judged_by_their_own_line():
    text = '"' * 999 + "\nx</think>y"
    assert split_reasoning(text)[0] == "y"


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("\ufeffParis\r\n", "Paris"),
        ("\x1b[32mParis\x1b[0m", "Paris"),
        ("\x1b]8;;http://x\x07Paris", "Paris"),
        ("half \ud83c here", "half \ufffd here"),
    ],
)
def test_control_codes_are_no_part_of_the_answer(reply, text):
    assert answer(reply).text == text


@pytest.mark.parametrize(
    ("reply", "text", "notes"),
    [
        ("Here you are:\n```\nParis\n```\nAnything else?", "Paris", ()),
        ("~~~text\nParis\n~~~", "Paris", ()),
        ("````\n```\nx\n```\n````", "```\nx\n```", ()),
        ("- so:\n    ```\n    Paris\n    ```", "Paris", ()),
        ("```\nParis", "Paris", ("unclosed_fence",)),
        ("```a\n1\n```\n```b\n2\n```", "```a\n1\n```\n```b\n2\n```", ()),
        ("run ```make all``` now", "run ```make all``` now", ()),
    ],
)
def test_exactly_one_fence_is_the_answer(reply, text, notes):
    found = answer(reply)
    assert (found.text, found.notes) == (text, notes)


@pytest.mark.parametrize(
    ("reply", "short"),
    [
        ("Paris", "Paris"),
        ("**Paris**.", "Paris"),
        ("So it is.\n\nParis", "Paris"),
        ("Answer: Lyon? No.\n**Final answer:** `Paris`\nGood luck!", "Paris"),
        ("Ergebnis:\n\n  „Paris“", "Paris"),
        ("thus \\boxed{15}\\%", "15 %"),
        ("thus \\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("Answer: \\boxed{7}", "7"),
        ("etc..", "etc.."),
    ],
)
def test_the_short_answer_follows_the_last_usual_marker(reply, short):
    assert answer(reply).short == short


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("24+48=72\n#### 72\n\nQuestion: 5 cows...\nAnswer: #### 15", "72"),
        ("#### 72 #### 15", "72"),
        ("####\n\n72\nmore", "72"),
        ("<think>#### 5</think>#### 72", "72"),
        ("no marker", "no marker"),
    ],
)
def test_a_configured_marker_counts_where_it_occurs_first(reply, text):
    assert answer(reply, answer_marker=("####",)).text == text


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("The temperature is -3 degrees.", "-3"),
        ("It falls by 5, so 2 - 5 = \u22123", "\u22123"),
        ("3", "3"),
        ("2 apples and 40 pears", "40"),
        ("Answer: 72 (24 + 48)", "72"),
        ("Answer: 24 + 48 = 72", "72"),
        ("It is 15 % of it.", "15 %"),
        ("The net result is EUR (1,250.00).", "EUR (1,250.00)"),
        ("(1,250.00)", "(1,250.00)"),
        ("Room A12, due 2025-04-03 at 10:30: 7", "7"),
        ("none at all", "none at all"),
        ("1 " * 3000 + "and 7 EUR", "7 EUR"),
        ("7 EUR, " + "really " * 2000, "7 EUR"),
    ],
)
def test_the_number_of_an_answer(reply, text):
    assert answer(reply, "number").text == text


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("The total is 12", ""),
        ("The total is 12.", ""),
        ("The total is 12,", ""),
        ("It is 12 EUR", "12 EUR"),
        ("**12**", "12"),
    ],
)
def test_a_number_at_the_end_of_a_cut_off_answer_is_unfinished(reply, text):
    found = answer(reply, "number", finish_reason="length")
    assert (found.text, found.notes) == (text, ("truncated",))


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("SPAM", "SPAM"),
        ("**Not spam**.", "NOT SPAM"),
        ("I think this belongs to hr, clearly.", "HR"),
        ("SPAM or HR", None),
        ("SPAM or HR?\nSPAM", "SPAM"),
        ("Answer: SPAM, HR", None),
        ("Answer: HR\nbecause SPAM looks different", "HR"),
        ("This is not HR", None),
        ("This is not HR.\nAnswer: SPAM", "SPAM"),
        ("A memo about nothing", None),
        ("I choose A.", "A"),
        ("(B)", "B"),
        ("a", "A"),
        ("HRX", None),
        ("```\nHR\n```", "HR"),
        ('{"label": "HR"}', "HR"),
    ],
)
def test_exactly_one_label(reply, label):
    assert answer(reply, "label", labels=LABELS).label == label


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("```python\ndef f():\n    return 1\n```", "def f():\n    return 1"),
        ("```sh\npip install x\n```\n```py\ndef f(): return 2\n```", "def f(): return 2"),
        ("```python\ndef f(): return 1\n```\nbetter:\n```python\ndef f(): return 2\n```", "def f(): return 2"),
        ("```python\ndef g(): return 1\n```\n```python\nf = g\n```", "f = g"),
        ("```python\nh = 1\n```\n```python\nk = 2\n```", "h = 1\n\nk = 2"),
        ("Sure!\ndef f():\n    return 1\nHope that helps.", "def f():\n    return 1"),
        ("I cannot do that.", ""),
        ("```java\nint f;\n```", ""),
    ],
)
def test_python_code_is_found(reply, code):
    assert answer(reply, "code", language="python", entry="f").text == code


def test_javascript_without_a_fence_runs_from_its_first_to_its_last_line():
    reply = "Here it is:\nfunction f(x) {\n  return x;\n}\nIt returns x."
    assert answer(reply, "code", language="javascript").text == "function f(x) {\n  return x;\n}"


def test_without_entry_the_longest_fence_counts():
    assert answer("```\na = 1\nb = 2\n```\n```\nc\n```", "code").text == "a = 1\nb = 2"


@pytest.mark.parametrize(
    "reply", ["Sure: <!DOCTYPE html><html></html> done", "```html\n<!DOCTYPE html><html></html>\n```"]
)
def test_a_page_is_taken_as_it_is(reply):
    found = answer(reply, "html")
    assert (found.text, found.notes) == ("<!DOCTYPE html><html></html>", ())


def test_a_fragment_is_put_into_a_page():
    found = answer("<p>{}</p>", "html")
    assert "<body>\n<p>{}</p>\n</body>" in found.text
    assert found.notes == ("fragment",)
    assert answer("no markup here, 1 < 2", "html").text == ""


PIECES = st.sampled_from(
    ["<think>", "</think>", "```", "```json\n", "\n", "Answer: ", "#### ", '{"a": ', "}", "[", "]", '"', "'", "`", "\\",
     "-3", "1,5", "SPAM", "A ", "**", ".", "\\boxed{", "<|channel|>", "final<|message|>", "\ud800", "\x1b[0m", "\ufeff"]
)  # fmt: skip


@pytest.mark.parametrize("format_", FORMATS)
@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join)))
def test_extraction_never_raises_and_its_texts_can_be_stored(format_, text):
    spec = OutputSpec(format=format_, labels=LABELS, answer_marker=("####",))
    for finish in ("stop", "length"):
        found = extract(text, spec, finish_reason=finish, expected={"a": 1})
        for part in (found.text, found.clean, found.reasoning, found.short):
            part.encode("utf-8")


@pytest.mark.parametrize("format_", ["text", "number", "label", "json"])
@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=200))
def test_extraction_of_an_answer_gives_the_answer(format_, text):
    spec = OutputSpec(format=format_, labels=LABELS)
    once = extract(text, spec)
    again = extract(once.text, spec)
    assert again.text == once.text
    assert again.label == once.label


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    "piece", ["<think>", "</think>", '"<think>', "```\n", "Answer: ", "\\boxed{", "*", "1,", "(1", "\x1b[", "`</think>"]
)
def test_long_hostile_replies_are_read_once(format_, piece):
    found = extract(piece * 20_000, OutputSpec(format=format_, labels=LABELS))
    assert isinstance(found.text, str)
