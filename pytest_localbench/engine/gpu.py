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
            for ask in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
                try:
                    processes = getattr(self._nvml, ask)(handle)
                except (self._nvml.NVMLError, AttributeError):
                    continue
                used += [p.usedGpuMemory for p in processes if p.pid in pids and p.usedGpuMemory is not None]
        return sum(used) if used else None

    def describe(self) -> dict[str, Any]:
        """Names, memory (bytes) and driver: plain data."""
        devices = []
        for handle in self._handles:
            name = self._nvml.nvmlDeviceGetName(handle)
            devices.append({
                "name": name.decode() if isinstance(name, bytes) else str(name),
                "memory_bytes": int(self._nvml.nvmlDeviceGetMemoryInfo(handle).total),
            })  # fmt: skip
        driver = self._nvml.nvmlSystemGetDriverVersion()
        return {"devices": devices, "driver": driver.decode() if isinstance(driver, bytes) else str(driver)}


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
