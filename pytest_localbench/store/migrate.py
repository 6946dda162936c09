"""Run documents of older versions -> the current form, one step per version; the file itself is never changed.

A step takes the data of version n and returns that of n + 1. What a newer version no longer knows is dropped; what it
newly knows has a default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..domain.run import SCHEMA_VERSION

Document = dict[str, Any]


def migrate(data: Document) -> Document:
    """The document in the current form; raises ValueError for a version that was never written, or a newer one."""
    version = data.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= SCHEMA_VERSION:
        raise ValueError(f"schema {version!r}, this version reads 1 to {SCHEMA_VERSION}")
    for step in range(version, SCHEMA_VERSION):
        data = {**STEPS[step](data), "schema_version": step + 1}
    return data


def _from_1(data: Document) -> Document:
    """Version 2: categories count once each (no ``weight``), evaluators are never ``optional``, and the exit code needs no reason beside it."""
    tasks = []
    for task in _objects(data, "tasks"):
        evaluators = [_without(spec, "optional") for spec in _objects(task, "evaluators")]
        tasks.append({**task, "evaluators": evaluators})
    categories = [_without(category, "weight") for category in _objects(data, "categories")]
    return {**_without(data, "exit_reason"), "categories": categories, "tasks": tasks}


STEPS: dict[int, Callable[[Document], Document]] = {1: _from_1}


def _objects(data: Document, name: str) -> list[Document]:
    """The objects in a list; what is none is left to validation."""
    found = data.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _without(data: Document, name: str) -> Document:
    return {key: value for key, value in data.items() if key != name}
