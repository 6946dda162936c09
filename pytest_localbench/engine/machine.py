"""What this machine may give a model: free memory and processors, also inside a container."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ..domain.model import ModelConfig

_CGROUP = Path("/sys/fs/cgroup")
_NO_LIMIT = 1 << 60


def available_bytes() -> int | None:
    """Memory that can be had without swapping: what the kernel calls available, at most what the container has left."""
    found = [amount for amount in (_available_of_system(), _left_in_container()) if amount is not None]
    return min(found) if found else None


def processor_quota() -> float | None:
    """Processors a container may use at once (such as 1.5); ``None`` without a limit."""
    for path in _own_groups("cpu"):
        quota = _words(path / "cpu.max")
        if len(quota) == 2 and quota[0] != "max":
            return int(quota[0]) / int(quota[1])
        old = _number(path / "cpu.cfs_quota_us"), _number(path / "cpu.cfs_period_us")
        if old[0] is not None and old[1] and old[0] > 0:
            return old[0] / old[1]
    return None


def governor() -> str | None:
    """How the processors' clock is governed (``performance``, ``powersave`` ...), where Linux tells."""
    words = _words(Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"))
    return words[0] if words else None


def too_little_memory(model: ModelConfig, needed_bytes: int | None, available: int | None) -> str | None:
    """A sentence when a model is not to be loaded because it would not fit; ``resources: memory_mb`` wins over the
    adapter's own estimate (``needed_bytes``). ``None`` when it fits or one of the two is not known."""
    stated = model.resources.memory_mb
    needed = int(stated * 1e6) if stated is not None else needed_bytes
    if needed is None or available is None or needed <= available:
        return None
    source = "resources: memory_mb" if stated is not None else "its weights and a fifth more"
    return (
        f"model '{model.id}' needs about {needed / 1e9:.1f} GB of memory ({source}), but only {available / 1e9:.1f} GB are "
        "free: close other programs, choose a smaller model or quantization, or state 'resources: memory_mb' of the model"
    )


def _available_of_system() -> int | None:
    with suppress(OSError, ValueError), open("/proc/meminfo", "rb") as file:
        for line in file:
            if line.startswith(b"MemAvailable:"):
                return int(line.split()[1]) * 1024
    import psutil

    with suppress(psutil.Error, OSError):
        return int(psutil.virtual_memory().available)
    return None


def _left_in_container() -> int | None:
    left = []
    for path in _own_groups("memory"):
        for limit_name, used_name, cached in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, used = _number(path / limit_name), _number(path / used_name)
            if limit is not None and used is not None and limit < _NO_LIMIT:
                left.append(max(0, limit - used + _stat(path / "memory.stat", cached)))
    return min(left) if left else None


def _own_groups(controller: str) -> list[Path]:
    """The folders of our control groups, the innermost first (cgroup v2, then v1), and their roots."""
    folders: list[Path] = []
    with suppress(OSError), open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, controllers, place = line.strip().split(":", 2)
            if not controllers:
                folders += _upwards(_CGROUP, place)
            elif controller in controllers.split(","):
                folders += _upwards(_CGROUP / controller, place)
    return folders or [_CGROUP, _CGROUP / controller]


def _upwards(root: Path, place: str) -> list[Path]:
    inner = root / place.strip("/")
    return [inner, *(parent for parent in inner.parents if parent.is_relative_to(root))] if inner != root else [root]


def _words(path: Path) -> list[str]:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text("ascii").split()
    return []


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if words and words[0].lstrip("-").isdigit() else None


def _stat(path: Path, name: str) -> int:
    words = _words(path)
    return int(words[words.index(name) + 1]) if name in words else 0


def usable_processors() -> int:
    """Processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
