"""Options of a model, read into their type; what is wrong is one sentence."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ..domain.model import ModelConfig
from ..errors import ConfigError, did_you_mean

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
            where = ".".join(str(part) for part in first["loc"])
            what = f"'options.{where}': {str(first['msg']).removeprefix('Value error, ')}".replace(
                "Field required", "missing"
            )
        raise ConfigError(f"model '{config.id}': {what}.") from None
