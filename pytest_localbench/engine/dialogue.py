"""Several turns: the model speaks or calls tools, the simulated world answers, until the model is done or a limit ends it.

Ends: a message without calls that the scripted user does not answer; ``max_steps`` turns; the same call with the same
result three times in a row; the total deadline. Bad calls are told to the model as the tool's result, never raised.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..domain.dialogue import Dialogue, Ended, Step
from ..domain.response import Memory, Message, ModelResponse, Timing, ToolCall, Usage
from ..domain.task import Task
from ..domain.world import UserReply, full_schema
from ..errors import GenerationTimeout
from ..evaluators.folding import find_phrase, norm
from ..evaluators.reasoning import clean_reply, split_reasoning
from .text_calls import text_calls
from .world import ArgumentCheck, Result, Simulation, as_told

SAME_CALLS = 3
MAX_CALLS_A_TURN = 32
_HOW_TO_CALL = """\
You can use the tools below. To use one, answer with nothing but JSON: {"name": "TOOL", "arguments": {...}}. What it \
returns comes with the next message. One call after another; when you are done, answer in plain words without JSON.
"""

Ask = Callable[[tuple[Message, ...], int, float], ModelResponse]
"""Messages, turn (from 1), seconds left -> the model's turn."""


def is_dialogue(task: Task) -> bool:
    """True when the task offers tools."""
    return task.environment is not None or bool(task.tools)


def tools_of(task: Task) -> tuple[dict[str, Any], ...]:
    """The definitions that are sent with every turn."""
    world = task.environment
    return task.tools if world is None else (*task.tools, *(tool.definition for tool in world.tools))


