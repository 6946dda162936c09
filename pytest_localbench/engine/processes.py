"""Resident memory of process trees: read from /proc where there is one, else through psutil."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

_PROC = "/proc"
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Resident(NamedTuple):
    """Bytes of a process (or of several together). ``mapped``: the part backed by files or shared, ``None`` = unknown."""

    total: int
    mapped: int | None


def tree_of(pids: Iterable[int]) -> list[int]:
    """The processes and all their descendants as they are now, each once; our own process comes without its children
    (they are no part of a model that we hold ourselves)."""
    found: dict[int, None] = {}
    queue = list(pids)
    while queue:
        pid = queue.pop()
        if pid not in found:
            found[pid] = None
            if pid != os.getpid():
                queue += _children(pid)
    return list(found)


def resident(pid: int) -> Resident | None:
    """What a process has in memory; ``None`` when it is gone or hidden from us."""
    try:
        with open(f"{_PROC}/{pid}/statm", "rb") as file:
            fields = file.read().split()
        return Resident(int(fields[1]) * _PAGE, int(fields[2]) * _PAGE)
    except (OSError, IndexError, ValueError):
        if os.path.isdir(f"{_PROC}/self"):
            return None
    import psutil

    try:
        return Resident(psutil.Process(pid).memory_info().rss, None)
    except psutil.Error:
        return None


def resident_together(pids: Iterable[int]) -> Resident | None:
    """The sum over processes (pages they share count for each); those that are gone are left out."""
    known = [found for pid in pids if (found := resident(pid)) is not None]
    if not known:
        return None
    mapped = [part.mapped for part in known if part.mapped is not None]
    return Resident(sum(part.total for part in known), sum(mapped) if len(mapped) == len(known) else None)


def _children(pid: int) -> list[int]:
    tasks = f"{_PROC}/{pid}/task"
    try:
        threads = os.listdir(tasks)
    except OSError:
        return [] if os.path.isdir(f"{_PROC}/self") else _children_by_psutil(pid)
    found: list[int] = []
    for thread in threads:
        try:
            with open(f"{tasks}/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
        except FileNotFoundError:
            if thread == str(pid) and os.path.isdir(f"{tasks}/{thread}"):  # a kernel without this file
                return _children_by_psutil(pid)
        except OSError:
            continue
    return found


def _children_by_psutil(pid: int) -> list[int]:
    import psutil

    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []
