"""Peak memory of a model's processes while it answers, and whether this machine is too busy for fair timing."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from ..domain.response import Memory

INTERVAL_S = 0.05
RESCAN_EVERY = 20
NOISE_MARGIN = 0.5
METHOD = "peak resident set of the process tree, sampled every 50 ms"


class PeakMeter:
    """Samples the resident memory of processes and their children while the block runs; no ids, no thread.

    Shared pages count once per process. ``file_mapped_bytes`` is the shared part at the peak (Linux: the mapped
    weights), ``None`` where the system does not tell.
    """

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = tuple(pids)
        self._peak: int | None = None
        self._mapped: int | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> PeakMeter:
        if self._pids:
            self._thread = threading.Thread(target=self._run, name="localbench-meter", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._thread is not None:
            self._over.set()
            self._thread.join()

    def memory(self) -> Memory:
        """The peak; unknown when nothing was sampled."""
        if self._peak is None:
            return Memory()
        return Memory(peak_bytes=self._peak, file_mapped_bytes=self._mapped, method=METHOD)

    def _run(self) -> None:
        tree: list[Any] = []
        tick = 0
        while True:
            if tick % RESCAN_EVERY == 0:
                tree = _tree(self._pids)
            self._sample(tree)
            if self._over.is_set():
                return
            if self._over.wait(INTERVAL_S):
                self._sample(tree)
                return
            tick += 1

    def _sample(self, tree: list[Any]) -> None:
        import psutil

        total, shared, seen, tells = 0, 0, False, True
        for process in tree:
            try:
                info = process.memory_info()
            except psutil.Error:
                continue
            seen = True
            total += info.rss
            tells = tells and hasattr(info, "shared")
            shared += getattr(info, "shared", 0)
        if seen and (self._peak is None or total > self._peak):
            self._peak, self._mapped = total, shared if tells else None


def _tree(pids: Sequence[int]) -> list[Any]:
    import psutil

    found: dict[int, Any] = {}
    for pid in pids:
        try:
            process = psutil.Process(pid)
            for member in (process, *process.children(recursive=True)):
                found[member.pid] = member
        except psutil.Error:
            continue
    return list(found.values())


def is_noisy() -> bool:
    """True when more wants to run than there are processors (1-minute load); False where there is no such figure."""
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        return False
    return load > (os.cpu_count() or 1) + NOISE_MARGIN
