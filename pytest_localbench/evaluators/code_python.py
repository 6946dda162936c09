"""Runs inside the sandbox: loads a Python answer, calls its function, writes what came back as strict JSON.

Nothing here is trusted by the other side: expected values never come here, and every line is checked there again.
A question is one line, hexadecimal marshal data: ``(number, "load", source, entry)`` or ``(number, "call", arguments)``.
"""

from __future__ import annotations

import _json
import marshal
import os
from typing import Any

MAX_DEPTH = 64
MAX_CHARS = 1_000_000


class TooBig(Exception):
    """The value does not fit into a reply."""


def main(replies: int) -> None:
    """Answer questions until there are none."""
    questions = os.dup(0)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    _write(replies, "ready")
    waiting = bytearray()
    space: dict[str, Any] = {"__name__": "answer"}
    entry = ""
    while data := os.read(questions, 65536):
        waiting += data
        while b"\n" in waiting:
            line, _, waiting = waiting.partition(b"\n")
            number, kind, *rest = marshal.loads(bytes.fromhex(line.decode()))
            if kind == "load":
                source, entry = rest
                _write(replies, _reply(number, lambda: _load(source, entry, space)))  # noqa: B023 - called at once
            else:
                _write(replies, _reply(number, lambda: encode(_call(space[entry], rest[0]))))  # noqa: B023


def _load(source: str, entry: str, space: dict[str, Any]) -> str:
    exec(compile(source, "answer", "exec", dont_inherit=True), space)
    return "true" if callable(space.get(entry)) else "false"


def _call(function: Any, arguments: list[Any]) -> Any:
    value = function(*arguments)
    if hasattr(type(value), "__await__"):
        import asyncio

        async def wait() -> Any:
            return await value

        return asyncio.run(wait())
    return value


def _reply(number: str, work: Any) -> str:
    try:
        value = work()
    except TooBig:
        return f'{{"id":"{number}","odd":"more than {MAX_CHARS} characters"}}'
    except BaseException as error:  # noqa: BLE001 - whatever an answer raises is its result
        names = ",".join(_text(kind.__name__) for kind in type(error).__mro__ if kind not in {BaseException, object})
        return f'{{"id":"{number}","raised":[{names}],"message":{_text(_message(error))}}}'
    return f'{{"id":"{number}","value":{value}}}'


def _message(error: BaseException) -> str:
    try:
        words = str(error)[:300]
    except BaseException:  # noqa: BLE001 - the answer's own __str__
        words = ""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "answer":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{words} (line {line})" if line else words


def encode(value: Any) -> str:
    """A value as JSON; what JSON has no form for is an object with one key that says what it was."""
    parts: list[str] = []
    _encode(value, parts, 0, [MAX_CHARS])
    return "".join(parts)


def _encode(value: Any, parts: list[str], depth: int, left: list[int]) -> None:
    kind = type(value)
    if value is None:
        text = "null"
    elif kind is bool:
        text = "true" if value else "false"
    elif isinstance(value, str):
        text = _text(str.__str__(value))
    elif isinstance(value, int):
        text = int.__repr__(value)
    elif isinstance(value, float):
        text = float.__repr__(value)
        if text in {"nan", "inf", "-inf"}:
            text = f'{{"odd":"{text}"}}'
    elif depth >= MAX_DEPTH:
        text = '{"odd":"more than 64 levels"}'
    elif isinstance(value, list | tuple):
        _many("list" if isinstance(value, list) else "tuple", list(value), parts, depth, left)
        return
    elif isinstance(value, dict):
        _many("dict", [list(pair) for pair in dict.items(value)], parts, depth, left)
        return
    else:
        text = f'{{"odd":{_text(kind.__name__)}}}'
    left[0] -= len(text)
    if left[0] < 0:
        raise TooBig
    parts.append(text)


def _many(kind: str, items: list[Any], parts: list[str], depth: int, left: list[int]) -> None:
    parts.append("[" if kind == "list" else f'{{"{kind}":[')
    for index, item in enumerate(items):
        if index:
            parts.append(",")
        left[0] -= 1
        if kind == "dict":
            parts.append("[")
            _encode(item[0], parts, depth + 1, left)
            parts.append(",")
            _encode(item[1], parts, depth + 1, left)
            parts.append("]")
        else:
            _encode(item, parts, depth + 1, left)
    parts.append("]" if kind == "list" else "]}")


def _text(text: str) -> str:
    return _json.encode_basestring_ascii(text[: MAX_CHARS + 1])


def _write(replies: int, line: str) -> None:
    data = line.encode() + b"\n"
    while data:
        data = data[os.write(replies, data) :]
