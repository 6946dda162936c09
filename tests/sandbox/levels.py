"""Levels and users that tests of the sandbox are repeated for, and why some cannot be here."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

DRIVER = Path(__file__).with_name("hostile_driver.py")
LEVELS = ("namespace", "kernel")
USERS = ("this user", "nobody")


@cache
def lack_of(level: str) -> str | None:
    """Why a level cannot be tested here."""
    if not sys.platform.startswith("linux"):
        return "Linux only"
    from pytest_localbench.evaluators.isolation import _disproof, _wall

    wall = _wall(level)
    return "the kernel or processor lacks it" if wall is None else _disproof(wall, "python")


def _public(path: str) -> bool:
    place = Path(path).resolve()
    open_to_all = place.exists() and bool(place.stat().st_mode & stat.S_IROTH)
    return open_to_all and all(parent.stat().st_mode & stat.S_IXOTH for parent in place.parents)


@cache
def hostile_outcomes(level: str, user: str) -> dict[str, Any] | str:
    """What became of the hostile programs, or why they could not be run."""
    command = [sys.executable, str(DRIVER), level]
    if user == "nobody":
        if os.geteuid() != 0:
            return "needs root, to become another user"
        base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
        python = next((p for p in (base, "/usr/bin/python3") if _public(p)), None)
        if python is None or not _public(str(DRIVER)):
            return "nobody cannot read the interpreter or this folder"
        if shutil.which("setpriv") is None:
            return "setpriv is not installed"
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python, str(DRIVER), level]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd="/",
                          env={"PATH": os.environ["PATH"], "TMPDIR": "/tmp"})  # fmt: skip
    if done.returncode:
        return f"{'skip' if 'No module named' in done.stderr else 'broken'}: {done.stderr[-400:]}"
    return json.loads(done.stdout)
