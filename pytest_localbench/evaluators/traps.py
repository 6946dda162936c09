"""The known wrong values of a task (``traps``) and why they are wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..domain.task import Task
from .compare import AUTO, FieldSpec, compare, read_expected
from .dates import read_date
from .folding import norm

_CONSTANTS: Final = {"true": True, "false": False, "null": None}


def why_wrong(task: Task, got: Any, spec: FieldSpec = AUTO) -> str:
    """The author's words on a wrong value, or an empty text.

    A key of ``traps`` is found by its value, compared as the field is: as text, number, date, ``true``, ``false`` or
    ``null`` (``2465.0`` is ``2'465.00``, ``2025-03-04`` is ``4 March 2025``). Alternatives of the field do not count.
    """
    if not task.traps:
        return ""
    plain = spec.model_copy(update={"any_of": ()}) if spec.any_of else spec
    for text, why in task.traps.items():
        if any(compare(value, got, plain).score >= 1.0 for value in _values(text, plain)):
            return why
    return ""


def _values(text: str, spec: FieldSpec) -> Iterator[Any]:
    yield text
    word = norm(text)
    if word in _CONSTANTS:
        yield _CONSTANTS[word]
    amount = read_expected(text, spec.locale)
    if amount is not None and not amount.percent:
        yield amount.value
    days = read_date(text, spec.order)
    if len(days) == 1:
        yield next(iter(days)).isoformat()
