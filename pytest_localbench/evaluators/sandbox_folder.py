"""The one folder that a program in the sandbox may write to: made, watched while it runs, removed whatever is in it."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import tempfile
import time
from typing import Final

from .sandbox_inside import NOBODY

_LOOK_EVERY_S: Final = 0.05
_MAX_DEPTH: Final = 16


class WorkFolder:
    """An empty folder below the system's temporary one. ``give_away``: it belongs to nobody (only root can do that)."""

    def __init__(self, most_bytes: int, most_entries: int, *, give_away: bool) -> None:
        self.path = os.path.realpath(tempfile.mkdtemp(prefix="localbench-"))
        self._most_bytes, self._most_entries = most_bytes, most_entries
        self._looked_at = time.monotonic()
        if give_away:
            os.chown(self.path, NOBODY, -1)
            os.chmod(self.path, stat.S_IRWXU | stat.S_IXGRP)  # so that root can start in it, having given up its rights

    def is_full(self) -> bool:
        """True when it holds more than it may; looks at most every 50 ms."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_EVERY_S:
            return False
        self._looked_at = now
        try:
            return self._exceeds()
        except OSError:
            return True  # made unreadable for us; honest programs do not

    def _exceeds(self) -> bool:
        size = count = 0
        folders = [(self.path, 0)]
        while folders:
            folder, depth = folders.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    count += 1
                    with contextlib.suppress(FileNotFoundError):
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            folders.append((entry.path, depth + 1))
                    if count > self._most_entries or size > self._most_bytes or depth > _MAX_DEPTH:
                        return True
        return False

    def remove(self) -> None:
        """Remove it with all it holds, also folders without permissions and chains of folders deeper than any path."""
        numbers = itertools.count()
        with contextlib.suppress(OSError):
            os.chmod(self.path, stat.S_IRWXU)
            while entries := list(os.scandir(self.path)):
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        self._lift(entry.path, numbers)
                    else:
                        os.unlink(entry.path)
            os.rmdir(self.path)

    def _lift(self, folder: str, numbers: itertools.count[int]) -> None:
        """Move what a folder holds to the top, so that no path ever gets long; then remove it."""
        os.chmod(folder, stat.S_IRWXU)
        for child in list(os.scandir(folder)):
            os.rename(child.path, f"{self.path}/.lifted-{next(numbers)}")
        os.rmdir(folder)
