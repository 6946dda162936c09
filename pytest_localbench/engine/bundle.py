"""A bundle: categories, tasks, models or runs as one file that can be shared.

The envelope is ``{"export_type", "export_date", "version", "generator", "content"}``; the content of each type is described in
docs/sharing.md. A bundle is one JSON file (files of tasks inside as base64), or a zip archive with the same document as
``bundle.json`` and the files below ``assets/CATEGORY/``.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from .. import __version__
from ..domain.base import check_id
from ..errors import CorruptDocument, UnsupportedSchema, did_you_mean
from ..reports.safe_text import safe
from ..store.bundle_archive import (
    ASSETS,
    DOCUMENT,
    MAX_DOCUMENT_BYTES,
    MAX_FILE_BYTES,
    MAX_MEMBERS,
    MAX_TOTAL_BYTES,
    is_archive,
    read_archive,
    write_archive,
)
from ..store.bundle_paths import collision, path_problem
from ..store.identity import utc_now
from ..suite.json_source import parse_json
from ..suite.text_source import Unreadable

ExportType = Literal["suite", "category", "tasks", "results"]
EXPORT_TYPES: tuple[ExportType, ...] = get_args(ExportType)
VERSION = "1.0"
MAX_VALUES = 5_000_000
MAX_MESSAGE_COLUMNS = 600
MAX_GROUPS = 1_500_000
"""Counted before the document is parsed, as much as a run of 10,000 answers needs three times over."""

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\Z")
_ENVELOPE = {"export_type", "export_date", "version", "generator", "content"}
_PARTS: dict[ExportType, frozenset[str]] = {
    "suite": frozenset({"categories", "tasks", "models", "assets", "hashes"}),
    "category": frozenset({"category", "tasks", "assets", "hashes"}),
    "tasks": frozenset({"categories", "tasks", "assets", "hashes"}),
    "results": frozenset({"runs"}),
}


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds, as written: entities are plain mappings, not yet checked against their types.

    ``assets``: (category, path) -> content. ``hashes``: ``category/task`` -> content hash where it was exported.
    ``sha256``: of the file it was read from.
    """

    kind: ExportType
    categories: tuple[dict[str, Any], ...] = ()
    tasks: tuple[dict[str, Any], ...] = ()
    models: tuple[dict[str, Any], ...] = ()
    runs: tuple[dict[str, Any], ...] = ()
    assets: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    exported_at: str = ""
    generator: str = ""
    shown: str = ""
    sha256: str = ""


