"""The child process of the ``transformers`` adapter: chat completions over HTTP on a loopback port.

Only the one who knows the token (it came through stdin) is answered. Answers are always streamed. Requests that wait
are answered together, at most ``parallel`` at once.
"""

from __future__ import annotations

import hmac
import json
import queue
import select
import socket
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from .child_main import run
from .huggingface_rows import Row
from .huggingface_runtime import Impossible, Refused, Runtime

GATHER_S = 0.03
"""How long the first request of a batch waits for the others of its batch."""
POLL_S = 0.2


class Generator(Protocol):
    """What the server needs of a runtime."""

    def prepare(self, body: dict[str, Any]) -> Row:
        """A request as a row; raises Refused or Impossible."""

    def generate(self, rows: Sequence[Row]) -> None:
        """Answer rows together."""


class Batcher:
    """One thread that generates. Greedy text requests that wait at the same time share a batch."""

    def __init__(self, runtime: Generator, parallel: int) -> None:
        self._runtime, self._parallel = runtime, parallel
        self._rows: queue.Queue[Row] = queue.Queue()
        self._kept: Row | None = None
        threading.Thread(target=self._work, name="generate", daemon=True).start()

    def put(self, row: Row) -> None:
        """Queue a row; its events tell the rest."""
        self._rows.put(row)

    def _work(self) -> None:
        while True:
            rows = [row for row in self._batch() if not row.cancelled]
            if rows:
                self._runtime.generate(rows)

    def _batch(self) -> list[Row]:
        first = self._kept or self._rows.get()
        self._kept = None
        rows, until = [first], time.monotonic() + GATHER_S
        while _may_share(first) and len(rows) < self._parallel:
            try:
                row = self._rows.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if not _may_share(row):
                self._kept = row
                break
            rows.append(row)
        return rows


def _may_share(row: Row) -> bool:
    return row.greedy and set(row.inputs) <= {"input_ids", "attention_mask", "token_type_ids"}


class Server(ThreadingHTTPServer):
    """A runtime behind HTTP."""

    daemon_threads = True

    def __init__(self, runtime: Generator, parallel: int, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runtime, self.batcher = runtime, Batcher(runtime, parallel)
        self.expected = f"Bearer {token}".encode()
        threading.Thread(target=self.serve_forever, name="http", daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = (self.headers.get("Authorization") or "").encode()
        if not hmac.compare_digest(given, self.server.expected):
            self._tell(401, "wrong token")
            return
        try:
            row = self.server.runtime.prepare(json.loads(data))
        except Refused as refused:
            self._tell(400, str(refused))
            return
        except Impossible as impossible:
            self._tell(200, str(impossible))
            return
        except Exception as error:  # noqa: BLE001 - the asker must hear of it, whatever it is
            self._tell(200, f"the request could not be prepared: {type(error).__name__}: {error}")
            return
        self.server.batcher.put(row)
        try:
            self._stream(row)
        except OSError:
            self.close_connection = True
        finally:
            row.cancelled = True

    def _stream(self, row: Row) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        while True:
            try:
                event = row.events.get(timeout=POLL_S)
            except queue.Empty:
                if self._is_gone():
                    raise ConnectionResetError from None
                continue
            text = "[DONE]" if event is None else json.dumps(event)
            self.wfile.write(f"data: {text}\n\n".encode())
            if event is None:
                return

    def _is_gone(self) -> bool:
        """True when the asker closed the connection (its deadline passed, or the run was stopped)."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _tell(self, status: int, message: str) -> None:
        """Why there is no answer. With status 200 no other form of the request is tried."""
        error = {"message": message, "type": "invalid_request_error", "code": 400}
        body = json.dumps({"error": error}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the log is for what the runtime says."""


def start(settings: dict[str, Any]) -> tuple[dict[str, Any], object]:
    """Load the model and serve; returns where and what it is, and the server."""
    runtime = Runtime(settings)
    server = Server(runtime, settings["parallel"], settings["token"])
    return {"url": server.url, **runtime.ready()}, server


if __name__ == "__main__":
    run(start)
