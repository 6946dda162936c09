"""Lines of fields: the file is read again only when an error must be shown, so that loading stays quick."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from .yaml_source import compose

ALIASES = {"pass_quality": "pass", "options": "with", "json_schema": "schema", "kind": "as"}


def line_of(path: Path | str, field: Sequence[str | int], start_line: int = 1) -> int:
    """The line of a field path such as ``("evaluators", 0, "with", "fields")``, or of its nearest written ancestor.

    ``start_line``: where the entity itself starts, for files that hold several.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return start_line
    if str(path).endswith(".json"):
        return _json_line(text, field, start_line)
    try:
        node: Any = compose(text)
    except Exception:  # noqa: BLE001 - the file was readable a moment ago; a line is a courtesy
        return start_line
    return _descend(_entity(node, start_line), field, start_line)


def _entity(node: Any, start_line: int) -> Any:
    """The mapping that starts at a line, for files with a list of tasks."""
    if node is None or start_line <= 1:
        return node
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, yaml.MappingNode):
            if current.start_mark.line + 1 == start_line:
                return current
            stack.extend(value for _, value in current.value)
        elif isinstance(current, yaml.SequenceNode):
            stack.extend(current.value)
    return node


def _descend(node: Any, field: Sequence[str | int], line: int) -> int:
    for part in field:
        if isinstance(node, yaml.MappingNode):
            wanted = {str(part), ALIASES.get(str(part), str(part))}
            found = next(((k, v) for k, v in node.value if k.value in wanted), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _json_line(text: str, field: Sequence[str | int], start_line: int) -> int:
    offset = 0
    line = start_line
    for part in field:
        if isinstance(part, int):
            continue
        names = "|".join(re.escape(json.dumps(n)) for n in {str(part), ALIASES.get(str(part), str(part))})
        found = re.compile(rf"(?:{names})\s*:").search(text, offset)
        if found is None:
            return line
        offset = found.end()
        line = text.count("\n", 0, found.start()) + 1
    return line
