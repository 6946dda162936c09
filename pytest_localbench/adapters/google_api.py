"""Google's Gemini API through the official SDK (google-genai), and servers that speak it.

Model file: ``model``, ``api_key`` (a reference; default ``${env:GEMINI_API_KEY}``, else ``${env:GOOGLE_API_KEY}``, none
needed on this machine), ``base_url`` (with or without the version, default ``v1beta``) and ``options``: ``headers``
(added to each request). ``generation.extra`` goes into the body as it is, for example ``{safetySettings: [...]}``.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..domain.base import clean_text
from ..domain.model import Capabilities, ModelConfig
from ..domain.response import (
    FinishReason,
    GenerationRequest,
    ImagePart,
    Message,
    ModelResponse,
    TextPart,
    Timing,
    ToolCall,
    Usage,
)
from ..domain.task import GenerationParams
from ..errors import GenerationFailed, GenerationTimeout, ModelError, ModelUnavailable
from .chat_api import tool_json
from .faults import ConnectionFailed, error_fields, status_error
from .json_values import mapping
from .quirks import fold_system
from .sdk_adapter import NO_KEY, SdkAdapter
from .secrets import Secret

if TYPE_CHECKING:
    from .sdk_http import SdkHttp

API_VERSION = "v1beta"
REMEMBERED = 1000
BUDGETS = {"low": 1024, "medium": 8192, "high": 24576}
_VERSION = re.compile(r"/(v\d\w*)/?$")
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")
_GEMINI = re.compile(r"(^|/)gemini-\d")
_BUDGETED = re.compile(r"gemini-2\b|gemini-2\.")
_FINISH: dict[str, FinishReason] = {
    "STOP": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length",
    "SAFETY": "refusal", "RECITATION": "refusal", "BLOCKLIST": "refusal", "PROHIBITED_CONTENT": "refusal",
    "SPII": "refusal", "IMAGE_SAFETY": "refusal", "IMAGE_PROHIBITED_CONTENT": "refusal",
    "IMAGE_RECITATION": "refusal", "LANGUAGE": "refusal", "ESCALATION": "refusal", "MODEL_ARMOR": "refusal",
}  # fmt: skip


class GoogleAdapter(SdkAdapter):
    """One model behind ``streamGenerateContent``."""

    default_url = "https://generativelanguage.googleapis.com"
    key_variables = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    package = "google-genai"
    extra = "google"
    told = frozenset({"thinking", "context_tokens"})

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._signatures: OrderedDict[str, bytes] = OrderedDict()

    def connect(self, key: Secret | None, headers: dict[str, str]) -> tuple[SdkHttp, Any]:
        """The SDK without retries and time-outs of its own."""
        from google import genai
        from google.genai import types

        from .sdk_http import SdkHttp

        found = _VERSION.search(self.url)
        http = SdkHttp(_VERSION.sub("", self.url), refusal=refusal)
        options = types.HttpOptions(
            base_url=http.url,
            api_version=found[1] if found else API_VERSION,
            headers=headers,
            httpx_client=http.client,
        )
        return http, genai.Client(api_key=key.reveal() if key else NO_KEY, vertexai=False, http_options=options)

    def known(self) -> Capabilities:
        """Every Gemini model sees pictures, calls tools and keeps to schemas; the API does not list it."""
        if not _GEMINI.search(self.config.model):
            return Capabilities()
        return Capabilities(vision=True, tools=True, json_schema=True, system_prompt=True)

    def look_up(self, sdk: Any) -> Capabilities:
        """Context and thinking from the list of models."""
        facts = sdk.models.get(model=self.config.model)
        return Capabilities(thinking=getattr(facts, "thinking", None), context_tokens=facts.input_token_limit or None)

    def ask(self, http: SdkHttp, sdk: Any, request: GenerationRequest) -> ModelResponse:
        """Ask once."""
        answer, first = _Answer(), None
        try:
            with http.flight(request.timeout_s) as flight:
                model, contents, config = self.config.model, self.contents(request), self.settings(request)
                started = time.perf_counter()
                chunks = sdk.models.generate_content_stream(model=model, contents=contents, config=config)
                with closing(chunks):
                    for chunk in chunks:
                        answer.take(chunk)
                        flight.heard(answer.began)
                        if first is None and answer.began:
                            first = time.perf_counter() - started
                response = answer.response(flight.url, time.perf_counter() - started, first)
        except GenerationTimeout as late:
            raise GenerationTimeout(str(late), generating=answer.began, partial_text="".join(answer.text)) from None
        self._signatures.update(answer.signatures)
        while len(self._signatures) > REMEMBERED:
            self._signatures.popitem(last=False)
        return response

    def settings(self, request: GenerationRequest) -> Any:
        """The request's settings, tools and system text; what is not stated is absent."""
        from google.genai import types

        params = request.params
        stated: dict[str, Any] = {}
        for name, ours in (
            ("max_output_tokens", "max_tokens"),
            *((n, n) for n in ("temperature", "top_p", "top_k", "seed")),
        ):
            if (value := getattr(params, ours)) is not None:
                stated[name] = value
        if params.stop:
            stated["stop_sequences"] = list(params.stop)
        system = "\n\n".join(m.text for m in request.messages if m.role == "system")
        if system and any(m.role != "system" for m in request.messages):
            stated["system_instruction"] = system
        if params.response_format in {"json", "schema"}:
            stated["response_mime_type"] = "application/json"
            if params.response_format == "schema" and request.response_schema is not None:
                stated["response_json_schema"] = request.response_schema
        if request.tools:
            stated["tools"] = [types.Tool(function_declarations=[_declaration(tool) for tool in request.tools])]
        if (thinking := self._thinking(params)) is not None:
            stated["thinking_config"] = types.ThinkingConfig(**thinking)
        if params.extra:
            stated["http_options"] = types.HttpOptions(extra_body=params.extra)
        return types.GenerateContentConfig(
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            automatic_continuation=False,
            **stated,
        )

    def contents(self, request: GenerationRequest) -> list[Any]:
        """The dialogue; results of tools are parts of one user turn, and named as the call was."""
        from google.genai import types

        turns = [m for m in request.messages if m.role != "system"] or list(fold_system(request.messages))
        names = {call.id: call.name for m in turns for call in m.tool_calls}
        made: list[Any] = []
        after_tool = False
        for message in turns:
            parts = self._parts(message, names)
            if message.role == "tool" and after_tool:
                made[-1].parts.extend(parts)
            else:
                made.append(types.Content(role="model" if message.role == "assistant" else "user", parts=parts))
            after_tool = message.role == "tool"
        return made

    def _parts(self, message: Message, names: Mapping[str, str]) -> list[Any]:
        from google.genai import types

        if message.role == "tool":
            call_id = message.tool_call_id or ""
            name = names.get(call_id) or call_id or "tool"
            return [types.Part.from_function_response(name=name, response=_result(message.text))]
        parts: list[Any] = []
        for part in message.parts or (TextPart(text=message.content),):
            if isinstance(part, ImagePart):
                parts.append(types.Part.from_bytes(data=part.data, mime_type=part.mime))
            elif part.text or not message.tool_calls:
                parts.append(types.Part.from_text(text=part.text))
        for call in message.tool_calls:
            given = call.arguments if isinstance(call.arguments, dict) else {"arguments": call.arguments}
            function = types.FunctionCall(name=call.name, args=given)
            parts.append(types.Part(function_call=function, thought_signature=self._signatures.get(call.id)))
        return parts

    def _thinking(self, params: GenerationParams) -> dict[str, Any] | None:
        level = params.reasoning
        if level is None or level == "auto":
            return None
        if level == "off":
            return {"thinking_budget": 0}
        if level == "on":
            return {"include_thoughts": True}
        if _BUDGETED.search(self.config.model):  # older models know token budgets only
            return {"include_thoughts": True, "thinking_budget": BUDGETS[level]}
        return {"include_thoughts": True, "thinking_level": level.upper()}


