"""Any JSON API, described in the model file: what is sent, and where the answer stands.

Model file: ``base_url`` (the whole address that is asked), ``api_key`` (a reference; sent as a bearer token unless
``headers`` name an ``Authorization`` of their own) and ``options``, see :class:`HttpOptions`.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from ..domain.http_options import PLACEHOLDER, HttpOptions, placeholders
from ..domain.json_path import MISSING, Missing, find, parse_path
from ..domain.model import Capabilities, ModelConfig
from ..domain.response import (
    FinishReason,
    GenerationRequest,
    ImagePart,
    ModelResponse,
    Timing,
    ToolCall,
    Usage,
)
from ..errors import ConfigError, GenerationFailed, GenerationTimeout
from .chat_api import data_url, message_json, tool_json
from .faults import ConnectionFailed, error_in_body, excerpt
from .json_values import count, decoded_arguments
from .options import read_options
from .quirks import SYSTEM_FOLDED
from .secrets import fill, resolve
from .wire import WireClient
from .wired import WiredAdapter

_FINISH: dict[str, FinishReason] = {
    "stop": "stop", "eos": "stop", "eos_token": "stop", "stop_sequence": "stop", "end_turn": "stop", "complete": "stop",
    "length": "length", "max_tokens": "length", "tool_calls": "tool_calls", "tool_use": "tool_calls",
    "content_filter": "refusal", "refusal": "refusal",
}  # fmt: skip


class HttpAdapter(WiredAdapter):
    """One model behind an API that the model file describes."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._options: HttpOptions | None = None
        self._body: Any = None
        self._path = ""

    def preflight(self) -> str | None:
        """What is wrong with address, options or keys."""
        try:
            self._headers(self._read())
        except ConfigError as error:
            return str(error)
        return None

    def open(self) -> None:
        """Read the options and resolve the keys; raises ConfigError. The first request shows whether it answers."""
        options, subject = self._read(), f"model '{self.config.id}'"
        self._wire = WireClient(self.config.base_url or "", headers=self._headers(options))
        parts = self._wire.base
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._body = _filled(options.body, subject)

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once."""
        wire, options = self._wire, self._options
        if wire is None or options is None:
            raise GenerationFailed(f"model '{self.config.id}' is not open", retryable=False)
        used = set(placeholders(options.body))
        self._refuse_what_would_be_lost(request, used)
        body = render(self._body, values_for(request, self.config.model, fold_system="system" not in used))
        if isinstance(body, dict):
            body.update(request.params.extra)
        answer = _Answer(options, wire.url(self._path), wire.context_hint)
        first = None
        started = time.perf_counter()
        if options.stream is None:
            answer.take(wire.post_json(self._path, body, request.timeout_s, method=options.method))
        else:
            lines = options.stream.format == "ndjson"
            events = wire.stream_json(
                self._path, body, request.timeout_s, method=options.method, lines=lines, began=lambda: answer.began
            )
            try:
                with closing(events):  # type: ignore[type-var]
                    for event in events:
                        answer.take_event(event)
                        if first is None and answer.began:
                            first = time.perf_counter() - started
            except GenerationTimeout as late:
                raise GenerationTimeout(str(late), generating=answer.began, partial_text=answer.text) from None
        response = answer.response(time.perf_counter() - started, first)
        folded = "system" not in used and "messages" not in used and any(m.role == "system" for m in request.messages)
        return response.model_copy(update={"notes": (SYSTEM_FOLDED,)}) if folded else response

    def capabilities(self) -> Capabilities:
        """What the model file states, less what its body has no place for."""
        stated = self.config.capabilities
        try:
            used = set(placeholders(self._read().body))
        except ConfigError:
            return stated
        lost = {
            "vision": not used & {"images", "image_urls", "messages"},
            "tools": "tools" not in used or self._read().tools is None,
            "json_schema": "schema" not in used,
        }
        return stated.model_copy(update={name: False for name, gone in lost.items() if gone})

    def fingerprint(self) -> dict[str, Any]:
        """Address, model name and the way of asking."""
        parts = urlsplit(self.config.base_url or "")
        return {"base_url": f"{parts.scheme}://{parts.netloc}{parts.path}", "model": self.config.model}

    def _headers(self, options: HttpOptions) -> dict[str, str]:
        subject = f"model '{self.config.id}'"
        headers = {name: fill(value, subject) for name, value in options.headers.items()}
        if self.config.api_key is not None and not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = f"Bearer {resolve(self.config.api_key, subject).reveal()}"
        return headers

    def _read(self) -> HttpOptions:
        if self._options is None:
            subject = f"model '{self.config.id}'"
            if not self.config.base_url:
                raise ConfigError(f"{subject}: 'base_url' is missing (the whole address that is asked).")
            self._options = read_options(self.config, HttpOptions)
        return self._options

    def _refuse_what_would_be_lost(self, request: GenerationRequest, used: set[str]) -> None:
        pictures = any(isinstance(p, ImagePart) for m in request.messages for p in m.parts)
        if pictures and not used & {"images", "image_urls", "messages"}:
            raise GenerationFailed(
                f"the body of model '{self.config.id}' has no place for pictures ({{{{ images }}}})", retryable=False
            )
        if request.tools and "tools" not in used:
            raise GenerationFailed(
                f"the body of model '{self.config.id}' has no place for tools ({{{{ tools }}}})", retryable=False
            )


class _Answer:
    """An answer as it comes in, whole or in events."""

    def __init__(self, options: HttpOptions, url: str, context_hint: str) -> None:
        self._options, self._url, self._hint = options, url, context_hint
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[ToolCall] = []
        self._finish: str | None = None
        self._usage: dict[str, int] = {}
        self._model: str | None = None
        self._done = options.stream is None or options.stream.done is None
        self._last = ""

    @property
    def began(self) -> bool:
        """True when something was generated."""
        return bool(self._text or self._thinking or self._calls)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._text)

    def take(self, data: Any) -> None:
        """A whole answer."""
        found = self._common(data, self._options.thinking)
        answer = find(data, parse_path(self._options.answer))
        if isinstance(answer, Missing) and not found:
            raise GenerationFailed(
                f"{self._url} sent nothing at 'answer: {self._options.answer}'; it answered: {self._last}",
                retryable=False,
            )
        self._text.append(_as_text(answer))

    def take_event(self, data: Any) -> None:
        """One event of a stream."""
        stream = self._options.stream
        assert stream is not None
        self._common(data, stream.thinking)
        piece = find(data, parse_path(stream.delta))
        if isinstance(piece, Missing) and not self._text:  # a server that does not stream after all
            piece = find(data, parse_path(self._options.answer))
        if text := _as_text(piece):
            self._text.append(text)
        if stream.done is not None and find(data, parse_path(stream.done)):
            self._done = True

    def response(self, seconds: float, first_token_s: float | None) -> ModelResponse:
        """Everything taken so far; raises when a stream ended too early or never held an answer."""
        options = self._options
        if not self._done:
            raise ConnectionFailed(f"{self._url} ended its stream in the middle of the answer")
        if options.stream is not None and not self.began and self._finish is None:
            raise GenerationFailed(
                f"{self._url} sent nothing at 'stream.delta: {options.stream.delta}'; its last event: "
                f"{self._last or '(none)'}",
                retryable=False,
            )
        known: dict[str, FinishReason] = {**_FINISH, **options.finish_words}
        word = self._finish or ""
        return ModelResponse(
            text=self.text,
            thinking="".join(self._thinking) or None,
            tool_calls=tuple(self._calls),
            finish_reason=known.get(word) or known.get(word.lower(), "unknown"),
            usage=Usage(**self._usage),
            timing=Timing(generation_s=seconds, first_token_s=first_token_s),
            resolved_model=self._model,
        )

    def _common(self, data: Any, thinking: str | None) -> bool:
        """What whole answers and events share; True when it held thinking or tool calls."""
        options = self._options
        self._last = excerpt(json.dumps(data, ensure_ascii=False))
        for path in filter(None, (options.error, None if options.error else "error")):
            if error := find(data, parse_path(path)):
                raise error_in_body(error, self._url, self._hint)
        before = len(self._thinking) + len(self._calls)
        if thinking is not None and (piece := _as_text(find(data, parse_path(thinking)))):
            self._thinking.append(piece)
        if options.finish is not None and isinstance(word := find(data, parse_path(options.finish)), str):
            self._finish = word
        if options.model is not None and isinstance(name := find(data, parse_path(options.model)), str):
            self._model = name
        for name, path in options.usage.model_dump(exclude_none=True).items():
            number = count(find(data, parse_path(path)))
            if number is not None:
                self._usage[name] = number
        if options.tools is not None:
            calls = find(data, parse_path(options.tools.calls))
            self._calls += [c for call in calls if (c := self._call(call))] if isinstance(calls, list) else []
        return len(self._thinking) + len(self._calls) > before

    def _call(self, call: Any) -> ToolCall | None:
        paths = self._options.tools
        assert paths is not None
        name, given = find(call, parse_path(paths.name)), find(call, parse_path(paths.arguments))
        if not isinstance(name, str):
            return None
        arguments = {} if isinstance(given, Missing) or given is None else decoded_arguments(given)[0]
        return ToolCall(id=_as_text(find(call, parse_path(paths.id))), name=name, arguments=arguments)


def values_for(request: GenerationRequest, model: str, *, fold_system: bool) -> dict[str, Any]:
    """What the placeholders stand for; ``None`` where the request states nothing.

    ``prompt``: the text of all turns but the system's (with ``fold_system``: that in front), named by role when there
    are several.
    """
    params, turns = request.params, [m for m in request.messages if m.role != "system"]
    system = "\n\n".join(m.text for m in request.messages if m.role == "system")
    prompt = turns[0].text if len(turns) == 1 else "\n\n".join(f"{m.role.capitalize()}: {m.text}" for m in turns)
    images = [p for m in request.messages for p in m.parts if isinstance(p, ImagePart)]
    stated = {name: getattr(params, name) for name in ("temperature", "top_p", "top_k", "max_tokens", "seed")}
    stated["stop"] = list(params.stop) or None
    stated["reasoning"] = None if params.reasoning == "auto" else params.reasoning
    return {
        **stated,
        "prompt": f"{system}\n\n{prompt}" if system and fold_system else prompt,
        "system": system or None,
        "messages": [message_json(m) for m in request.messages if fold_system or m.role != "system"],
        "images": [base64.b64encode(image.data).decode("ascii") for image in images] or None,
        "image_urls": [data_url(image) for image in images] or None,
        "tools": [tool_json(tool) for tool in request.tools] or None,
        "schema": request.response_schema,
        "model": model or None,
        "parameters": {name: value for name, value in stated.items() if value is not None},
    }


def render(data: Any, values: Mapping[str, Any]) -> Any:
    """The body with its placeholders replaced, in one pass: what is put in is never looked at again."""
    if isinstance(data, dict):
        made = {key: render(value, values) for key, value in data.items()}
        return {key: value for key, value in made.items() if not isinstance(value, Missing)}
    if isinstance(data, list):
        return [value for entry in data if not isinstance(value := render(entry, values), Missing)]
    if not isinstance(data, str):
        return data
    whole = PLACEHOLDER.fullmatch(data.strip())
    if whole is not None:
        value = values[whole[1]]
        return MISSING if value is None else value
    return PLACEHOLDER.sub(lambda found: _as_text(values[found[1]]), data)


def _filled(data: Any, subject: str) -> Any:
    if isinstance(data, dict):
        return {key: _filled(value, subject) for key, value in data.items()}
    if isinstance(data, list):
        return [_filled(value, subject) for value in data]
    return fill(data, subject) if isinstance(data, str) else data


def _as_text(value: Any) -> str:
    """Text of a value: a string, pieces of a list joined, other data as JSON, nothing as an empty text."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, Missing):
        return ""
    if isinstance(value, list) and all(isinstance(piece, str) for piece in value):
        return "".join(value)
    return json.dumps(value, ensure_ascii=False)
