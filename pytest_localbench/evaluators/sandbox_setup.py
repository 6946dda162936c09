"""How a program is started behind its walls: limits, commands, and what the process is told about itself."""

from __future__ import annotations

import marshal
import math
import os
import resource
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from ..errors import EvaluationError
from .sandbox_filter import architecture, build_filter
from .sandbox_paths import Runtime, bound_paths, handled_rights, hidden_paths, landlock_rules, runtime
from .sandbox_processes import MARK, processes_of_user

Level = Literal["namespace", "kernel", "none"]
MIB: Final = 1 << 20
_BOOT: Final = """
import os, marshal
def take(n):
    data = b""
    while len(data) < n:
        piece = os.read(0, min(65536, n - len(data)))
        if not piece:
            os._exit(3)
        data += piece
    return data
sent = marshal.loads(take(int(take(10))))
inside = {"__name__": "inside"}
exec(sent["inside"], inside)
runner = {"__name__": "runner"}
if sent["runner"]:
    exec(sent["runner"], runner)
inside["enter"](sent["setup"])
if sent["node"]:
    os.execve(sent["node"][0], sent["node"], dict(os.environ))
runner["main"](sent["setup"]["keep"])
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use. ``wall_s`` counts from the first question; the other bounds are per process."""

    wall_s: float = 10.0
    memory_bytes: int = 512 * MIB
    file_bytes: int = 8 * MIB
    folder_bytes: int = 32 * MIB
    folder_entries: int = 200
    output_bytes: int = 256 * 1024
    reply_bytes: int = MIB
    open_files: int = 64


@dataclass(frozen=True, slots=True)
class Wall:
    """How a program is kept in. ``landlock``: the version to use, ``None`` = the kernel has none."""

    level: Level
    landlock: int | None = None
    seccomp: bool = True


def user_inside(wall: Wall, program: Runtime) -> str:
    """Who the program runs as: ``own`` user, ``nobody``, or ``stripped`` (root without capabilities)."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        return "own"
    public = program.is_public() and bare_python().is_public()
    return "nobody" if wall.level == "namespace" or public else "stripped"


@cache
def _code(path: str) -> Any:
    return compile(Path(path).read_text("utf-8"), path, "exec")


def environment(folder: str) -> dict[str, str]:
    """Nothing of ours: no keys, no home. A fixed seed for hashes makes equal answers score equally."""
    return {
        "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": folder, "TMPDIR": folder,
        "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "OPENSSL_CONF": "/dev/null", MARK: folder,
    }  # fmt: skip


def payload(wall: Wall, program: Runtime, limits: Limits, *, runner: str, folder: str, keep: int) -> bytes:
    """What the interpreter of the sandbox is sent first."""
    is_node = program.language == "javascript"
    sent = marshal.dumps({
        "inside": _code(str(Path(__file__).with_name("sandbox_inside.py"))),
        "runner": None if is_node else compile(runner, "<runner>", "exec"),
        "node": _node_command(program, runner, keep, limits) if is_node else None,
        "setup": _setup(wall, program, limits, folder, keep),
    })  # fmt: skip
    return f"{len(sent):010d}".encode() + sent


def command(wall: Wall, program: Runtime, folder: str) -> list[str]:
    """A bare interpreter that waits for its :func:`payload`, inside a namespace where the level asks for one."""
    bare = [bare_python().executable, "-s", "-S", "-P", "-B", "-c", _BOOT]
    return [*_bubblewrap(program, folder), *bare] if wall.level == "namespace" else bare


def bare_python() -> Runtime:
    """The interpreter below this one's virtual environment."""
    found = runtime("python")
    assert found is not None
    return found


def _setup(wall: Wall, program: Runtime, limits: Limits, folder: str, keep: int) -> dict[str, Any]:
    arch = architecture()
    is_node = program.language == "javascript"
    abi = wall.landlock
    landlock = None
    if abi:
        landlock = {
            "size": 24 if abi >= 6 else 16 if abi >= 4 else 8,
            "files": handled_rights(abi),
            "net": 3 if abi >= 4 else 0,
            "scoped": 3 if abi >= 6 else 0,
            "rules": landlock_rules(program, folder, abi),
        }
    return {
        "landlock": landlock,
        "user": user_inside(wall, program),
        "rlimits": _rlimits(limits, is_node=is_node, seccomp=wall.seccomp),
        "filter": build_filter(arch, may_exec=is_node) if wall.seccomp and arch else None,
        "linux": sys.platform.startswith("linux"),
        "keep": keep,
    }


def _rlimits(limits: Limits, *, is_node: bool, seccomp: bool) -> list[tuple[int, int]]:
    """Node reserves far more addresses than it uses, so its data is bounded instead (twice: its heap is half of that)."""
    seconds = math.ceil(limits.wall_s) + 1
    memory = (resource.RLIMIT_DATA, 2 * limits.memory_bytes) if is_node else (resource.RLIMIT_AS, limits.memory_bytes)
    found = [
        memory,
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ]
    if not seccomp:
        found.append((resource.RLIMIT_NPROC, processes_of_user() + 64))
    return found


def _node_command(program: Runtime, runner: str, keep: int, limits: Limits) -> list[str]:
    heap = limits.memory_bytes // MIB // 2
    return [program.executable, f"--max-old-space-size={heap}", "--no-warnings", "--eval", runner, str(keep)]


def _bubblewrap(program: Runtime, folder: str) -> list[str]:
    """Everything unshared; a root of its own with the interpreter, read-only, and the work folder."""
    found = shutil.which("bwrap")
    if found is None:
        raise EvaluationError("bubblewrap (bwrap) is not installed")
    python = bare_python()
    words = [found, "--die-with-parent", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        for name in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            words += ["--cap-add", name]
    else:
        words += ["--unshare-user"]
    bound = list(dict.fromkeys([*bound_paths(python), *bound_paths(program)]))
    parents = {str(parent) for path in (*bound, folder) for parent in Path(path).parents}
    for path in sorted(parents - {"/", *bound}):
        if not any(path.startswith(f"{whole}/") for whole in bound):
            words += ["--perms", "0755", "--dir", path]
    for path in bound:
        words += ["--ro-bind", path, path]
    for path in dict.fromkeys([*hidden_paths(python), *hidden_paths(program)]):
        words += ["--tmpfs", path, "--remount-ro", path]
    words += ["--dev", "/dev", "--remount-ro", "/dev", "--bind", folder, folder, "--remount-ro", "/", "--chdir", folder]
    return [*words, "--"]
