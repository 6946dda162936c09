"""Reads YAML and JSON strictly: duplicate keys and tags refused, values stay as they were written.

YAML follows the core schema of YAML 1.2, read cautiously: only ``true``, ``false``, ``null``, ``~``, nothing and decimal
numbers are special, so that ``no``, ``012``, ``+49301234``, ``12:30`` and dates stay text; keys are always text. Merge
keys and a few anchors work; recursive or exploding aliases are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from ..errors import TaskFileError
from .json_source import compose_json, entry_lines_json, parse_json
from .text_source import MAX_DEPTH, MAX_NODES, FileProblem, Unreadable, read_text

_INT = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"-?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_HINTS = {
    "mapping values are not allowed": "; quote a text that holds ': '",
    "did not find expected": "; look at the quotes and the indentation of this line and those before it",
    "could not find expected ':'": "; every line of a mapping is 'key: value'",
}
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff")
_Scalar, _Sequence = yaml.ScalarNode, yaml.SequenceNode


class _NoTags:
    """Leaves values untyped: what a plain scalar means is decided here, not by YAML 1.1 rules."""

    def resolve(self, *_: Any) -> str:
        return ""

    def descend_resolver(self, *_: Any) -> None:
        """Paths do not matter."""

    def ascend_resolver(self) -> None:
        """Paths do not matter."""


class _PurePython(Reader, Scanner, Parser, Composer, _NoTags):
    def __init__(self, stream: str) -> None:
        Reader.__init__(self, stream)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)

    def dispose(self) -> None:
        """As the compiled one."""


def _loader() -> Any:
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return _PurePython

    class Compiled(CParser, _NoTags):
        """The parser of libyaml."""

    return Compiled


_Loader: Any = _loader()


def read_data(path: Path | str, shown: str | None = None, error: FileProblem = TaskFileError) -> Any:
    """The data of one file; raises ``error(shown path, line, sentence)``."""
    return read_entries(path, shown, error)[0]


def read_entries(
    path: Path | str, shown: str | None = None, error: FileProblem = TaskFileError
) -> tuple[Any, Callable[[], list[int]]]:
    """The data of one file, and what tells the lines at which the entries of its list (or of ``tasks``) start."""
    name = shown or str(path)
    text = read_text(path, name, error)
    try:
        if name.endswith(".json"):
            return parse_json(text), lambda: entry_lines_json(text)
        node = _root(text)
        return _Builder().value(node, 0), lambda: _entry_lines(node)
    except Unreadable as problem:
        raise error(name, problem.line, str(problem)) from None


def _root(text: str) -> yaml.Node:
    node = _compose(text)
    if node is None:
        raise Unreadable(1, "is empty")
    return node


def _entry_lines(node: yaml.Node) -> list[int]:
    if isinstance(node, yaml.MappingNode):
        node = next((value for key, value in node.value if key.value == "tasks"), node)
    return [child.start_mark.line + 1 for child in node.value] if isinstance(node, yaml.SequenceNode) else []


def compose(text: str, name: str) -> yaml.Node | None:
    """The node tree of a text, for its lines; raises :class:`Unreadable`. ``None``: the text is empty."""
    return compose_json(text) if name.endswith(".json") else _compose(text)


def _compose(text: str) -> yaml.Node | None:
    loader = None
    try:
        loader = _Loader(text)
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        words = (problem.problem or "cannot be parsed").strip()
        if "expected a single document" in str(problem.context or ""):
            words = "holds more than one YAML document; one file is one document"
        words += _hint(words, text, mark)
        raise Unreadable(mark.line + 1 if mark else None, f"is not valid YAML ({words})") from None
    except ReaderError:
        found = _FORBIDDEN.search(text)
        where = text.count("\n", 0, found.start()) + 1 if found else None
        sign = f" U+{ord(found.group()):04X}" if found else ""
        raise Unreadable(where, f'is not valid YAML (the control character{sign}; write it as "\\u...")') from None
    except RecursionError:
        raise Unreadable(None, f"is nested more than {MAX_DEPTH} levels deep") from None
    else:
        return node
    finally:
        if loader is not None:
            loader.dispose()


def _hint(words: str, text: str, mark: Any) -> str:
    """How the usual slips are mended."""
    if mark is not None and "cannot start any token" in words:
        rest = text.split("\n")[mark.line][mark.column :]
        if rest.startswith("\t"):
            return ": a tab; indent with spaces"
        return f"; quote the value that starts with '{rest[0]}'" if rest else ""
    return next((hint for part, hint in _HINTS.items() if part in words), "")


class _Builder:
    """Nodes to plain data; aliases are expanded, and what has been made is counted."""

    def __init__(self) -> None:
        self.count = 0

    def value(self, node: Any, depth: int) -> Any:
        if type(node) is _Scalar:
            return _scalar(node)
        self.count += len(node.value) + 1
        if self.count > MAX_NODES:
            raise Unreadable(node.start_mark.line + 1, f"holds more than {MAX_NODES} values once aliases are expanded")
        if depth >= MAX_DEPTH:
            words = f"is nested more than {MAX_DEPTH} levels deep, or an alias refers to itself"
            raise Unreadable(node.start_mark.line + 1, words)
        if node.tag:
            raise _tagged(node)
        if type(node) is _Sequence:
            value = self.value
            return [_scalar(child) if type(child) is _Scalar else value(child, depth + 1) for child in node.value]
        return self._mapping(node, depth + 1)

    def _mapping(self, node: Any, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: list[Any] = []
        for key_node, child in node.value:
            if type(key_node) is not _Scalar:
                quote = "; quote a value that starts with '{'" if type(key_node) is not _Sequence else ""
                raise Unreadable(key_node.start_mark.line + 1, f"a key must be plain text{quote}")
            if key_node.tag:
                raise _tagged(key_node)
            key = key_node.value
            if key == "<<" and not key_node.style:
                found = self.value(child, depth)
                merged.extend(found if isinstance(found, list) else [found])
            elif key in result:
                raise _doubled(node, key)
            else:
                result[key] = _scalar(child) if type(child) is _Scalar else self.value(child, depth)
        for source in merged:
            if not isinstance(source, dict):
                raise Unreadable(node.start_mark.line + 1, "'<<' merges mappings only")
            for key, value in source.items():
                result.setdefault(key, value)
        return result


def _doubled(node: Any, key: str) -> Unreadable:
    lines = [k.start_mark.line + 1 for k, _ in node.value if k.value == key]
    return Unreadable(lines[1], f"the key '{key}' stands twice (lines {lines[0]} and {lines[1]})")


def _tagged(node: Any) -> Unreadable:
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    return Unreadable(
        node.start_mark.line + 1, f"the tag '{tag}' is not allowed here; write the plain value, quoted if it is text"
    )


def _scalar(node: Any) -> Any:
    if node.tag:
        raise _tagged(node)
    value: str = node.value
    if node.style:
        return value
    if value in _WORDS:
        return _WORDS[value]
    if value[0] not in "-.0123456789+":
        return value
    if _INT.match(value):
        if len(value) > 4000:
            raise Unreadable(node.start_mark.line + 1, "this number is too long; quote it")
        return int(value)
    if _FLOAT.match(value):
        number = float(value)
        if math.isinf(number):
            raise Unreadable(node.start_mark.line + 1, f"'{value[:40]}' is too large a number; quote it")
        return number
    if _NOT_FINITE.match(value):
        raise Unreadable(node.start_mark.line + 1, f"'{value}' is not a number that can be stored; quote it")
    return value
