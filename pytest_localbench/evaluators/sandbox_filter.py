"""The system calls that model-written code may not make, as a seccomp filter (classic BPF, see seccomp(2)).

What is refused: sockets other than pairs, new processes, signals to and settings of other processes, debugging, mounts,
namespaces, keys, kernel interfaces, memory that outlives the process, changes of owners, modes and times of files
(which Landlock does not cover), emptying files that are not open for writing (which old Landlock does not cover), and
every call that is newer than this table.
"""

from __future__ import annotations

import platform
from typing import Final

from .sandbox_inside import OWN_PID

Instruction = tuple[int, int, int, int]

_LOAD, _EQUAL, _GREATER, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_EPERM, _ENOSYS = 0x00050001, 0x00050026
_NUMBER_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16
_X32: Final = 0x40000000
_NEWEST: Final = 462
_CLONE_THREAD: Final = 0x00010000
_AF_UNIX: Final = 1
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000

_ARCHES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_REFUSED: Final = {
    "x86_64": (
        41, 42, 49, 50, 43, 288,  # socket connect bind listen accept accept4
        101, 310, 311, 440, 448, 434, 438, 424, 312,  # ptrace process_vm_* process_* pidfd_* kcmp
        165, 166, 155, 161, 429, 428, 430, 431, 432, 433, 442, 457, 458,  # mounts, chroot
        272, 308, 112, 109, 303, 304,  # unshare setns setsid setpgid *_by_handle_at
        321, 298, 323, 250, 248, 249, 319, 447, 300, 253, 294,  # bpf perf userfaultfd keys memfd_* fanotify inotify
        90, 91, 268, 452, 92, 93, 94, 260, 188, 189, 190, 197, 198, 199,  # chmod chown setxattr removexattr
        132, 235, 280, 261, 76,  # utime utimes utimensat futimesat truncate
        29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71, 240, 241,  # System V IPC, message queues
        203, 144, 142, 314, 141, 251, 256, 279,  # sched_set* setpriority ioprio_set move_pages
        179, 443, 167, 168, 169, 246, 320, 175, 313, 176, 163,  # quota swap reboot kexec modules acct
        164, 227, 159, 305, 103, 170, 171, 172, 173, 154, 135, 153, 212, 180,  # clocks, names, ports, personality
        200, 129, 297, 57, 58, 322,  # tkill *sigqueueinfo fork vfork execveat
    ),
    "aarch64": (
        198, 203, 200, 201, 202, 242,
        117, 270, 271, 440, 448, 434, 438, 424, 272,
        40, 39, 41, 51, 429, 428, 430, 431, 432, 433, 442, 457, 458,
        97, 268, 157, 154, 264, 265,
        280, 241, 282, 219, 217, 218, 279, 447, 262, 26,
        52, 53, 452, 55, 54, 5, 6, 7, 14, 15, 16,
        88, 45,
        194, 196, 195, 190, 193, 191, 192, 186, 189, 188, 187, 180, 181,
        122, 119, 118, 274, 140, 30, 238, 239,
        60, 443, 224, 225, 142, 104, 294, 105, 273, 106, 89,
        170, 112, 171, 266, 116, 161, 162, 92, 58, 18, 42,
        130, 138, 240, 281,
    ),
}  # fmt: skip
_ABSENT: Final = (435, 437, 425, 426, 427)  # clone3 openat2 io_uring_*: programs fall back on older calls
_CALLS: Final = {
    "x86_64": {"execve": 59, "clone": 56, "kill": 62, "tgkill": 234, "prlimit64": 302, "socketpair": 53,
               "prctl": 157, "fcntl": 72, "ioctl": 16, "openat": 257, "open": 2},
    "aarch64": {"execve": 221, "clone": 220, "kill": 129, "tgkill": 131, "prlimit64": 261, "socketpair": 199,
                "prctl": 167, "fcntl": 25, "ioctl": 29, "openat": 56},
}  # fmt: skip
_PRCTLS: Final = (1, 4, 35, 36, 0x59616D61)  # PDEATHSIG DUMPABLE MM CHILD_SUBREAPER PTRACER
_FCNTLS: Final = (8, 10, 15)  # SETOWN SETSIG SETOWN_EX: a signal to another process
_IOCTLS: Final = (0x8901, 0x8902, 0x5412, 0x541C, 0x540E)  # owners of sockets, input of terminals


def architecture() -> str | None:
    """The machine's name in the tables, ``None`` when it has none."""
    name = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    return name if name in _ARCHES else None


def build_filter(arch: str, *, may_exec: bool) -> list[Instruction]:
    """The filter for a program; ``may_exec`` leaves ``execve`` to the rules on files (node is started by it)."""
    calls = _CALLS[arch]
    refused = _REFUSED[arch] if may_exec else (*_REFUSED[arch], calls["execve"])
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 1, 0, _ARCHES[arch]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if arch == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _KILL)]
    program += [(_GREATER, 0, 1, _NEWEST), (_RETURN, 0, 0, _ENOSYS)]
    for number in refused:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _EPERM)]
    for number in _ABSENT:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ENOSYS)]
    program += _only(calls["kill"], 0, (OWN_PID,)) + _only(calls["tgkill"], 0, (OWN_PID,))
    program += _only(calls["prlimit64"], 0, (0, OWN_PID)) + _only(calls["socketpair"], 0, (_AF_UNIX,))
    program += _never(calls["prctl"], 0, _PRCTLS) + _never(calls["fcntl"], 1, _FCNTLS)
    program += _never(calls["ioctl"], 1, _IOCTLS)
    program += _branch(calls["clone"], 0, [(_ANY_BIT, 0, 1, _CLONE_THREAD), (_RETURN, 0, 0, _ALLOW)], _EPERM)
    program += _no_emptying(calls["openat"], 2)
    if "open" in calls:
        program += _no_emptying(calls["open"], 1)
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _no_emptying(number: int, flags: int) -> list[Instruction]:
    """Opening for reading with O_TRUNC empties a file; what may be written is opened for writing."""
    reading = [(_AND, 0, 0, _O_ACCMODE | _O_TRUNC), (_EQUAL, 0, 1, _O_TRUNC), (_RETURN, 0, 0, _EPERM)]
    return _branch(number, flags, reading, _ALLOW)


def _only(number: int, argument: int, values: tuple[int, ...]) -> list[Instruction]:
    tests = [step for value in values for step in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW))]
    return _branch(number, argument, tests, _EPERM)


def _never(number: int, argument: int, values: tuple[int, ...]) -> list[Instruction]:
    tests = [step for value in values for step in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, _EPERM))]
    return _branch(number, argument, tests, _ALLOW)


def _branch(number: int, argument: int, tests: list[Instruction], otherwise: int) -> list[Instruction]:
    """For one call: look at the low half of an argument; every way through ends in a verdict."""
    load = (_LOAD, 0, 0, _ARGS_AT + 8 * argument)
    return [(_EQUAL, 0, len(tests) + 2, number), load, *tests, (_RETURN, 0, 0, otherwise)]
