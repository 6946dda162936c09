"""What ``options`` of an ``http`` model may hold: how a JSON API is asked, and where its answer stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, field_validator

from ..errors import did_you_mean
from .base import Frozen, PlainJson
from .json_path import JsonPath
from .response import FinishReason

PLACEHOLDERS = (
    "prompt", "system", "messages", "images", "image_urls", "tools", "schema", "model", "parameters", "temperature",
    "top_p", "top_k", "max_tokens", "seed", "stop", "reasoning",
)  # fmt: skip
PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


class StreamOptions(Frozen):
    """A streamed answer: server-sent events, or one JSON object per line. ``done``: set in the last event."""

    format: Literal["sse", "ndjson"] = "sse"
    delta: JsonPath
    thinking: JsonPath | None = None
    done: JsonPath | None = None


class UsagePaths(Frozen):
    """Where token counts stand. ``input_tokens`` should include cached, ``output_tokens`` reasoning tokens."""

    input_tokens: JsonPath | None = None
    output_tokens: JsonPath | None = None
    reasoning_tokens: JsonPath | None = None
    cached_tokens: JsonPath | None = None


class ToolPaths(Frozen):
    """Where tool calls stand; the other paths start at one call."""

    calls: JsonPath
    id: JsonPath = "id"
    name: JsonPath = "function.name"
    arguments: JsonPath = "function.arguments"


class HttpOptions(Frozen):
    """How to ask and where to read. ``body`` is plain data; ``{{ name }}`` in its texts is replaced, never run.

    A text that is one placeholder and nothing else becomes the value itself (a list, a number); what has no value is
    left out of its mapping or list.
    """

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    body: PlainJson
    answer: JsonPath
    thinking: JsonPath | None = None
    finish: JsonPath | None = None
    finish_words: dict[str, FinishReason] = Field(default_factory=dict)
    tools: ToolPaths | None = None
    usage: UsagePaths = UsagePaths()
    model: JsonPath | None = None
    error: JsonPath | None = None
    stream: StreamOptions | None = None

    @field_validator("body")
    @classmethod
    def _known_placeholders(cls, body: Any) -> Any:
        names = list(placeholders(body)) if isinstance(body, dict | list) else None
        if names is None:
            raise ValueError("must be a mapping or a list: the JSON that is sent")
        for name in names:
            if name not in PLACEHOLDERS:
                near = did_you_mean(name, PLACEHOLDERS)
                raise ValueError(f"unknown placeholder '{{{{ {name} }}}}'{near}; known: {', '.join(PLACEHOLDERS)}")
        if not {"prompt", "messages"} & set(names):
            raise ValueError("the question is nowhere in it: write {{ prompt }} or {{ messages }}")
        return body


def placeholders(data: Any) -> Iterator[str]:
    """The names of all placeholders in a body, in order."""
    if isinstance(data, str):
        yield from PLACEHOLDER.findall(data)
    elif isinstance(data, dict):
        for value in data.values():
            yield from placeholders(value)
    elif isinstance(data, list):
        for value in data:
            yield from placeholders(value)
