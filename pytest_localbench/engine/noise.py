"""How busy this machine is while a local model answers, and when that makes a time unfair."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from ..domain.response import Noise

EVERY_S = 0.25
LOAD_MARGIN = 0.5
STEAL_LIMIT = 0.05
SWAP_LIMIT_BYTES_PER_S = 4e6
_STEAL = 7
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class NoiseMeter:
    """Samples at most every 0.25 s; whoever asks in between gets the same stamp. Safe for threads.

    Rates and shares are those since the sample before: of the last quarter of a second, or since the answer began.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._before: tuple[float, ...] = ()
        self._stamp = Noise()

    def stamp(self) -> Noise:
        """The state of the machine now."""
        now = time.monotonic()
        with self._lock:
            if now - self._at >= EVERY_S:
                self._sample(now)
            return self._stamp

    def _sample(self, now: float) -> None:
        total, steal = _cpu_ticks()
        swapped_in, swapped_out = _swapped_pages()
        found = (now, total, steal, time.process_time(), swapped_in, swapped_out)
        before, self._before, self._at = self._before, found, now
        load = _load()
        if not before:
            self._stamp = Noise(load_1m=load)
            return
        passed, ticks, stolen, own, read, written = (b - a for a, b in zip(before, found, strict=True))
        self._stamp = Noise(
            load_1m=load,
            steal_share=round(stolen / ticks, 4) if ticks > 0 else None,
            own_cpu_share=round(own / passed / (os.cpu_count() or 1), 4),
            swap_in_bytes_per_s=_rate(read, passed),
            swap_out_bytes_per_s=_rate(written, passed),
        )


def is_noisy(noise: Noise) -> bool:
    """True when a time measured now would be unfair: more wants to run than there are processors (1-minute load), the
    host takes processor time away, or the machine swaps. What the system does not tell counts as quiet."""
    swapping = max(noise.swap_in_bytes_per_s or 0.0, noise.swap_out_bytes_per_s or 0.0)
    return (
        (noise.load_1m or 0.0) > (os.cpu_count() or 1) + LOAD_MARGIN
        or (noise.steal_share or 0.0) > STEAL_LIMIT
        or swapping > SWAP_LIMIT_BYTES_PER_S
    )


def _rate(pages: float, seconds: float) -> float | None:
    return None if pages != pages else round(pages * _PAGE / seconds, 1)  # noqa: PLR0124 - not a number


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def _cpu_ticks() -> tuple[float, float]:
    """All ticks of all processors so far, and those that the host took away."""
    with suppress(OSError, ValueError, IndexError), open("/proc/stat", "rb") as file:
        ticks = [int(n) for n in file.readline().split()[1:9]]  # guest time is part of user time
        return float(sum(ticks)), float(ticks[_STEAL])
    return 0.0, 0.0


def _swapped_pages() -> tuple[float, float]:
    found = {b"pswpin": float("nan"), b"pswpout": float("nan")}
    with suppress(OSError, ValueError), open("/proc/vmstat", "rb") as file:
        for line in file:
            name, _, number = line.partition(b" ")
            if name in found:
                found[name] = float(number)
    return found[b"pswpin"], found[b"pswpout"]
