"""Ollama's native ``/api/chat``: a request as its JSON, its JSON (whole or line by line) as a ModelResponse.

Field names and units after Ollama's API reference: durations are nanoseconds, what is zero is absent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..domain.response import (
    FinishReason,
    GenerationRequest,
    ImagePart,
    Message,
    ModelResponse,
    Timing,
    ToolCall,
    Usage,
)
from ..domain.task import GenerationParams
from ..errors import GenerationFailed
from .chat_api import DOUBLE_ENCODED, tool_json
from .faults import error_in_body, excerpt
from .json_values import count, decoded_arguments, mapping, number

CHAT = "/api/chat"
DEFAULTS = {"temperature": 0, "seed": 7}
JSON_COMPLETE = "json_complete_at_limit"
SHIFTED = "context_shifted"
NOT_THINKING = "thinking_unsupported"
MIN_QUEUE_S = 0.1
_FINISH: dict[str, FinishReason] = {"stop": "stop", "length": "length"}


def chat_body(
    model: str,
    messages: Sequence[Message],
    params: GenerationParams,
    *,
    runner: Mapping[str, Any],
    keep_alive: str | float,
    thinks: bool | None,
    stream: bool = False,
) -> dict[str, Any]:
    """The part of a request that does not depend on the task's form; without messages Ollama only loads the model.

    ``runner``: options that make Ollama load the model anew when they change, ``num_ctx`` among them. Answers are at
    most as long as the window. ``params.extra`` is laid over the request, its ``options`` over the options.
    """
    options: dict[str, Any] = {**DEFAULTS, **runner, "num_predict": params.max_tokens or runner["num_ctx"]}
    for name in ("temperature", "top_p", "top_k", "seed"):
        if (value := getattr(params, name)) is not None:
            options[name] = value
    if params.stop:
        options["stop"] = list(params.stop)
    extra = dict(params.extra)
    options.update(mapping(extra.pop("options", None)))
    return {
        "model": model,
        "messages": _messages(messages),
        "stream": stream,
        "think": _think(params, thinks),
        "truncate": False,
        "shift": False,
        "keep_alive": keep_alive,
        "options": options,
        **extra,
    }


def with_task_form(body: dict[str, Any], request: GenerationRequest) -> dict[str, Any]:
    """The body with the tools and the answer format of a request."""
    params = request.params
    if request.tools:
        body["tools"] = [tool_json(tool) for tool in request.tools]
    if params.response_format == "json":
        body.setdefault("format", "json")
    elif params.response_format == "schema" and request.response_schema is not None:
        body.setdefault("format", request.response_schema)
    return body


def _think(params: GenerationParams, thinks: bool | None) -> bool | str:
    """Always stated, because Ollama's default depends on its version and the model."""
    level = params.reasoning or "auto"
    if level == "off" or not (thinks or (thinks is None and level != "auto")):
        return False
    return True if level in {"auto", "on"} else level


def _messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    return [_message(message, names) for message in messages]