def converse(
    task: Task,
    messages: Sequence[Message],
    ask: Ask,
    *,
    native: bool,
    timeout_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> ModelResponse:
    """The whole dialogue as one response: last message, all calls, usage and seconds summed over the turns.

    ``native=False``: the tools are described in the system message and their results come as messages of the user.
    Raises what ``ask`` raises; only a deadline that passes in the middle is an answer that was too slow.
    """
    return _Talk(task, list(messages), ask, native, clock() + timeout_s, clock).run()


class _Talk:
    def __init__(
        self, task: Task, messages: list[Message], ask: Ask, native: bool, deadline: float, clock: Callable[[], float]
    ) -> None:
        self._task, self._ask, self._native = task, ask, native
        self._deadline, self._clock = deadline, clock
        self._messages = messages if native else _with_tools(messages, tools_of(task))
        world = task.environment
        self._simulation = None if world is None else Simulation(world)
        self._replies: list[UserReply] = [] if world is None else list(world.user)
        self._known = {str(_function(tool)["name"]): _function(tool) for tool in tools_of(task)}
        self._turns: list[ModelResponse] = []
        self._steps: list[Step] = []
        self._calls: list[ToolCall] = []
        self._notes: list[str] = [] if native else ["prompted_tools"]
        self._repeated: tuple[str, int] = ("", 0)

    def run(self) -> ModelResponse:
        last = self._task.environment.max_steps if self._task.environment else 1
        text = ""
        ended: Ended = "max_steps"
        for turn in range(1, last + 1):
            response = self._turn(turn)
            if response is None or response.timed_out:
                text, ended = ("" if response is None else response.text), "too_slow"
                break
            calls, text = self._calls_of(response)
            if text.strip():
                self._steps.append(Step(turn=turn, kind="message", text=text))
            if not calls:
                said = self._user(turn, text)
                if said is None:
                    ended = "answered"
                    break
                self._messages += [Message(role="assistant", content=_spoken(text)), Message(role="user", content=said)]
                continue
            if self._simulation is None:
                for call in calls:
                    self._record(turn, call, ("", "invalid" if self._problem(call) else "ok"))
                ended = "called"
                break
            if self._work(turn, calls, response, text):
                ended = "stuck"
                break
        return self._whole(text, ended)

    def _turn(self, turn: int) -> ModelResponse | None:
        """The model's turn; ``None`` when the deadline passed between turns, or before a later turn began to come."""
        left = self._deadline - self._clock()
        if left <= 0:
            return None
        try:
            response = self._ask(tuple(self._messages), turn, left)
        except GenerationTimeout as late:
            if not late.generating:
                if turn == 1:
                    raise
                self._turns.append(_late(left, str(late)))
                return None
            response = _late(left, str(late), late.partial_text)
        self._turns.append(response)
        return response

    def _calls_of(self, response: ModelResponse) -> tuple[tuple[ToolCall, ...], str]:
        calls, text = response.tool_calls, response.text
        if not calls:
            calls, text = text_calls(text, self._known)
            if calls and self._native:
                self._note("text_tool_call")
        if len(calls) > MAX_CALLS_A_TURN:
            self._note("calls_dropped")
            calls = calls[:MAX_CALLS_A_TURN]
        first = len(self._calls)
        named = [c if c.id else c.model_copy(update={"id": f"call-{first + n}"}) for n, c in enumerate(calls, 1)]
        return tuple(named), text

    def _work(self, turn: int, calls: Sequence[ToolCall], response: ModelResponse, text: str) -> bool:
        """Do the calls in order and tell the model what came of them; True when it is stuck."""
        assert self._simulation is not None
        told: list[str] = []
        stuck = False
        for call in calls:
            result = self._simulation.call(call.name, call.arguments)
            told.append(self._record(turn, call, result))
            stuck = stuck or self._is_stuck(call, told[-1])
        if self._native:
            self._messages.append(Message(role="assistant", content=_spoken(text), tool_calls=tuple(calls)))
            self._messages += [
                Message(role="tool", content=words, tool_call_id=call.id)
                for call, words in zip(calls, told, strict=True)
            ]
        else:
            results = "\n".join(f"{call.name} returned: {words}" for call, words in zip(calls, told, strict=True))
            said = Message(role="assistant", content=_spoken(response.text))
            self._messages += [said, Message(role="user", content=results)]
        return stuck

    def _record(self, turn: int, call: ToolCall, result: Result) -> str:
        value, status = result
        words = as_told(value) if value != "" else ""
        self._calls.append(call)
        step = Step(turn=turn, kind="call", text=words, tool=call.name, arguments=call.arguments, status=status,
                    from_text=call.from_text)  # fmt: skip
        self._steps.append(step)
        return words

    def _problem(self, call: ToolCall) -> str:
        tool = self._known.get(call.name)
        if tool is None:
            return "unknown"
        return ArgumentCheck(full_schema(tool.get("parameters") or {})).problem(call.arguments)

    def _is_stuck(self, call: ToolCall, told: str) -> bool:
        mark = json.dumps([call.name, call.arguments, told], sort_keys=True, default=str)
        self._repeated = (mark, self._repeated[1] + 1 if mark == self._repeated[0] else 1)
        return self._repeated[1] >= SAME_CALLS

    def _user(self, turn: int, text: str) -> str | None:
        folded = norm(_spoken(text))
        for reply in self._replies if folded else ():
            if all(not group or any(find_phrase(folded, p) for p in group) for group in (reply.when, reply.also)):
                self._replies.remove(reply)
                self._steps.append(Step(turn=turn, kind="user", text=reply.say))
                return reply.say
        return None

    def _note(self, note: str) -> None:
        if note not in self._notes:
            self._notes.append(note)

    def _whole(self, text: str, ended: Ended) -> ModelResponse:
        if ended in ("max_steps", "stuck"):
            self._note(ended)
        turns = self._turns
        world = self._task.environment
        dialogue = Dialogue(
            steps=tuple(self._steps),
            before={} if world is None else world.tables(),
            after={} if self._simulation is None else self._simulation.tables,
            ended=ended,
        )
        memories = [turn.memory for turn in turns if turn.memory != Memory()]
        return turns[-1].model_copy(
            update={
                "text": text,
                "thinking": "\n\n".join(turn.thinking for turn in turns if turn.thinking) or None,
                "tool_calls": tuple(self._calls),
                "usage": _usage(turns),
                "timing": _timing(turns),
                "memory": memories[-1] if memories else Memory(),
                "attempts": sum(turn.attempts for turn in turns),
                "timed_out": ended == "too_slow",
                "notes": tuple(dict.fromkeys((*(note for turn in turns for note in turn.notes), *self._notes))),
                "dialogue": dialogue,
            }
        )


def _spoken(text: str) -> str:
    """What is kept of a turn in the messages of later ones: not its reasoning."""
    return split_reasoning(clean_reply(text))[0].strip()


def _late(seconds: float, message: str, text: str = "") -> ModelResponse:
    return ModelResponse(
        text=text, finish_reason="unknown", timed_out=True, notes=(message,),
        timing=Timing(generation_s=seconds, elapsed_s=seconds),
    )  # fmt: skip


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    return tool["function"] if isinstance(tool.get("function"), dict) else tool


def _with_tools(messages: list[Message], tools: Sequence[dict[str, Any]]) -> list[Message]:
    first = _function(tools[0])
    needed = full_schema(first.get("parameters") or {}).get("required", ())
    example = json.dumps({"name": first["name"], "arguments": dict.fromkeys(needed, "...")})
    lines = [f"{_HOW_TO_CALL}For example: {example}\n"]
    for tool in map(_function, tools):
        schema = json.dumps(full_schema(tool.get("parameters") or {}), ensure_ascii=False)
        lines.append(f"- {tool['name']}: {tool.get('description', '')} Arguments: {schema}")
    words = "\n".join(lines)
    if messages and messages[0].role == "system":
        return [messages[0].model_copy(update={"content": f"{messages[0].content}\n\n{words}"}), *messages[1:]]
    return [Message(role="system", content=words), *messages]


def _usage(turns: Sequence[ModelResponse]) -> Usage:
    return Usage(**{name: _sum([getattr(turn.usage, name) for turn in turns]) for name in Usage.model_fields})


def _timing(turns: Sequence[ModelResponse]) -> Timing:
    """Sums; tokens per second over all turns together. The first token is that of the first turn."""
    timings = [turn.timing for turn in turns]
    if len(turns) == 1:
        return timings[0]
    writing = _speed([(turn.usage.output_tokens, turn.timing.output_tokens_per_s) for turn in turns])
    reading = _speed([(turn.usage.input_tokens, turn.timing.prompt_tokens_per_s) for turn in turns])
    known = writing is not None or reading is not None
    return Timing(
        generation_s=sum(timing.generation_s for timing in timings),
        first_token_s=timings[0].first_token_s if known else None,
        prompt_tokens_per_s=reading,
        output_tokens_per_s=writing,
        speeds_from=timings[0].speeds_from if known else None,
        load_s=timings[0].load_s,
        queued_s=_sum([timing.queued_s for timing in timings]),
        elapsed_s=_sum([timing.elapsed_s for timing in timings]),
    )


def _speed(pairs: Sequence[tuple[int | None, float | None]]) -> float | None:
    tokens = seconds = 0.0
    for count, speed in pairs:
        if count is None or not speed:
            return None
        tokens += count
        seconds += count / speed
    return tokens / seconds if seconds else None


def _sum(values: Sequence[Any]) -> Any:
    """The sum, ``None`` as soon as one part is not known."""
    return None if any(value is None for value in values) else sum(values)
