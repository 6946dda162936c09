"""Finding the JSON answer in a reply: whole, fenced, in prose, or after low-risk repair.

One rule decides between several candidates: the complete top-level value that fits the expected shape best (kind, then
number of expected keys, never values), ties go to the last; after a configured marker to the first behind it. Values are never merged, cut-off values never completed:
a JSON text that is broken or cut off yields no value at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..domain.base import clean_text
from .answer import MISSING
from .json_lenient import MAX_DEPTH, CutOffError, LenientReader, MalformedError, exact_int
from .paths import fold_key

# Work is bounded: each attempt costs what it read plus a fixed fee, so that hostile replies stay linear.
_ATTEMPT_FEE: Final = 256
_RECURSION_FEE: Final = 20_000
_LENIENT_FACTOR: Final = 6
_BUDGET_PER_CHAR: Final = 6
_BUDGET_BASE: Final = 500_000

_OPENING: Final = re.compile(r"""\{(?=\s{0,99}["'}/])|\[(?=\s{0,99}["'\[{\]/\-\dtTfFnNIu])""")
_BRACKETS: Final = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|[\[\]{}]')
_HALF_PAIR: Final = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class JsonFind:
    """``value`` is ``MISSING`` when nothing was found; ``text`` is its source; ``level`` as in ``Answer``."""

    value: Any = MISSING
    level: int | None = None
    text: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    value: Any
    start: int
    end: int
    strict: bool
    notes: tuple[str, ...]


class _CareNeededError(ValueError):
    """The quick decoder met something that must be noted or refused: a duplicate key, NaN."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _CareNeededError
    return found


def _refuse(_: str) -> Any:
    raise _CareNeededError


_QUICK: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def _decode(text: str, start: int) -> tuple[Any, int, tuple[str, ...]]:
    """Strict JSON at ``start``; raises ValueError or RecursionError."""
    try:
        value, end = _QUICK.raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _decode_with_care(text, start)
    notes: tuple[str, ...] = ()
    if _HALF_PAIR.search(text, start, end):
        value = _encodable(value)
    return value, end, notes


def _decode_with_care(text: str, start: int) -> tuple[Any, int, tuple[str, ...]]:
    repeated = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        found = dict(pairs)
        repeated = repeated or len(found) != len(pairs)
        return found

    decoder = json.JSONDecoder(object_pairs_hook=collect, parse_constant=_refuse, parse_int=exact_int)
    value, end = decoder.raw_decode(text, start)
    return _encodable(value), end, ("duplicate_keys",) if repeated else ()


def _encodable(value: Any) -> Any:
    """Lone halves of surrogate pairs replaced by U+FFFD: they cannot be written as UTF-8 (RFC 8259, section 8.2)."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _encodable(item) for key, item in value.items()}
    return value


def _too_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH + 1:
            return True
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return False


class _Scan:
    """One pass over a reply, collecting complete top-level values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.budget = len(text) * _BUDGET_PER_CHAR + _BUDGET_BASE
        self.candidates: list[_Candidate] = []
        self.notes: list[str] = []
        self.lenient = LenientReader(text)

    def run(self) -> None:
        position, only_line_starts = 0, False
        while self.budget > 0:
            match = _OPENING.search(self.text, position)
            if match is None:
                return
            start = match.start()
            self.budget -= _ATTEMPT_FEE
            if only_line_starts and not _at_line_start(self.text, start):
                position = start + 1
                continue
            position, unclosed = self._attempt(start)
            only_line_starts = only_line_starts or unclosed
        self.notes.append("too_many_candidates")

    def _attempt(self, start: int) -> tuple[int, bool]:
        """Try one opening bracket; where to go on, and whether a broken value was left open."""
        candidate = self._strict(start) or self._repaired(start)
        if isinstance(candidate, _Candidate):
            self.candidates.append(candidate)
            self.budget -= candidate.end - start
            return candidate.end, False
        if isinstance(candidate, CutOffError) and candidate.committed:
            self.notes.append("unclosed_json")
            return len(self.text), False
        if candidate is None or not candidate.committed:
            return start + 1, False
        end = self._matching(start)
        if end is None:
            self.notes.append("unclosed_json")
            return candidate.position, True
        return end, False

    def _strict(self, start: int) -> _Candidate | None:
        try:
            value, end, notes = _decode(self.text, start)
        except RecursionError:
            self.budget -= _RECURSION_FEE
            return None
        except json.JSONDecodeError as error:
            self.budget -= error.pos - start
            return None
        except ValueError:
            return None
        if end - start > 2 * MAX_DEPTH and _too_deep(value):
            self.budget -= _RECURSION_FEE
            return None
        return _Candidate(value, start, end, True, notes)

    def _repaired(self, start: int) -> _Candidate | MalformedError:
        self.lenient.duplicates = False
        try:
            value, end = self.lenient.read(start)
        except MalformedError as error:
            self.budget -= (error.position - start) * _LENIENT_FACTOR
            return error
        self.budget -= (end - start) * _LENIENT_FACTOR
        notes = ("not_strict_json", "duplicate_keys") if self.lenient.duplicates else ("not_strict_json",)
        return _Candidate(value, start, end, False, notes)

    def _matching(self, start: int) -> int | None:
        depth = 0
        for match in _BRACKETS.finditer(self.text, start):
            token = match.group()
            if token in "{[":
                depth += 1
            elif token in "}]":
                depth -= 1
                if depth == 0:
                    self.budget -= match.end() - start
                    return match.end()
        self.budget -= len(self.text) - start
        return None


def _at_line_start(text: str, position: int) -> bool:
    return text[text.rfind("\n", 0, position) + 1 : position] == ""


def find_json(
    text: str,
    *,
    expected: Any = None,
    blocks: Sequence[tuple[int, int]] = (),
    cut_off: bool = False,
    marked: int | None = None,
) -> JsonFind:
    """The JSON answer of a cleaned reply.

    ``blocks``: spans of the contents of fences that may hold JSON; ``expected`` decides between candidates and whether
    a bare number, word or string is an answer (``None`` = not known: it is); ``cut_off``: generation hit its limit;
    ``marked``: where the task's marker ends, what stands before it is no answer and the first value behind it counts.
    """
    left = len(text) - len(text.lstrip())
    right = len(text.rstrip())
    scan = _Scan(text)
    whole = scan._strict(left) if text[left : left + 1] in ("{", "[") else None
    if whole is not None and whole.end == right:
        return JsonFind(whole.value, 0, text[left:right], whole.notes)
    scan.run()
    inner = [_trimmed(text, start, end) for start, end in blocks]
    candidates = scan.candidates if marked is None else [c for c in scan.candidates if c.start >= marked]
    best, several = _choose(candidates, expected, {(left, right), *inner}, first=marked is not None)
    if best is None:
        rest = (left, right) if marked is None else _trimmed(text, marked, right)
        scalar = None if isinstance(expected, dict | list) else _scalar(text, rest, inner, cut_off)
        return scalar or JsonFind(notes=tuple(dict.fromkeys(scan.notes)))
    level = 3 if not best.strict else 0 if (best.start, best.end) == (left, right) else 2
    if level == 2 and (best.start, best.end) in inner:
        level = 1
    notes = [*best.notes, *scan.notes] + (["several_candidates"] if several else [])
    return JsonFind(best.value, level, text[best.start : best.end], tuple(dict.fromkeys(notes)))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), start + len(inner.rstrip())


def _choose(
    candidates: list[_Candidate], expected: Any, standing_alone: set[tuple[int, int]], *, first: bool
) -> tuple[_Candidate | None, bool]:
    ranked = []
    for candidate in candidates:
        fit = _fit(expected, candidate.value)
        if fit[0] == 0 and (candidate.start, candidate.end) not in standing_alone:
            continue
        ranked.append((fit, -candidate.start if first else candidate.start, candidate))
    if not ranked:
        return None, False
    fit, _, best = max(ranked, key=lambda entry: entry[:2])
    rivals = [c for f, _, c in ranked if f[0] == fit[0] and c is not best and c.value != best.value]
    return best, bool(rivals)


def _fit(expected: Any, value: Any) -> tuple[int, int]:
    """How well a value has the expected shape: kind first (0 = another kind), then the number of expected keys."""
    if isinstance(expected, dict):
        return (2, _overlap(expected, value)) if isinstance(value, dict) else (0, 0)
    if isinstance(expected, list):
        row = expected[0] if expected else None
        if isinstance(value, list):
            same = not value or row is None or _kind(value[0]) is _kind(row)
            keys = _overlap(row, value[0]) if same and isinstance(row, dict) and value else 0
            return (2 if same else 0), keys
        return (1, _overlap(row, value)) if isinstance(row, dict) else (0, 0)
    return 1, 0


def _overlap(expected: dict[str, Any], value: dict[str, Any]) -> int:
    keys = {fold_key(str(key)) for key in value}
    return sum(fold_key(str(key)) in keys for key in expected)


def _kind(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _scalar(text: str, whole: tuple[int, int], inner: list[tuple[int, int]], cut_off: bool) -> JsonFind | None:
    """A bare number, string or word that is the whole answer or the whole content of its only fence."""
    for level, (start, end) in enumerate([whole, *inner[:1]]) if len(inner) <= 1 else [(0, whole)]:
        if not 0 < end - start <= 10_000 or (cut_off and text[end - 1].isalnum() and level == 0):
            continue
        source = text[start:end]
        try:
            value, stop, notes = _decode(source, 0)
            strict = True
        except (ValueError, RecursionError):
            try:
                value, stop = LenientReader(source).read(0)
            except MalformedError:
                continue
            strict, notes = False, ("not_strict_json",)
        if stop == len(source) and not _too_deep(value):
            return JsonFind(value, level if strict else 3, source, notes)
    return None
