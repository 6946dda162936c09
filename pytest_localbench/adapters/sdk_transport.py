"""Connections of an SDK's HTTP client, each step of them held against the deadline of the request they work for."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

from ..errors import GenerationFailed, ModelError
from .wire import BODY_CAP, CONNECT_TIMEOUT_S


class Refused(Exception):
    """Ends a request whose error is already known."""


@dataclass(slots=True, eq=False)
class Flight:
    """One request of an SDK while it is under way."""

    url: str
    deadline: float
    timeout_s: float
    streamed: bool
    first_token_s: float | None = None
    idle_s: float | None = None
    started: bool = False
    began: bool = False
    heard_at: float = 0.0
    silent_s: float | None = None
    aborted: bool = False
    received: int = 0
    error: ModelError | None = None
    sock: socket.socket | None = None

    def left_s(self) -> float:
        """Seconds until the deadline; raises a time-out when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0 or self.aborted:
            raise httpcore2.ReadTimeout("the deadline of the whole request")
        return left

    def patience_s(self) -> float:
        """Seconds that the next silence may last; raises a time-out when it has lasted too long already."""
        self.silent_s = None
        left, limit = self.left_s(), self.idle_s if self.began else self.first_token_s
        if limit is None or not self.started:
            return left
        patience = self.heard_at + limit - time.monotonic()
        if left <= patience:
            return left
        self.silent_s = limit
        if patience <= 0:
            raise httpcore2.ReadTimeout("a stream without events")
        return patience

    def heard(self, began: bool) -> None:
        """An event came; ``began``: a part of the answer has."""
        self.began, self.heard_at = began, time.monotonic()

    def abort(self) -> None:
        """Break it."""
        self.aborted = True
        if self.sock is not None:
            with suppress(OSError):  # socket.socket.shutdown: SSLSocket's own drops its TLS state under the reader
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class Transport(httpx2.BaseTransport):
    """Requests to a connection pool, answers to the check before anyone else reads them."""

    def __init__(
        self,
        pool: httpcore2.ConnectionPool,
        now: Callable[[], Flight | None],
        check: Callable[[Flight, int, Mapping[str, str], Iterable[bytes]], None],
        count: Callable[[int, int], None],
    ) -> None:
        self._pool, self._now, self._check, self._count = pool, now, check, count

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url, flight = request.url, self._now()
        if flight is not None:
            flight.url = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"
        self._count(int(request.headers.get("content-length") or 0), 0)
        answer = self._pool.handle_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        kind = next((value for name, value in answer.headers if name.lower() == b"content-type"), b"")
        stream = _Body(answer.stream, self._count, events=b"event-stream" in kind.lower())
        response = httpx2.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)
        if flight is not None:
            flight.started, flight.heard_at = True, time.monotonic()
            try:
                self._check(flight, answer.status, response.headers, _decoded(response))
            except BaseException:
                response.close()
                raise
        return response

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    """The body as it comes in; a stream of events without its comment lines, which Google's SDK takes for broken JSON."""

    def __init__(self, stream: Any, count: Callable[[int, int], None], *, events: bool) -> None:
        self._stream, self._count, self._events = stream, count, events

    def __iter__(self) -> Iterator[bytes]:
        rest = bytearray()
        for piece in self._stream:
            self._count(0, len(piece))
            if not self._events:
                yield piece
                continue
            rest += piece
            if b"\n" in piece:
                *lines, rest = rest.split(b"\n")
                yield b"".join(line + b"\n" for line in lines if not line.startswith(b":"))
        if rest and not rest.startswith(b":"):
            yield bytes(rest)

    def close(self) -> None:
        self._stream.close()


class Backend(httpcore2.NetworkBackend):
    """Connections whose every step is held against the deadline of the request they work for."""

    def __init__(self, now: Callable[[], Flight | None]) -> None:
        self._inner, self._now = httpcore2.SyncBackend(), now

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        flight = self._now()
        timeout = min(CONNECT_TIMEOUT_S, flight.left_s()) if flight is not None else timeout
        return _Stream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options), self._now)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, now: Callable[[], Flight | None]) -> None:
        self._inner, self._now = inner, now

    def _left_s(self, timeout: float | None, *, reading: bool = False) -> float | None:
        flight = self._now()
        if flight is None:
            return timeout
        flight.sock = self._inner.get_extra_info("socket")
        return flight.patience_s() if reading else flight.left_s()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._left_s(timeout, reading=True))
        flight = self._now()
        if flight is not None:
            flight.received += len(data)
            if flight.received > BODY_CAP:
                flight.error = GenerationFailed(f"{flight.url} sent more than {BODY_CAP >> 20} MB", retryable=False)
                raise Refused
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left_s(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._left_s(timeout)), self._now)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _decoded(response: httpx2.Response) -> Iterator[bytes]:
    yield from response.iter_bytes()
