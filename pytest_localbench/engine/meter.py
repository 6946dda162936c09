"""Peak memory of a model's processes while it answers, and the speeds of an answer."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from types import TracebackType

from ..domain.response import Memory, Timing, Usage
from .gpu import gpus
from .processes import Resident, resident, resident_together, tree_of

INTERVAL_S = 0.04
GPU_EVERY = 5
AT_ONCE = 0.05
MANY_TOKENS = 8
METHOD = "RSS: peak resident set of the process tree, sampled every 40 ms"
OWN_METHOD = "RSS: peak resident set of this process above that before the model was loaded, sampled every 40 ms"
WITH_VRAM = "; VRAM: as the driver counts it"
REPORTED = "reported by the provider, not measured"


def own_memory() -> int | None:
    """Resident bytes of this process, after unused memory was given back."""
    _give_back()
    found = resident(os.getpid())
    return None if found is None else found.total


class PeakMeter:
    """Samples the resident memory of processes and their children while the block runs; no ids, no thread.

    The tree is looked up anew for each sample, because servers start and end their workers as they like. Pages that
    processes share count once per process. Of our own process (a model that is loaded into it) counts what is above
    ``baseline_bytes``. ``file_mapped_bytes`` is the file-backed part at the peak (the mapped weights), ``None`` where
    the system does not tell.
    """

    def __init__(self, pids: Sequence[int], baseline_bytes: int | None = None) -> None:
        self._pids = tuple(pids)
        self._baseline = baseline_bytes if os.getpid() in self._pids else None
        self._peak: Resident | None = None
        self._vram: int | None = None
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

    def memory(self, reported: Memory | None = None) -> Memory:
        """The peak as measured; what only the provider reports (``reported``) fills the gaps; else unknown."""
        told = reported or Memory()
        if self._peak is None:
            known = told.peak_bytes is not None or told.peak_vram_bytes is not None
            return told.model_copy(update={"method": REPORTED}) if known and not told.method else told
        method = METHOD if self._baseline is None else OWN_METHOD
        vram = self._vram
        if vram is not None:
            method += WITH_VRAM
        elif told.peak_vram_bytes is not None:
            vram = told.peak_vram_bytes
            method += f"; VRAM: {told.method or REPORTED}"
        return Memory(
            peak_bytes=max(0, self._peak.total - (self._baseline or 0)),
            peak_vram_bytes=vram,
            file_mapped_bytes=None if self._baseline is not None else self._peak.mapped,
            baseline_bytes=self._baseline,
            method=method,
        )

    def _run(self) -> None:
        tick = 0
        while True:
            last = self._over.is_set()
            self._sample(with_gpu=last or tick % GPU_EVERY == 0)
            if last:
                return
            self._over.wait(INTERVAL_S)
            tick += 1

    def _sample(self, *, with_gpu: bool) -> None:
        tree = tree_of(self._pids)
        found = resident_together(tree)
        if found is not None and (self._peak is None or found.total > self._peak.total):
            self._peak = found
        devices = gpus() if with_gpu else None
        used = devices.used_by(tree) if devices is not None else None
        if used is not None and (self._vram is None or used > self._vram):
            self._vram = used


def with_speeds(timing: Timing, usage: Usage) -> Timing:
    """The timing with tokens per second: as the server reports them, else computed from what we saw of the stream.

    Computed: reading = new input tokens by the time to the first token; writing = the tokens after the first by the time
    after it. Without a stream nothing is computed, nor where something on the way held it back and let it go at once.
    """
    if timing.output_tokens_per_s is not None or timing.prompt_tokens_per_s is not None:
        return timing if timing.speeds_from else timing.model_copy(update={"speeds_from": "server"})
    first = timing.first_token_s
    if first is None:
        return timing
    speeds: dict[str, float | str] = {}
    writing, tokens = timing.generation_s - first, usage.output_tokens or 0
    at_once = writing < AT_ONCE * timing.generation_s
    if at_once and tokens >= MANY_TOKENS:
        return timing
    if tokens > 1 and not at_once:
        speeds["output_tokens_per_s"] = (tokens - 1) / writing
    if usage.input_tokens is not None and first > 0:
        new = usage.input_tokens - (usage.cached_tokens or 0)
        if new > 0:
            speeds["prompt_tokens_per_s"] = new / first
    return timing.model_copy(update={**speeds, "speeds_from": "client"}) if speeds else timing


def _give_back() -> None:
    """Return freed memory to the system, so that a model that is gone is not counted for the next one."""
    import ctypes
    import gc

    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
