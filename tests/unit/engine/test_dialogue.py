"""The dialogue between a model, its tools and a scripted user."""

from __future__ import annotations

import pytest

from pytest_localbench.domain.response import Message, ModelResponse, Timing, Usage
from pytest_localbench.domain.task import Task
from pytest_localbench.engine.dialogue import MAX_CALLS_A_TURN, converse
from pytest_localbench.errors import GenerationFailed, GenerationTimeout
from tests.agents import WORLD, agent_task, call, calls

LIST = calls(call("list_applicants", job="J-7"))


def task_of(**world):
    return Task.model_validate(
        {"id": "t", "title": "t", "category": "c", **agent_task(evaluators=[], environment={**WORLD, **world})}
    )


def talk(turns, *, task=None, native=True, timeout_s=60.0, clock=None, seen=None):
    """The dialogue with a model that says ``turns`` one after the other."""

    def ask(messages, number, left_s):
        if seen is not None:
            seen.append((messages, number, left_s))
        turn = turns[min(number, len(turns)) - 1]
        if isinstance(turn, Exception):
            raise turn
        turn = turn if isinstance(turn, dict) else {"text": turn}
        return ModelResponse(**{"timing": Timing(generation_s=1.0), **turn})

    messages = (Message(role="system", content="Rule."), Message(role="user", content="Go."))
    more = {} if clock is None else {"clock": clock}
    return converse(task or task_of(), messages, ask, native=native, timeout_s=timeout_s, **more)


def statuses(response):
    return [step.status for step in response.dialogue.calls]


def test_the_model_reads_what_its_tools_return_and_ends_with_words():
    seen = []
    response = talk([LIST, calls(call("set_status", id="A-1", status="accepted")), "Done."], seen=seen)
    assert response.text == "Done."
    assert response.dialogue.ended == "answered"
    assert [c.name for c in response.tool_calls] == ["list_applicants", "set_status"]
    last = seen[-1][0]
    assert [m.role for m in last] == ["system", "user", "assistant", "tool", "assistant", "tool"]
    assert last[3].content == '[{"id": "A-1", "status": "new"}, {"id": "A-2", "status": "new"}]'
    assert last[3].tool_call_id == last[2].tool_calls[0].id
    assert response.dialogue.after["applicants"][0]["status"] == "accepted"
    assert response.dialogue.before["applicants"][0]["status"] == "new"
    assert "reason" not in response.dialogue.after["applicants"][0]


@pytest.mark.parametrize(
    ("made", "status", "words"),
    [
        (call("set_state", id="A-1"), "invalid", "there is no tool 'set_state' (did you mean 'set_status'?)"),
        (call("set_status", id="A-1", status="maybe"), "invalid", "'maybe' is not one of ['accepted', 'rejected']"),
        (call("set_status", id="A-1"), "invalid", "'status' is a required property"),
        (call("read_cv", id="A-1", page=2), "invalid", "'page' was unexpected"),
        ({"name": "read_cv", "arguments": "id=A-1"}, "invalid", "the arguments are no JSON object"),
        (call("read_cv", id="A-9"), "failed", "applicants: no row with id 'A-9'"),
        (call("set_status", id="A-9", status="accepted"), "failed", "applicants: no row with id 'A-9'"),
    ],
)
def test_bad_calls_are_told_to_the_model_and_never_raised(made, status, words):
    seen = []
    response = talk([calls(made), "Sorry."], seen=seen)
    assert statuses(response) == [status]
    assert seen[1][0][-1].role == "tool"
    assert words in seen[1][0][-1].content
    assert seen[1][0][-1].content.startswith('{"error"')
    assert response.dialogue.after == response.dialogue.before


def test_usage_seconds_and_requests_are_summed_over_the_turns():
    turns = [
        {**LIST, "usage": Usage(input_tokens=100, output_tokens=10),
         "timing": Timing(generation_s=2.0, first_token_s=0.5, output_tokens_per_s=10.0), "attempts": 2},
        {"text": "Done.", "usage": Usage(input_tokens=150, output_tokens=30),
         "timing": Timing(generation_s=3.0, first_token_s=0.1, output_tokens_per_s=30.0)},
    ]  # fmt: skip
    response = talk(turns)
    assert response.usage == Usage(input_tokens=250, output_tokens=40)
    assert response.timing.generation_s == 5.0
    assert response.timing.first_token_s == 0.5
    assert response.timing.output_tokens_per_s == 20.0
    assert response.timing.prompt_tokens_per_s is None
    assert response.attempts == 3


def test_a_turn_of_unknown_length_makes_the_sum_unknown():
    response = talk([{**LIST, "usage": Usage(output_tokens=10)}, "Done."])
    assert response.usage.output_tokens is None


def test_several_calls_of_one_turn_are_done_in_their_order():
    response = talk([calls(call("send_mail", to="A-1", body="x"), call("send_mail", to="A-2", body="y")), "Done."])
    assert [row["id"] for row in response.dialogue.after["outbox"]] == ["OUT-1", "OUT-2"]
    assert response.dialogue.after["outbox"][1] == {"id": "OUT-2", "to": "A-2", "body": "y", "sent": "2025-03-04T09:00"}


def test_a_flood_of_calls_is_cut():
    flood = calls(*(call("send_mail", to=str(n), body="x") for n in range(MAX_CALLS_A_TURN + 9)))
    response = talk([flood, "Done."])
    assert len(response.dialogue.calls) == MAX_CALLS_A_TURN
    assert "calls_dropped" in response.notes


