"""Runs one program that a model wrote, behind walls that the kernel holds; asks it questions through pipes.

Levels, see ``docs/sandbox.md``: ``namespace`` (bubblewrap, and inside it the same as ``kernel``), ``kernel`` (Landlock,
seccomp), ``none`` (limits only). Which of them holds on this machine is proven in :mod:`.isolation`.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from typing import Final, Literal

from ..errors import EvaluationError
from .sandbox_folder import WorkFolder
from .sandbox_paths import runtime
from .sandbox_processes import end_group
from .sandbox_setup import Limits, Wall, command, environment, payload, user_inside

Status = Literal["timeout", "output_limit", "disk_limit", "crashed", "exited"]

START_S: Final = 20.0
_POLL_S: Final = 0.05
_LAST_WORDS_S: Final = 0.5
_SILENCE_S: Final = 2.0
_READY: Final = b"ready"


class Ended(Exception):
    """The program is over: ``status`` says how, the message says it in words."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status: Status = status


class Sandbox:
    """One process of a program, from start to end; use it as a context manager.

    ``runner``: source of the trusted code that talks over the pipes (Python: a module with ``main``; JavaScript: a
    script). Raises EvaluationError when the walls could not be put up: the candidate's code was not touched then.
    """

    def __init__(self, language: str, runner: str, wall: Wall, limits: Limits) -> None:
        program = runtime(language)
        if program is None:
            raise EvaluationError(f"{language} is not installed on this machine")
        self.limits = limits
        self._wall, self._program = wall, program
        self._printed = self._replied = 0
        self._last_output = b""
        self._buffer = bytearray()
        self._deadline = time.monotonic() + START_S
        self._folder = WorkFolder(
            limits.folder_bytes, limits.folder_entries, give_away=user_inside(wall, program) == "nobody"
        )
        self._selector = selectors.DefaultSelector()
        self._unsent = bytearray()
        self._replies, ours = os.pipe()
        try:
            self._start(runner, ours)
        except BaseException:
            self.end()
            raise
        finally:
            os.close(ours)
        try:
            self._await_ready()
        except BaseException:
            self.end()
            raise

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _start(self, runner: str, keep: int) -> None:
        wall, program, folder = self._wall, self._program, self._folder.path
        self._process = subprocess.Popen(
            command(wall, program, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment(folder),
            pass_fds=(keep,),
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for descriptor in (self._process.stdin.fileno(), self._process.stdout.fileno(), self._replies):
            os.set_blocking(descriptor, False)
        self._selector.register(self._process.stdout, selectors.EVENT_READ, "output")
        self._selector.register(self._replies, selectors.EVENT_READ, "reply")
        self._send(payload(wall, program, self.limits, runner=runner, folder=folder, keep=keep))

    def _await_ready(self) -> None:
        try:
            if self._line() == _READY:
                self._printed = self._replied = 0
                self._deadline = time.monotonic() + self.limits.wall_s
                return
            words = "it did not report"
        except Ended as ended:
            words = str(ended)
        said = self._last_output.decode("utf-8", "replace").strip().splitlines()
        more = f": {said[-1][:200]}" if said else ""
        raise EvaluationError(f"the sandbox '{self._wall.level}' could not be started ({words}{more})")

    # -- questions ---------------------------------------------------------------------------------------------------

    def ask(self, question: bytes) -> bytes:
        """Send one line, return the next line that comes back; raises Ended."""
        self._send(question + b"\n")
        return self._line()

    def more(self) -> bytes:
        """The line after that; raises Ended."""
        return self._line()

    def _send(self, data: bytes) -> None:
        if not self._unsent:
            self._selector.register(self._process.stdin, selectors.EVENT_WRITE, "input")  # type: ignore[arg-type]
        self._unsent += data

    def _line(self) -> bytes:
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise Ended("timeout", f"the time was over ({self.limits.wall_s:g} s)")
            end = self._buffer.find(b"\n")
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                return line
            for key, _ in self._selector.select(min(left, _POLL_S)):
                self._move(key)
            if self._folder.is_full():
                raise Ended("disk_limit", "it wrote more files than it may")

    def _move(self, key: selectors.SelectorKey) -> None:
        if key.data == "input":
            try:
                done = os.write(key.fd, self._unsent[:65536])
            except BlockingIOError:
                return
            except OSError:
                done = len(self._unsent)
            del self._unsent[:done]
            if not self._unsent:
                self._selector.unregister(key.fileobj)
            return
        try:
            data = os.read(key.fd, 65536)
        except BlockingIOError:
            return
        if key.data == "output":
            self._printed += len(data)
            self._last_output = (self._last_output + data)[-2000:]
            if not data:
                self._selector.unregister(key.fileobj)
            if self._printed > self.limits.output_bytes:
                raise Ended("output_limit", f"it printed more than {self.limits.output_bytes // 1024} kB")
            return
        if not data:
            raise self._obituary()
        self._buffer += data
        self._replied += len(data)
        if self._replied > self.limits.reply_bytes:
            raise Ended("output_limit", f"it answered with more than {self.limits.reply_bytes // 1024} kB")

    def _obituary(self) -> Ended:
        try:
            code = self._process.wait(_LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            return Ended("exited", "it closed its pipes and went on")
        with contextlib.suppress(OSError):
            self._last_output += os.read(self._process.stdout.fileno(), 2000)  # type: ignore[union-attr]
        number = -code if code < 0 else code - 128 if code > 128 else 0
        if number == signal.SIGXCPU:
            return Ended("timeout", "its processor time was over")
        if number == signal.SIGKILL:
            return Ended("crashed", "it was killed (too much memory or processor time)")
        if number:
            with contextlib.suppress(ValueError):
                return Ended("crashed", f"it crashed ({signal.Signals(number).name})")
        return Ended("exited", f"it ended the process (code {code})")

    # -- the end -----------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Kill everything that the program started, remove what it wrote; returns when nothing is left."""
        if self._replies < 0:
            return
        try:
            self._end_process(getattr(self, "_process", None))
        finally:
            self._selector.close()
            os.close(self._replies)
            self._replies = -1
            self._folder.remove()

    def _end_process(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        end_group(process, self._folder.path, unwalled=self._wall.level == "none")
        self._await_silence()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _await_silence(self) -> None:
        """Wait until nobody holds the other end of the replies: a killed namespace takes a moment to die."""
        until = time.monotonic() + _SILENCE_S
        with contextlib.suppress(OSError), selectors.DefaultSelector() as waiting:
            waiting.register(self._replies, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0:
                if waiting.select(left) and not os.read(self._replies, 65536):
                    return
