"""``json_fields``: an extracted JSON document against the expected one, field by field.

Score = sum of weight x match over the expected fields, divided by the weight of the expected fields plus that of
invented ones (extra keys and extra rows with a value). An expected ``null`` is a field like any other: ``null`` is
right, a value is an invention; a missing key, "" or "N/A" are wrong unless declared. Nulls earn only when some value was
found as well, so that an empty form earns nothing. Lists of plain values are one field, by F1; rows are paired by
:mod:`.rows`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ..domain.score import Detail
from ..domain.task import Task
from ..errors import did_you_mean
from .answer import MISSING
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .compare import AUTO, FieldSpec, Match, compare
from .folding import norm
from .paths import fold_key
from .rows import pair_rows
from .traps import why_wrong

MAX_EXTRA_DETAILS: Final = 20
MAX_SHOWN: Final = 300
_RIGHT: Final = 1.0 - 1e-9


class JsonFieldsOptions(Options):
    """``fields``: how fields are compared, by path (``line_items[].quantity``); unnamed ones by ``auto``."""

    fields: dict[str, FieldSpec] = {}
    null_words: tuple[str, ...] = ()
    missing_is_null: bool = False
    extra_keys: Literal["count", "ignore"] = "count"
    exact_document: bool = False


@dataclass
class _Tally:
    """Weights: ``earned`` by values and by ``nulls``, ``possible`` in the expected document, ``extra`` invented."""

    earned: float = 0.0
    nulls: float = 0.0
    possible: float = 0.0
    extra: float = 0.0
    values: int = 0
    corrections: int = 0
    extra_shown: int = 0
    fields: int = 0
    right: list[Detail] = field(default_factory=list)
    lost: list[tuple[float, Detail, str]] = field(default_factory=list)


class JsonFields(Evaluator[JsonFieldsOptions]):
    """See the module's text; the reason names the heaviest wrong field and, for a known trap, why it is wrong."""

    options_type = JsonFieldsOptions

    def __init__(self, options: JsonFieldsOptions, task: Task) -> None:
        super().__init__(options, task)
        expected = [task.expected_of(s) for s in task.samples if s.has_expected or task.has_expected]
        if not expected or all(value is None for value in expected):
            raise OptionError("there is nothing expected to compare with: write 'expected'")
        known = sorted({path for value in expected for path in _paths(value)})
        for path in options.fields:
            if path not in known:
                raise OptionError(
                    f"no expected document has the field '{path}'{did_you_mean(path, known)}", ("fields", path)
                )
        self._specs = options.fields
        self._null_words = frozenset(norm(word) for word in (*options.null_words, *task.null_words))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the extracted value with what is expected."""
        if not ctx.answer.has_value:
            cut = " (it was cut off)" if "truncated" in ctx.answer.notes else ""
            return Score(0.0, f"no JSON value in the answer{cut}")
        expected, tally = ctx.expected, _Tally()
        self._value(expected, _same_kind(expected, ctx.answer.value), "", "", tally)
        counts_nulls = tally.earned > 0 or not tally.values
        whole = tally.possible + tally.extra
        score = (tally.earned + (tally.nulls if counts_nulls else 0.0)) / whole if whole else 0.0
        exact = tally.corrections == 0 and score >= _RIGHT
        if self.options.exact_document:
            score = float(exact)
        wrong = [(detail, trap) for _, detail, trap in sorted(tally.lost, key=lambda entry: -entry[0])]
        details = (
            *(detail for detail, _ in wrong),
            *tally.right,
            Detail(path="(exact document)", got=exact),
            Detail(path="(corrections)", got=tally.corrections),
        )
        return Score(min(1.0, score), self._reason(tally, wrong), details)

    def _reason(self, tally: _Tally, wrong: list[tuple[Detail, str]]) -> str:
        text = f"{len(tally.right)} of {tally.fields} fields right"
        if not wrong:
            return text
        worst, trap = next((pair for pair in wrong if pair[1]), wrong[0])
        if worst.note == "missing":
            text += f"; {worst.path} is missing, should be {_words(worst.expected)}"
        elif worst.note == "invented":
            text += f"; {worst.path} {_words(worst.got)} is invented"
        else:
            text += f"; {worst.path} {_words(worst.got)} should be {_words(worst.expected)}"
        text += f" ({trap})" if trap else ""
        return f"{text}; {tally.corrections} correction{'s' if tally.corrections != 1 else ''}"

    # -- walking -----------------------------------------------------------------------------------------------------

    def _value(self, expected: Any, got: Any, path: str, pattern: str, tally: _Tally) -> None:
        spec = self._specs.get(pattern)
        if spec is not None and spec.match == "ignore":
            return
        if spec is None and isinstance(expected, dict) and expected:
            self._object(expected, got if isinstance(got, dict) else {}, path, pattern, tally)
        elif spec is None and _is_table(expected):
            self._rows(expected, got, path, f"{pattern}[]", tally)
        else:
            self._leaf(expected, got, path, spec or AUTO, tally)

    def _object(self, expected: dict[str, Any], got: dict[str, Any], path: str, pattern: str, tally: _Tally) -> None:
        names = _matched_keys(expected, got)
        for key, value in expected.items():
            given = names.get(key)
            found = got[given] if given is not None else MISSING
            self._value(value, found, _below(path, key), _below(pattern, key), tally)
        if self.options.extra_keys == "count" and len(got) > len(names):
            used = set(names.values())
            for key, value in got.items():
                if key not in used and not self._is_null(value):
                    self._invented(_below(path, key), value, 1.0, 1, tally)

    def _leaf(self, expected: Any, got: Any, path: str, spec: FieldSpec, tally: _Tally) -> None:
        tally.possible += spec.weight
        match, is_value = self._match(expected, got, spec)
        tally.values += is_value
        if is_value:
            tally.earned += spec.weight * match.score
        else:
            tally.nulls += spec.weight * match.score
        detail = Detail(
            path=path or "(answer)",
            expected=expected,
            got=None if got is MISSING else shown(got),
            score=match.score,
            note=match.note,
        )
        tally.fields += 1
        if match.score >= _RIGHT:
            tally.right.append(detail)
        else:
            tally.corrections += 1
            trap = "" if got is MISSING else why_wrong(self.task, got, spec)
            tally.lost.append((spec.weight * (1.0 - match.score), detail, trap))

    def _match(self, expected: Any, got: Any, spec: FieldSpec) -> tuple[Match, bool]:
        """The match of one field, and whether a value (not null or an empty list) was expected."""
        if got is MISSING:
            if not self.options.missing_is_null:
                return Match(0.0, "missing"), not _is_nothing(expected)
            got = None
        if _is_nothing(expected):
            if isinstance(got, str) and norm(got) in self._null_words:
                got = None
            right = got == expected and type(got) is type(expected)
            allowed = got is None and (self.options.missing_is_null or expected is None)
            if right or allowed:
                return Match(1.0), False
            other = compare(expected, got, spec) if spec.any_of else Match(0.0)
            return (other if other.score else Match(0.0, "should be null")), False
        return compare(expected, got, spec), True

    def _rows(self, expected: list[Any], got: Any, path: str, pattern: str, tally: _Tally) -> None:
        rows = got if isinstance(got, list) else [got] if isinstance(got, dict) else []
        pairs = pair_rows(expected, rows, lambda row, other: self._worth(row, other, pattern))
        for index, row in enumerate(expected):
            other = pairs.get(index)
            self._value(row, rows[other] if other is not None else MISSING, f"{path}[{index}]", pattern, tally)
        taken = set(pairs.values())
        for other, row in enumerate(rows):
            if other not in taken:
                weight, leaves = self._row_weight(row, pattern)
                if leaves:
                    self._invented(f"{path}[{other}]", row, weight, leaves, tally)

    def _worth(self, expected: Any, got: Any, pattern: str) -> float:
        """What a pair of rows would earn; a pair that shares nulls only earns nothing."""
        earned = nulls = 0.0
        for below, value, found in self._aligned(expected, got, pattern):
            spec = self._specs.get(below, AUTO)
            if spec.match == "ignore":
                continue
            match, is_value = self._match(value, found, spec)
            if is_value:
                earned += spec.weight * match.score
            else:
                nulls += spec.weight * match.score
        return earned + nulls if earned > 0 else 0.0

    def _aligned(self, expected: Any, got: Any, pattern: str) -> Iterator[tuple[str, Any, Any]]:
        if not isinstance(expected, dict) or not expected or pattern in self._specs:
            yield pattern, expected, got
            return
        given = got if isinstance(got, dict) else {}
        names = _matched_keys(expected, given)
        for key, value in expected.items():
            name = names.get(key)
            yield from self._aligned(value, given[name] if name is not None else MISSING, _below(pattern, key))

    def _row_weight(self, row: Any, pattern: str) -> tuple[float, int]:
        weight, leaves = 0.0, 0
        for below, value in _leaves(row, pattern):
            spec = self._specs.get(below, AUTO)
            if not self._is_null(value) and spec.match != "ignore":
                weight += spec.weight
                leaves += 1
        return weight, leaves

    def _invented(self, path: str, got: Any, weight: float, leaves: int, tally: _Tally) -> None:
        tally.extra += weight
        tally.corrections += leaves
        if tally.extra_shown < MAX_EXTRA_DETAILS:
            tally.extra_shown += 1
            detail = Detail(path=path, got=shown(got), score=0.0, note="invented")
            tally.lost.append((weight, detail, why_wrong(self.task, got)))

    def _is_null(self, value: Any) -> bool:
        if isinstance(value, str):
            return not value.strip() or norm(value) in self._null_words
        return _is_nothing(value)


def _same_kind(expected: Any, got: Any) -> Any:
    """One object where a list of them is expected is a list of one; an object that holds nothing but the list is it."""
    if isinstance(expected, list) and isinstance(got, dict):
        only = next(iter(got.values())) if len(got) == 1 else None
        return only if isinstance(only, list) else [got]
    if isinstance(expected, dict) and isinstance(got, list) and len(got) == 1:
        return got[0]
    return got


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, list | dict) and not value)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _matched_keys(expected: dict[str, Any], got: dict[str, Any]) -> dict[str, str]:
    """Expected key -> given key: exactly, else folded with spaces and dashes as underscores."""
    names = {key: key for key in expected if key in got}
    if len(names) < len(expected) and len(got) > len(names):
        free = {fold_key(key): key for key in got if key not in names}
        for key in expected:
            if key not in names and fold_key(key) in free:
                names[key] = free.pop(fold_key(key))
    return names


def _paths(value: Any, path: str = "") -> Iterator[str]:
    """All places that ``fields`` may name, containers included."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, _below(path, key))
    elif _is_table(value):
        for item in value:
            yield from _paths(item, f"{path}[]")


def _leaves(value: Any, pattern: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, _below(pattern, key))
    else:
        yield pattern, value


def shown(value: Any) -> Any:
    """A value short enough for a report."""
    if isinstance(value, str) and len(value) > MAX_SHOWN:
        return f"{value[:MAX_SHOWN]}..."
    if isinstance(value, list | dict) and value:
        text = repr(value) if len(value) <= MAX_SHOWN else ""
        return value if 0 < len(text) <= 4 * MAX_SHOWN else f"{type(value).__name__} of {len(value)}"
    return value


def _words(value: Any) -> str:
    return "null" if value is None else f"{value!s:.60}"
