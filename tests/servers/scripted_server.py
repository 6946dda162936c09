"""A loopback HTTP server that misbehaves on demand, for tests of everything that talks to one."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from loopback import Loopback


@dataclass
class Reply:
    """What is done with one request.

    ``events`` are sent as a stream. ``fault``: ``drop`` (close without an answer), ``reset`` (RST), ``short`` (less
    than announced), ``cut`` (stop inside the stream), ``hang`` (say nothing), ``trickle`` (a byte now and then, for
    ever), ``stall`` (the events, then silence), ``ping`` (the events, then comments for ever). ``event_delay_s`` passes
    before each event.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    events: Sequence[Any] | None = None
    fault: str | None = None
    delay_s: float = 0.0
    event_delay_s: float = 0.0
    done: bool = True


def answer(content: Any = "Hello.", **more: Any) -> dict[str, Any]:
    """A chat completion."""
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    return {
        "id": "c1",
        "object": "chat.completion",
        "model": "served-model",
        "choices": [{"index": 0, "message": message, "finish_reason": more.pop("finish_reason", "stop")}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3},
        **more,
    }


def chunk(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    """A chunk of a streamed chat completion."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"object": "chat.completion.chunk", "model": "served-model", "choices": [choice]}


class ScriptedServer(Loopback):
    """Serves replies in order, the last one again and again; ``requests`` holds what came in."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply(answer())]
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self._lock = threading.Lock()
        super().__init__(_Handler)

    def next_reply(self, request: dict[str, Any]) -> Reply:
        with self._lock:
            self.requests.append(request)
            return self.replies[min(len(self.requests), len(self.replies)) - 1]

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: ScriptedServer

    def setup(self) -> None:
        super().setup()
        self.double.connections += 1

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("content-length") or 0)))

    do_PUT = do_POST  # noqa: N815

    def _serve(self, raw: bytes) -> None:
        seen = {"path": self.path, "headers": dict(self.headers), "body": json.loads(raw) if raw else None}
        reply = self.double.next_reply(seen)
        time.sleep(reply.delay_s)
        if reply.fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if reply.fault in {"drop", "reset"}:
            self._end()
        elif reply.fault == "hang":
            self.double.over.wait(30)
            self._end()
        elif reply.events is not None:
            self._stream(reply)
        else:
            self._whole(reply)

    def _whole(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(body) + (100 if reply.fault in {"short", "trickle"} else 0)))
        for name, value in reply.headers.items():
            if name != "Content-Type":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        while reply.fault == "trickle" and not self.double.over.wait(0.02):
            self.wfile.write(b" ")
        if reply.fault in {"short", "trickle"}:
            self._end()

    def _stream(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        lines = [
            e if isinstance(e, bytes) else b"data: " + json.dumps(e).encode() + b"\n\n" for e in reply.events or ()
        ]
        if reply.done and reply.fault is None:
            lines.append(b"data: [DONE]\n\n")
        for line in lines:
            time.sleep(reply.event_delay_s)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        if reply.fault == "stall":
            self.double.over.wait(30)
        while reply.fault == "ping" and not self.double.over.wait(0.02):
            self.wfile.write(b"8\r\n: ping\n\n\r\n")
        if reply.fault is not None:
            self._end()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _end(self) -> None:
        self.close_connection = True
        self.connection.close()
