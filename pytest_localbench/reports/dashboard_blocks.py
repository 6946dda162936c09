"""The blocks of data inside the page: escaped JSON, and compressed JSON in chunks that the page opens when it needs them."""

from __future__ import annotations

import base64
import gzip
import json
import math
from typing import Any

CHUNK_ITEMS = 256
CHUNK_CHARS = 256_000
_LEVEL = 6
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def json_block(name: str, value: Any) -> str:
    """A script element that holds JSON as data.

    ASCII only, ``<``, ``>`` and ``&`` as ``\\uXXXX``: no text can end the element, open a comment or break a line.
    """
    text = _json(value)
    for char, escape in _ESCAPES.items():
        text = text.replace(char, escape)
    return f'<script type="application/json" id="{name}">{text}</script>'


def packed_block(name: str, value: Any) -> str:
    """A script element that holds gzip-compressed JSON as base64; the same value gives the same bytes."""
    return _packed(name, _json(value))


def _packed(name: str, text: str) -> str:
    packed = gzip.compress(text.encode("ascii"), compresslevel=_LEVEL, mtime=0)
    return f'<script type="text/plain" id="{name}">{base64.b64encode(packed).decode("ascii")}</script>'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def rounded(value: float | None, digits: int) -> float | int | None:
    """A number short enough for a column; ``None`` for unknown and for what is no finite number."""
    if value is None or not math.isfinite(value):
        return None
    short = round(value, digits)
    return int(short) if short == int(short) else short


class Strings:
    """Texts that occur often, stored once; columns hold their positions."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._places: dict[str, int] = {}

    def __call__(self, text: str | None) -> int:
        """The position of a text, -1 for ``None``."""
        if text is None:
            return -1
        place = self._places.setdefault(text, len(self.texts))
        if place == len(self.texts):
            self.texts.append(text)
        return place


class Chunks:
    """Details in the order they were added; like neighbours compress together."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self._blocks: list[str] = []
        self._open: list[str] = []
        self._size = 0
        self._n = 0

    def add(self, detail: Any) -> int:
        """The number of a detail."""
        if not self._open:
            self.starts.append(self._n)
        text = _json(detail)
        self._open.append(text)
        self._size += len(text)
        self._n += 1
        if len(self._open) >= CHUNK_ITEMS or self._size >= CHUNK_CHARS:
            self._pack()
        return self._n - 1

    def blocks(self) -> list[str]:
        """All blocks, ``lb-chunk-0`` onwards; ``starts`` holds the number of each one's first detail."""
        if self._open:
            self._pack()
        return self._blocks

    def _pack(self) -> None:
        self._blocks.append(_packed(f"lb-chunk-{len(self._blocks)}", f"[{','.join(self._open)}]"))
        self._open, self._size = [], 0
