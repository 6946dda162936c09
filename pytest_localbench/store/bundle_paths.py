"""Names inside a bundle: which may become files of this project, and which nobody should bring."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from ..domain.base import WINDOWS_RESERVED

MAX_PATH_CHARS = 200
MAX_PARTS = 12
_STEERING = frozenset({
    "conftest.py", "__init__.py", "setup.py", "sitecustomize.py", "usercustomize.py", "pytest.ini", "pytest.toml",
    "tox.ini", "tox.toml", "setup.cfg", "pyproject.toml", "category.yaml", "category.yml", "category.json", "makefile",
    "package.json",
})  # fmt: skip
"""Files that change what pytest or other tools do, wherever they lie."""

_CODE = frozenset({
    ".py", ".pyw", ".pyc", ".pyo", ".pyd", ".pyi", ".pth", ".ipynb", ".so", ".dll", ".dylib", ".exe", ".com", ".msi", ".sh",
    ".bash", ".zsh", ".fish", ".bat", ".cmd", ".ps1", ".vbs", ".scr", ".jar", ".whl", ".egg", ".pkl", ".pickle", ".pt",
    ".bin", ".lnk", ".desktop", ".app",
})  # fmt: skip


def path_problem(path: object) -> str | None:
    """Why a path may not become a file below a category folder, as the end of a sentence; ``None`` when it may."""
    if not isinstance(path, str) or not path or len(path) > MAX_PATH_CHARS:
        return f"is no path of 1 to {MAX_PATH_CHARS} characters"
    if not path.isprintable() or any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co"} for sign in path):
        return "holds a control character or one that cannot be seen"
    if "\\" in path or ":" in path or any(sign in path for sign in '<>"|?*'):
        return 'holds a character that not every system allows in names (\\ : < > " | ? *)'
    if path.startswith("/"):
        return "is an absolute path"
    if unicodedata.normalize("NFC", path) != path:
        return "is not in Unicode form NFC, so that two names could look the same"
    parts = path.split("/")
    if len(parts) > MAX_PARTS:
        return f"lies more than {MAX_PARTS} folders deep"
    for part in parts:
        if part in {"", ".", ".."}:
            return "leads out of its folder or has an empty part"
        if part != part.strip() or part.endswith("."):
            return "has a part that begins or ends with a blank or ends with a dot"
        if part.startswith("."):
            return "names a hidden file or folder"
        if part.split(".", maxsplit=1)[0].casefold().rstrip() in WINDOWS_RESERVED:
            return "has a part that Windows reserves"
        if part.casefold() in {"tasks", "categories"}:
            return "lies in a folder in which task files are looked for"
    return _kind_problem(parts)


def _kind_problem(parts: list[str]) -> str | None:
    name = parts[-1].casefold()
    if name in _STEERING:
        return "is a file that steers pytest or other tools; it is never imported"
    if len(parts) == 1 and name.endswith((".yaml", ".yml", ".json")):
        return "would be taken for a task file there"
    return None


def is_code(path: str) -> bool:
    """True for files that Python, a shell or the system would run, or that run when they are loaded."""
    return any(suffix in _CODE for suffix in (s.casefold() for s in PurePosixPath(path).suffixes))


def folded(path: str) -> str:
    """The form in which two paths are the same file on some system."""
    return unicodedata.normalize("NFKC", path).casefold()


def collision(paths: Iterable[str]) -> str | None:
    """A sentence about two paths that would be the same file on some system, or a file where a folder is needed."""
    seen: dict[str, str] = {}
    for path in paths:
        other = seen.setdefault(folded(path), path)
        if other is not path:
            return (
                f"'{path}' and '{other}' are the same file where case does not count"
                if other != path
                else (f"'{path}' stands there twice")
            )
    for key, path in seen.items():
        parts = key.split("/")
        for end in range(1, len(parts)):
            above = seen.get("/".join(parts[:end]))
            if above is not None:
                return f"'{above}' is a file, and '{path}' needs a folder of that name"
    return None
