"""Known answers played as a model would give them: calls one a turn, words to the user between, then the last message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.response import Message, ModelResponse, Timing, ToolCall
from ..domain.task import CalibrationCase, Sample, Task
from ..errors import EvaluationError
from .dialogue import converse, is_dialogue

_AT_ONCE = Timing(generation_s=0.0)


def as_response(text: str) -> ModelResponse:
    """A text as if a model had answered it."""
    return ModelResponse(text=text, timing=_AT_ONCE)


def known_response(task: Task, text: str, calls: Sequence[Mapping[str, Any]] = ()) -> ModelResponse:
    """The response to a task when a model makes these calls and ends with this text.

    The last text is said again when the scripted user answers it. Raises EvaluationError when a ``say`` gets no reply, or the world ends the dialogue before everything was played.
    """
    if not is_dialogue(task):
        return as_response(text)
    turns = [_turn(call) for call in calls]
    if task.environment is None:
        made = tuple(call for turn in turns for call in turn.tool_calls)
        turns = [ModelResponse(text=text, tool_calls=made, timing=_AT_ONCE)]
    else:
        turns.append(as_response(text))

    def ask(_messages: tuple[Message, ...], number: int, _left_s: float) -> ModelResponse:
        return turns[min(number, len(turns)) - 1]

    response = converse(task, (), ask, native=True, timeout_s=3600.0)
    asked = 0 if response.dialogue is None else response.attempts
    if asked < len(turns):
        ended = response.dialogue.ended if response.dialogue is not None else ""
        raise EvaluationError(
            f"the dialogue ended ({ended}) after {asked} of {len(turns)} turns that were to be played"
        )
    return response


def reference_calls(task: Task, sample: Sample) -> tuple[dict[str, Any], ...]:
    """The calls of the calibration case named ``reference``."""
    for case in task.calibration:
        if is_reference(case, task, sample):
            return case.tool_calls
    return ()


def is_reference(case: CalibrationCase, task: Task, sample: Sample) -> bool:
    """True when a calibration case is the known right answer to this sample."""
    return case.name == "reference" and (case.sample == sample.id or (case.sample is None and len(task.samples) == 1))


def _turn(call: Mapping[str, Any]) -> ModelResponse:
    if "say" in call:
        return as_response(str(call["say"]))
    made = ToolCall(name=call["name"], arguments=call.get("arguments", {}))
    return ModelResponse(text="", tool_calls=(made,), finish_reason="tool_calls", timing=_AT_ONCE)
