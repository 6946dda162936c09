"""Files that tasks refer to: read only below the category folder, never through links out of it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from .yaml_source import read_data, read_text

MAX_IMAGE_BYTES = 5_000_000
_MAGIC = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def mime_of(data: bytes) -> str | None:
    """The type of a picture by its first bytes; ``None`` for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for magic, mime in _MAGIC if data.startswith(magic)), None)


def inside(folder: Path, name: str) -> Path:
    """The file ``name`` below ``folder``; raises ValueError with a sentence for anything that leads elsewhere."""
    if os.path.isabs(name) or "\\" in name or ":" in name or ".." in Path(name).parts:
        raise ValueError(f"'{name}' must be a relative path below the category folder")
    path = folder / name
    if not path.is_file():
        raise ValueError(f"the file '{name}' does not exist in {folder.name}/")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"'{name}' is a link that leads out of the category folder")
    return path


def file_entry(folder: Path, entry: Any, kind: str | None = None) -> dict[str, Any]:
    """A ``files`` or ``images`` entry with its content's hash (and its text, for ``as: text``)."""
    data = {"path": entry} if isinstance(entry, str) else dict(entry)
    if kind is not None:
        data["as"] = kind
    path = inside(folder, str(data.get("path", "")))
    raw = path.read_bytes()
    data["sha256"] = hashlib.sha256(raw).hexdigest()
    if data.get("as", "text") == "text":
        data["text"] = read_text(path, str(data["path"]))
    elif data.get("as") == "image":
        if mime_of(raw) is None:
            raise ValueError(f"'{data['path']}' is no PNG, JPEG, WebP or GIF picture")
        if len(raw) > MAX_IMAGE_BYTES:
            raise ValueError(f"'{data['path']}' is larger than {MAX_IMAGE_BYTES // 1_000_000} MB; make it smaller")
    return data


def at_file(folder: Path, value: Any) -> Any:
    """``@file:NAME`` replaced by the file's content (YAML and JSON parsed, everything else as text)."""
    if not isinstance(value, str) or not value.startswith("@file:"):
        return value
    name = value.removeprefix("@file:")
    path = inside(folder, name)
    if path.suffix in {".yaml", ".yml", ".json"}:
        return read_data(path, name)
    return read_text(path, name).rstrip("\n")


def read_jsonl(path: Path, name: str) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file; raises ValueError naming the line."""
    rows = []
    for number, line in enumerate(read_text(path, name).split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise ValueError(f"{name}:{number} is no JSON object")
            rows.append(row)
    return rows
