"""What files and folders are called; imports nothing heavy, since every file of a foreign project is asked about."""

from __future__ import annotations

import os
from pathlib import Path

CATEGORY_NAMES = ("category.yaml", "category.yml", "category.json")
SUFFIXES = (".yaml", ".yml", ".json")


def is_category_folder(folder: Path | str) -> bool:
    """True when the folder holds a category file."""
    return any(os.path.isfile(os.path.join(folder, name)) for name in CATEGORY_NAMES)
