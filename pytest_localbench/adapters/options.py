"""Options of a model, read into their type; what is wrong is one sentence."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..domain.model import ModelConfig
from ..errors import ConfigError, did_you_mean

_WORDS = {
    "missing": "is missing",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "string_type": "must be text",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
}
OptionsT = TypeVar("OptionsT", bound=BaseModel)


def read_options(config: ModelConfig, kind: type[OptionsT]) -> OptionsT:
    """The options of a model; raises ConfigError. Model files are checked with line numbers when they are loaded."""
    try:
        return kind.model_validate(config.options)
    except ValidationError as problem:
        errors = problem.errors()
        first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
        name = str(first["loc"][-1]) if first["loc"] else ""
        if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
            known = sorted(kind.model_fields)
            what = f"unknown option '{name}'{did_you_mean(name, known)}; known: {', '.join(known)}"
        else:
            what = f"'options.{'.'.join(str(part) for part in first['loc'])}' {_words(first)}"
        raise ConfigError(f"model '{config.id}': {what}.") from None


def _words(error: ErrorDetails) -> str:
    form = _WORDS.get(error["type"])
    if form is not None:
        return form.format(**error.get("ctx", {}))
    return f"cannot be used: {error['msg'].removeprefix('Value error, ')}"
