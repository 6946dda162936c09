"""A dialogue as text: what the model said and did, turn by turn, with its last message at the end."""

from __future__ import annotations

import json

from ..domain.dialogue import Step
from ..domain.result import SampleResult


def told(result: SampleResult) -> str | None:
    """The answer; of a dialogue all its steps. ``None`` when nothing was said or done."""
    if not any(step.kind in {"call", "user"} for step in result.transcript):
        return result.answer
    return "\n".join(_line(step) for step in result.transcript)


def _line(step: Step) -> str:
    if step.kind != "call":
        return f"[{step.turn}] {'model' if step.kind == 'message' else 'user'}: {step.text}"
    arguments = step.arguments if isinstance(step.arguments, str) else json.dumps(step.arguments, ensure_ascii=False)
    failed = "" if step.status == "ok" else f" ({step.status})"
    returned = f" -> {step.text}" if step.text else ""
    return f"[{step.turn}] call {step.tool} {arguments}{failed}{returned}"
