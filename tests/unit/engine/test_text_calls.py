"""Tool calls that came as text."""

from __future__ import annotations

import pytest

from pytest_localbench.engine.text_calls import MAX_PROSE, text_calls

KNOWN = {"get_job", "set_status"}
ARGS = '{"id": "J-1"}'


@pytest.mark.parametrize(
    "reply",
    [
        f'<tool_call>\n{{"name": "get_job", "arguments": {ARGS}}}\n</tool_call>',
        f'<tool_call>{{"name": "get_job", "arguments": {ARGS}}}',
        f'<function_call>{{"name": "get_job", "parameters": {ARGS}}}</function_call>',
        f'[TOOL_CALLS] [{{"name": "get_job", "arguments": {ARGS}}}]',
        f"<function=get_job>{ARGS}</function>",
        "<function=get_job><parameter=id>J-1</parameter></function>",
        "<tool_call>\n<function=get_job>\n<parameter=id>\nJ-1\n</parameter>\n</function>\n</tool_call>",
        f'<|python_tag|>{{"name": "get_job", "parameters": {ARGS}}}',
        f'```json\n{{"tool": "get_job", "args": {ARGS}}}\n```',
        f'{{"function": "get_job", "input": {ARGS}}}',
        f'{{"type": "function", "function": {{"name": "get_job", "arguments": {ARGS}}}}}',
        '{"name": "get_job", "arguments": "{\\"id\\": \\"J-1\\"}"}',
        f'I will look it up. {{"name": "get_job", "arguments": {ARGS}}}',
        f'<think>Which job? {{"name": "set_status", "arguments": {{}}}}</think>{{"name": "get_job", "arguments": {ARGS}}}',
    ],
)
def test_every_usual_form_is_read(reply):
    calls, _ = text_calls(reply, KNOWN)
    assert [(c.name, c.arguments, c.from_text) for c in calls] == [("get_job", {"id": "J-1"}, True)]


@pytest.mark.parametrize(
    "reply",
    [
        '{"name": "schedule", "arguments": {}}',
        "<function=schedule>{}</function>",
        '{"name": "get_job", "salary": 3}',
        '{"name": ["get_job"]}',
        '{"name": "get_job", "arguments": {"id": ',
        "get_job",
        "",
        '<think>{"name": "get_job", "arguments": {}}</think>I am done.',
        f'For example {{"name": "get_job", "arguments": {{}}}} {"would show the job. " * (MAX_PROSE // 10)}',
        "{" * 5000,
        '{"a":' * 3000,
    ],
)
def test_what_is_no_call_stays_text(reply):
    assert text_calls(reply, KNOWN) == ((), reply)


def test_several_calls_keep_their_order_and_words_beside_them_are_kept():
    reply = 'First this:\n{"name": "get_job", "arguments": {}}\n{"name": "set_status", "arguments": {"id": "C-1"}}'
    calls, rest = text_calls(reply, KNOWN)
    assert [c.name for c in calls] == ["get_job", "set_status"]
    assert rest == "First this:"
