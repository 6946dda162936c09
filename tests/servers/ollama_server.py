"""A loopback double of Ollama's API: what 0.9.3 did when it was measured, and what newer versions do by their source.

``modern`` stands for versions that know ``truncate`` and ``shift``; a token is a word, plus four per message.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from loopback import Loopback

MS = 1_000_000
RUNNER = ("num_ctx", "num_thread", "num_gpu", "num_batch")


@dataclass
class Model:
    """One model: what it lists, and what it answers. ``capabilities=None``: a server too old to list any."""

    answer: str = "Hello there."
    thinking: str = ""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    capabilities: list[str] | None = field(default_factory=lambda: ["completion"])
    trained_context: int | None = 8192
    size: int = 249_394_944
    size_vram: int = 0
    show: dict[str, Any] = field(default_factory=dict)
    final: dict[str, Any] = field(default_factory=dict)


@dataclass
class Script:
    """What the next chat gets instead: a status and a body, or lines and how they end (``cut``, ``stall``, ``on``: the last
    line again and again)."""

    status: int = 200
    body: Any = None
    lines: list[Any] | None = None
    end: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class OllamaServer(Loopback):
    """``chats``: the bodies of chat requests; ``loads``: how often weights were loaded; ``ps_after_unload``: how many
    looks at ``/api/ps`` an unloaded model survives."""

    def __init__(self, modern: bool = True, models: dict[str, Model] | None = None) -> None:
        self.modern = modern
        self.models = {"tiny:1b": Model()} if models is None else models
        self.chats: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.scripts: list[Script] = []
        self.loads = 0
        self.ps_after_unload = 1
        self.loaded: dict[str, dict[str, Any]] = {}
        self.leaving: dict[str, int] = {}
        super().__init__(_Handler)

    # -- the routes --------------------------------------------------------------------------------------------------

    def get(self, path: str) -> tuple[int, Any]:
        if path == "/api/version":
            return 200, {"version": "0.30.1" if self.modern else "0.9.3"}
        if path == "/api/tags":
            return 200, {"models": [self._tag(name) for name in self.models]}
        if path == "/api/ps":
            return 200, {"models": self._running()}
        return 404, "404 page not found"

    def show(self, name: str) -> tuple[int, Any]:
        model = self.models.get(name)
        if model is None:
            return 404, {"error": f"model '{name}' not found"}
        info: dict[str, Any] = {"general.architecture": "llama"}
        if model.trained_context is not None:
            info["llama.context_length"] = model.trained_context
        shown = {
            "modelfile": f"# FROM {name}\n\nFROM /models/blobs/sha256-{'ab' * 32}\nTEMPLATE x",
            "parameters": 'stop                           "<|im_end|>"',
            "template": "{{ .Prompt }}",
            "details": {"family": "llama", "parameter_size": "134.52M", "quantization_level": "Q4_1"},
            "model_info": info,
        }
        if model.capabilities is not None:
            shown["capabilities"] = model.capabilities
        return 200, {**shown, **model.show}

    def chat(self, body: dict[str, Any]) -> tuple[int, Any]:
        """(status, body), where a list of lines is a stream."""
        name = body["model"]
        model = self.models.get(name)
        if model is None:
            return 404, {"error": f"model '{name}' not found"}
        if not body["messages"] and body.get("keep_alive") == 0:
            self.leaving[name] = self.ps_after_unload
            return 200, self._line(name, done=True, done_reason="unload")
        known = model.capabilities or []
        if body.get("tools") and "tools" not in known:
            return 400, {"error": f"registry.ollama.ai/library/{name} does not support tools"}
        if body.get("think") and "thinking" not in known:
            return 400, {"error": f'"{name}" does not support thinking'}
        load_ms = self._load(name, body.get("options") or {})
        if not body["messages"]:
            return 200, self._line(name, done=True, done_reason="load")
        return self._answer(name, model, body, load_ms)

    def _answer(self, name: str, model: Model, body: dict[str, Any], load_ms: int) -> tuple[int, Any]:
        options = body["options"]
        window = options["num_ctx"]
        prompt = self._read(body, window)
        if prompt is None:
            return 400, {"error": f"request ({_tokens(body['messages'])} tokens) exceeds the available context size"}
        thinks = body.get("think", self.modern) and "thinking" in (model.capabilities or [])
        words = [f"{word} " for word in (model.thinking if thinks else "").split()]
        pieces = [("thinking", word) for word in words] + [("content", f"{w} ") for w in model.answer.split()]
        limit = min(len(pieces), options["num_predict"])
        if self.modern and body.get("shift") is False:
            limit = min(limit, window - prompt)
        reason = "length" if limit < len(pieces) else "stop"
        lines = [self._line(name, **{kind: text}) for kind, text in pieces[:limit]]
        if model.tool_calls and body.get("tools"):
            lines = [self._line(name, tool_calls=model.tool_calls)]
        figures = {
            "total_duration": (load_ms + 50 + 20 * limit) * MS,
            "load_duration": load_ms * MS,
            "prompt_eval_count": prompt,
            "prompt_eval_duration": 50 * MS,
            "eval_count": limit,
            "eval_duration": 20 * limit * MS,
            **model.final,
        }
        figures = {key: value for key, value in figures.items() if value}
        lines.append(self._line(name, done=True, done_reason=reason, **figures))
        if body.get("stream", True):
            return 200, lines
        whole = dict(lines[-1])
        texts = {key: "".join(line["message"].get(key, "") for line in lines) for key in ("content", "thinking")}
        calls = [call for line in lines for call in line["message"].get("tool_calls", [])]
        whole["message"] = {"role": "assistant", **texts, **({"tool_calls": calls} if calls else {})}
        return 200, whole

    def _read(self, body: dict[str, Any], window: int) -> int | None:
        """Tokens of the prompt that are read; ``None`` = refused."""
        messages = list(body["messages"])
        if self.modern and body.get("truncate") is False:
            count = _tokens(messages)
            return count if count < window else None
        while len(messages) > 1 and _tokens(messages) > window:
            messages.pop(1 if messages[0]["role"] == "system" and len(messages) > 2 else 0)
        count = _tokens(messages)
        if count <= window:
            return count
        return window - max((window - 4) // 2, 1) if self.modern else window

    def _load(self, name: str, options: dict[str, Any]) -> int:
        runner = {key: options[key] for key in RUNNER if key in options}
        if self.loaded.get(name) == runner and name not in self.leaving:
            return 14
        self.leaving.pop(name, None)
        self.loaded[name] = runner
        self.loads += 1
        return 700

    def _running(self) -> list[dict[str, Any]]:
        for name, looks in list(self.leaving.items()):
            if looks <= 0:
                self.leaving.pop(name)
                self.loaded.pop(name, None)
            else:
                self.leaving[name] = looks - 1
        return [{**self._tag(n), "size": self.models[n].size, "size_vram": self.models[n].size_vram,
                 **({"context_length": self.loaded[n].get("num_ctx")} if self.modern else {})}
                for n in self.loaded]  # fmt: skip

    def _tag(self, name: str) -> dict[str, Any]:
        full = name if ":" in name else f"{name}:latest"
        return {"name": full, "model": full, "digest": "cd" * 32, "size": 98_362_432}

    @staticmethod
    def _line(name: str, done: bool = False, **more: Any) -> dict[str, Any]:
        message = {"role": "assistant", "content": more.pop("content", "")}
        for key in ("thinking", "tool_calls"):
            if key in more:
                message[key] = more.pop(key)
        return {"model": name, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": done, **more}


def _tokens(messages: list[dict[str, Any]]) -> int:
    return sum(len(message["content"].split()) + 4 for message in messages)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    double: OllamaServer

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        self.double.paths.append(self.path)
        self._send(*self.double.get(self.path))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)))
        self.double.paths.append(self.path)
        self.double.headers.append(dict(self.headers))
        if self.path == "/api/show":
            self._send(*self.double.show(body["model"]))
        elif self.path != "/api/chat":
            self._send(404, "404 page not found")
        else:
            self.double.chats.append(body)
            script = self.double.scripts.pop(0) if self.double.scripts and body["messages"] else None
            if script is None:
                self._send(*self.double.chat(body))
            else:
                self._send(script.status, script.lines or script.body, script.end, script.headers)

    def _send(self, status: int, body: Any, end: str = "", headers: dict[str, str] | None = None) -> None:
        streamed = isinstance(body, list)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if streamed:
            self.send_header("Content-Type", "application/x-ndjson")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for line in body:
                data = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            while end == "on" and not self.double.over.wait(0.02):
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            if end == "stall":
                self.double.over.wait(30)
            if end in {"cut", "stall"}:
                self.close_connection = True
                self.connection.close()
            else:
                self.wfile.write(b"0\r\n\r\n")
            return
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