@dataclass(slots=True)
class _Answer:
    """An answer as its chunks come in."""

    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    signatures: dict[str, bytes] = field(default_factory=dict)
    finish: str | None = None
    blocked: str | None = None
    usage: Any = None
    model: str | None = None

    @property
    def began(self) -> bool:
        """True when something was generated."""
        return bool(self.text or self.thinking or self.calls)

    def take(self, chunk: Any) -> None:
        """Add one chunk."""
        self.usage = chunk.usage_metadata or self.usage
        self.model = chunk.model_version or self.model
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason is not None:
            self.blocked = _word(chunk.prompt_feedback.block_reason)
        if not chunk.candidates:
            return
        candidate = chunk.candidates[0]
        for part in (candidate.content.parts if candidate.content is not None else None) or ():
            if part.text:
                (self.thinking if part.thought else self.text).append(part.text)
            if part.function_call is not None:
                call = part.function_call
                call_id = clean_text(call.id or f"call-{uuid.uuid4().hex}")
                self.calls.append(ToolCall(id=call_id, name=clean_text(call.name or ""), arguments=call.args or {}))
                if part.thought_signature:
                    self.signatures[call_id] = part.thought_signature
        if candidate.finish_reason is not None:
            self.finish = _word(candidate.finish_reason)

    def response(self, url: str, seconds: float, first_token_s: float | None) -> ModelResponse:
        """Everything taken so far as a response; raises when the stream ended too early or held nothing."""
        if self.finish is None and self.blocked is None:
            if self.began:
                raise ConnectionFailed(f"{url} ended its stream in the middle of the answer")
            raise GenerationFailed(f"{url} answered without 'candidates'", retryable=True)
        word = self.finish or ""
        reason: FinishReason = "refusal" if self.blocked is not None else _FINISH.get(word, "unknown")
        if self.calls and reason == "stop":
            reason = "tool_calls"
        told = f"prompt_blocked_{self.blocked}" if self.blocked is not None else word
        return ModelResponse(
            text="".join(self.text),
            thinking="".join(self.thinking) or None,
            tool_calls=tuple(self.calls),
            finish_reason=reason,
            usage=_usage(self.usage),
            timing=Timing(generation_s=seconds, first_token_s=first_token_s),
            resolved_model=self.model,
            notes=() if word in {"STOP", "MAX_TOKENS"} and self.blocked is None else (told.lower(),),
        )


