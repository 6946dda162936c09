"""Which isolation this machine offers for model-written code: every level has to prove itself before it counts.

A level counts when trusted probes, run in the very way an answer is run, are refused whatever an answer must not do.
Found once per process and language. Without a level nothing is run, unless the user asked for that in so many words.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from functools import cache
from typing import Final

from ..errors import EvaluationError
from .code_policy import OPT_IN, policy
from .isolation_probes import let_through
from .sandbox_filter import architecture
from .sandbox_paths import runtime
from .sandbox_setup import Level, Wall

_LEVELS: Final[tuple[Level, ...]] = ("namespace", "kernel")
_LANDLOCK_CREATE, _LANDLOCK_VERSION = 444, 1


@dataclass(frozen=True, slots=True)
class Isolation:
    """What was found. ``wall`` is ``None`` when code may not run, ``problem`` then says why, as a sentence;
    ``refused``: levels that did not hold, and why."""

    wall: Wall | None
    refused: tuple[str, ...] = ()
    problem: str | None = None

    def words(self) -> str:
        """The level as results show it."""
        if self.wall is None:
            return "none"
        if self.wall.level == "none":
            return "none (limits only)"
        return f"{self.wall.level} (Landlock {self.wall.landlock})" if self.wall.landlock else self.wall.level


def find(language: str) -> Isolation:
    """The isolation for programs of a language, under the user's policy; proven on the first call."""
    return _find(language, policy.runner, policy.allow)


@cache
def _find(language: str, choice: str, allow: bool) -> Isolation:
    if choice == "off":
        return Isolation(None, problem="model-written code is not run (localbench_code_runner is off)")
    if runtime(language) is None:
        program = "node" if language == "javascript" else language
        return Isolation(None, problem=f"needs {program} to run the answer, which is not installed")
    refused: list[str] = []
    for level in _LEVELS if choice == "auto" else (choice,):
        wall = _wall(level)
        why = "not on this system" if wall is None else _disproof(wall, language)
        if why is None:
            return Isolation(wall, tuple(refused))
        refused.append(f"{level}: {why}")
    for bare in (Wall("none", landlock_version()), Wall("none", None, seccomp=False)) if allow else ():
        try:
            let_through(bare, language)
        except EvaluationError as error:
            refused.append(str(error))
        else:
            return Isolation(bare, tuple(refused))
    why = "; ".join(refused)
    hint = "" if allow else f"; {OPT_IN} runs it all the same"
    return Isolation(None, tuple(refused), f"model-written code cannot be isolated here ({why}{hint})")


def _wall(level: str) -> Wall | None:
    version = landlock_version()
    if architecture() is None or not sys.platform.startswith("linux"):
        return None
    if level == "kernel":
        return Wall("kernel", version) if version else None
    return Wall("namespace", version)


def _disproof(wall: Wall, language: str) -> str | None:
    try:
        found = let_through(wall, language)
    except EvaluationError as error:
        return str(error)
    return f"it let through: {', '.join(found)}" if found else None


def landlock_version() -> int | None:
    """The version of Landlock in this kernel, ``None`` when it is not there or not switched on."""
    if not sys.platform.startswith("linux"):
        return None
    version = ctypes.CDLL(None).syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    return version if version > 0 else None
