"""Values of a server's JSON, taken with care: what is not of the expected type is left out."""

from __future__ import annotations

import json
import math
from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def decoded_arguments(value: Any) -> tuple[Any, bool]:
    """Arguments as an object where they are one, else the raw text; and whether they were encoded twice."""
    data = _decoded(value)
    if isinstance(data, str) and data is not value:
        inner = _decoded(data)
        return (inner, True) if isinstance(inner, dict) else (value, False)
    return (data if isinstance(data, dict) else value), False


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else {}
    except (ValueError, RecursionError):
        return value


def number(value: Any) -> float | None:
    """A finite number that is not negative, else ``None``."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def count(value: Any) -> int | None:
    """A number of tokens, else ``None``."""
    found = number(value)
    return None if found is None else int(found)
