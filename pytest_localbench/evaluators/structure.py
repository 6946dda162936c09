"""Form of a JSON answer: how cleanly it was given, and whether it fits a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from pydantic import Field

from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .dates import read_datetime

LEVEL_SCORES: Final = (1.0, 1.0, 0.7, 0.4)
MAX_ERRORS: Final = 1000
_LEVEL_WORDS: Final = (
    "the whole answer is JSON", "JSON in a code fence", "JSON inside prose", "JSON only after a repair",
)  # fmt: skip
_DATE_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.A)
_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)*")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


class JsonFormat(Evaluator[Options]):
    """1 for a bare or fenced JSON value, 0.7 inside prose, 0.4 after a low-risk repair, 0 for none or ``{}``."""

    role = "guard"
    guard_share = 0.1

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Score the level at which the value was found."""
        answer = ctx.answer
        if not answer.has_value or answer.level is None or answer.value in ({}, []):
            return Score(0.0, "no JSON value in the answer")
        return Score(LEVEL_SCORES[answer.level], _LEVEL_WORDS[answer.level])


class SchemaOptions(Options):
    """``graded``: 1 minus errors per leaf instead of all or nothing."""

    json_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    graded: bool = False


class JsonSchema(Evaluator[SchemaOptions]):
    """1 when the value is valid under JSON Schema Draft 2020-12, formats included; an empty object is 0.

    References may point into the schema itself only; nothing is fetched.
    """

    role = "guard"
    guard_share = 0.1
    version = "2"
    options_type = SchemaOptions

    def __init__(self, options: SchemaOptions, task: Task) -> None:
        super().__init__(options, task)
        schema = options.json_schema if options.json_schema is not None else task.output.json_schema
        if schema is None:
            raise OptionError("give 'schema' here or in 'output'")
        self._validator = _validator(schema)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Validate the extracted value."""
        value = ctx.answer.value
        if not ctx.answer.has_value or value in ({}, []):
            return Score(0.0, "no JSON value to check")
        errors = [error for error, _ in zip(self._validator.iter_errors(value), range(MAX_ERRORS), strict=False)]
        if not errors:
            return Score(1.0, "fits the schema")
        errors.sort(key=lambda e: list(map(str, e.absolute_path)))
        details = tuple(
            Detail(path=".".join(map(str, e.absolute_path)) or "(whole answer)", score=0.0, note=e.message[:200])
            for e in errors[:10]
        )
        score = max(0.0, 1.0 - len(errors) / max(1, _leaves(value))) if self.options.graded else 0.0
        first = details[0]
        return Score(score, f"does not fit the schema: {first.path}: {first.note}", details)


def _validator(schema: dict[str, Any]) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        path = tuple(part for part in error.absolute_path if isinstance(part, str | int))
        raise OptionError(f"the schema is not valid ({error.message})", ("schema", *path)) from None
    resource = DRAFT202012.create_resource(schema)
    registry = Registry().with_resource(resource.id() or "", resource)
    resolver = registry.resolver(resource.id() or "")
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            raise OptionError(
                f"'$ref: {reference}' points nowhere in the schema; other files and addresses are not read", ("schema",)
            ) from None
    return Draft202012Validator(schema, registry=registry, format_checker=_format_checker())


def _references(schema: Any) -> Iterator[str]:
    stack = [schema]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            reference = item.get("$ref")
            if isinstance(reference, str):
                yield reference
            stack.extend(v for k, v in item.items() if k not in ("const", "enum", "default", "examples"))
        elif isinstance(item, list):
            stack.extend(item)


@lru_cache(maxsize=1)
def _format_checker() -> Any:
    """The checks of jsonschema, and own ones for formats it leaves unchecked unless further packages are installed."""
    from jsonschema import FormatChecker

    checker = FormatChecker()
    checker.checks("date-time")(lambda v: not isinstance(v, str) or _is_date_time(v))
    checker.checks("time")(lambda v: not isinstance(v, str) or _is_date_time(f"2000-01-01T{v}"))
    checker.checks("email")(lambda v: not isinstance(v, str) or _EMAIL.fullmatch(v) is not None)
    checker.checks("uri")(lambda v: not isinstance(v, str) or _URI.fullmatch(v) is not None)
    return checker


def _is_date_time(text: str) -> bool:
    return _DATE_TIME.fullmatch(text) is not None and read_datetime(text.upper()) is not None


def _leaves(value: Any) -> int:
    total, stack = 0, [value]
    while stack:
        item = stack.pop()
        children = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        total += not children
        stack.extend(children)
    return total
