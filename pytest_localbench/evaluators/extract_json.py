"""JSON inside a model's text: found without guessing, never completed, exact to the last digit.

Only low-risk repairs are made: trailing commas, comments, Python literals, NaN and undefined as null. A value that was cut
off is not repaired, so that an unfinished number can never score.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .answer import MISSING, Fence

MAX_CANDIDATES = 200
MAX_DEPTH = 200
SCAN_BUDGET = 4_000_000
_JSON_FENCES = frozenset({"", "json", "json5", "jsonc", "js", "javascript"})
_OPENERS = re.compile(r"[{\[]")
_LIKE_JSON = re.compile(r"""[{\[]\s*["'{\[]""")
_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])', re.DOTALL)
_WORDS = re.compile(r'"(?:\\.|[^"\\])*"|\b(?:NaN|undefined|None|True|False)\b', re.DOTALL)
_WORD_VALUES = {"NaN": "null", "undefined": "null", "None": "null", "True": "true", "False": "false"}


@dataclass(frozen=True, slots=True)
class Found:
    """One JSON value, how it was found (0 to 3) and what is to be noted."""

    value: Any
    level: int
    notes: tuple[str, ...] = ()


def find_json(text: str, fences: Sequence[Fence], keys: frozenset[str]) -> Found | None:
    """The answer's JSON value: whole text, then fenced blocks, then regions in prose, then the same after a repair.

    Among several candidates the one with most of the expected top-level keys wins, ties go to the last one.
    """
    body = text.strip()
    if body and (whole := _load(body)) is not None:
        return Found(whole.value, 0, whole.notes)
    blocks = [fence.content.strip() for fence in fences if fence.language in _JSON_FENCES]
    regions = _regions(text)
    for level, parts in ((1, blocks), (2, regions)):
        found = [loaded for part in parts if (loaded := _load(part)) is not None and _is_container(loaded.value)]
        if found:
            return _best(found, level, keys)
    repaired = [loaded for part in (body, *blocks, *regions) if (loaded := _repair(part)) is not None]
    return _best(repaired[:MAX_CANDIDATES], 3, keys) if repaired else None


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list)


def _best(found: list[Found], level: int, keys: frozenset[str]) -> Found:
    def hits(candidate: Found) -> int:
        return len(keys & candidate.value.keys()) if isinstance(candidate.value, dict) else 0

    best = found[-1]
    if keys:
        top = max(map(hits, found))
        best = next(candidate for candidate in reversed(found) if hits(candidate) == top)
    distinct = {repr(candidate.value) for candidate in found}
    notes = best.notes + (("several_candidates",) if len(distinct) > 1 else ())
    return Found(best.value, level, notes)


def _load(text: str) -> Found | None:
    doubled = False

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubled
        result = dict(items)
        doubled = doubled or len(result) != len(items)
        return result

    def refuse(_word: str) -> Any:
        raise ValueError

    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=pairs)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return Found(value, 0, ("duplicate_keys",) if doubled else ())


def _repair(text: str) -> Found | None:
    if len(text) > 200_000 or not text or text[0] not in "{[":
        return None
    mended = _COMMENT.sub(lambda m: m[0] if m[0].startswith('"') else "", text)
    mended = _COMMA.sub(lambda m: m[0] if m[0].startswith('"') else "", mended)
    mended = _WORDS.sub(lambda m: _WORD_VALUES.get(m[0], m[0]), mended)
    loaded = _load(mended)
    if loaded is not None:
        return Found(loaded.value, 3, (*loaded.notes, "not_strict_json"))
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    clean = _from_python(value)
    return None if clean is MISSING or not _is_container(clean) else Found(clean, 3, ("not_strict_json",))


def _from_python(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else None
    if isinstance(value, list | tuple):
        items = [_from_python(item) for item in value]
        return MISSING if MISSING in items else items
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        result = {key: _from_python(item) for key, item in value.items()}
        return MISSING if any(item is MISSING for item in result.values()) else result
    return MISSING


def _regions(text: str) -> list[str]:
    """Top-level balanced ``{}`` and ``[]`` regions, strings respected.

    Nothing is looked for inside a JSON value that never closes (it was cut off). The work is bounded, so that hostile
    text costs no more than a long honest one.
    """
    regions: list[str] = []
    position, budget = 0, SCAN_BUDGET
    while len(regions) < MAX_CANDIDATES and budget > 0:
        opener = _OPENERS.search(text, position)
        if opener is None:
            break
        start = opener.start()
        end, stopped = _closing(text, start)
        budget -= stopped - start
        if end is not None:
            regions.append(text[start:end])
            position = end
        elif stopped >= len(text) and _LIKE_JSON.match(text, start):
            break
        else:
            position = start + 1
    return regions


def _closing(text: str, start: int) -> tuple[int | None, int]:
    """(end of the region that opens at ``start`` or ``None``, where the scan stopped)."""
    stack: list[str] = []
    quote = ""
    i, length = start, len(text)
    while i < length:
        ch = text[i]
        if quote:
            if ch == "\\":
                i += 1
            elif ch == quote:
                quote = ""
        elif ch == '"' or (ch == "'" and text[i - 1] in " {[,:(\n"):
            quote = ch
        elif ch in "{[":
            if len(stack) >= MAX_DEPTH:
                return None, i
            stack.append("}" if ch == "{" else "]")
        elif ch in "}]":
            if not stack or stack.pop() != ch:
                return None, i
            if not stack:
                return i + 1, i + 1
        i += 1
    return None, length