def dump_bundle(bundle: Bundle, *, archive: bool) -> bytes:
    """The bytes of a bundle; ``archive``: a zip, else one JSON file."""
    assets = []
    for (category, path), data in sorted(bundle.assets.items()):
        entry: dict[str, Any] = {
            "category": category,
            "path": path,
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
        }
        if not archive:
            entry["data"] = base64.b64encode(data).decode("ascii")
        assets.append(entry)
    content: dict[str, Any] = {}
    if bundle.kind == "results":
        content["runs"] = list(bundle.runs)
    else:
        if bundle.kind == "category":
            content["category"] = bundle.categories[0]
        else:
            content["categories"] = list(bundle.categories)
        content["tasks"] = list(bundle.tasks)
        if bundle.kind == "suite":
            content["models"] = list(bundle.models)
        content |= {"assets": assets, "hashes": dict(bundle.hashes)}
    envelope = {
        "export_type": bundle.kind,
        "export_date": bundle.exported_at or utc_now(),
        "version": VERSION,
        "generator": {"name": "pytest-localbench", "version": __version__},
        "content": content,
    }
    document = json.dumps(envelope, indent=2, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"
    if not archive:
        return document
    return write_archive(document, {f"{category}/{path}": data for (category, path), data in bundle.assets.items()})


def read_bundle(path: Path, shown: str | None = None) -> Bundle:
    """Read and check the envelope, its parts, and every name and size; entities are checked when an import is planned.

    Raises CorruptDocument or UnsupportedSchema with a sentence; nothing is written anywhere.
    """
    name = shown or str(path)
    if not path.is_file():
        raise CorruptDocument(f"{name}: {'is no plain file' if path.exists() else 'there is no such file'}.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TOTAL_BYTES + 1)
    except OSError as error:
        raise CorruptDocument(f"{name}: cannot be read ({error.strerror}).") from None
    return parse_bundle(data, name)


def parse_bundle(data: bytes, shown: str) -> Bundle:
    """The bundle in these bytes; see :func:`read_bundle`."""
    with shown_safely():
        return _parse(data, shown)


@contextlib.contextmanager
def shown_safely() -> Iterator[None]:
    """Sentences about bundles quote them: they are cut, and control codes in them are made visible."""
    try:
        yield
    except (CorruptDocument, UnsupportedSchema) as error:
        raise type(error)(safe(str(error), MAX_MESSAGE_COLUMNS)) from None


def _parse(data: bytes, shown: str) -> Bundle:
    if len(data) > MAX_TOTAL_BYTES:
        raise CorruptDocument(f"{shown}: is larger than {MAX_TOTAL_BYTES // 1_000_000} MB.")
    members: dict[str, bytes] = {}
    document = data
    if is_archive(data):
        members = read_archive(data, shown)
        document = members.pop(DOCUMENT)
    elif len(data) > MAX_DOCUMENT_BYTES:
        raise CorruptDocument(f"{shown}: is larger than {MAX_DOCUMENT_BYTES // 1_000_000} MB; export a zip instead.")
    envelope = _envelope(document, shown)
    kind = _kind(envelope, shown)
    _check_version(envelope, shown)
    content = _mapping(envelope.get("content"), "content", shown)
    for part in content:
        if part not in _PARTS[kind]:
            near = did_you_mean(part, _PARTS[kind])
            raise CorruptDocument(f"{shown}: content.{part[:60]}: is not known in a bundle of type '{kind}'{near}.")
    categories = [content["category"]] if "category" in content else _list(content, "categories", shown)
    if kind == "category" and "category" not in content:
        raise CorruptDocument(f"{shown}: content.category: is missing.")
    return Bundle(
        kind=kind,
        categories=_entities(categories, "categories" if kind != "category" else "category", shown),
        tasks=_entities(_list(content, "tasks", shown), "tasks", shown),
        models=_entities(_list(content, "models", shown), "models", shown),
        runs=_entities(_list(content, "runs", shown), "runs", shown),
        assets=_assets(_list(content, "assets", shown), members, archive=is_archive(data), shown=shown),
        hashes={str(k): str(v) for k, v in _mapping(content.get("hashes", {}), "content.hashes", shown).items()},
        exported_at=_moment(envelope.get("export_date"), shown),
        generator=_generator(envelope.get("generator")),
        shown=shown,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _envelope(document: bytes, shown: str) -> dict[str, Any]:
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CorruptDocument(f"{shown}: is no bundle (neither JSON in UTF-8 nor a zip archive).") from None
    if text.count("[") + text.count("{") > MAX_GROUPS or text.count(",") > MAX_VALUES:
        raise CorruptDocument(f"{shown}: holds more values than a bundle may; split it.")
    try:
        data = parse_json(text, MAX_VALUES)
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False).encode("utf-8")
    except Unreadable as problem:
        raise CorruptDocument(f"{shown}{f':{problem.line}' if problem.line else ''}: {problem}.") from None
    except UnicodeEncodeError:
        raise CorruptDocument(f"{shown}: holds half of a surrogate pair, which no file can hold as UTF-8.") from None
    except RecursionError:
        raise CorruptDocument(f"{shown}: is nested too deeply.") from None
    if isinstance(data, dict) and "export_type" not in data and {"started_at", "results"} <= data.keys():
        raise CorruptDocument(
            f"{shown}: is a run document, no bundle; make one of it: localbench export results {shown}"
        )
    if not isinstance(data, dict) or "export_type" not in data:
        raise CorruptDocument(
            f"{shown}: is no bundle: a mapping with export_type, export_date, version and content was expected."
        )
    strange = next((key for key in data if key not in _ENVELOPE), None)
    if strange is not None:
        raise CorruptDocument(f"{shown}: '{strange[:60]}' is not known{did_you_mean(strange, _ENVELOPE)}.")
    return data


def _kind(envelope: dict[str, Any], shown: str) -> ExportType:
    kind = envelope["export_type"]
    if kind not in EXPORT_TYPES:
        told = kind if isinstance(kind, str) else type(kind).__name__
        near = did_you_mean(told, EXPORT_TYPES)
        raise CorruptDocument(f"{shown}: export_type: {told[:60]!r} is none of {', '.join(EXPORT_TYPES)}{near}.")
    return kind  # type: ignore[no-any-return]


def _check_version(envelope: dict[str, Any], shown: str) -> None:
    version = envelope.get("version")
    found = _VERSION.match(version) if isinstance(version, str) else None
    if found is None:
        raise CorruptDocument(f'{shown}: version: must be text such as "{VERSION}".')
    if (int(found[1]), int(found[2])) > tuple(int(part) for part in VERSION.split(".")):
        raise UnsupportedSchema(
            f"{shown}: was made by a newer version (bundle {version}, this version reads up to {VERSION}). "
            "Nothing was imported; upgrade pytest-localbench to read it."
        )


def _moment(value: Any, shown: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise CorruptDocument(f"{shown}: export_date: a time such as 2026-01-31T12:00:00Z was expected.") from None
    if moment.tzinfo is None:
        raise CorruptDocument(f"{shown}: export_date: has no time zone; end it with Z or an offset.")
    return str(value)


def _generator(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    return " ".join(str(value[key])[:60] for key in ("name", "version") if isinstance(value.get(key), str))


def _mapping(value: Any, where: str, shown: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CorruptDocument(f"{shown}: {where}: a mapping was expected.")
    return value


def _list(content: dict[str, Any], name: str, shown: str) -> list[Any]:
    value = content.get(name, [])
    if not isinstance(value, list):
        raise CorruptDocument(f"{shown}: content.{name}: a list was expected.")
    if len(value) > MAX_MEMBERS:
        raise CorruptDocument(f"{shown}: content.{name}: holds more than {MAX_MEMBERS} entries.")
    return value


def _entities(values: list[Any], name: str, shown: str) -> tuple[dict[str, Any], ...]:
    """Mappings whose ids are usable as file names, each id once (for tasks: once in its category)."""
    seen: set[tuple[str, str]] = set()
    for index, value in enumerate(values):
        where = f"content.{name}" if name == "category" else f"content.{name}[{index}]"
        _mapping(value, where, shown)
        if name == "runs":
            continue
        ident = value.get("id")
        try:
            check_id(ident if isinstance(ident, str) else "")
        except ValueError as problem:
            words = problem if isinstance(ident, str) else "'id' is missing or no text"
            raise CorruptDocument(f"{shown}: {where}: {words}.") from None
        home = value.get("category", value.get("category_id", "")) if name == "tasks" else ""
        key = (str(home), str(ident))
        if key in seen:
            raise CorruptDocument(f"{shown}: {where}: the id '{ident}' stands there twice.")
        seen.add(key)
    return tuple(values)


def _assets(
    entries: list[Any], members: dict[str, bytes], *, archive: bool, shown: str
) -> dict[tuple[str, str], bytes]:
    found: dict[tuple[str, str], bytes] = {}
    total = 0
    for index, entry in enumerate(entries):
        where = f"{shown}: content.assets[{index}]"
        category, path = _place(entry, where)
        data = members.pop(f"{ASSETS}{category}/{path}", None) if archive else _decoded(entry.get("data"), where)
        if data is None:
            raise CorruptDocument(f"{where}: the archive does not hold {ASSETS}{category}/{path}.")
        if hashlib.sha256(data).hexdigest() != entry.get("sha256"):
            raise CorruptDocument(f"{where}: the content of '{path}' is not what was exported (its SHA-256 differs).")
        total += len(data)
        if len(data) > MAX_FILE_BYTES or total > MAX_TOTAL_BYTES:
            raise CorruptDocument(
                f"{where}: '{path}' is too large (at most {MAX_FILE_BYTES // 1_000_000} MB a file, "
                f"{MAX_TOTAL_BYTES // 1_000_000} MB in all)."
            )
        if (category, path) in found:
            raise CorruptDocument(f"{where}: '{path}' stands there twice.")
        found[category, path] = data
    problem = collision(f"{category}/{path}" for category, path in found)
    if problem is not None:
        raise CorruptDocument(f"{shown}: content.assets: {problem}.")
    if members:
        raise CorruptDocument(f"{shown}: holds '{sorted(members)[0]}', which the document does not list.")
    return found


def _place(entry: Any, where: str) -> tuple[str, str]:
    if not isinstance(entry, dict):
        raise CorruptDocument(f"{where}: a mapping with category, path and sha256 was expected.")
    category, path = entry.get("category"), entry.get("path")
    try:
        check_id(category if isinstance(category, str) else "")
    except ValueError:
        raise CorruptDocument(f"{where}: 'category' must be the id of a category.") from None
    problem = path_problem(path)
    if problem is not None:
        raise CorruptDocument(f"{where}: '{str(path)[:80]}' {problem}.")
    return str(category), str(path)


def _decoded(data: Any, where: str) -> bytes:
    try:
        return base64.b64decode(data if isinstance(data, str) else "!", validate=True)
    except (binascii.Error, ValueError):
        raise CorruptDocument(f"{where}: 'data' must be base64.") from None
