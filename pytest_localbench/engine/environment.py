"""Describes the machine of a run; times and memory are comparable only between equal ``machine`` fingerprints."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version

from ..domain.run import Environment

PACKAGES = ("pytest", "pytest-xdist", "pydantic", "xllamacpp", "openai", "transformers", "torch")


def describe_machine(workers: int = 1) -> Environment:
    """Processor, memory, system and the versions that matter; no host or user name."""
    cpu, ram = _cpu_name(), _ram_bytes()
    count = os.cpu_count()
    system = f"{platform.system()} {platform.machine()}"
    identity = f"{cpu}|{count}|{round((ram or 0) / 2**30)}|{system}"
    return Environment(
        machine=hashlib.sha256(identity.encode()).hexdigest()[:12],
        python=platform.python_version(),
        platform=system,
        cpu=cpu,
        cpu_count=count,
        ram_bytes=ram,
        packages={name: found for name in PACKAGES if (found := _version(name)) is not None},
        workers=workers,
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _ram_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
