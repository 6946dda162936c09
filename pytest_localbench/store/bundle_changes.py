"""Files changed as one: all of them or none, and undone later if wanted.

``data/imports/<id>/journal.json`` is written before the first file is touched; replaced and removed files are kept beside
it. An exception (Ctrl-C, too) rolls back at once; what a killed process left is rolled back by the next import.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import StoreError
from .identity import new_run_id
from .lock import RunLock
from .runs import write_atomic

JOURNAL = "journal.json"
FOLDER = "imports"


@dataclass(frozen=True, slots=True)
class Change:
    """One file: its new content, or ``None`` = removed. ``before``: SHA-256 of what must be there now, ``None`` = nothing."""

    path: Path
    content: bytes | None
    before: str | None = None


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def apply_changes(
    changes: Sequence[Change], *, data_dir: Path, roots: Sequence[Path], check: Callable[[], None] = lambda: None
) -> str:
    """Make all changes and return the id under which they can be undone.

    ``check`` looks at the result; whatever it raises rolls everything back. Nothing is written outside ``roots``, also
    not through links. Raises StoreError when a file is not as it was, or the disk refuses; then nothing is changed.
    """
    with _locked(data_dir) as home:
        for change in changes:
            _check_place(change, roots)
        folder = home / new_run_id()
        entries: list[dict[str, Any]] = []
        made = _missing_folders(changes)
        try:
            (folder / "backup").mkdir(parents=True)
            entries += (_entry(change, index, folder) for index, change in enumerate(changes))
            _write_journal(folder, "applying", entries, made)
            for path in made:
                path.mkdir(exist_ok=True)
            for change in changes:
                if change.content is None:
                    change.path.unlink()
                else:
                    write_atomic(change.path, change.content)
                    change.path.chmod(0o644)
            check()
            _write_journal(folder, "done", entries, made)
        except OSError as error:
            _roll_back(folder, entries, made)
            place = error.filename or folder
            raise StoreError(f"{place}: could not be written ({error.strerror}); nothing was changed.") from error
        except BaseException:
            _roll_back(folder, entries, made)
            raise
    return folder.name


def undo_changes(data_dir: Path, name: str | None = None) -> tuple[str, list[Path]]:
    """Take back the last changes (or those of an id): the id and the files concerned.

    Raises StoreError when there are none, or when a file was changed since.
    """
    with _locked(data_dir) as home:
        done = [
            folder for folder in _folders(home) if _state(folder)["state"] == "done" and name in {None, folder.name}
        ]
        if not done:
            raise StoreError("there is no import to undo." if name is None else f"there is no import '{name}' to undo.")
        folder = done[-1]
        entries = _state(folder)["files"]
        for entry in entries:
            path = Path(entry["path"])
            now = digest(path.read_bytes()) if path.is_file() else None
            if now != entry["after"]:
                raise StoreError(f"{path}: was changed since the import, so it is not undone; nothing was changed.")
        _roll_back(folder, entries, [Path(made) for made in _state(folder)["folders"]])
        return folder.name, [Path(entry["path"]) for entry in entries]


@contextlib.contextmanager
def staged(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A temporary folder with these files, to be looked at before anything is changed."""
    with tempfile.TemporaryDirectory(prefix="localbench-") as scratch:
        root = Path(scratch).resolve()
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield root


@contextlib.contextmanager
def _locked(data_dir: Path) -> Iterator[Path]:
    """One import at a time; what an earlier one left half done is taken back first."""
    home = data_dir / FOLDER
    lock = RunLock(home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / ".gitignore").write_text("*\n", encoding="utf-8")
        held = lock.acquire()
    except OSError as error:
        raise StoreError(f"{home}: cannot be written ({error.strerror}); nothing was changed.") from error
    if not held:
        raise StoreError(f"another import into {data_dir} is running; wait for it.")
    try:
        for folder in _folders(home):
            state = _state(folder)
            if state["state"] == "applying":
                _roll_back(folder, state["files"], [Path(made) for made in state["folders"]])
        yield home
    finally:
        lock.release()


def _folders(home: Path) -> list[Path]:
    return sorted(path.parent for path in home.glob(f"*/{JOURNAL}"))


def _state(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads((folder / JOURNAL).read_bytes())
        if isinstance(state, dict) and {"state", "files", "folders"} <= state.keys():
            return state
    except (OSError, ValueError):
        pass
    raise StoreError(f"{folder / JOURNAL}: is damaged; look at the backup beside it and remove the folder.")


def _check_place(change: Change, roots: Sequence[Path]) -> None:
    path = change.path
    real = Path(os.path.realpath(path.parent)) / path.name
    if not any(real.is_relative_to(os.path.realpath(root)) for root in roots):
        raise StoreError(f"{path}: lies behind a link that leads out of the project; nothing was changed.")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise StoreError(f"{path}: is a link or a folder, no plain file; nothing was changed.")
    now = digest(path.read_bytes()) if path.exists() else None
    if now != change.before:
        raise StoreError(f"{path}: was changed while you looked at the plan; start again. Nothing was changed.")


def _entry(change: Change, index: int, folder: Path) -> dict[str, Any]:
    backup = None
    if change.before is not None:
        backup = str(index)
        shutil.copy2(change.path, folder / "backup" / backup)
    after = digest(change.content) if change.content is not None else None
    return {"path": str(change.path), "before": change.before, "after": after, "backup": backup}


def _missing_folders(changes: Sequence[Change]) -> list[Path]:
    """Folders that must be made, outer ones first."""
    missing = {
        parent
        for change in changes
        if change.content is not None
        for parent in change.path.parents
        if not parent.exists()
    }
    return sorted(missing, key=lambda path: len(path.parts))


def _write_journal(folder: Path, state: str, entries: Sequence[Any], made: Sequence[Path]) -> None:
    data = {"state": state, "files": list(entries), "folders": [str(path) for path in made]}
    write_atomic(folder / JOURNAL, json.dumps(data, indent=1) + "\n")


def _roll_back(folder: Path, entries: Sequence[dict[str, Any]], made: Sequence[Path]) -> None:
    """Put every file back as it was; may be repeated. What somebody else wrote since stays. The folder is gone afterwards."""
    for entry in entries:
        path = Path(entry["path"])
        now = digest(path.read_bytes()) if path.is_file() else None
        if now == entry["before"] or now != entry["after"]:
            continue
        if entry["backup"] is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = folder / "backup" / entry["backup"]
            temporary = path.with_name(f".{path.name}.undo")
            shutil.copy2(kept, temporary)
            os.replace(temporary, path)
        else:
            path.unlink(missing_ok=True)
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.rmdir()
    shutil.rmtree(folder, ignore_errors=True)
