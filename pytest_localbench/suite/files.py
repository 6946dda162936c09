"""Files that tasks refer to: read only below the category folder, never through links out of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import did_you_mean
from .text_source import on_disk, read_bytes, read_text
from .yaml_source import read_data

MAX_IMAGE_BYTES = 5_000_000
PARSED = (".yaml", ".yml", ".json")
_MAGIC = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_KEYS = ("path", "as", "name")


class FieldProblem(Exception):
    """What is wrong with one field: its path inside the file and a sentence."""

    def __init__(self, field: Sequence[str | int], message: str) -> None:
        super().__init__(message)
        self.field = tuple(field)


def mime_of(data: bytes) -> str | None:
    """The type of a picture by its first bytes; ``None`` for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for magic, mime in _MAGIC if data.startswith(magic)), None)


class Assets:
    """The files below one category folder. ``shown`` is the folder as messages name it."""

    def __init__(self, folder: Path | str, shown: str) -> None:
        self.folder, self.shown = str(folder), shown

    def path(self, name: str, field: Sequence[str | int]) -> str:
        """The file ``name``; raises FieldProblem for anything that is missing or leads elsewhere."""
        parts = name.split("/")
        if os.path.isabs(name) or "\\" in name or ":" in name or "\0" in name or ".." in parts:
            raise FieldProblem(
                field, f"'{name}' must be a relative path below the category folder, with '/' and no '..'"
            )
        path = on_disk(os.path.join(self.folder, *parts))
        if not os.path.isfile(path):
            words = "is a folder or no ordinary file" if os.path.exists(path) else "does not exist"
            raise FieldProblem(field, f"the file '{name}' {words} (looked in {self.shown}/)")
        real = os.path.realpath(self.folder)
        if os.path.commonpath([real, os.path.realpath(path)]) != real:
            raise FieldProblem(field, f"'{name}' is a link that leads out of the category folder")
        return path

    def text(self, name: str, field: Sequence[str | int]) -> str:
        """The text of a file."""
        return read_text(self.path(name, field), self.named(name))

    def named(self, name: str) -> str:
        """A file as messages name it."""
        return f"{self.shown}/{name}" if self.shown not in {"", "."} else name

    def entry(self, value: Any, field: Sequence[str | int], kind: str | None = None) -> dict[str, Any]:
        """A ``files`` or ``images`` entry with the hash of its content (and its text, for ``as: text``).

        Texts are hashed with LF line ends, so that a check-out with CRLF gives the same hash.
        """
        data: dict[str, Any] = {"path": value} if isinstance(value, str) else _mapping(value, field)
        if kind is not None:
            data["as"] = kind
        name, form = data.get("path"), data.get("as", "text")
        if not isinstance(name, str):
            raise FieldProblem(field, "'path' is missing; write {path: FILE} or the path alone")
        where = field if isinstance(value, str) else (*field, "path")
        if form == "text":
            data["text"] = self.text(name, where)
            data["sha256"] = hashlib.sha256(data["text"].encode()).hexdigest()
        elif form in {"image", "attachment"}:
            raw = read_bytes(self.path(name, where), self.named(name), MAX_IMAGE_BYTES)
            if form == "image" and mime_of(raw) is None:
                raise FieldProblem(where, f"'{name}' is no PNG, JPEG, WebP or GIF picture")
            data["sha256"] = hashlib.sha256(raw).hexdigest()
        return data

    def entries(self, value: Any, field: Sequence[str | int], kind: str | None = None) -> list[dict[str, Any]]:
        """A list of entries."""
        if not isinstance(value, list):
            raise FieldProblem(field, f"'{field[-1]}' must be a list of files")
        return [self.entry(item, (*field, index), kind) for index, item in enumerate(value)]

    def loaded(self, value: Any, field: Sequence[str | int], *, parse: bool = True) -> Any:
        """``@file:NAME`` replaced by the file's content (YAML and JSON parsed, anything else as text)."""
        if not isinstance(value, str) or not value.startswith("@file:"):
            return value
        name = value.removeprefix("@file:").strip()
        if parse and name.endswith(PARSED):
            return read_data(self.path(name, field), self.named(name))
        return self.text(name, field).rstrip("\n")


def _mapping(value: Any, field: Sequence[str | int]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FieldProblem(field, "a file is a path or a mapping {path, as, name}")
    for key in value:
        if key not in _KEYS:
            raise FieldProblem((*field, key), f"unknown key '{key}'{did_you_mean(key, _KEYS)} in '{field[-2]}'")
    return dict(value)
