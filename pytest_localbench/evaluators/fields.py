"""``json_fields``: an extracted JSON document against the expected one, field by field.

Score = sum of weight x match over the expected fields, divided by the weight of the expected fields plus that of
invented ones (extra keys and extra rows with a value). An expected ``null`` is a field like any other: ``null`` is
right, a value is an invention, a missing key, "" or "N/A" are wrong unless declared; nulls earn only when some value was found
as well. Rows are matched one to one so that the total is largest (Hungarian method); lists of plain values count as one
field, by F1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .compare import AUTO, FieldSpec, compare
from .folding import norm

MAX_ASSIGNMENT = 200
_GONE: Any = object()


class JsonFieldsOptions(Options):
    """``fields``: how fields are compared, by path (``line_items[].quantity``); unnamed ones by ``auto``."""

    fields: dict[str, FieldSpec] = {}
    null_words: tuple[str, ...] = ()
    missing_is_null: bool = False
    extra_keys: str = "count"
    exact_document: bool = False


@dataclass
class _Tally:
    details: list[Detail] = field(default_factory=list)
    earned: float = 0.0
    nulls: float = 0.0
    possible: float = 0.0
    extra: float = 0.0
    notes: set[str] = field(default_factory=set)

    def add(self, other: _Tally) -> None:
        self.details += other.details
        self.earned += other.earned
        self.nulls += other.nulls
        self.possible += other.possible
        self.extra += other.extra
        self.notes |= other.notes


class JsonFields(Evaluator[JsonFieldsOptions]):
    """See the module's text; the reason names the wrong field and, for a known trap, why it is wrong."""

    options_type = JsonFieldsOptions

    def __init__(self, options: JsonFieldsOptions, task: Task) -> None:
        super().__init__(options, task)
        expected = [task.expected_of(sample) for sample in task.samples]
        if all(value is None for value in expected):
            raise OptionError("there is nothing expected to compare with")
        known = sorted({path for value in expected for path in _paths(value)})
        for path in options.fields:
            if path not in known:
                near = difflib.get_close_matches(path, known, n=1)
                hint = f" (did you mean '{near[0]}'?)" if near else ""
                raise OptionError(f"no expected document has the field '{path}'{hint}", ("fields", path))
        if options.extra_keys not in {"count", "ignore"}:
            raise OptionError("'extra_keys' is count or ignore", ("extra_keys",))
        self._null_words = {norm(word) for word in (*options.null_words, *task.null_words)}

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the extracted value with what is expected."""
        if not ctx.answer.has_value:
            return Score(0.0, "no JSON value in the answer")
        expected, got = ctx.expected, ctx.answer.value
        if isinstance(expected, list) and isinstance(got, dict):
            lists = [v for v in got.values() if isinstance(v, list)]
            got = lists[0] if len(got) == 1 and lists else [got]
        if isinstance(expected, dict) and isinstance(got, list) and len(got) == 1:
            got = got[0]
        tally = self._value(expected, got, "", "")
        earned = tally.earned + (tally.nulls if tally.earned > 0 else 0.0)
        whole = tally.possible + tally.extra
        score = max(0.0, min(1.0, earned / whole)) if whole else 0.0
        wrong = [d for d in tally.details if d.score is not None and d.score < 1.0]
        if self.options.exact_document:
            score = float(not wrong and score >= 1.0 - 1e-12)
        return Score(score, self._reason(tally.details, wrong), tuple(sorted(tally.details, key=_wrong_first)))

    def _reason(self, details: list[Detail], wrong: list[Detail]) -> str:
        asked = [d for d in details if d.note != "invented"]
        right = sum(1 for d in asked if d.score == 1.0)
        text = f"{right} of {len(asked)} fields right"
        if not wrong:
            return text
        worst = wrong[0]
        trap = self.task.traps.get(str(worst.got))
        got = "missing" if worst.note == "missing" else f"{worst.got!s:.60}"
        text += f"; {worst.path} {got}"
        text += " is invented" if worst.note == "invented" else f" should be {_shown(worst.expected)}"
        text += f" ({trap})" if trap else ""
        return f"{text}; {len(wrong)} corrections"

    # -- walking -----------------------------------------------------------------------------------------------------

    def _value(self, expected: Any, got: Any, path: str, pattern: str) -> _Tally:
        if isinstance(expected, dict):
            return self._object(expected, got if isinstance(got, dict) else {}, path, pattern)
        if isinstance(expected, list) and any(isinstance(item, dict) for item in expected):
            return self._rows(expected, got, path, f"{pattern}[]")
        return self._leaf(expected, got, path, pattern)

    def _object(self, expected: dict[str, Any], got: dict[str, Any], path: str, pattern: str) -> _Tally:
        tally = _Tally()
        names = _matched_keys(expected, got)
        for key, value in expected.items():
            given = names.get(key)
            found = got[given] if given is not None else _GONE
            below = f"{path}.{key}" if path else key
            tally.add(self._value(value, found, below, f"{pattern}.{key}" if pattern else key))
        if self.options.extra_keys == "count":
            used = set(names.values())
            for key, value in got.items():
                if key not in used and not self._is_null(value):
                    tally.extra += 1.0
                    tally.details.append(
                        Detail(path=f"{path}.{key}" if path else key, got=value, score=0.0, note="invented")
                    )
        return tally

    def _leaf(self, expected: Any, got: Any, path: str, pattern: str) -> _Tally:
        spec = self.options.fields.get(pattern, AUTO)
        tally = _Tally(possible=spec.weight)
        if spec.match == "ignore":
            return _Tally()
        missing = got is _GONE
        if missing and self.options.missing_is_null:
            got, missing = None, False
        if isinstance(got, str) and norm(got) in self._null_words:
            got = None
        if expected is None or expected == []:
            right = not missing and (got is None or (expected == [] and got == []))
            tally.nulls = spec.weight * right
            note = "" if right else "missing" if missing else "should be null"
            score = float(right)
        elif missing:
            note, score = "missing", 0.0
        else:
            match = compare(expected, got, spec)
            note, score = match.note, match.score
            tally.earned = spec.weight * score
        shown = None if missing else got
        tally.details.append(Detail(path=path or "answer", expected=expected, got=shown, score=score, note=note))
        return tally

    def _rows(self, expected: list[Any], got: Any, path: str, pattern: str) -> _Tally:
        rows = got if isinstance(got, list) else [got] if isinstance(got, dict) else []
        pairs = self._assign(expected, rows, path, pattern)
        tally = _Tally()
        for index, row in enumerate(expected):
            other = pairs.get(index)
            tally.add(self._value(row, rows[other] if other is not None else _GONE, f"{path}[{index}]", pattern))
        for other in set(range(len(rows))) - set(pairs.values()):
            for leaf_path, value in _leaves(rows[other], f"{path}[+{other}]"):
                if not self._is_null(value):
                    tally.extra += self.options.fields.get(f"{pattern}.{leaf_path.rsplit('.', 1)[-1]}", AUTO).weight
                    tally.details.append(Detail(path=leaf_path, got=value, score=0.0, note="invented"))
        return tally

    def _assign(self, expected: list[Any], rows: list[Any], path: str, pattern: str) -> dict[int, int]:
        def worth(i: int, j: int) -> float:
            return self._value(expected[i], rows[j], path, pattern).earned

        n, m = len(expected), min(len(rows), MAX_ASSIGNMENT)
        if not n or not m:
            return {}
        straight = [worth(i, i) for i in range(min(n, m))]
        full = [self._value(row, row, path, pattern).earned for row in expected[:m]]
        if n == len(rows) and straight == full:
            return {i: i for i in range(n)}
        table = [[worth(i, j) - 1e-6 * abs(i - j) for j in range(m)] for i in range(min(n, MAX_ASSIGNMENT))]
        if n == 1 or m == 1:
            cells = [(i, j) for i in range(len(table)) for j in range(m)]
            best = max(cells, key=lambda c: table[c[0]][c[1]])
            return {best[0]: best[1]} if table[best[0]][best[1]] > 0 else {}
        from scipy.optimize import linear_sum_assignment

        left, right = linear_sum_assignment(table, maximize=True)
        return {int(i): int(j) for i, j in zip(left, right, strict=True) if table[int(i)][int(j)] > 0}

    def _is_null(self, value: Any) -> bool:
        return value in (None, "", [], {}) or (isinstance(value, str) and norm(value) in self._null_words)


def _matched_keys(expected: dict[str, Any], got: dict[str, Any]) -> dict[str, str]:
    """Expected key -> given key: exactly, else folded with spaces and dashes as underscores."""
    names = {key: key for key in expected if key in got}
    free = {_key(key): key for key in got if key not in names.values()}
    for key in expected:
        if key not in names and _key(key) in free:
            names[key] = free[_key(key)]
    return names


def _key(text: str) -> str:
    return norm(text).replace(" ", "_").replace("-", "_")


def _paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from _paths(item, f"{path}[]")
    elif path:
        yield path


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}")
    else:
        yield path, value


def _wrong_first(detail: Detail) -> bool:
    return detail.score == 1.0


def _shown(value: Any) -> str:
    return "null" if value is None else f"{value!s:.60}"
