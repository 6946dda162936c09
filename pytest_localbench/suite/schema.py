"""JSON Schemas of the files, for editors; made from the types that read them."""

from __future__ import annotations

from typing import Any

from ..domain.category import Category
from ..domain.model import ModelConfig
from ..domain.task import Task

_INTERNAL = {"source", "folder", "has_expected", "sha256", "text"}
_HEAD = {"kind": {"type": "string"}, "schema": {"type": "integer", "const": 1}}


def task_schema() -> dict[str, Any]:
    """Schema of a task file."""
    schema = _schema(Task, "task")
    entity = schema["properties"]
    entity["samples"] = {"anyOf": [entity["samples"], {"type": "object", "required": ["file"]}]}
    text_or_file = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/FileRef"}]}
    for holder in (schema["$defs"]["TaskInput"], schema["$defs"]["Sample"]):
        holder["properties"]["images"] = {"type": "array", "items": text_or_file}
    schema["$defs"]["OutputSpec"]["properties"]["answer_marker"] = {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    }
    schema["required"] = ["input"]
    return schema


def category_schema() -> dict[str, Any]:
    """Schema of a category file."""
    schema = _schema(Category, "category")
    schema["required"] = []
    return schema


def model_schema() -> dict[str, Any]:
    """Schema of a model file."""
    schema = _schema(ModelConfig, "model")
    schema["required"] = ["provider"]
    return schema


def _schema(kind: Any, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = kind.model_json_schema(by_alias=True)
    for holder in [schema, *schema.get("$defs", {}).values()]:
        for internal in _INTERNAL & set(holder.get("properties", {})):
            del holder["properties"][internal]
    schema["properties"].update(_HEAD)
    schema["title"] = f"pytest-localbench {name} file"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
