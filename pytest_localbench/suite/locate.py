"""Lines of fields: the file is read again only when an error must be shown, so that loading stays quick."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError
from .text_source import Unreadable, read_text
from .yaml_source import compose

SEED_ALIASES = {
    "name": "title",
    "category_id": "category",
    "input_data": "input",
    "expected_output": "expected",
    "complexity_score": "complexity",
    "weights": "evaluation_weights",
}
"""Names of the flat store -> names of the task file."""

WRITTEN_AS = {
    "pass_quality": ("pass",),
    "options": ("with",),
    "json_schema": ("schema",),
    "kind": ("as",),
    **{name: (alias,) for alias, name in SEED_ALIASES.items()},
}
"""Names of fields -> other names under which a file may hold them."""


def line_of(path: Path | str, field: Sequence[str | int], start_line: int = 1) -> int:
    """The line of a field path such as ``("evaluators", 0, "with", "fields")``, or of its nearest written ancestor.

    ``start_line``: where the entity itself starts, for files that hold several.
    """
    node = _composed(path)
    return start_line if node is None else _descend(_entity(node, start_line), field, start_line)


def _composed(path: Path | str) -> Any:
    try:
        return compose(read_text(path, str(path)), str(path))
    except (ConfigError, Unreadable, ValueError, RecursionError):
        return None


def _entity(root: Any, start_line: int) -> Any:
    """The mapping that starts at a line, for files with a list of tasks."""
    stack = [root] if start_line > 1 else []
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            if node.start_mark.line + 1 == start_line:
                return node
            stack.extend(value for _, value in reversed(node.value))
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(reversed(node.value))
    return root


def _descend(node: Any, field: Sequence[str | int], line: int) -> int:
    for part in field:
        if isinstance(node, yaml.MappingNode):
            names = (str(part), *WRITTEN_AS.get(str(part), ()))
            found = _pair(node, names)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _pair(node: Any, names: Sequence[str], depth: int = 0) -> tuple[Any, Any] | None:
    for key, value in node.value:
        if key.value in names:
            return key, value
    for key, value in node.value if depth < 8 else ():
        if key.value == "<<":
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(source, yaml.MappingNode) and (found := _pair(source, names, depth + 1)):
                    return found
    return None