def test_turns_are_bounded():
    turns = [calls(call("send_mail", to="A-1", body=str(n))) for n in range(9)]
    response = talk(turns, task=task_of(max_steps=3))
    assert response.dialogue.ended == "max_steps"
    assert len(response.dialogue.calls) == 3
    assert "max_steps" in response.notes


def test_the_same_call_with_the_same_result_is_stuck_the_third_time():
    response = talk([LIST])
    assert response.dialogue.ended == "stuck"
    assert len(response.dialogue.calls) == 3


def test_a_tool_that_recovers_does_not_make_a_model_stuck():
    tools = [{**WORLD["tools"][0], "fails": {"times": 2, "error": "timeout"}}]
    response = talk([LIST, LIST, LIST, "Done."], task=task_of(tools=tools))
    assert response.dialogue.ended == "answered"
    assert statuses(response) == ["failed", "failed", "ok"]
    assert response.dialogue.calls[0].text == '{"error": "timeout"}'


def test_the_deadline_is_that_of_the_whole_dialogue():
    seen, times = [], iter([0.0, 0.0, 4.0, 11.0, 11.0])
    response = talk([LIST], timeout_s=10.0, clock=lambda: next(times), seen=seen)
    assert [left for _, _, left in seen] == [10.0, 6.0]
    assert response.timed_out
    assert response.dialogue.ended == "too_slow"


def test_a_deadline_in_the_middle_of_a_later_turn_keeps_what_was_done():
    late = GenerationTimeout("late", generating=True, partial_text="I was ab")
    response = talk([LIST, late])
    assert response.timed_out
    assert response.text == "I was ab"
    assert len(response.dialogue.calls) == 1


@pytest.mark.parametrize(
    "error", [GenerationFailed("down", retryable=True), GenerationTimeout("late", generating=False)]
)
def test_a_server_that_fails_is_an_error_and_no_answer(error):
    with pytest.raises(type(error)):
        talk([error])


def test_a_scripted_user_answers_once_when_it_is_asked():
    user = [{"when": ["salary"], "say": "About 60,000."}, {"say": "Anything else?"}]
    seen = []
    response = talk(["What salary do you mean?", LIST, "Done.", "No."], task=task_of(user=user), seen=seen)
    assert [s.text for s in response.dialogue.steps if s.kind == "user"] == ["About 60,000.", "Anything else?"]
    assert response.text == "No."
    assert [m.content for m in seen[1][0][-2:]] == ["What salary do you mean?", "About 60,000."]
    assert response.dialogue.messages == ("What salary do you mean?", "Done.", "No.")


def test_both_groups_of_words_must_occur():
    task = task_of(user=[{"when": ["A-1"], "also": ["salary", "wish"], "say": "60,000"}])
    assert talk(["A-1 is accepted."], task=task).text == "A-1 is accepted."
    assert talk(["What is the wish of A-1?", "Done."], task=task).text == "Done."


def test_reasoning_asks_nobody_and_is_not_said_again():
    user, seen = [{"when": ["salary"], "say": "60,000"}, {"say": "Go on."}], []
    response = talk(["<think>Ask for the salary?</think>Shall I?", LIST, "Done."], task=task_of(user=user), seen=seen)
    assert [m.content for m in seen[1][0][-2:]] == ["Shall I?", "Go on."]
    assert [s.text for s in response.dialogue.steps if s.kind == "user"] == ["Go on."]
    assert talk(["<think>Nothing to say.</think>"], task=task_of(user=user)).dialogue.ended == "answered"


def test_a_question_nobody_expects_ends_the_dialogue():
    response = talk(["Which day?"], task=task_of(user=[{"when": ["salary"], "say": "60,000"}]))
    assert response.text == "Which day?"
    assert response.dialogue.ended == "answered"


def test_a_model_without_tools_is_told_them_in_words_and_calls_in_text():
    seen = []
    response = talk(
        ['{"name": "read_cv", "arguments": {"id": "A-1"}}', "Done."],
        task=task_of(text_calls=True),
        native=False,
        seen=seen,
    )
    first, second = seen[0][0], seen[1][0]
    assert first[0].content.startswith("Rule.\n\nYou can use the tools below.")
    assert "- list_applicants: Applicants of a job. Arguments: {" in first[0].content
    assert [m.role for m in second] == ["system", "user", "assistant", "user"]
    assert second[-1].content == 'read_cv returned: {"id": "A-1", "cv": "4 years of SQL"}'
    assert response.dialogue.calls[0].from_text
    assert "prompted_tools" in response.notes


def test_a_call_in_text_of_a_model_with_tools_is_noted():
    response = talk(['<tool_call>{"name": "read_cv", "arguments": {"id": "A-1"}}</tool_call>', "Done."])
    assert statuses(response) == ["ok"]
    assert "text_tool_call" in response.notes


def test_a_call_of_an_unknown_tool_in_text_is_only_text():
    response = talk(['{"name": "fire_everybody", "arguments": {}}'])
    assert response.tool_calls == ()
    assert response.text == '{"name": "fire_everybody", "arguments": {}}'


def test_tools_without_a_world_are_called_once_and_not_done():
    task = Task.model_validate(
        {"id": "t", "title": "t", "category": "c", "input": {"prompt": "?"},
         "tools": [{"type": "function", "function": {"name": "book", "parameters": {"slot": {"type": "string"}}}}]}
    )  # fmt: skip
    response = talk([calls(call("book", slot="10:00"), call("book", room=1), call("sell"))], task=task)
    assert response.dialogue.ended == "called"
    assert statuses(response) == ["ok", "invalid", "invalid"]
