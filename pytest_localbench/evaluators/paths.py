"""Places inside a JSON value: ``a.b``, ``rows[0].qty``, and keys that differ only in spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .answer import MISSING
from .folding import norm

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(-?\d+)\]")


def fold_key(key: str) -> str:
    """A key with case, spaces and dashes folded (``Invoice Number`` becomes ``invoice_number``)."""
    return norm(key).replace(" ", "_").replace("-", "_")


def find_key(keys: Iterable[str], wanted: str) -> str | None:
    """The key that is ``wanted``, exactly or else after folding; ``None`` when there is none."""
    if not isinstance(keys, Mapping):
        keys = list(keys)
    if wanted in keys:
        return wanted
    folded = fold_key(wanted)
    return next((key for key in keys if fold_key(key) == folded), None)


def pluck(value: Any, path: str) -> Any:
    """The value at ``path`` (``score``, ``a.b``, ``rows[0].qty``), or ``MISSING``."""
    for name, index in _STEP.findall(path):
        if name:
            key = find_key(value, name) if isinstance(value, dict) else None
            if key is None:
                return MISSING
            value = value[key]
        else:
            position = int(index)
            if not isinstance(value, list) or not -len(value) <= position < len(value):
                return MISSING
            value = value[position]
    return value
