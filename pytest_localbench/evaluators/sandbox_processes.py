"""Ends what a sandboxed program started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Final

MARK: Final = "LOCALBENCH_SANDBOX"
"""Environment variable of everything in a sandbox; its value is the work folder."""

_WAIT_S: Final = 5.0


def end_group(process: subprocess.Popen[bytes], folder: str, *, unwalled: bool) -> None:
    """Kill the process group and reap its leader. Behind walls nothing can leave the group; without them, whatever
    went into a session of its own is found by its environment."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_WAIT_S)
    if unwalled:
        _end_strays(folder)


def _end_strays(folder: str) -> None:
    import psutil

    for other in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if other.environ().get(MARK) == folder:
                other.kill()


def processes_of_user() -> int:
    """How many threads the user has now (what the limit on processes counts)."""
    import psutil

    own, found = os.geteuid(), 0
    for other in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if other.uids().effective == own:
                found += other.num_threads()
    return found
