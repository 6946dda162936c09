"""Turns validation errors into one sentence with file and line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from ..errors import TaskFileError, did_you_mean
from .locate import line_of

ModelT = TypeVar("ModelT", bound=BaseModel)
_ALIASES = {"pass_quality": "pass", "options": "with", "json_schema": "schema"}
_EXPECTED = {
    "string_type": "text was expected (quote it)",
    "int_type": "a whole number was expected",
    "int_parsing": "a whole number was expected",
    "int_from_float": "a whole number was expected",
    "float_type": "a number was expected",
    "float_parsing": "a number was expected",
    "bool_type": "true or false was expected",
    "bool_parsing": "true or false was expected",
    "dict_type": "a mapping was expected",
    "model_type": "a mapping was expected",
    "tuple_type": "a list was expected",
    "list_type": "a list was expected",
    "missing": "is missing",
}


def validate(
    kind: type[ModelT],
    data: Any,
    *,
    path: Path,
    shown: str,
    start_line: int = 1,
    subject: str = "",
    error: type[Any] = TaskFileError,
) -> ModelT:
    """``kind`` made of ``data``, or an error that says where, what and how to mend it."""
    try:
        return kind.model_validate(data)
    except ValidationError as problem:
        errors = problem.errors()
        first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        loc = tuple(part for part in first["loc"])
        line = line_of(path, loc, start_line)
        prefix = f"{subject}: " if subject else ""
        raise error(shown, line, f"{prefix}{_sentence(kind, loc, first)}{more}") from None


def field_text(loc: Sequence[str | int]) -> str:
    """``evaluators[0].with.fields`` for a location."""
    text = ""
    for part in loc:
        name = _ALIASES.get(str(part), str(part))
        text += f"[{part}]" if isinstance(part, int) else f".{name}" if text else name
    return text


def _sentence(kind: type[BaseModel], loc: tuple[Any, ...], problem: Any) -> str:
    where = field_text(loc)
    if problem["type"] == "extra_forbidden":
        known = _known_at(kind, loc[:-1])
        return f"unknown key '{loc[-1]}'{did_you_mean(str(loc[-1]), known)}" + (
            f" in '{field_text(loc[:-1])}'" if len(loc) > 1 else ""
        )
    if problem["type"] == "missing":
        return f"'{where}' is missing"
    expected = _EXPECTED.get(problem["type"])
    message = expected or str(problem["msg"]).removeprefix("Value error, ")
    got = problem.get("input")
    shown = f" (got {got!r})" if expected and isinstance(got, str | int | float | bool) else ""
    return f"'{where}': {message}{shown}" if where else message


def _known_at(kind: Any, loc: Sequence[Any]) -> list[str]:
    for part in loc:
        if isinstance(part, int):
            continue
        fields = getattr(kind, "model_fields", {})
        field = fields.get(part) or next((f for f in fields.values() if f.alias == part), None)
        if field is None:
            return []
        kind = _model_in(field.annotation)
    return [f.alias or name for name, f in getattr(kind, "model_fields", {}).items()]


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg)) is not None), None)
