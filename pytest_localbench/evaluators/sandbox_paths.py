"""What a program in the sandbox may read: its interpreter, the standard library, shared libraries; nothing else."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REGULAR = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_FILE_RIGHTS_BY_ABI: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights on files each version of Landlock knows (bits from 0)."""

_LIBRARIES: Final = (
    "/lib/*-linux-*", "/usr/lib/*-linux-*", "/lib64", "/usr/lib64", "/usr/local/lib/*-linux-*",
    "/lib/*.so*", "/usr/lib/*.so*", "/usr/local/lib/*.so*", "/etc/ld.so.cache",
)  # fmt: skip
_DATA: Final = ("/usr/share/zoneinfo", "/usr/share/nodejs", "/usr/lib/locale/C.utf8")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_PACKAGES: Final = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Runtime:
    """A language as it is installed here. ``readable``: files and folders that its programs need."""

    language: str
    executable: str
    readable: tuple[str, ...]
    listed: tuple[str, ...] = ()

    def is_public(self) -> bool:
        """True when every user of this machine may read it (an interpreter below root's home is not)."""
        return all(map(_is_public, (self.executable, *self.listed, *self.readable[:1])))


@cache
def runtime(language: str) -> Runtime | None:
    """The interpreter of a language, ``None`` when it is not installed."""
    if language == "python":
        return _python()
    found = shutil.which("node")
    if found is None:
        return None
    real = os.path.realpath(found)
    return Runtime("javascript", real, (real, *_existing(_LIBRARIES), *_existing(_DATA)))


def landlock_rules(program: Runtime, work: str, abi: int) -> list[tuple[str, int]]:
    """Pairs of path and rights for Landlock, version ``abi``."""
    known = (1 << _FILE_RIGHTS_BY_ABI[min(abi, 5)]) - 1
    rules = [(path, _READ | _LIST if os.path.isdir(path) else _READ) for path in program.readable]
    rules += [(path, _LIST) for path in program.listed]
    rules += [(path, _READ | _WRITE) for path in _DEVICES]
    if program.language == "javascript":
        loaders = _existing(("/lib64/ld-linux-*", "/lib/ld-linux-*", "/lib/ld-musl-*"))
        rules += [(path, _READ | _EXECUTE) for path in (program.executable, *map(os.path.realpath, loaders))]
    scratch = _READ | _WRITE | _LIST | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REGULAR | _REFER | _TRUNCATE
    return [(path, rights & known) for path, rights in [*rules, (work, scratch)]]


def handled_rights(abi: int) -> int:
    """All rights on files that Landlock, version ``abi``, can take away."""
    return (1 << _FILE_RIGHTS_BY_ABI[min(abi, 5)]) - 1


def bound_paths(program: Runtime) -> list[str]:
    """What is mounted, read-only, into a namespace: the same files, by their folders."""
    prefix = [str(Path(program.executable).parent.parent)] if program.language == "python" else []
    roots = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache"]
    return [path for path in [*roots, *prefix, program.executable] if os.path.exists(path)]


def hidden_paths(program: Runtime) -> list[str]:
    """Folders of third-party packages inside what is mounted; they are covered."""
    return [f"{folder}/{name}" for folder in program.listed for name in _PACKAGES if os.path.isdir(f"{folder}/{name}")]


def _python() -> Runtime:
    base = getattr(sys, "_base_executable", None) or sys.executable
    executable = os.path.realpath(base)
    library = os.path.realpath(sysconfig.get_path("stdlib"))
    modules = [f"{library}/{name}" for name in sorted(os.listdir(library)) if name not in _PACKAGES]
    dynload = sysconfig.get_path("platstdlib")
    shared = glob.glob(f"{glob.escape(sys.base_prefix)}/lib/libpython*")
    readable = (*modules, *shared, *([dynload] if dynload and _outside(dynload, library) else ()))
    listed = (library,)
    return Runtime("python", executable, (*readable, *_existing(_LIBRARIES), *_existing(_DATA)), listed)


def _outside(path: str, folder: str) -> bool:
    real = os.path.realpath(path)
    return os.path.isdir(f"{real}/lib-dynload") and not real.startswith(folder)


def _existing(patterns: tuple[str, ...]) -> list[str]:
    return [path for pattern in patterns for path in sorted(glob.glob(pattern))]


def _is_public(path: str) -> bool:
    """Whether a user without any rights of its own could open it."""
    place = Path(path)
    try:
        if not place.stat().st_mode & stat.S_IROTH:
            return False
        return all(parent.stat().st_mode & stat.S_IXOTH for parent in place.parents)
    except OSError:
        return False
