"""The first thing that runs in the sandbox: gives away every right, then hands over to the runner or to node.

It is sent through a pipe to a bare interpreter (no site-packages, no package of ours), so it imports only what it must.
Landlock: https://docs.kernel.org/userspace-api/landlock.html; seccomp: seccomp(2), mode filter.
"""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_RULE_PATH_BENEATH = 1
_CAPABILITY_VERSION_3 = 0x20080522
_SIGKILL = 9
NOBODY = 65534
OWN_PID = -1
"""Stands in a filter for the number of the process, which only it knows."""


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction))]


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int32)]


def enter(setup: dict[str, Any]) -> None:
    """Confine this process for good; raises OSError when a step that was asked for is refused.

    ``setup``: ``landlock`` (``size``, ``files``, ``net``, ``scoped``, ``rules``: pairs of path and rights) or ``None``;
    ``user`` (``nobody``, ``stripped``, ``own``); ``rlimits``: pairs; ``filter``: instructions of four numbers, or
    ``None``; ``linux``; ``keep``: the descriptor of the replies.
    """
    os.umask(0o077)
    os.closerange(setup["keep"] + 1, 256)
    os.closerange(3, setup["keep"])
    libc = ctypes.CDLL(None, use_errno=True)
    ruleset = _ruleset(libc, setup["landlock"]) if setup["landlock"] else -1
    if setup["user"] != "own":
        _drop_user(libc, setup["user"])
    if setup["linux"]:
        _check(libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0), "prctl")
        _check(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")
        _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if ruleset >= 0:
        _check(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict_self")
        os.close(ruleset)
    for kind, value in setup["rlimits"]:
        _, hard = resource.getrlimit(kind)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))
    if setup["filter"]:
        _install(libc, setup["filter"])


def _check(result: int, step: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{step}: {os.strerror(code)}")
    return result


def _ruleset(libc: ctypes.CDLL, wanted: dict[str, Any]) -> int:
    attributes = _Ruleset(wanted["files"], wanted["net"], wanted["scoped"])
    ruleset = _check(
        libc.syscall(_LANDLOCK_CREATE, ctypes.byref(attributes), ctypes.c_size_t(wanted["size"]), 0), "landlock"
    )
    for path, rights in wanted["rules"]:
        try:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        rule = _PathBeneath(rights, parent)
        done = libc.syscall(_LANDLOCK_ADD, ruleset, _LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        os.close(parent)
        _check(done, f"landlock_add_rule {path}")
    return ruleset


def _drop_user(libc: ctypes.CDLL, user: str) -> None:
    """Root becomes nobody, or, where nobody could not read the interpreter, root without a single capability."""
    capability = 0
    while libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    if user == "nobody":
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(libc.capset(ctypes.byref(header), nothing), "capset")


def _install(libc: ctypes.CDLL, instructions: list[tuple[int, int, int, int]]) -> None:
    own = os.getpid()
    rows = [_Instruction(code, jt, jf, own if k == OWN_PID else k) for code, jt, jf, k in instructions]
    array = (_Instruction * len(rows))(*rows)
    program = _Program(len(rows), array)
    _check(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0), "seccomp")
