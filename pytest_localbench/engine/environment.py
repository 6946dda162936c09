"""Describes the machine of a run; times and memory are comparable only between equal ``machine`` fingerprints."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version

from ..domain.run import Environment
from ..evaluators.ui_browser import BROWSER
from .gpu import gpus
from .machine import governor, processor_quota, usable_processors

PACKAGES = (
    "pytest", "pytest-xdist", "pydantic", "xllamacpp", "openai", "anthropic", "google-genai", "transformers", "torch",
)  # fmt: skip


def describe_machine(workers: int = 1) -> Environment:
    """Processor, memory, GPUs, system and the versions that matter; no host or user name.

    ``facts`` holds what not every system tells: usable processors, the quota of a container, how the clock is governed,
    and the browser that judged pages in this process, with the widths of a text in its fonts.
    """
    cpu, ram = _cpu_name(), _ram_bytes()
    count, usable, quota = os.cpu_count(), usable_processors(), processor_quota()
    system = f"{platform.system()} {platform.machine()}"
    devices = gpus()
    graphics = devices.describe() if devices is not None else None
    names = ",".join(str(device["name"]) for device in graphics["devices"]) if graphics else ""
    identity = f"{cpu}|{count}|{usable}|{quota}|{round((ram or 0) / 2**30)}|{system}|{names}"
    facts = {
        "kernel": platform.release(),
        "usable_processors": usable,
        "processor_quota": quota,
        "governor": governor(),
        "gpu": graphics,
        "browser": BROWSER.facts or None,
    }
    return Environment(
        machine=hashlib.sha256(identity.encode()).hexdigest()[:12],
        python=platform.python_version(),
        platform=system,
        cpu=cpu,
        cpu_count=count,
        ram_bytes=ram,
        packages={name: found for name in PACKAGES if (found := _version(name)) is not None},
        workers=workers,
        facts={name: value for name, value in facts.items() if value is not None},
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
