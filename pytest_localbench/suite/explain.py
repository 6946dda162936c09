"""Turns validation errors into one sentence with file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ..errors import TaskFileError, did_you_mean
from .locate import WRITTEN_AS, line_of
from .text_source import FileProblem

ModelT = TypeVar("ModelT", bound=BaseModel)
INTERNAL = frozenset({"has_expected", "folder", "source"})
"""Fields that are filled while loading and never written in a file."""

_NAMED = {"pass_quality": "pass", "options": "with", "json_schema": "schema"}
_EXPECTED = {
    "string_type": "text was expected",
    "string_unicode": "text was expected; this one holds half of a surrogate pair",
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
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "too_short": "must hold at least {min_length}",
}
_FEW = 12
_SHORT_FORMS = {"input": ": write 'prompt: ...' or 'input: ...'"}


def validate(
    kind: type[ModelT],
    data: dict[str, Any],
    *,
    path: Path | str,
    shown: str,
    start_line: int = 1,
    subject: str = "",
    error: FileProblem = TaskFileError,
) -> ModelT:
    """``kind`` made of ``data``, or an error that says where, what and how to mend it."""
    try:
        return kind.model_validate(data)
    except ValidationError as problem:
        found = sentences_of(kind, problem, lambda loc: line_of(path, loc, start_line))
        prefix = f"{subject}: " if subject else ""
        line, words = _first(found)
        told: Any = error(shown, line, f"{prefix}{words}")
        told.parts = tuple(error(shown, number, f"{prefix}{each}") for number, each in found)
        raise told from None


def sentence_of(
    kind: type[BaseModel], problem: ValidationError, line: Callable[[tuple[str | int, ...]], int], noun: str = "key"
) -> tuple[int, str]:
    """Line and sentence of the first of :func:`sentences_of`, with the number of the others."""
    return _first(sentences_of(kind, problem, line, noun))


def sentences_of(
    kind: type[BaseModel], problem: ValidationError, line: Callable[[tuple[str | int, ...]], int], noun: str = "key"
) -> list[tuple[int, str]]:
    """Line and sentence of every problem as they stand in the file; unknown keys (a ``noun``) go before others.

    ``line`` tells the line of a field path.
    """
    errors = _distinct(problem.errors())
    placed = [(e["type"] != "extra_forbidden", line(loc), loc) for loc, e in errors.items()]
    placed.sort(key=lambda found: found[:2])
    return [(number, _sentence(kind, loc, errors[loc], noun)) for _, number, loc in placed]


def _first(found: Sequence[tuple[int, str]]) -> tuple[int, str]:
    number, words = found[0]
    return number, f"{words} (and {len(found) - 1} more)" if len(found) > 1 else words


def _distinct(errors: Sequence[Any]) -> dict[tuple[str | int, ...], Any]:
    """One problem a place: forms that a value might have had are one, and a list is not short for its bad entries."""
    found: dict[tuple[str | int, ...], Any] = {}
    for error in errors:
        *above, last = error["loc"] or ("",)
        is_form = bool(above) and str(error["type"]).startswith(f"{last}_")
        found.setdefault(tuple(above) if is_form else tuple(error["loc"]), error)
    short = [at for at, e in found.items() if e["type"] == "too_short"]
    for at in short:
        if any(other != at and other[: len(at)] == at for other in found):
            del found[at]
    return found


def unknown_key(kind: type[BaseModel], loc: Sequence[str | int], noun: str = "key") -> str:
    """The sentence about a key that no field answers to."""
    name, known = str(loc[-1]), _known_at(kind, loc[:-1])
    where = f" in '{field_text(loc[:-1])}'" if len(loc) > 1 else ""
    homes = [at for at, field in kind.model_fields.items() if name in _names(_model_in(field.annotation))]
    near = f" (it belongs under '{homes[0]}')" if homes and not where else did_you_mean(name, known)
    listed = f" (known: {', '.join(known)})" if not near and 0 < len(known) <= _FEW else ""
    if not near and "with" in known:
        listed = f"; options of an evaluator stand in 'with': {{{name}: ...}}"
    return f"unknown {noun} '{name}'{near}{where}{listed}"


def field_text(loc: Sequence[str | int]) -> str:
    """``evaluators[0].with.fields`` for a location."""
    text = ""
    for part in loc:
        name = _NAMED.get(str(part), str(part))
        text += f"[{part}]" if isinstance(part, int) else f".{name}" if text else name
    return text


def _sentence(kind: type[BaseModel], loc: tuple[str | int, ...], problem: Any, noun: str) -> str:
    where = field_text(loc)
    if problem["type"] == "extra_forbidden":
        return unknown_key(kind, loc, noun)
    if problem["type"] == "missing":
        return f"'{where}' is missing{_SHORT_FORMS.get(where, '')}"
    got, context = problem.get("input"), problem.get("ctx") or {}
    form = _EXPECTED.get(problem["type"])
    if form is None:
        message = str(problem["msg"]).removeprefix("Value error, ")
        return f"'{where}': {message}" if where else message
    near = did_you_mean(str(got), re.findall("'([^']*)'", str(context.get("expected", ""))))
    given = _given(kind, loc, problem) if problem["type"] != "too_short" else ""
    shown = f" (got {given})" if given else ""
    return f"'{where}': {form.format(**context)}{shown}{near}"


def _given(kind: type[BaseModel], loc: tuple[str | int, ...], problem: Any) -> str:
    """What stands there, and how a text would be written where a list or a mapping belongs."""
    got, form = problem["input"], problem["type"]
    if isinstance(got, list | dict) or got is None:
        return "nothing" if got is None else "a list" if isinstance(got, list) else "a mapping"
    if not isinstance(got, str):
        return _short(got) + ("; quote it" if form == "string_type" else "")
    if form in {"tuple_type", "list_type"}:
        return f"{_short(got)}; write [{_short(got)}]"
    names = _known_at(kind, loc) if form == "model_type" else []
    return _short(got) + (f"; write {{{names[0]}: {got[:40]}}}" if names else "")


def _short(value: Any) -> str:
    text = ("false", "true")[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _names(kind: Any) -> list[str]:
    fields = getattr(kind, "model_fields", {})
    return [field.alias or name for name, field in fields.items() if name not in INTERNAL]


def _known_at(kind: Any, loc: Sequence[str | int]) -> list[str]:
    in_mapping = False
    for part in loc:
        if isinstance(part, int) or in_mapping:
            in_mapping = False
            continue
        fields = getattr(kind, "model_fields", {})
        names = {part, *WRITTEN_AS.get(part, ())}
        field = next((f for name, f in fields.items() if name in names or f.alias in names), None)
        if field is None:
            return []
        kind, in_mapping = _model_in(field.annotation), get_origin(field.annotation) is dict
    return _names(kind)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg)) is not None), None)
