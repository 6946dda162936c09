"""The header of a GGUF file: what the model is, and whether the file is whole.

Layout after the GGUF specification (ggml, versions 2 and 3): magic, version, counts, key-value pairs, tensor
descriptions, then the tensor data, aligned.
"""

from __future__ import annotations

import functools
import hashlib
import json
import mmap
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelUnavailable

MAGIC = b"GGUF"
MAX_ITEMS = 1_000_000
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
# ggml type -> (values per block, bytes per block)
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66),
    17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54),
    35: (256, 66), 39: (32, 17),
}  # fmt: skip
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says about itself; ``None`` = it does not say."""

    architecture: str | None
    name: str | None
    context_length: int | None
    chat_template: str | None
    file_type: str | None
    size_bytes: int


def read_header(path: Path) -> GgufHeader:
    """The header; raises ModelUnavailable when the file is missing, no GGUF, damaged or cut off."""
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelUnavailable(f"the weights file {path} cannot be read: {error.strerror}.") from None
    if path.is_dir():
        raise ModelUnavailable(f"the weights path {path} is a folder; name the .gguf file in it.")
    return _read(str(path), stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _read(path: str, size: int, _mtime_ns: int) -> GgufHeader:
    try:
        with open(path, "rb") as file:
            magic = file.read(4)
            if magic != MAGIC:
                what = "is empty" if not magic else f"is not a GGUF file (it begins with {magic!r})"
                hint = "; it is a Git LFS pointer, fetch the real file" if magic == b"vers" else ""
                raise ModelUnavailable(f"the weights file {path} {what}{hint}.")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _Reader(data, path).header(size)
    except OSError as error:
        raise ModelUnavailable(f"the weights file {path} cannot be read: {error.strerror}.") from None


class _Reader:
    def __init__(self, data: mmap.mmap, path: str) -> None:
        self.data, self.path, self.at = data, path, 4

    def header(self, size: int) -> GgufHeader:
        try:
            version = self.scalar("<I")
            if version not in {2, 3}:
                raise ModelUnavailable(f"the weights file {self.path} is GGUF version {version}; 2 and 3 can be read.")
            tensors, pairs = self.scalar("<Q"), self.scalar("<Q")
            if tensors > MAX_ITEMS or pairs > MAX_ITEMS:
                raise ModelUnavailable(f"the weights file {self.path} is damaged: its header counts are absurd.")
            meta: dict[str, Any] = {}
            for _ in range(pairs):
                key = self.string()
                meta[key] = self.value(self.scalar("<I"))
            end = self.tensor_end(tensors, meta.get("general.alignment"))
        except (struct.error, IndexError, ValueError):
            raise ModelUnavailable(
                f"the weights file {self.path} is damaged or cut off inside its header; fetch it again."
            ) from None
        if end > size:
            raise ModelUnavailable(
                f"the weights file {self.path} is cut off: {size} bytes of at least {end}; fetch it again."
            )
        architecture = _typed(meta.get("general.architecture"), str)
        file_type = _typed(meta.get("general.file_type"), int)
        return GgufHeader(
            architecture=architecture,
            name=_typed(meta.get("general.name"), str),
            context_length=_typed(meta.get(f"{architecture}.context_length"), int),
            chat_template=_typed(meta.get("tokenizer.chat_template"), str),
            file_type=None if file_type is None else _FILE_TYPES.get(file_type, str(file_type)),
            size_bytes=size,
        )

    def scalar(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def string(self) -> str:
        length = self.scalar("<Q")
        raw = self.data[self.at : self.at + length]
        if len(raw) != length:
            raise IndexError
        self.at += length
        return raw.decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            self.skip_array()
            return None
        if kind not in _SCALARS:
            raise ValueError(kind)
        return self.scalar(_SCALARS[kind])

    def skip_array(self) -> None:
        kind, count = self.scalar("<I"), self.scalar("<Q")
        if kind in _SCALARS:
            self.at += struct.calcsize(_SCALARS[kind]) * count
        elif kind == _STRING:
            data, at, unpack = self.data, self.at, struct.Struct("<Q").unpack_from
            for _ in range(count):
                at += 8 + unpack(data, at)[0]
            self.at = at
        elif kind == _ARRAY:
            for _ in range(count):
                self.skip_array()
        else:
            raise ValueError(kind)
        if self.at > len(self.data):
            raise IndexError

    def tensor_end(self, count: int, alignment: Any) -> int:
        """First byte after the last tensor."""
        extents = []
        for _ in range(count):
            self.string()
            dims = [self.scalar("<Q") for _ in range(self.scalar("<I"))]
            kind, offset = self.scalar("<I"), self.scalar("<Q")
            values = 1
            for dim in dims:
                values *= dim
            per_block, block_bytes = _BLOCKS.get(kind, (1, 0))
            extents.append(offset + -(-values // per_block) * block_bytes)
        step = alignment if isinstance(alignment, int) and alignment > 0 else 32
        return -(-self.at // step) * step + max(extents) if extents else self.at


def _typed(value: Any, kind: type) -> Any:
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def sha256_of(path: Path, cache_dir: Path) -> str:
    """SHA-256 of a file, remembered in ``cache_dir`` by path, size and time of change."""
    stat = path.stat()
    key = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    store = cache_dir / "sha256.json"
    known: dict[str, str] = {}
    with suppress(OSError, ValueError):
        loaded = json.loads(store.read_text(encoding="utf-8"))
        known = loaded if isinstance(loaded, dict) else {}
    if isinstance(known.get(key), str):
        return known[key]
    with path.open("rb") as file:
        known[key] = hashlib.file_digest(file, "sha256").hexdigest()
    with suppress(OSError):  # an unwritable cache costs time, nothing else
        cache_dir.mkdir(parents=True, exist_ok=True)
        part = store.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")
        part.replace(store)
    return known[key]
