"""One writer per run: a lock that ends with its process, however that dies."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

LOCK = ".lock"


class RunLock:
    """A lock on a run's folder, held by the process that reports."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK
        self._fd: int | None = None

    def acquire(self) -> bool:
        """False when another process holds it; raises OSError when the folder cannot be written."""
        if self._fd is not None:
            return True
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            held = _hold(fd)
        except OSError:  # a file system without locks
            held = True
        if held:
            self._fd = fd
        else:
            os.close(fd)
        return held

    def release(self) -> None:
        """Let others have it; safe to call twice."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = None


def _hold(fd: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
