"""Peak memory of the processes that hold a model, and whether the machine was busy with something else."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any

from ..domain.response import Memory

SAMPLE_EVERY_S = 0.05
METHOD = "peak RSS of the model process and its children, sampled every 50 ms"
BUSY_ABOVE_CORES = 0.5


class PeakMeter:
    """Context manager around one request; without processes on this machine nothing is measured (unknown, not 0)."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = list(pids)
        self._peak = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> PeakMeter:
        if self._pids:
            self._thread = threading.Thread(target=self._sample, name="localbench-meter", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def memory(self) -> Memory:
        """The peak seen so far."""
        return Memory(peak_bytes=self._peak, method=METHOD) if self._peak else Memory()

    def _sample(self) -> None:
        import psutil

        processes = [psutil.Process(pid) for pid in self._pids if psutil.pid_exists(pid)]
        while True:
            self._peak = max(self._peak, sum(_rss(process, psutil) for process in processes))
            if self._stop.wait(SAMPLE_EVERY_S):
                return


def _rss(process: Any, psutil: Any) -> int:
    try:
        total = int(process.memory_info().rss)
        return total + sum(int(child.memory_info().rss) for child in process.children(recursive=True))
    except psutil.Error:
        return 0


def is_noisy() -> bool:
    """True when the load of the last minute is clearly above what the cores can do; then times say little."""
    try:
        return os.getloadavg()[0] > (os.cpu_count() or 1) + BUSY_ABOVE_CORES
    except OSError:
        return False
