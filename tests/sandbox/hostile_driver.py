"""Runs the hostile programs at one level and prints what came of them, as JSON: ``hostile_driver.py LEVEL``.

Uses the standard library and the sandbox alone, so that it runs under a user who can read nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from hostile_programs import ALL, Hostile  # noqa: E402

from pytest_localbench.evaluators.code_values import BadReply, Raised, read_reply, show  # noqa: E402
from pytest_localbench.evaluators.isolation import landlock_version  # noqa: E402
from pytest_localbench.evaluators.isolation_probes import tongue  # noqa: E402
from pytest_localbench.evaluators.sandbox import Ended, Sandbox  # noqa: E402
from pytest_localbench.evaluators.sandbox_paths import runtime  # noqa: E402
from pytest_localbench.evaluators.sandbox_setup import Limits, Wall  # noqa: E402

LIMITS = Limits(wall_s=1.5)
PATIENT = Limits(wall_s=8.0)
TRACES = ("/dev/shm/localbench-canary", "/tmp/localbench-canary", "/var/tmp/localbench-canary")


class Outside:
    """What lies outside, open to every user, and what became of it."""

    def __init__(self, stack: ExitStack) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="localbench-outside-"))
        stack.callback(shutil.rmtree, self.root, ignore_errors=True)
        self.root.chmod(0o777)
        tempfile.tempdir = str(self.root / "tmp")
        (self.root / "tmp").mkdir(mode=0o777)
        (self.root / "tmp").chmod(0o777)
        os.environ["LOCALBENCH_TEST_KEY"] = "sk-canary"
        for name in ("key", "answers", "target"):
            (self.root / name).write_text(f"canary {name}")
            (self.root / name).chmod(0o666)
        self.target = (self.root / "target").stat()
        self.victim = subprocess.Popen(["sleep", "300"])
        stack.callback(self.victim.kill)
        self.listeners = []
        for family, kind, place in (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(self.root / "socket")),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.root}"),
        ):
            listener = stack.enter_context(socket.socket(family, kind))
            listener.bind(place)
            listener.setblocking(False)
            if kind == socket.SOCK_STREAM:
                listener.listen()
            self.listeners.append(listener)
        (self.root / "socket").chmod(0o777)

    def at(self, other: str) -> dict[str, object]:
        """What a program is told."""
        files = {name: str(self.root / name) for name in ("key", "answers", "target")}
        ports = {"tcp": self.listeners[0].getsockname()[1], "udp": self.listeners[1].getsockname()[1]}
        return {**files, **ports, "folder": str(self.root), "unix": str(self.root / "socket"), "abstract": str(self.root),
                "host": os.getpid(), "victim": self.victim.pid, "other": other}  # fmt: skip

    def harm(self) -> list[str]:
        """What was changed or reached."""
        found = [f"left {trace}" for trace in TRACES if os.path.exists(trace)]
        with suppress(OSError):
            target = (self.root / "target").stat()
            same = (target.st_ino, target.st_mode, target.st_nlink, target.st_mtime_ns, target.st_uid)
            before = self.target
            if same != (before.st_ino, before.st_mode, before.st_nlink, before.st_mtime_ns, before.st_uid):
                found.append("changed the file")
        if not (self.root / "target").exists() or (self.root / "target").read_text() != "canary target":
            found.append("changed the file's content")
        if self.victim.poll() is not None:
            found.append("killed the victim")
        for listener in self.listeners:
            with suppress(BlockingIOError):
                listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()
                found.append("reached a listener")
        return found

    def left_behind(self) -> list[str]:
        """Processes of a sandbox that are still there, and folders that were not removed."""
        found = [f"folder {path.name}" for path in (self.root / "tmp").iterdir()]
        mark = f"{self.root}/tmp".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "environ").read_bytes() and process.name != str(os.getpid()):
                    found.append(f"process {process.name}")
        return found


def run_one(program: Hostile, wall: Wall, at: dict[str, object]) -> dict[str, object]:
    """How one program ended and what it says it achieved."""
    speak = tongue(program.language)
    began = time.monotonic()
    status, said = "returned", ""
    slow = "timeout" not in program.ends
    try:
        with Sandbox(program.language, speak.runner, wall, PATIENT if slow else LIMITS) as box:
            began = time.monotonic()
            loaded = read_reply(box.ask(speak.question("a", "load", source=program.source, entry="attack")), "a")
            if isinstance(loaded, Raised):
                return {"status": "not loaded", "said": str(loaded), "seconds": 0.0}
            reply = read_reply(box.ask(speak.question("b", "call", arguments=[at])), "b")
            status, said = ("raised", str(reply)) if isinstance(reply, Raised) else (status, show(reply.value))
    except Ended as ended:
        status, said = ended.status, str(ended)
    except BadReply:
        status = "bad reply"
    return {"status": status, "said": said, "seconds": time.monotonic() - began}


def main(level: str) -> dict[str, object]:
    """All programs at a level. ``harm`` and ``left`` are over all of them."""
    wall = Wall(level, landlock_version())
    with ExitStack() as stack:
        outside = Outside(stack)
        neighbour = stack.enter_context(Sandbox("python", tongue("python").runner, wall, Limits(wall_s=300)))
        other = neighbour._folder.path
        (Path(other) / "secret").write_text("canary")
        (Path(other) / "secret").chmod(0o666)
        at = outside.at(other)
        programs = [p for p in ALL if runtime(p.language) is not None]
        with ThreadPoolExecutor(4) as pool:
            found = dict(
                zip([p.name for p in programs], pool.map(lambda p: run_one(p, wall, at), programs), strict=True)
            )
        found["plants code for a later run"] = run_one(
            next(p for p in ALL if p.name == "plants code for a later run"), wall, at
        )
        harm = outside.harm()
        neighbour.end()
        return {"programs": found, "harm": harm, "left": outside.left_behind()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
