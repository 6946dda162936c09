"""The chat-completions dialect: a request as its JSON, its JSON (whole or streamed) as a ModelResponse."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..domain.base import clean_text
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
from ..errors import GenerationFailed, GenerationTimeout
from .faults import ConnectionFailed, RequestRefused, error_in_body, excerpt
from .json_forms import JSON_IN_PROMPT, json_form, with_words
from .json_values import count, decoded_arguments, mapping, number
from .quirks import SYSTEM_FOLDED, Attempts, Dialect, Quirks, fold_system
from .wire import WireClient

DOUBLE_ENCODED = "double_encoded_arguments"
SERVER_GAVE_UP = frozenset({"error", "abort", "insufficient_system_resource"})
_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "refusal",
    "refusal": "refusal",
}


def chat_path(base_url: str) -> str:
    """Path (and query) of chat completions for a base address with or without ``/v1`` and the route itself."""
    parts = urlsplit(base_url if "://" in base_url else f"//{base_url}")
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/") or "/v1"
    while path.endswith("/v1/v1"):
        path = path.removesuffix("/v1")
    return f"{path}/chat/completions" + (f"?{parts.query}" if parts.query else "")


class ChatApi:
    """One model behind a chat-completions route.

    ``always`` goes into every request and gives way to the request's own settings. What a server refuses
    (``max_tokens``, ``stream_options``, streaming, the system role) is learned from its refusals and left out from
    then on; a system text that has no role of its own goes in front of the first user message (note
    ``system_folded``).
    """

    def __init__(
        self,
        wire: WireClient,
        path: str,
        model: str,
        *,
        dialect: Dialect | None = None,
        always: Mapping[str, Any] | None = None,
    ) -> None:
        self.wire, self.path, self.model = wire, path, model
        self._quirks = Quirks(dialect or Dialect())
        self._always = dict(always or {})

    def body(self, request: GenerationRequest, dialect: Dialect) -> dict[str, Any]:
        """The request as JSON data; settings that are not stated are absent."""
        params = request.params
        form, words = json_form(request, dialect)
        messages = with_words(request.messages, words) if words else request.messages
        messages = messages if dialect.system_role else fold_system(messages)
        body: dict[str, Any] = {"model": self.model, "messages": [message_json(m) for m in messages], **self._always}
        for name in ("temperature", "top_p", "top_k", "seed"):
            if (value := getattr(params, name)) is not None:
                body[name] = value
        if params.max_tokens is not None:
            body[dialect.limit_name] = params.max_tokens
        if params.stop:
            body["stop"] = list(params.stop)
        if request.tools:
            body["tools"] = [tool_json(t) for t in request.tools]
        if form is not None:
            body["response_format"] = form
        body.update(_reasoning(params, dialect))
        if dialect.stream:
            body["stream"] = True
            if dialect.usage_in_stream:
                body["stream_options"] = {"include_usage": True}
        body.update(params.extra)
        return body

    def ask(self, request: GenerationRequest) -> ModelResponse:
        """Ask once; a refused form is changed and asked again within the same deadline."""
        deadline = time.monotonic() + request.timeout_s
        dialect, past, timeout_s = self._quirks.dialect, Attempts(), request.timeout_s
        while True:
            body = self.body(request, dialect)
            try:
                answer = self._streamed(body, timeout_s) if body.get("stream") else self._whole(body, timeout_s)
            except RequestRefused as refused:
                dialect = self._quirks.adapt(dialect, refused, body, past)
                timeout_s = max(0.001, deadline - time.monotonic())
                continue
            self._quirks.accepted(body, dialect if past.first else None)
            words = json_form(request, dialect)[1]
            folded = not dialect.system_role and (words or any(m.role == "system" for m in request.messages))
            notes = [note for note, holds in ((JSON_IN_PROMPT, words), (SYSTEM_FOLDED, folded)) if holds]
            return answer.model_copy(update={"notes": (*answer.notes, *notes)}) if notes else answer

    def _whole(self, body: Mapping[str, Any], timeout_s: float) -> ModelResponse:
        started = time.perf_counter()
        data = self.wire.post_json(self.path, body, timeout_s)
        answer = _Answer(self.wire.url(self.path), self.wire.context_hint)
        seconds = time.perf_counter() - started
        answer.take(data)
        answer.check()
        return answer.response(seconds, None)

    def _streamed(self, body: Mapping[str, Any], timeout_s: float) -> ModelResponse:
        url = self.wire.url(self.path)
        answer = _Answer(url, self.wire.context_hint)
        first, last = None, 0.0
        started = time.perf_counter()
        try:
            events = self.wire.stream_json(self.path, body, timeout_s, began=lambda: answer.began)
            with closing(events):  # type: ignore[type-var]
                for event in events:
                    answer.take(event)
                    last = time.perf_counter() - started
                    if first is None and answer.began and not answer.whole:
                        first = last
        except GenerationTimeout as late:
            raise GenerationTimeout(str(late), generating=answer.began, partial_text="".join(answer.text)) from None
        if answer.finish is None and (answer.began or answer.odd is None):
            raise ConnectionFailed(f"{url} ended its stream in the middle of the answer")
        answer.check()
        return answer.response(last, first)


@dataclass(slots=True)
class _Answer:
    """An answer as it comes in, whole or in pieces."""

    url: str
    context_hint: str
    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    finish: str | None = None
    refused: bool = False
    whole: bool = False
    usage: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    odd: tuple[str, Any] | None = None

    @property
    def began(self) -> bool:
        """True when something was generated."""
        return bool(self.text or self.thinking or self.calls)

    def take(self, data: Any) -> None:
        """Add one answer or one chunk of a stream; chunks that say nothing (pings, filter notes) are passed over."""
        if not isinstance(data, dict):
            raise GenerationFailed(f"{self.url} answered with no JSON object: {excerpt(str(data))}", retryable=True)
        if data.get("error"):
            raise error_in_body(data["error"], self.url, self.context_hint)
        self.usage = mapping(data.get("usage")) or self.usage
        self.timings = mapping(data.get("timings")) or self.timings
        if isinstance(data.get("model"), str):
            self.model = data["model"]
        choices = data.get("choices")
        if isinstance(choices, list) and choices:
            self._choice(mapping(choices[0]), data)
        elif self.odd is None:
            self.odd = ("with empty 'choices'" if isinstance(choices, list) else "without 'choices'", data)

    def check(self) -> None:
        """Raise when what ended as an answer is none: no message in it, or the server itself gave up."""
        if self.finish in SERVER_GAVE_UP:
            raise GenerationFailed(f"{self.url} gave up in the middle of its answer ({self.finish})", retryable=True)
        if self.finish is None:
            raise self._broken(*(self.odd or ("without a message", None)))

    def _broken(self, how: str, data: Any) -> GenerationFailed:
        try:
            shown = "" if data is None else f": {excerpt(json.dumps(data))}"
        except RecursionError:
            shown = " (deeply nested)"
        return GenerationFailed(f"{self.url} answered {how}{shown}", retryable=True)

    def _choice(self, choice: dict[str, Any], data: Any) -> None:
        if isinstance(choice.get("message"), dict):
            self.whole = True
            self.finish = self.finish or "unknown"
        part = mapping(choice.get("message") or choice.get("delta"))
        if not isinstance(part.get("content"), str | list | None):
            raise self._broken("with a 'content' that is no text", data)
        if text := _text(part.get("content")):
            self.text.append(text)
        if text := _text(part.get("reasoning_content") or part.get("reasoning")):
            self.thinking.append(text)
        if text := _text(part.get("refusal")):
            self.refused = True
            self.text.append(text)
        calls = part.get("tool_calls")
        for position, call in enumerate(calls if isinstance(calls, list) else ()):
            self._call(position, mapping(call))
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason not in {"", "null"}:  # some servers send these until the end
            self.finish = reason

    def _call(self, position: int, call: dict[str, Any]) -> None:
        index = call.get("index")
        known = self.calls.setdefault(index if isinstance(index, int) else position, {"id": "", "name": "", "args": ""})
        function = mapping(call.get("function"))
        known["id"] = known["id"] or str(call.get("id") or "")
        known["name"] = known["name"] or str(function.get("name") or "")
        arguments = function.get("arguments")
        if isinstance(arguments, str) and isinstance(known["args"], str):
            known["args"] += arguments
        elif arguments is not None:
            known["args"] = arguments

    def response(self, seconds: float, first_token_s: float | None) -> ModelResponse:
        """Everything taken so far as a response."""
        reason: FinishReason = "refusal" if self.refused else _FINISH.get(self.finish or "", "unknown")
        queued_s = number(self.timings.get("queued_s"))
        calls = [(c, *decoded_arguments(c["args"])) for _, c in sorted(self.calls.items())]
        return ModelResponse(
            text="".join(self.text),
            thinking="".join(self.thinking) or None,
            tool_calls=tuple(
                ToolCall(id=clean_text(c["id"]), name=clean_text(c["name"]), arguments=value) for c, value, _ in calls
            ),
            finish_reason=reason,
            usage=_usage(self.usage, self.timings),
            timing=Timing(
                generation_s=max(0.0, seconds - (queued_s or 0.0)),
                first_token_s=number(self.timings.get("first_token_s")) or first_token_s,
                queued_s=queued_s,
                prompt_tokens_per_s=number(self.timings.get("prompt_per_second")),
                output_tokens_per_s=number(self.timings.get("predicted_per_second")),
            ),
            resolved_model=self.model,
            notes=(DOUBLE_ENCODED,) if any(twice for _, _, twice in calls) else (),
        )


def _reasoning(params: GenerationParams, dialect: Dialect) -> dict[str, Any]:
    level = params.reasoning
    if level is None or level == "auto":
        return {}
    if dialect.reasoning == "template":
        return {"chat_template_kwargs": {"enable_thinking": level != "off"}}
    if dialect.reasoning == "thinking":
        return {"thinking": {"type": "disabled" if level == "off" else "enabled"}}
    return {"reasoning_effort": {"off": "none", "on": "medium"}.get(level, level)}


def message_json(message: Message) -> dict[str, Any]:
    """A message in the chat-completions form; pictures as data addresses."""
    content: Any = message.content
    if message.parts:
        content = [
            {"type": "image_url", "image_url": {"url": data_url(part)}}
            if isinstance(part, ImagePart)
            else {"type": "text", "text": part.text}
            for part in message.parts
        ]
    data: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        data["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": _as_text(c.arguments)}}
            for c in message.tool_calls
        ]
    if message.tool_call_id is not None:
        data["tool_call_id"] = message.tool_call_id
    return data


def data_url(image: ImagePart) -> str:
    """A picture as a ``data:`` address."""
    return f"data:{image.mime};base64,{base64.b64encode(image.data).decode('ascii')}"


def _as_text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def tool_json(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A tool as ``{type: function, function}``; only what the dialect knows is sent (never our effects or notes)."""
    function = tool["function"] if isinstance(tool.get("function"), dict) else tool
    known = {k: function[k] for k in ("name", "description", "parameters", "strict") if k in function}
    parameters = known.get("parameters") or {}
    if parameters and "type" not in parameters and all(isinstance(v, dict) for v in parameters.values()):
        parameters = {"type": "object", "properties": parameters, "required": list(parameters)}
    known["parameters"] = parameters or {"type": "object", "properties": {}}
    return {"type": "function", "function": known}


def _text(value: Any) -> str:
    """Text of a content value: a string, or a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(p["text"] for p in value if isinstance(p, dict) and isinstance(p.get("text"), str))
    return ""


def _usage(data: Mapping[str, Any], timings: Mapping[str, Any]) -> Usage:
    prompt = mapping(data.get("prompt_tokens_details"))
    output = mapping(data.get("completion_tokens_details"))
    told = (prompt.get("cached_tokens"), data.get("prompt_cache_hit_tokens"), timings.get("cache_n"))
    return Usage(
        input_tokens=count(data.get("prompt_tokens")),
        output_tokens=count(data.get("completion_tokens")),
        reasoning_tokens=count(output.get("reasoning_tokens")),
        cached_tokens=next((n for n in map(count, told) if n is not None), None),
    )
