"""Lines and server-sent events of an answer that comes in pieces."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

from ..errors import GenerationFailed
from .watchdog import Exchange

BODY_CAP = 16 * 1024 * 1024


def too_long(url: str) -> GenerationFailed:
    """The error of an answer beyond the cap: no model writes that much."""
    return GenerationFailed(f"{url} sent more than {BODY_CAP >> 20} MB", retryable=False)


def read_all(response: http.client.HTTPResponse, url: str) -> bytes:
    """The whole body; raises EOFError when the connection ended before it did."""
    pieces, size = [], 0
    while piece := response.read(1 << 20):
        size += len(piece)
        if size > BODY_CAP:
            raise too_long(url)
        pieces.append(piece)
    if response.length:
        raise EOFError
    return b"".join(pieces)


def read_events(response: http.client.HTTPResponse, exchange: Exchange, url: str) -> Iterator[bytes]:
    """The data of each event of a stream (WHATWG server-sent events; only ``data`` lines count here).

    Comments keep a stream alive until its answer began; from then on only data does.
    """
    lines: list[bytes] = []
    for line in read_lines(response, url):
        if line.startswith(b"data:"):
            exchange.heard()
            lines.append(line[5:].removeprefix(b" "))
        elif not line and lines:
            yield b"\n".join(lines)
            lines = []
        elif line and not exchange.began():
            exchange.heard()
    if lines:
        yield b"\n".join(lines)


def read_lines(response: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    """The lines of a stream as they come in, the last one also without its line break."""
    buffer, size = b"", 0
    while True:
        piece = response.read1(1 << 16)
        size += len(piece)
        if size > BODY_CAP:
            raise too_long(url)
        buffer += piece
        *complete, buffer = buffer.split(b"\n") if piece else [*buffer.split(b"\n"), b""]
        for raw in complete:
            yield raw.rstrip(b"\r")
        if not piece:
            return
