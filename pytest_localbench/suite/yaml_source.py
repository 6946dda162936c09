"""Reads YAML and JSON strictly: UTF-8 whatever the locale, duplicate keys refused, values stay as they were written.

YAML follows the core schema of YAML 1.2: only ``true``/``false``/``null`` and real numbers are special, so that ``no``,
``012``, ``12:30`` and dates stay text. Merge keys and a few anchors work; recursive or exploding aliases are refused.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from ..errors import TaskFileError

MAX_BYTES = 5_000_000
MAX_NODES = 200_000
MAX_DEPTH = 64
FileProblem = type[TaskFileError] | Any

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"^[-+]?(0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_NOT_FINITE = re.compile(r"^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_KNOWN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq",
                                                                  "timestamp", "merge", "value"))  # fmt: skip


class _Problem(Exception):
    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_data(path: Path | str, shown: str | None = None, error: FileProblem = TaskFileError) -> Any:
    """The data of one file; raises ``error(shown path, line, sentence)``."""
    name = shown or str(path)
    text = read_text(path, name, error)
    try:
        return _json(text) if name.endswith(".json") else _yaml(text)
    except _Problem as problem:
        raise error(name, problem.line, str(problem)) from None


def read_text(path: Path | str, shown: str, error: FileProblem = TaskFileError) -> str:
    """The text of a UTF-8 file with line ends as LF."""
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise error(shown, None, f"cannot be read ({problem.strerror})") from None
    if len(raw) > MAX_BYTES:
        raise error(shown, None, f"is larger than {MAX_BYTES // 1_000_000} MB; split it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        raise error(shown, line, "is not UTF-8; save the file as UTF-8") from None
    return text.replace("\r\n", "\n") if "\r" in text else text


# -- JSON ------------------------------------------------------------------------------------------------------------


def _json(text: str) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items):
            seen: set[str] = set()
            doubled = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            lines = [n for n, line in enumerate(text.split("\n"), 1) if json.dumps(doubled) in line]
            where = " and ".join(str(n) for n in lines[:2]) if len(lines) > 1 else str(lines[0] if lines else "?")
            raise _Problem(lines[-1] if lines else None, f"the key '{doubled}' stands twice (lines {where})")
        return result

    def refuse(word: str) -> Any:
        raise _Problem(None, f"{word} is not valid JSON; write a number or null")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=refuse)
    except json.JSONDecodeError as problem:
        raise _Problem(problem.lineno, f"is not valid JSON ({problem.msg})") from None
    except RecursionError:
        raise _Problem(None, "is nested too deeply") from None
    except ValueError as problem:
        raise _Problem(None, f"is not valid JSON ({problem})") from None


# -- YAML ------------------------------------------------------------------------------------------------------------


def compose(text: str) -> yaml.Node | None:
    """The node tree of a single YAML document."""
    try:
        loader = _Base(text)
        try:
            node: yaml.Node | None = loader.get_single_node()
            return node
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        words = (problem.problem or "cannot be parsed").strip()
        if "expected a single document" in str(problem.context or ""):
            words = "holds more than one YAML document; one file is one document"
        raise _Problem(mark.line + 1 if mark else None, f"is not valid YAML ({words})") from None
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        raise _Problem(None, f"is not valid YAML ({problem or 'nested too deeply'})") from None


def _yaml(text: str) -> Any:
    node = compose(text)
    return None if node is None else _Builder().build(node, 0)


class _Builder:
    def __init__(self) -> None:
        self.count = 0
        self.open: set[int] = set()

    def build(self, node: yaml.Node, depth: int) -> Any:
        self.count += 1
        if self.count > MAX_NODES:
            raise _Problem(node.start_mark.line + 1, f"holds more than {MAX_NODES} values once aliases are expanded")
        if depth > MAX_DEPTH:
            raise _Problem(node.start_mark.line + 1, f"is nested more than {MAX_DEPTH} levels deep")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if node.tag not in _KNOWN_TAGS:
            raise _Problem(node.start_mark.line + 1, f"the tag '{node.tag}' is not allowed here")
        if id(node) in self.open:
            raise _Problem(node.start_mark.line + 1, "an alias refers to itself")
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.build(child, depth + 1) for child in node.value]
            return self._mapping(node, depth)
        finally:
            self.open.discard(id(node))

    def _mapping(self, node: Any, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: list[dict[str, Any]] = []
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Problem(line, "a key must be plain text")
            key = key_node.value
            if key == "<<" and not key_node.style:
                found = self.build(value_node, depth + 1)
                merged.extend(found if isinstance(found, list) else [found])
                continue
            if key in result:
                raise _Problem(line, f"the key '{key}' stands twice (lines {lines[key]} and {line})")
            lines[key] = line
            result[key] = self.build(value_node, depth + 1)
        for source in merged:
            if not isinstance(source, dict):
                raise _Problem(node.start_mark.line + 1, "'<<' merges mappings only")
            for key, value in source.items():
                result.setdefault(key, value)
        return result


def _scalar(node: yaml.ScalarNode) -> Any:
    value: str = node.value
    if node.tag not in _KNOWN_TAGS:
        raise _Problem(node.start_mark.line + 1, f"the tag '{node.tag}' is not allowed here")
    if node.style:
        return value
    if value in _NULLS:
        return None
    if value in _BOOLS:
        return _BOOLS[value]
    first = value[0]
    if first.isdigit() or first in "+-.":
        if _INT.match(value):
            if len(value) > 4000:
                raise _Problem(node.start_mark.line + 1, "this number is too long")
            return int(value)
        if _FLOAT.match(value):
            return float(value)
        if _NOT_FINITE.match(value):
            raise _Problem(node.start_mark.line + 1, f"'{value}' is not a number that can be stored; quote it")
    return value
