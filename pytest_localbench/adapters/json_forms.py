"""How a chat server is asked for JSON: by a schema, by a flag, or in words alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..domain.response import GenerationRequest, Message
from .json_values import mapping
from .quirks import Dialect

JSON_IN_PROMPT = "json_asked_in_prompt"


def json_form(request: GenerationRequest, dialect: Dialect) -> tuple[dict[str, Any] | None, str | None]:
    """(``response_format``, a sentence for the prompt) as the server takes them; ``None`` = not sent."""
    wanted, schema = request.params.response_format, request.response_schema
    if wanted == "schema" and schema is not None:
        form = dialect.schema_form
        words = f"Answer with one JSON value that matches this JSON schema, and nothing else: {json.dumps(schema)}"
    elif wanted == "json":
        form, words, schema = dialect.json_form, "Answer with one JSON object and nothing else.", {"type": "object"}
    else:
        return None, None
    if form == "json_schema":
        return {"type": "json_schema", "json_schema": _named(schema)}, None
    said = wanted == "json" and any("json" in message.text.lower() for message in request.messages)
    if form == "none":
        return None, None if said else words
    return {"type": "json_object"}, None if said or (wanted == "json" and not dialect.ask_for_json) else words


def with_words(messages: Sequence[Message], words: str) -> tuple[Message, ...]:
    """The messages with a sentence at the end of the system text (made where there is none)."""
    for index, message in enumerate(messages):
        if message.role == "system":
            longer = message.model_copy(update={"content": f"{message.text}\n\n{words}", "parts": ()})
            return (*messages[:index], longer, *messages[index + 1 :])
    return (Message(role="system", content=words), *messages)


def _named(schema: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": "answer", "schema": schema}
    if allows_strict(schema):
        made["strict"] = True
    return made


def allows_strict(schema: Any) -> bool:
    """True when every object lists all its properties as required and allows no others (what ``strict`` demands)."""
    if isinstance(schema, list):
        return all(allows_strict(s) for s in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        names = set(mapping(schema.get("properties")))
        if schema.get("additionalProperties") is not False or set(schema.get("required") or ()) != names:
            return False
    return all(allows_strict(v) for k, v in schema.items() if k not in {"enum", "const", "default", "required"})
