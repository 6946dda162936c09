"""Tool calls that a model wrote into its text instead of making them natively.

Read are the forms that model families are trained on: ``<tool_call>{...}</tool_call>`` (also ``<function_call>``),
``[TOOL_CALLS] [...]``, ``<function=NAME>{...}</function>``, ``<function=NAME><parameter=KEY>...``, ``<|python_tag|>{...}``,
and plain or fenced JSON ``{name | tool | function, arguments | parameters | args | input}``. Only tools that exist are
called; a JSON call inside more than 200 characters of prose is an example, not a call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Final

from ..domain.response import ToolCall
from ..evaluators.reasoning import clean_reply, split_reasoning

MAX_PROSE: Final = 200
MAX_CANDIDATES: Final = 64
_NAMES: Final = ("name", "tool", "function", "tool_name")
_ARGUMENTS: Final = ("arguments", "parameters", "args", "input")
_OTHER: Final = frozenset({"id", "type", "call_id"})
_MARKED: Final = re.compile(
    r"<(?:tool_call|function_call|tool)>|\[TOOL_CALLS\]|<\|python_tag\|>|<function=[\w.-]{1,64}>"
)
_FUNCTION: Final = re.compile(r"<function=([\w.-]{1,64})>(.*?)(?:</function>|(?=<function=)|\Z)", re.DOTALL)
_PARAMETER: Final = re.compile(r"<parameter=([\w.-]{1,64})>(.*?)(?:</parameter>|(?=<parameter=)|\Z)", re.DOTALL)
_DECORATION: Final = re.compile(
    r"</?(?:tool_call|function_call|tool)>|\[/?TOOL_CALLS\]|<\|(?:python_tag|eom_id|eot_id)\|>|(?m:^[ \t]*(?:```|~~~)\w*[ \t]*$)"
)
_DECODER: Final = json.JSONDecoder()


def text_calls(reply: str, known: Collection[str]) -> tuple[tuple[ToolCall, ...], str]:
    """The calls of a reply and what it says beside them; no calls and the reply as it is when it holds none.

    Reasoning is no place for calls. Never raises, whatever the text is.
    """
    text, _, _ = split_reasoning(clean_reply(reply))
    functions = [(found[1], found[2]) for found in _FUNCTION.finditer(text)]
    if functions:
        calls = [_call(name, _parameters(body)) for name, body in functions if name in known]
        return (tuple(calls), _FUNCTION.sub("", text).strip()) if calls else ((), reply)
    calls, rest = _json_calls(text, known)
    rest = _DECORATION.sub("", rest).strip(" \n\t,;[]")
    if not calls or (len(rest) > MAX_PROSE and not _MARKED.search(text)):
        return (), reply
    return tuple(calls), rest


def _json_calls(text: str, known: Collection[str]) -> tuple[list[ToolCall], str]:
    calls: list[ToolCall] = []
    rest: list[str] = []
    position = 0
    for _ in range(MAX_CANDIDATES):
        start = text.find("{", position)
        if start < 0:
            break
        rest.append(text[position:start])
        try:
            value, position = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            rest.append("{")
            position = start + 1
            continue
        call = _as_call(value, known)
        if call is None:
            rest.append(text[start:position])
        else:
            calls.append(call)
    rest.append(text[position:])
    return calls, "".join(rest)


def _as_call(value: Any, known: Collection[str]) -> ToolCall | None:
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("function"), dict):
        value = value["function"]
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    if name is None or name not in known or value.keys() - {*_NAMES, *_ARGUMENTS, *_OTHER}:
        return None
    return _call(name, next((value[key] for key in _ARGUMENTS if key in value), {}))


def _call(name: str, arguments: Any) -> ToolCall:
    if isinstance(arguments, str):
        try:
            decoded = json.loads(arguments)
        except (ValueError, RecursionError):
            decoded = None
        arguments = decoded if isinstance(decoded, dict) else arguments
    return ToolCall(name=name, arguments={} if arguments is None else arguments, from_text=True)


def _parameters(body: str) -> Any:
    """``<parameter=K>V``: values that are JSON are read as such, others are text."""
    pairs = _PARAMETER.findall(body)
    return {key: _scalar(value.strip()) for key, value in pairs} if pairs else (body.strip() or {})


def _scalar(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
