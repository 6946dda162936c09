"""Is a file a task file? Decided by file names alone, without importing anything heavy."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from ..suite.layout import CATEGORY_NAMES, is_category_folder


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
