"""Graphics memory and names through NVIDIA's management library (package ``nvidia-ml-py``); nothing without a driver."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Collection
from typing import Any


class Gpus:
    """The NVIDIA devices of this machine."""

    def __init__(self, nvml: Any, handles: list[Any]) -> None:
        self._nvml, self._handles = nvml, handles

    def used_by(self, pids: Collection[int]) -> int | None:
        """Bytes of graphics memory the processes hold on all devices.

        ``None`` when the driver does not tell, as in containers where it knows the processes by other numbers, and
        when none of them is on a device.
        """
        used: list[int] = []
        for handle in self._handles:
            held: dict[int, int] = {}  # a process that computes and draws stands in both lists with the same amount
            for ask in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
                try:
                    processes = getattr(self._nvml, ask)(handle)
                except (self._nvml.NVMLError, AttributeError):
                    continue
                for process in processes:
                    if process.pid in pids and process.usedGpuMemory is not None:
                        held[process.pid] = max(held.get(process.pid, 0), process.usedGpuMemory)
            used += held.values()
        return sum(used) if used else None

    def describe(self) -> dict[str, Any]:
        """Names, memory (bytes) and driver: plain data; ``None`` for what a device does not tell (as those that share the
        machine's memory do of theirs)."""
        devices = []
        for handle in self._handles:
            memory = self._told("nvmlDeviceGetMemoryInfo", handle)
            devices.append({
                "name": _text(self._told("nvmlDeviceGetName", handle)),
                "memory_bytes": None if memory is None else int(memory.total),
            })  # fmt: skip
        return {"devices": devices, "driver": _text(self._told("nvmlSystemGetDriverVersion"))}

    def _told(self, question: str, *about: Any) -> Any:
        try:
            return getattr(self._nvml, question)(*about)
        except self._nvml.NVMLError:
            return None


def _text(value: Any) -> str | None:
    return value.decode() if isinstance(value, bytes) else value if value is None else str(value)


@functools.lru_cache(maxsize=1)
def gpus() -> Gpus | None:
    """The devices; ``None`` without the package, a driver or a device."""
    try:
        nvml: Any = importlib.import_module("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError:
        return None
    return Gpus(nvml, handles) if handles else None
