"""Strict JSON: duplicate keys, NaN, Infinity and numbers beyond a float are refused with their line (RFC 8259)."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

import yaml

from .text_source import MAX_DEPTH, MAX_NODES, Unreadable

_BLANK = re.compile(r"[ \t\n\r]*")
_BARE = re.compile(r"[^\s,:\[\]{}\"]+")


class _Doubled(Exception):
    """An object holds a key twice; where it stands is found by composing the text."""


class _NoNumber(Exception):
    """A number that JSON or a float cannot hold."""


def parse_json(text: str, most: int = MAX_NODES) -> Any:
    """The data of one JSON text of at most ``most`` values; raises :class:`Unreadable`."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as problem:
        words = "there is text after the end" if problem.msg == "Extra data" else problem.msg
        raise Unreadable(problem.lineno, f"is not valid JSON ({words})") from None
    except _Doubled:
        raise _doubled(text) from None
    except _NoNumber as problem:
        word = str(problem)
        raise Unreadable(_bare_line(text, word), f"{word[:40]} is not valid JSON; write a number or null") from None
    except RecursionError:
        raise Unreadable(None, f"is nested more than {MAX_DEPTH} levels deep") from None
    except ValueError as problem:
        raise Unreadable(None, f"holds a number that is too long ({problem})") from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_size(value, most)
    return value


def compose_json(text: str) -> yaml.Node:
    """The text as YAML nodes, for their lines; raises :class:`Unreadable` at a key that stands twice."""
    return _Composer(text).value(0)[0]


def entry_lines_json(text: str) -> list[int]:
    """The lines at which the entries of a list (or of the list ``tasks`` of an object) start; the text is good JSON."""
    at = _after_space(text, 0)
    if text[at : at + 1] == "{":
        at = _place_of(text, at, "tasks")
    if text[at : at + 1] != "[":
        return []
    lines, line, counted = [], 1, 0
    at = _after_space(text, at + 1)
    while text[at] != "]":
        line += text.count("\n", counted, at)
        counted = at
        lines.append(line)
        at = _after_space(text, _PLAIN.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _after_space(text, at + 1)
    return lines


def _place_of(text: str, at: int, wanted: str) -> int:
    """Where the value of a key of the object at ``at`` starts; the end of the text when there is no such key."""
    at = _after_space(text, at + 1)
    while text[at] != "}":
        key, end = _PLAIN.raw_decode(text, at)
        at = _after_space(text, _after_space(text, end) + 1)
        if key == wanted:
            return at
        at = _after_space(text, _PLAIN.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _after_space(text, at + 1)
    return len(text)


def _after_space(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(items)
    if len(result) != len(items):
        raise _Doubled
    return result


def _finite(word: str) -> float:
    number = float(word)
    if math.isinf(number):
        raise _NoNumber(word)
    return number


def _no_number(word: str) -> Any:
    raise _NoNumber(word)


_PLAIN = json.JSONDecoder()
_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_finite, parse_constant=_no_number)


def _doubled(text: str) -> Unreadable:
    try:
        compose_json(text)
    except Unreadable as found:
        return found
    except RecursionError:
        pass
    return Unreadable(None, "holds a key twice in one object")


def _check_size(value: Any, most: int) -> None:
    count = 0
    stack = [(value, 1)]
    while stack:
        current, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise Unreadable(None, f"is nested more than {MAX_DEPTH} levels deep")
        children = current.values() if isinstance(current, dict) else current
        count += len(children)
        if count > most:
            raise Unreadable(None, f"holds more than {most} values; split it")
        stack.extend((child, depth + 1) for child in children if isinstance(child, dict | list))


def _bare_line(text: str, word: str) -> int | None:
    try:
        stack = [compose_json(text)]
    except (RecursionError, Unreadable):
        return None
    while stack:
        node = stack.pop()
        if isinstance(node, yaml.ScalarNode):
            if node.value == word and not node.style:
                return int(node.start_mark.line) + 1
        elif isinstance(node, yaml.MappingNode):
            stack.extend(value for _, value in reversed(node.value))
        else:
            stack.extend(reversed(node.value))
    return None


class _Mark:
    __slots__ = ("line",)

    def __init__(self, line: int) -> None:
        self.line = line


class _Composer:
    """One pass over a text that was parsed before, or fails no later than the parser does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.breaks = [m.start() for m in re.finditer("\n", text)]

    def value(self, at: int) -> tuple[yaml.Node, int]:
        at = self._skip(at)
        sign = self.text[at : at + 1]
        if sign == "{":
            return self._object(at)
        if sign == "[":
            return self._array(at)
        if sign == '"':
            return self._string(at)
        found = _BARE.match(self.text, at)
        word = found.group() if found else ""
        return yaml.ScalarNode("", word, self._mark(at)), at + len(word)

    def _object(self, start: int) -> tuple[yaml.Node, int]:
        pairs: list[tuple[yaml.Node, yaml.Node]] = []
        lines: dict[str, int] = {}
        at = self._skip(start + 1)
        while self.text[at : at + 1] == '"':
            key, at = self._string(at)
            line = key.start_mark.line + 1
            if key.value in lines:
                raise Unreadable(line, f"the key '{key.value}' stands twice (lines {lines[key.value]} and {line})")
            lines[key.value] = line
            value, at = self.value(self._skip(at) + 1)
            pairs.append((key, value))
            at = self._next(at)
        return yaml.MappingNode("", pairs, self._mark(start)), at + 1

    def _array(self, start: int) -> tuple[yaml.Node, int]:
        items: list[yaml.Node] = []
        at = self._skip(start + 1)
        while at < len(self.text) and self.text[at] != "]":
            before = at
            item, at = self.value(at)
            items.append(item)
            at = self._next(at)
            if at == before:
                break
        return yaml.SequenceNode("", items, self._mark(start)), at + 1

    def _string(self, at: int) -> tuple[yaml.ScalarNode, int]:
        value, end = scanstring(self.text, at + 1, True)
        return yaml.ScalarNode("", value, self._mark(at), style='"'), end

    def _next(self, at: int) -> int:
        at = self._skip(at)
        return self._skip(at + 1) if self.text[at : at + 1] == "," else at

    def _skip(self, at: int) -> int:
        found = _BLANK.match(self.text, at)
        return found.end() if found else at

    def _mark(self, at: int) -> Any:
        return _Mark(bisect_left(self.breaks, at))
