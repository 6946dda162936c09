"""A loopback double of Google's Gemini API: it checks what it is sent as the API does, and says what it saw."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from scripted_server import Reply, ScriptedServer

KEY = "AIzaDouble0123456789012345678901234567"
FACTS = {
    "name": "models/gemini-x", "version": "1", "displayName": "X", "inputTokenLimit": 1048576, "outputTokenLimit": 65536,
    "supportedGenerationMethods": ["generateContent"], "thinking": True,
}  # fmt: skip
KNOWN = {"contents", "systemInstruction", "generationConfig", "tools", "toolConfig", "safetySettings"}
SIGNATURE = base64.b64encode(b"signed").decode()
AS_IS = {"args", "response", "responseJsonSchema", "parametersJsonSchema"}
COUNTS = {"promptTokenCount": 12, "candidatesTokenCount": 3, "totalTokenCount": 15}


def chunk(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of an answer."""
    candidate: dict[str, Any] = {"index": 0}
    if parts:
        candidate["content"] = {"role": "model", "parts": list(parts)}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-x-001", **more}


def text(words: str, **more: Any) -> dict[str, Any]:
    """A part of text."""
    return {"text": words, **more}


def stream(*chunks: Any, **more: Any) -> Reply:
    """A reply of these chunks."""
    return Reply(events=list(chunks), done=False, **more)


def error(code: int, status: str, message: str, *details: dict[str, Any], **headers: str) -> Reply:
    """A refusal in the API's form."""
    fields: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        fields["details"] = list(details)
    return Reply({"error": fields}, status=code, headers=headers)


def wrong_key() -> Reply:
    """How a wrong key is refused: not with 401."""
    detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    return error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", detail)


class GenerateServer(ScriptedServer):
    """Says the given replies in order; without any it answers what it saw. ``looked_up`` counts questions about models."""

    def __init__(self, *replies: Reply, facts: dict[str, Any] | None = None, key: str = KEY) -> None:
        self._scripted, self._facts = bool(replies), facts
        self._key, self.looked_up = key, 0
        super().__init__(*replies)

    def next_reply(self, request: dict[str, Any]) -> Reply:
        if request["body"] is None:
            self.looked_up += 1
            return Reply(self._facts) if self._facts else error(404, "NOT_FOUND", "models/gemini-x is not found")
        request["body"] = _camel(request["body"])
        scripted = super().next_reply(request)
        return scripted if self._scripted else self._answer(request)

    def _answer(self, request: dict[str, Any]) -> Reply:
        headers, body = {k.lower(): v for k, v in request["headers"].items()}, request["body"]
        if not re.fullmatch(r"/v1beta/models/[\w.-]+:streamGenerateContent\?alt=sse", request["path"]):
            return error(404, "NOT_FOUND", f"no such route: {request['path']}")
        if headers.get("x-goog-api-key") != self._key:
            return wrong_key()
        if unknown := set(body) - KNOWN:
            return error(400, "INVALID_ARGUMENT", f'Invalid JSON payload received. Unknown name "{min(unknown)}"')
        settings, parts = body.get("generationConfig", {}), body["contents"][-1]["parts"]
        for content in body["contents"]:
            if content["role"] not in {"user", "model"} or not content["parts"]:
                return error(400, "INVALID_ARGUMENT", "Please use a valid role: user, model.")
            if any("functionCall" in p and p.get("thoughtSignature") != SIGNATURE for p in content["parts"]):
                return error(400, "INVALID_ARGUMENT", "Function call is missing a thought_signature")
        thoughts = [chunk(text("Let me see.", thought=True))] if "thinkingConfig" in settings else []
        images = [p["inlineData"] for p in parts if "inlineData" in p]
        results = [p["functionResponse"] for p in parts if "functionResponse" in p]
        if results:
            words = ", ".join(f"{r['name']}: {json.dumps(r['response'])}" for r in results)
        elif images:
            words = " ".join(f"{i['mimeType']} {hashlib.sha256(_decoded(i['data'])).hexdigest()[:12]}" for i in images)
        elif body.get("tools"):
            tool = body["tools"][0]["functionDeclarations"][0]
            call = {"functionCall": {"name": tool["name"], "args": {"id": 1}}, "thoughtSignature": SIGNATURE}
            return stream(*thoughts, chunk(call, finish="STOP", usageMetadata=COUNTS))
        elif schema := settings.get("responseJsonSchema"):
            words = json.dumps({name: name.upper() for name in schema["properties"]})
        else:
            words = "Hello."
        half = len(words) // 2
        first, last = chunk(text(words[:half])), chunk(text(words[half:]), finish="STOP", usageMetadata=COUNTS)
        return stream(*thoughts, first, last)


def _camel(data: Any) -> Any:
    """Names of fields in one spelling: the API takes ``inline_data`` as well as ``inlineData``, and the SDK mixes both."""
    if isinstance(data, list):
        return [_camel(entry) for entry in data]
    if not isinstance(data, dict):
        return data
    names = {name: re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in data}
    return {names[name]: value if names[name] in AS_IS else _camel(value) for name, value in data.items()}


def _decoded(data: str) -> bytes:
    """Base64 in either alphabet, as the API takes it."""
    return base64.b64decode(data.replace("-", "+").replace("_", "/"), validate=True)
