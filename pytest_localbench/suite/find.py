"""Category folders below a folder; imports nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from .layout import is_category_folder

_PRUNED = frozenset({"node_modules", "__pycache__", "site-packages", "build", "dist"})
MOST_FOLDERS = 20_000


def category_folders(root: Path) -> Iterator[Path]:
    """Category folders at and below ``root``, by path.

    Hidden folders, virtual environments, links and folders of builds and packages are not looked into; no more than
    ``MOST_FOLDERS`` are.
    """
    for folder, names, files in islice(os.walk(root), MOST_FOLDERS):
        names[:] = [] if "pyvenv.cfg" in files else sorted(n for n in names if _is_worth_a_look(folder, n))
        if is_category_folder(folder):
            yield Path(folder)


def _is_worth_a_look(folder: str, name: str) -> bool:
    return name[:1] != "." and (name not in _PRUNED or is_category_folder(os.path.join(folder, name)))


def holds_tasks(place: Path) -> bool:
    """True when a path (a folder, or a file in one) holds task files: a category folder or the flat store."""
    folder = place if place.is_dir() else place.parent
    for home in (folder, folder.parent):
        if is_category_folder(home) or ((home / "categories").is_dir() and (home / "tasks").is_dir()):
            return True
    return place.is_dir() and next(category_folders(place), None) is not None
