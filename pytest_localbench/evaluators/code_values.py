"""What a sandboxed program returned: read strictly, compared by type and value, shown. All of it on our side."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final

RELATIVE_TOLERANCE: Final = 1e-9
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Odd:
    """A value that is no plain data, by the name of what it was; equal to nothing."""

    name: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The function gave a value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The function raised; ``names`` are the classes of the error, the closest first."""

    names: tuple[str, ...]
    message: str


class BadReply(ValueError):
    """A line that is no reply of ours."""


def read_reply(line: bytes, number: str) -> Returned | Raised | None:
    """The reply to question ``number``, ``None`` when the line belongs to none; raises BadReply."""
    try:
        data = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadReply(type(error).__name__) from None
    if not isinstance(data, dict) or data.get("id") != number:
        return None
    if "value" in data:
        try:
            return Returned(_plain(data["value"]))
        except RecursionError:
            raise BadReply("RecursionError") from None
    if isinstance(data.get("raised"), list):
        names = tuple(name for name in data["raised"] if isinstance(name, str))[:30]
        return Raised(names or ("Exception",), str(data.get("message", ""))[:400])
    return Returned(Odd(str(data.get("odd", "nothing"))[:_SHOWN]))


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind, content = next(iter(value.items())) if len(value) == 1 else ("", None)
    if kind == "tuple" and isinstance(content, list):
        return tuple(_plain(item) for item in content)
    if kind == "dict" and isinstance(content, list):
        return _mapping(content)
    return Odd(str(content)[:_SHOWN])


def _mapping(pairs: list[Any]) -> Any:
    """A mapping; whole numbers as keys become texts, as in the task file; other keys make it no plain data."""
    found: dict[str, Any] = {}
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2):
            return Odd("dict")
        key = pair[0]
        name = key if isinstance(key, str) else str(key) if type(key) is int else None
        if name is None or name in found:
            return Odd("a dict whose keys are no texts")
        found[name] = _plain(pair[1])
    return found


def same(expected: Any, got: Any, tolerance: float = 0.0) -> bool:
    """Equal in type and value. Whole and decimal numbers are one type, booleans are none; a tuple is a list. Decimal
    numbers may differ by ``tolerance`` or by a billionth of the expected one."""
    if isinstance(got, Odd):
        return False
    if expected is None or isinstance(expected, bool):
        return got is expected
    if isinstance(expected, str):
        return isinstance(got, str) and got == expected
    if isinstance(expected, list):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(expected)
            and all(same(e, g, tolerance) for e, g in zip(expected, got, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and got.keys() == expected.keys()
            and all(same(value, got[key], tolerance) for key, value in expected.items())
        )
    if isinstance(got, bool) or not isinstance(got, int | float):
        return False
    if isinstance(expected, int) and isinstance(got, int) and not tolerance:
        return expected == got
    try:
        return math.isclose(expected, got, rel_tol=RELATIVE_TOLERANCE, abs_tol=tolerance)
    except OverflowError:
        return False


def show(value: Any) -> str:
    """A value in at most 200 characters, as JSON with names for what JSON lacks."""
    if isinstance(value, Odd):
        return f"<{value.name}>"
    try:
        text = json.dumps(value, ensure_ascii=False, default=lambda odd: f"<{odd.name}>")
    except (ValueError, RecursionError):
        text = "<a value that cannot be shown>"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
