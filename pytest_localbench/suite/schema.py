"""JSON Schemas of the files, for editors; made from the types that read them, in the words a file uses."""

from __future__ import annotations

from typing import Any

from ..domain.category import Category
from ..domain.model import ModelConfig
from ..domain.task import Task
from .model_options import OPTION_TYPES

_INTERNAL = {"source", "folder", "has_expected", "sha256", "text"}
_TEXT = {"type": "string"}


def task_schema() -> dict[str, Any]:
    """Schema of a task file."""
    schema = _schema(Task, "task")
    entity, parts = schema["properties"], schema["$defs"]
    column = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
    rows = {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {
            "file": {"type": "string", "pattern": r"\.(jsonl|csv)$"},
            "id": _TEXT,
            "expected": column,
            "limit": {"type": "integer", "minimum": 1},
            "shuffle_seed": {"type": "integer"},
        },
    }
    entity["samples"] = {"anyOf": [{"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Sample"}}, rows]}
    entity["input"] = {"anyOf": [_TEXT, {"$ref": "#/$defs/TaskInput"}]}
    entity["prompt"] = entity["system"] = _TEXT
    file = {"anyOf": [_TEXT, {"$ref": "#/$defs/FileRef"}]}
    for holder, names in (("TaskInput", ("images", "files")), ("Sample", ("images",))):
        for name in names:
            parts[holder]["properties"][name] = {"type": "array", "items": file}
    parts["Sample"]["properties"]["skip"] = {"anyOf": [{"type": "boolean"}, _TEXT, {"type": "null"}]}
    parts["OutputSpec"]["properties"]["answer_marker"] = column
    call = {"anyOf": [{"type": "object"}, {"type": "array", "minItems": 2, "maxItems": 2}]}
    state = parts["World"]["properties"]
    state["state"] = {"anyOf": [state["state"], _TEXT]}
    parts["CalibrationCase"]["properties"]["tool_calls"] = {"type": "array", "items": call}
    del schema["required"]
    schema["anyOf"] = [{"required": ["input"]}, {"required": ["prompt"]}]
    return {
        "$schema": schema["$schema"],
        "title": schema["title"],
        "anyOf": [
            {"$ref": "#/$defs/TaskFile"},
            {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/TaskFile"}},
            {
                "type": "object",
                "required": ["tasks"],
                "additionalProperties": False,
                "properties": {
                    "kind": entity["kind"],
                    "schema": entity["schema"],
                    "tasks": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/TaskFile"}},
                },
            },
        ],
        "$defs": {**parts, "TaskFile": {k: v for k, v in schema.items() if k not in {"$schema", "$defs", "title"}}},
    }


def category_schema() -> dict[str, Any]:
    """Schema of a category file."""
    schema = _schema(Category, "category")
    schema["required"] = []
    return schema


def model_schema() -> dict[str, Any]:
    """Schema of a model file; its options are those of the provider, where that is one of ours."""
    schema = _schema(ModelConfig, "model")
    schema["required"] = ["provider"]
    schema["allOf"] = []
    for kind in dict.fromkeys(OPTION_TYPES.values()):
        options = kind.model_json_schema(by_alias=True)
        schema["$defs"] |= options.pop("$defs", {})
        schema["$defs"][kind.__name__] = options
        names = sorted(name for name, known in OPTION_TYPES.items() if known is kind)
        provider = {"properties": {"provider": {"enum": names}}, "required": ["provider"]}
        then = {"properties": {"options": {"$ref": f"#/$defs/{kind.__name__}"}}}
        schema["allOf"].append({"if": provider, "then": then})
    return schema


def _schema(kind: Any, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = kind.model_json_schema(by_alias=True)
    for holder in [schema, *schema.get("$defs", {}).values()]:
        for internal in _INTERNAL & set(holder.get("properties", {})):
            del holder["properties"][internal]
    schema["properties"].update({"kind": {"const": name}, "schema": {"type": "integer", "const": 1}})
    schema["title"] = f"pytest-localbench {name} file"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