def _message(message: Message, names: Mapping[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {"role": message.role, "content": message.text}
    images = [base64.b64encode(p.data).decode("ascii") for p in message.parts if isinstance(p, ImagePart)]
    if images:
        data["images"] = images
    if message.tool_calls:
        data["tool_calls"] = [
            {"id": call.id, "function": {"name": call.name, "arguments": _object(call.arguments)}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        data["tool_call_id"] = message.tool_call_id
        if message.tool_call_id in names:
            data["tool_name"] = names[message.tool_call_id]
    return data


def _object(arguments: Any) -> dict[str, Any]:
    """Arguments as the object Ollama insists on; a text that is none is kept under ``raw``."""
    value, _ = decoded_arguments(arguments)
    return value if isinstance(value, dict) else {"raw": value}


@dataclass(slots=True)
class ChatAnswer:
    """An answer as it comes in. ``final`` is the closing object with the figures, ``None`` while it is missing."""

    url: str
    context_hint: str
    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    final: dict[str, Any] | None = None

    @property
    def began(self) -> bool:
        """True when something was generated."""
        return bool(self.text or self.thinking or self.calls)

    def take(self, data: Any) -> None:
        """Add one object; raises the ModelError that it tells of."""
        if not isinstance(data, dict):
            raise GenerationFailed(f"{self.url} answered with no JSON object: {excerpt(str(data))}", retryable=True)
        if data.get("error"):
            error = {"message": data["error"], "status": data.get("status")}
            raise error_in_body(error, self.url, self.context_hint)
        message = mapping(data.get("message"))
        if isinstance(message.get("content"), str) and message["content"]:
            self.text.append(message["content"])
        if isinstance(message.get("thinking"), str) and message["thinking"]:
            self.thinking.append(message["thinking"])
        self.calls += [mapping(call) for call in message.get("tool_calls") or ()]
        if data.get("done") is True:
            self.final = data
        elif "message" not in data:
            shown = excerpt(json.dumps(data))
            raise GenerationFailed(f"{self.url} answered without a 'message': {shown}", retryable=True)

    def response(self, wall_s: float, first_token_s: float | None, body: Mapping[str, Any]) -> ModelResponse:
        """Everything taken as a response to ``body``. Loading and queueing are not part of the answer's time."""
        final = self.final or {}
        reason = final.get("done_reason")
        if reason in {"load", "unload"} and not self.began:
            raise GenerationFailed(f"{self.url} answered with '{reason}' instead of an answer", retryable=True)
        load_s, queued_s = _seconds(final.get("load_duration")), self._queued_s(body)
        before_s = (load_s or 0.0) + (queued_s or 0.0)
        finish, notes = self._finish(reason, body)
        calls = [(call, *decoded_arguments(mapping(call.get("function")).get("arguments"))) for call in self.calls]
        if any(twice for *_, twice in calls):
            notes.append(DOUBLE_ENCODED)
        prompt, output = count(final.get("prompt_eval_count")), count(final.get("eval_count"))
        return ModelResponse(
            text="".join(self.text),
            thinking="".join(self.thinking) or None,
            tool_calls=tuple(
                ToolCall(
                    id=str(call.get("id") or ""),
                    name=str(mapping(call.get("function")).get("name") or ""),
                    arguments={} if arguments is None else arguments,
                )
                for call, arguments, _ in calls
            ),
            finish_reason=finish,
            usage=Usage(input_tokens=prompt, output_tokens=output),
            timing=Timing(
                generation_s=max(0.0, wall_s - before_s),
                first_token_s=None if first_token_s is None else max(0.0, first_token_s - before_s),
                prompt_tokens_per_s=_rate(prompt, final.get("prompt_eval_duration")),
                output_tokens_per_s=_rate(output, final.get("eval_duration")),
                load_s=load_s,
                queued_s=queued_s,
            ),
            resolved_model=final["model"] if isinstance(final.get("model"), str) else None,
            notes=tuple(notes),
        )

    def _queued_s(self, body: Mapping[str, Any]) -> float | None:
        """What the server's total holds beyond loading, reading and writing: the wait for other requests.

        Not known where Ollama does more than it itemises: pictures, and an answer format after thinking (it starts
        twice and itemises the second start only).
        """
        final = self.final or {}
        total = _seconds(final.get("total_duration"))
        parts = [_seconds(final.get(f"{name}_duration")) for name in ("load", "prompt_eval", "eval")]
        pictures = any("images" in message for message in body["messages"])
        if total is None or parts[1] is None or pictures or (self.thinking and "format" in body):
            return None
        rest = total - sum(part or 0.0 for part in parts)
        return rest if rest >= MIN_QUEUE_S else 0.0

    def _finish(self, reason: Any, body: Mapping[str, Any]) -> tuple[FinishReason, list[str]]:
        """Why it ended. An answer that went on after the window was full lost its prompt: it counts as cut off."""
        finish, notes = _FINISH.get(reason, "unknown") if isinstance(reason, str) else "unknown", []
        final, window = self.final or {}, body["options"]["num_ctx"]
        used = (count(final.get("prompt_eval_count")) or 0) + (count(final.get("eval_count")) or 0)
        if used > window:
            return "length", [SHIFTED]
        if self.calls:
            return "tool_calls", []
        if finish == "length" and "format" in body and _is_json("".join(self.text)):
            finish, notes = "stop", [JSON_COMPLETE]  # the grammar allows blanks after the value without end
        return finish, notes


def _is_json(text: str) -> bool:
    with suppress(ValueError, RecursionError):
        json.loads(text)
        return True
    return False


def _seconds(nanoseconds: Any) -> float | None:
    value = number(nanoseconds)
    return None if value is None else value / 1e9


def _rate(tokens: int | None, nanoseconds: Any) -> float | None:
    seconds = _seconds(nanoseconds)
    return tokens / seconds if tokens and seconds else None
