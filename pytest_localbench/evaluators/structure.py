"""Form of a JSON answer: how cleanly it was given, and whether it fits a schema."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import Field

from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score

LEVEL_SCORES = (1.0, 1.0, 0.7, 0.4)
_LEVEL_WORDS = ("the whole answer is JSON", "JSON in a code fence", "JSON inside prose", "JSON only after a repair")


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
    """1 when the value is valid under JSON Schema Draft 2020-12, formats included; an empty object is 0."""

    role = "guard"
    guard_share = 0.1
    options_type = SchemaOptions

    def __init__(self, options: SchemaOptions, task: Task) -> None:
        super().__init__(options, task)
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import SchemaError

        schema = options.json_schema if options.json_schema is not None else task.output.json_schema
        if schema is None:
            raise OptionError("give 'schema' here or in 'output'")
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            raise OptionError(f"the schema is not valid ({error.message})", ("schema",)) from None
        self._validator = Draft202012Validator(schema, format_checker=_format_checker())

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Validate the extracted value."""
        value = ctx.answer.value
        if not ctx.answer.has_value or value in ({}, []):
            return Score(0.0, "no JSON value to check")
        errors = sorted(self._validator.iter_errors(value), key=lambda e: list(map(str, e.absolute_path)))
        if not errors:
            return Score(1.0, "fits the schema")
        details = tuple(
            Detail(path=".".join(map(str, e.absolute_path)) or "(whole answer)", score=0.0, note=e.message[:200])
            for e in errors[:10]
        )
        score = max(0.0, 1.0 - len(errors) / max(1, _leaves(value))) if self.options.graded else 0.0
        first = details[0]
        return Score(score, f"does not fit the schema: {first.path}: {first.note}", details)


@lru_cache(maxsize=1)
def _format_checker() -> Any:
    from jsonschema import FormatChecker

    return FormatChecker()


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_leaves(v) for v in value.values()) or 1
    if isinstance(value, list):
        return sum(_leaves(v) for v in value) or 1
    return 1
