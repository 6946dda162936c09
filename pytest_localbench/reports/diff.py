"""What was expected and what came, field by field, in few lines."""

from __future__ import annotations

import json
from typing import Any

from ..domain.result import SampleResult
from ..domain.score import Detail
from .safe_text import safe

MAX_LINES = 10
_PATH, _VALUE, _NOTE, _TEXT = 60, 60, 80, 200
_SELF_SPEAKING = {"missing", "invented", "must not occur", "contradicts the document", "must not change"}
_CALLS = 12


def diff_lines(result: SampleResult, expected: Any) -> list[str]:
    """At most ten lines: the details that lost points, weakest first; without details the two texts. One more names the
    tools that were called.
    """
    return _differences(result, expected) + _calls(result)


def _calls(result: SampleResult) -> list[str]:
    made = [step for step in result.transcript if step.kind == "call"]
    if not made:
        return []
    names = [safe(c.tool, _PATH) + ("" if c.status == "ok" else f" ({c.status})") for c in made[:_CALLS]]
    more = f" and {len(made) - _CALLS} more" if len(made) > _CALLS else ""
    return [f"called: {', '.join(names)}{more}"]


def _differences(result: SampleResult, expected: Any) -> list[str]:
    details = [d for v in result.verdicts for d in v.details if d.score is not None and d.score < 1.0]
    details.sort(key=lambda d: d.score or 0.0)
    if details:
        lines = [difference(d) for d in details[:MAX_LINES]]
        if len(details) > MAX_LINES:
            lines[-1] = f"... and {len(details) - MAX_LINES + 1} more"
        return lines
    wanted = [f"expected: {shown(expected, _TEXT)}"] if isinstance(expected, str | int | float) else []
    return [*wanted, f"answered: {safe(result.answer, _TEXT) if result.answer else '(nothing)'}"]


def difference(detail: Detail) -> str:
    """``path: got X, should be Y (note)``."""
    path, note = safe(detail.path, _PATH), safe(detail.note, _NOTE)
    if detail.note in _SELF_SPEAKING:
        if detail.note == "missing":
            return f"{path}: missing, should be {shown(detail.expected)}"
        return f"{path}: {note}" if detail.got in (None, True) else f"{path}: {shown(detail.got)} {note}"
    tail = f" ({note})" if note else ""
    if detail.got is None and detail.expected is None and detail.note:
        return f"{path}: {note}"
    return f"{path}: got {shown(detail.got)}, should be {shown(detail.expected)}{tail}"


def shown(value: Any, limit: int = _VALUE) -> str:
    """A value as the task file would write it: JSON, texts without quotes unless blanks would be lost."""
    if isinstance(value, str) and value and value == value.strip():
        return safe(value, limit)
    return safe(json.dumps(value, ensure_ascii=False), limit)
