"""Anthropic's Messages API through the official SDK, and servers that speak it (llama.cpp ...).

Model file: ``model``, ``api_key`` (a reference; default ``${env:ANTHROPIC_API_KEY}``, none needed on this machine),
``base_url`` (the root of the server) and ``options``: ``headers`` (added to each request).

The API has no seed, and its SDK no sampling settings: ``temperature``, ``top_p`` and ``top_k`` go into the body when
they are stated, and are left out from then on (note ``temperature_refused``) when the model refuses them.
"""

from __future__ import annotations

import base64
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
from ..errors import GenerationTimeout
from .chat_api import DOUBLE_ENCODED, tool_json
from .faults import ConnectionFailed, RequestRefused
from .json_values import count, decoded_arguments, mapping
from .quirks import fold_system
from .sdk_adapter import NO_KEY, SdkAdapter
from .secrets import Secret

if TYPE_CHECKING:
    from .sdk_http import SdkHttp

DEFAULT_MAX_TOKENS = 4096
SAMPLING = ("temperature", "top_p", "top_k")
THINKING_TOKENS = {"on": 4096, "low": 1024, "medium": 4096, "high": 16384}
REMEMBERED = 1000
_FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}


class AnthropicAdapter(SdkAdapter):
    """One model behind the Messages API."""

    default_url = "https://api.anthropic.com"
    key_variables = ("ANTHROPIC_API_KEY",)
    package = extra = "anthropic"
    told = frozenset({"vision", "tools", "json_schema", "thinking", "system_prompt", "context_tokens"})

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._refused: set[str] = set()
        self._budgeted = False
        self._thoughts: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def connect(self, key: Secret | None, headers: dict[str, str]) -> tuple[SdkHttp, Any]:
        """The SDK without retries and time-outs of its own."""
        import anthropic

        from .sdk_http import SdkHttp

        http = SdkHttp(server_root(self.url))
        sdk = anthropic.Anthropic(
            api_key=key.reveal() if key is not None else NO_KEY,
            base_url=http.url,
            max_retries=0,
            timeout=None,
            default_headers=headers,
            http_client=http.client,
        )
        return http, sdk

    def look_up(self, sdk: Any) -> Capabilities:
        """Context and abilities from the list of models."""
        facts = sdk.models.retrieve(self.config.model).model_dump(warnings=False)
        can = mapping(facts.get("capabilities"))
        types = mapping(mapping(can.get("thinking")).get("types"))
        self._budgeted = _supported(types, "adaptive") is False and _supported(types, "enabled") is True
        known = bool(can)
        return Capabilities(
            vision=_supported(can, "image_input"),
            tools=True if known else None,
            json_schema=_supported(can, "structured_outputs"),
            thinking=_supported(can, "thinking"),
            system_prompt=True if known else None,
            context_tokens=count(facts.get("max_input_tokens")) or None,
        )

    def ask(self, http: SdkHttp, sdk: Any, request: GenerationRequest) -> ModelResponse:
        """Ask once; a refused sampling setting is left out and the question asked again within the same deadline."""
        deadline = time.monotonic() + request.timeout_s
        while True:
            arguments = self.arguments(request)
            try:
                answer = self._streamed(http, sdk, arguments, max(0.001, deadline - time.monotonic()))
            except RequestRefused as refused:
                sent = set(arguments["extra_body"]) - set(request.params.extra)
                named = [name for name in SAMPLING if name in sent and name in refused.reason]
                if not named:
                    raise
                self._refused.add(named[-1])  # "temperature and top_p cannot both be set": the temperature stays
                continue
            left_out = [n for n in SAMPLING if n in self._refused and getattr(request.params, n) is not None]
            notes = (*answer.notes, *(f"{name}_refused" for name in left_out))
            return answer.model_copy(update={"notes": notes})

    def arguments(self, request: GenerationRequest) -> dict[str, Any]:
        """The request as arguments of ``messages.create``; settings that are not stated are absent."""
        params, max_tokens = request.params, request.params.max_tokens or DEFAULT_MAX_TOKENS
        system = "\n\n".join(m.text for m in request.messages if m.role == "system")
        turns = [m for m in request.messages if m.role != "system"]
        if not turns:
            turns, system = list(fold_system(request.messages)), ""
        arguments: dict[str, Any] = {
            "model": self.config.model, "max_tokens": max_tokens, "messages": self._messages(turns)
        }  # fmt: skip
        if system:
            arguments["system"] = system
        if params.stop:
            arguments["stop_sequences"] = list(params.stop)
        if request.tools:
            arguments["tools"] = [_tool(tool) for tool in request.tools]
        output: dict[str, Any] = {}
        if params.response_format == "schema" and request.response_schema is not None:
            output["format"] = {"type": "json_schema", "schema": _accepted(request.response_schema)}
        if params.reasoning == "off":
            arguments["thinking"] = {"type": "disabled"}
        elif params.reasoning not in {None, "auto"}:
            if self._budgeted:
                tokens = max(1024, min(THINKING_TOKENS[str(params.reasoning)], max_tokens // 2))
                arguments["thinking"] = {"type": "enabled", "budget_tokens": tokens}
            else:
                arguments["thinking"] = {"type": "adaptive", "display": "summarized"}
                if params.reasoning != "on":
                    output["effort"] = params.reasoning
        if output:
            arguments["output_config"] = output
        stated = {n: getattr(params, n) for n in SAMPLING if getattr(params, n) is not None and n not in self._refused}
        arguments["extra_body"] = {**stated, **params.extra}
        return arguments

    def _messages(self, turns: Iterable[Message]) -> list[dict[str, Any]]:
        """Turns of the dialogue; results of tools are blocks of one user turn."""
        made: list[dict[str, Any]] = []
        for message in turns:
            role = "assistant" if message.role == "assistant" else "user"
            content = self._blocks(message)
            if made and message.role == "tool" and made[-1]["role"] == "user":
                made[-1]["content"] = [*made[-1]["content"], *content]
            else:
                made.append({"role": role, "content": content})
        return made

    def _blocks(self, message: Message) -> list[dict[str, Any]]:
        if message.role == "tool":
            return [{"type": "tool_result", "tool_use_id": message.tool_call_id or "", "content": message.text}]
        blocks = list(self._thoughts.get(message.tool_calls[0].id, ())) if message.tool_calls else []
        for part in message.parts or (TextPart(text=message.content),):
            if isinstance(part, ImagePart):
                data = base64.b64encode(part.data).decode("ascii")
                source = {"type": "base64", "media_type": part.mime, "data": data}
                blocks.append({"type": "image", "source": source})
            elif part.text:  # an empty text is refused
                blocks.append({"type": "text", "text": part.text})
        for call in message.tool_calls:
            given = call.arguments if isinstance(call.arguments, dict) else {"arguments": call.arguments}
            blocks.append({"type": "tool_use", "id": call.id, "name": call.name, "input": given})
        return blocks

    def _streamed(self, http: SdkHttp, sdk: Any, arguments: dict[str, Any], timeout_s: float) -> ModelResponse:
        answer = _Answer()
        started, first = time.perf_counter(), None
        try:
            with http.flight(timeout_s) as flight:
                with sdk.messages.create(**arguments, stream=True) as events:
                    for event in events:
                        answer.take(event.model_dump(warnings=False))
                        flight.heard(answer.began)
                        if first is None and answer.began:
                            first = time.perf_counter() - started
                response = answer.response(flight.url, time.perf_counter() - started, first)
        except GenerationTimeout as late:
            raise GenerationTimeout(str(late), generating=answer.began, partial_text=answer.text) from None
        if response.tool_calls and (thoughts := answer.thoughts()):
            self._thoughts[response.tool_calls[0].id] = thoughts
            while len(self._thoughts) > REMEMBERED:
                self._thoughts.popitem(last=False)
        return response


@dataclass(slots=True)
class _Answer:
    """An answer as its events come in."""

    blocks: dict[int, dict[str, Any]] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=dict)
    stop: str | None = None
    model: str | None = None
    began: bool = False

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(b["text"] for b in self._of("text"))

    def take(self, event: Mapping[str, Any]) -> None:
        """Add one event."""
        kind = event.get("type")
        if kind == "message_start":
            message = mapping(event.get("message"))
            self.model = message["model"] if isinstance(message.get("model"), str) else None
            self._count(mapping(message.get("usage")))
        elif kind == "content_block_start":
            block = mapping(event.get("content_block"))
            self.blocks[_index(event)] = {**block, "args": ""}
            self.began = self.began or bool(block.get("text") or block.get("thinking") or block.get("name"))
        elif kind == "content_block_delta":
            self._delta(
                self.blocks.setdefault(_index(event), {"type": "text", "args": ""}), mapping(event.get("delta"))
            )
        elif kind == "message_delta":
            reason = mapping(event.get("delta")).get("stop_reason")
            self.stop = reason if isinstance(reason, str) else self.stop
            self._count(mapping(event.get("usage")))

    def _delta(self, block: dict[str, Any], delta: Mapping[str, Any]) -> None:
        for name, target in (
            ("text", "text"), ("thinking", "thinking"), ("partial_json", "args"), ("signature", "signature")
        ):  # fmt: skip
            if isinstance(piece := delta.get(name), str) and piece:
                block[target] = f"{block.get(target) or ''}{piece}"
                self.began = self.began or target != "signature"

    def _count(self, usage: Mapping[str, Any]) -> None:
        """Counts are running totals; the last one stated is right."""
        self.usage.update({name: value for name, value in usage.items() if value is not None})

    def _of(self, kind: str) -> list[dict[str, Any]]:
        known = [b for _, b in sorted(self.blocks.items()) if b.get("type") == kind]
        return [{**b, kind: b[kind] if isinstance(b.get(kind), str) else ""} for b in known]

    def thoughts(self) -> list[dict[str, Any]]:
        """The signed blocks of reasoning, as the API wants them back in front of a call."""
        kept = {"thinking": ("type", "thinking", "signature"), "redacted_thinking": ("type", "data")}
        blocks = [b for _, b in sorted(self.blocks.items()) if b.get("type") in kept]
        return [{k: b[k] for k in kept[b["type"]] if b.get(k)} for b in blocks]

    def response(self, url: str, seconds: float, first_token_s: float | None) -> ModelResponse:
        """Everything taken so far as a response; raises when the stream ended too early."""
        if self.stop is None:
            raise ConnectionFailed(f"{url} ended its stream in the middle of the answer")
        calls = [(b, *decoded_arguments(b["args"] or b.get("input") or {})) for b in self._of("tool_use")]
        return ModelResponse(
            text=self.text,
            thinking="".join(b["thinking"] for b in self._of("thinking")) or None,
            tool_calls=tuple(
                ToolCall(
                    id=clean_text(str(b.get("id") or "")), name=clean_text(str(b.get("name") or "")), arguments=value
                )
                for b, value, _ in calls
            ),
            finish_reason=_FINISH.get(self.stop, "unknown"),
            usage=_usage(self.usage),
            timing=Timing(generation_s=seconds, first_token_s=first_token_s),
            resolved_model=self.model,
            notes=(DOUBLE_ENCODED,) if any(twice for _, _, twice in calls) else (),
        )


def server_root(base_url: str) -> str:
    """The root of a server for an address with or without ``/v1`` and the route itself."""
    parts = urlsplit(base_url if "://" in base_url else f"//{base_url}")
    path = parts.path.rstrip("/").removesuffix("/messages").rstrip("/").removesuffix("/v1").rstrip("/")
    return parts._replace(path=path, query="", fragment="").geturl().removeprefix("//")


def _index(event: Mapping[str, Any]) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else 0


def _supported(can: Mapping[str, Any], name: str) -> bool | None:
    found = mapping(can.get(name)).get("supported")
    return found if isinstance(found, bool) else None


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = tool_json(tool)["function"]
    declared = {k: function[k] for k in ("name", "description", "strict") if k in function}
    return {**declared, "input_schema": function["parameters"]}


def _accepted(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as the API takes it (no further properties; limits as descriptions), where the SDK can say how."""
    import anthropic

    try:
        return anthropic.transform_schema(schema)
    except Exception:  # noqa: BLE001 - a form the SDK does not know (type lists ...): the server decides
        return schema


def _usage(data: Mapping[str, Any]) -> Usage:
    """Counts; ``input_tokens`` of the API leaves out what was read from or written to the cache."""
    fresh, cached = count(data.get("input_tokens")), count(data.get("cache_read_input_tokens"))
    written = count(data.get("cache_creation_input_tokens")) or 0
    return Usage(
        input_tokens=None if fresh is None else fresh + (cached or 0) + written,
        output_tokens=count(data.get("output_tokens")),
        reasoning_tokens=count(mapping(data.get("output_tokens_details")).get("thinking_tokens")),
        cached_tokens=cached,
    )
