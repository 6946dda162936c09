"""A loopback double of Anthropic's Messages API: it checks what it is sent as the API does, and says what it saw."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from scripted_server import Reply, ScriptedServer

KEY = "sk-ant-double-0123456789"
FACTS = {
    "id": "claude-x", "type": "model", "display_name": "X", "created_at": "2026-01-01T00:00:00Z", "lifecycle": "active",
    "max_input_tokens": 200000, "max_tokens": 64000,
    "capabilities": {
        "image_input": {"supported": True}, "structured_outputs": {"supported": True},
        "thinking": {"supported": True, "types": {"adaptive": {"supported": True}, "enabled": {"supported": False}}},
    },
}  # fmt: skip
KNOWN = {
    "model", "max_tokens", "messages", "system", "stream", "stop_sequences", "tools", "thinking", "output_config",
    "temperature", "top_p", "top_k", "metadata",
}  # fmt: skip
SIGNATURE = "c2lnbmVk"


def event(data: dict[str, Any]) -> bytes:
    """One event of a stream."""
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def start(**usage: Any) -> bytes:
    """The first event of a message."""
    counts = {"input_tokens": 12, "output_tokens": 1, **usage}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x-served", "content": []}
    return event({"type": "message_start", "message": {**message, "stop_reason": None, "usage": counts}})


def block(index: int, content: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    """A content block in pieces."""
    return [
        event({"type": "content_block_start", "index": index, "content_block": content}),
        event({"type": "ping"}),
        *(event({"type": "content_block_delta", "index": index, "delta": delta}) for delta in deltas),
        event({"type": "content_block_stop", "index": index}),
    ]


def text(index: int, *pieces: str) -> list[bytes]:
    """A block of text."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces))


def thinking(index: int, *pieces: str) -> list[bytes]:
    """A signed block of reasoning."""
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    content = {"type": "thinking", "thinking": "", "signature": ""}
    return block(index, content, *deltas, {"type": "signature_delta", "signature": SIGNATURE})


def tool_use(index: int, name: str, *pieces: str, call_id: str = "toolu_1") -> list[bytes]:
    """A call of a tool; the pieces are its arguments as JSON text."""
    content = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
    return block(index, content, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces))


def end(reason: str | None = "end_turn", **usage: Any) -> list[bytes]:
    """The last events of a message."""
    counts = {"output_tokens": 3, **usage}
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [event({"type": "message_delta", "delta": delta, "usage": counts}), event({"type": "message_stop"})]


def stream(*parts: bytes | list[bytes], **more: Any) -> Reply:
    """A reply of these events."""
    events = [e for part in parts for e in (part if isinstance(part, list) else [part])]
    return Reply(events=events, done=False, **more)


def error(status: int, kind: str, message: str, **headers: str) -> Reply:
    """A refusal in the API's form."""
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    return Reply(body, status=status, headers=headers)


class MessagesServer(ScriptedServer):
    """Says the given replies in order; without any it answers what it saw. ``looked_up`` counts questions about models.

    ``refuses``: settings that the model does not take.
    """

    def __init__(
        self, *replies: Reply, facts: dict[str, Any] | None = None, key: str = KEY, refuses: tuple[str, ...] = ()
    ) -> None:
        self._scripted, self._facts, self._refuses = bool(replies), facts, refuses
        self._key, self.looked_up = key, 0
        super().__init__(*replies)

    def next_reply(self, request: dict[str, Any]) -> Reply:
        if request["path"].startswith("/v1/models/"):
            self.looked_up += 1
            return Reply(self._facts) if self._facts else error(404, "not_found_error", "model: not found")
        scripted = super().next_reply(request)
        return scripted if self._scripted else self._answer(request)

    def _answer(self, request: dict[str, Any]) -> Reply:
        if problem := self._problem(request):
            return problem
        body = request["body"]
        last = body["messages"][-1]["content"]
        seen = [b for b in last if isinstance(b, dict)] if isinstance(last, list) else []
        images = [b["source"] for b in seen if b["type"] == "image"]
        results = [b["content"] for b in seen if b["type"] == "tool_result"]
        thoughts = thinking(0, "Let me ", "see.") if body.get("thinking", {}).get("type") == "adaptive" else []
        at = 1 if thoughts else 0
        if results:
            return stream(start(), thoughts, text(at, f"The tools said: {', '.join(results)}"), end())
        if images:
            told = [f"{i['media_type']} {hashlib.sha256(base64.b64decode(i['data'])).hexdigest()[:12]}" for i in images]
            return stream(start(), text(at, *told), end())
        if body.get("tools"):
            tool = body["tools"][0]
            return stream(start(), thoughts, tool_use(at, tool["name"], '{"id"', ": 1", "}"), end("tool_use"))
        if wanted := body.get("output_config", {}).get("format"):
            answer = {name: name.upper() for name in wanted["schema"]["properties"]}
            return stream(start(), text(at, json.dumps(answer)), end())
        return stream(start(), thoughts, text(at, "Hel", "lo."), end())

    def _problem(self, request: dict[str, Any]) -> Reply | None:
        headers, body = {k.lower(): v for k, v in request["headers"].items()}, request["body"]
        key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        if key != self._key:
            return error(401, "authentication_error", "invalid x-api-key")
        words = None
        refused = [name for name in self._refuses if name in body]
        if "anthropic-version" not in headers:
            words = "anthropic-version: header is required"
        elif set(body) - KNOWN:
            words = f"{min(set(body) - KNOWN)}: Extra inputs are not permitted"
        elif refused:
            words = f"`{refused[0]}` is not available for this model"
        elif not isinstance(body.get("max_tokens"), int):
            words = "max_tokens: Field required"
        elif "format" in body.get("output_config", {}) and _is_open(body["output_config"]["format"]["schema"]):
            words = (
                "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
            )
        else:
            words = next((w for m in body["messages"] if (w := _wrong_turn(m, body))), None)
        return error(400, "invalid_request_error", words) if words else None


def _is_open(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "object" and schema.get("additionalProperties") is not False


def _wrong_turn(message: dict[str, Any], body: dict[str, Any]) -> str | None:
    if message["role"] not in {"user", "assistant"}:
        return f"messages: Unexpected role '{message['role']}'"
    content = message["content"]
    if not content:
        return "messages: all messages must have non-empty content"
    blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
    if any(b["type"] == "text" and not b["text"].strip() for b in blocks):
        return "messages: text content blocks must be non-empty"
    calls = any(b["type"] == "tool_use" for b in blocks)
    if calls and body.get("thinking", {}).get("type") == "adaptive":
        first = blocks[0]
        if first["type"] != "thinking" or first.get("signature") != SIGNATURE:
            return "messages: Expected `thinking` in front of `tool_use` when `thinking` is enabled"
    return None
