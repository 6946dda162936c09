"""Is a file a task file? Decided by file names alone, without importing anything heavy."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from ..suite.layout import CATEGORY_NAMES, SUFFIXES, is_category_folder

_TASK_LIKE = re.compile(rb"^\W?(prompt|input|evaluators)\W?:", re.MULTILINE)
_MOST = 200


def category_folder(file_path: Path) -> str | None:
    """The category folder a task file belongs to, or ``None`` when the file is none.

    A category folder holds ``category.yaml|yml|json``; task files lie in it or in its ``tasks`` folder. The flat store
    (``tasks/*.json`` beside ``categories/``) counts as well.
    """
    folder, name = os.path.split(file_path)
    return None if name in CATEGORY_NAMES else _category_of(folder)


@lru_cache(maxsize=4096)
def _category_of(folder: str) -> str | None:
    if is_category_folder(folder):
        return folder
    parent, name = os.path.split(folder)
    if name == "tasks" and (is_category_folder(parent) or os.path.isdir(os.path.join(parent, "categories"))):
        return parent
    return None


def is_flat_store(folder: str) -> bool:
    """True for the flat layout: ``categories/*.json`` beside ``tasks/*.json``."""
    return not is_category_folder(folder)


def homeless_tasks(folders: Iterable[Path]) -> Path | None:
    """A folder whose ``tasks`` hold what looks like a task file while its category file is missing; asked only when
    nothing at all was collected. Looks into the folders and one level below.
    """
    for folder in folders:
        homes = [folder, folder.parent, *_subfolders(folder)]
        for home in homes:
            if not is_category_folder(home) and not (home / "categories").is_dir() and any(map(_is_task, _files(home))):
                return home
    return None


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())[:_MOST] if folder.is_dir() else []


def _files(home: Path) -> Iterator[Path]:
    found = home / "tasks"
    return (path for path in sorted(found.iterdir())[:_MOST] if path.suffix in SUFFIXES) if found.is_dir() else iter(())


def _is_task(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _TASK_LIKE.search(file.read(20_000)) is not None
    except OSError:
        return False
