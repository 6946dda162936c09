"""What a value in a table or in a call must be: a plain value, or a mapping that says how it is compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from ..domain.world import CONDITIONS, matches
from .base import OptionError
from .compare import AUTO, FieldSpec, compare
from .folding import norm
from .text import compile_pattern, search

_Path = tuple[str | int, ...]
_VALUE: Final = "value"


class Expectation:
    """``rejected`` (compared by its kind, texts folded), ``{value: ..., match: date, order: dmy}`` with the keys of a
    field in ``json_fields``, ``{regex: ...}``, or the conditions of ``where``: ``{any_of}``, ``{contains}``, ``{min}``,
    ``{max}``, ``{not}``.
    """

    def __init__(self, wanted: Any, path: _Path = ()) -> None:
        self.shown = wanted
        self._plain, self._spec, self._pattern, self._condition = wanted, AUTO, None, None
        if not isinstance(wanted, Mapping) or not wanted:
            return
        if set(wanted) == {"regex"}:
            self._pattern = compile_pattern(str(wanted["regex"]), (*path, "regex"))
        elif wanted.keys() <= set(CONDITIONS):
            self._condition = dict(wanted)
        elif _VALUE in wanted:
            self._plain = wanted[_VALUE]
            try:
                self._spec = FieldSpec.model_validate({k: v for k, v in wanted.items() if k != _VALUE})
            except ValidationError as problem:
                first = problem.errors()[0]
                where = ".".join(map(str, first["loc"]))
                words = first["msg"].removeprefix("Value error, ")
                raise OptionError(f"{where + ': ' if where else ''}{words}", path) from None

    def holds(self, got: Any) -> bool:
        """True when the value is as expected."""
        if self._pattern is not None:
            text = got if isinstance(got, str) else "" if got is None else str(got)
            return search(self._pattern, norm(text), text) is not None
        if self._condition is not None:
            return matches({_VALUE: got}, {_VALUE: self._condition})
        return compare(self._plain, got, self._spec).score >= 1.0


def expectations(wanted: Mapping[str, Any], path: _Path) -> dict[str, Expectation]:
    """One expectation per column or argument."""
    return {name: Expectation(value, (*path, name)) for name, value in wanted.items()}