def refusal(status: int, headers: Mapping[str, str], body: bytes, url: str, context_hint: str) -> ModelError:
    """The error of a refused request: a wrong key is a 400 here, and the wait asked for stands in the body."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return status_error(status, headers, body, url, context_hint)
    data = data[0] if isinstance(data, list) and data else data
    error = mapping(mapping(data).get("error"))
    details = [mapping(d) for d in error.get("details") or () if isinstance(error.get("details"), list)]
    message, _ = error_fields(error)
    if status == 400 and (any(d.get("reason") == "API_KEY_INVALID" for d in details) or "API key not valid" in message):
        return ModelUnavailable(
            f"{url} refused the key (HTTP 400): {message.rstrip('.')}. Check 'api_key' of the model."
        )
    waits = [found[1] for d in details if (found := _DELAY.fullmatch(str(d.get("retryDelay"))))]
    known = {**({"retry-after": waits[0]} if waits else {}), **{k.lower(): v for k, v in headers.items()}}
    return status_error(status, known, json.dumps(data).encode(), url, context_hint)


def _declaration(tool: Mapping[str, Any]) -> Any:
    from google.genai import types

    function = tool_json(tool)["function"]
    return types.FunctionDeclaration(
        name=function.get("name"),
        description=function.get("description"),
        parameters_json_schema=function["parameters"],
    )


def _result(text: str) -> dict[str, Any]:
    """What a tool returned as an object: its own, or the text under ``result``."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    return data if isinstance(data, dict) else {"result": text}


def _word(value: Any) -> str:
    return str(getattr(value, "value", value))


def _usage(data: Any) -> Usage:
    """Counts; thoughts are counted apart from the candidates and are part of the output."""
    if data is None:
        return Usage()
    prompt, told, thought = data.prompt_token_count, data.candidates_token_count, data.thoughts_token_count
    known = [n for n in (told, thought) if n is not None]
    return Usage(
        input_tokens=None if prompt is None else prompt + (data.tool_use_prompt_token_count or 0),
        output_tokens=sum(known) if known else None,
        reasoning_tokens=thought,
        cached_tokens=data.cached_content_token_count,
    )
