"""A model runtime in a child process of its own: started, asked over loopback HTTP, started again, ended.

The child is a module run with ``-m`` (see ``child_main``): it reads one line of JSON from stdin, answers with one line
(``{"url": ...}`` or ``{"error": ...}``) on stdout, and ends when its stdin ends, so it never outlives its parent.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import IO, Any

from ..domain.model import ModelConfig
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import ConfigError, GenerationFailed, GenerationTimeout, LocalbenchError, ModelUnavailable
from .base import Adapter
from .chat_api import ChatApi
from .faults import ConnectionFailed, excerpt

MAX_RESTARTS = 2
CRASH_NOTICE_S = 0.5
EXIT_WAIT_S = 3.0
VISIBLE_DEVICES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GGML_VK_VISIBLE_DEVICES")
DEFAULTS = {"temperature": 0, "seed": 7}
"""What local runtimes are asked unless a task or the model file says otherwise."""


class ChildAdapter(Adapter):
    """An adapter whose model lives in a child process; a child that died is started again, at most twice.

    ``module`` is run, ``runtime`` is its name in messages, ``load_timeout_s`` the default of that option. Subclasses
    check what can be checked without loading (:meth:`check`), say what the child is told (:meth:`settings`), and how it
    is asked (:meth:`connect`).
    """

    module = ""
    runtime = ""
    load_timeout_s = 300.0

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
        self._restarts = 0
        self._closed = False

    @abstractmethod
    def check(self) -> None:
        """Raise ConfigError or ModelUnavailable when the model cannot be loaded, as far as files tell."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What the child is told, as JSON data; ``path`` names the weights in messages."""

    @abstractmethod
    def connect(self, ready: Mapping[str, Any]) -> ChatApi:
        """The client of a loaded child; ``ready`` is its first line."""

    def preflight(self) -> str | None:
        """Why the weights cannot be used, if so."""
        try:
            self.check()
        except LocalbenchError as error:
            return str(error)
        return None

    def open(self) -> None:
        """Start the child and load the weights; raises ConfigError or ModelUnavailable."""
        self.check()
        with self._lock:
            self._closed = False
            self._start()

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once; a child that died is started again, at most twice."""
        child = self._living()
        try:
            return child.ask(request)
        except GenerationTimeout as late:
            raise GenerationTimeout(
                f"model '{self.config.id}' had not finished after {request.timeout_s:g} s",
                generating=self.was_generating(late),
                partial_text=late.partial_text,
            ) from None
        except ConnectionFailed:
            if self._closed or not child.ended(CRASH_NOTICE_S):
                raise
            raise GenerationFailed(self._obituary(child), retryable=True, details=child.log_tail()) from None

    def was_generating(self, late: GenerationTimeout) -> bool:
        """Whether a late answer was slow (our own child reads the prompt or writes) or never had its turn."""
        return True

    def close(self) -> None:
        """End the child, also one that is still loading."""
        self._closed = True
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def abort(self) -> None:
        """Break requests in flight."""
        child = self._child
        if child is not None and child.api is not None:
            child.api.wire.abort()

    def processes(self) -> list[int]:
        """The child."""
        child = self._child
        return [child.process.pid] if child is not None else []

    def threads(self) -> int:
        """Threads of the runtime: as stated, else one less than the processors we may use."""
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
        return self.config.resources.threads or max(1, usable - 1)

    def context_hint(self, context_tokens: int | None) -> str:
        """How to mend a prompt that does not fit."""
        now = "" if context_tokens is None else f" (now {context_tokens})"
        return f"raise 'resources: context_tokens' of model '{self.config.id}'{now} or shorten the task"

    def refuse_unknown_options(self, known: frozenset[str]) -> None:
        """Raise ConfigError for an option that this adapter does not have."""
        for name in sorted(set(self.config.options) - known):
            raise ConfigError(f"model '{self.config.id}': unknown option '{name}'; known: {', '.join(sorted(known))}.")

    # -- the child ---------------------------------------------------------------------------------------------------

    def _start(self) -> ChildProcess:
        """A loaded child. It is known before it loads, so that ``close`` need not wait for it."""
        child = self._child = ChildProcess(self)
        try:
            child.load(float(self.config.options.get("load_timeout_s", self.load_timeout_s)))
        except BaseException:
            child.stop()
            raise
        if self._closed:
            child.stop()
            raise GenerationFailed(f"model '{self.config.id}' was closed while it loaded", retryable=False)
        return child

    def _living(self) -> ChildProcess:
        with self._lock:
            if self._child is None or self._closed:
                raise GenerationFailed(f"model '{self.config.id}' is not open", retryable=False)
            if self._child.ended(0):
                if self._restarts >= MAX_RESTARTS:
                    raise ModelUnavailable(
                        f"{self._obituary(self._child)}; it was restarted {MAX_RESTARTS} times already"
                    )
                self._restarts += 1
                self._child.stop()
                return self._start()
            return self._child

    def _obituary(self, child: ChildProcess) -> str:
        code = child.process.returncode
        if code is not None and code < 0:
            how = f"signal {-code}{' (out of memory?)' if code == -9 else ''}"
        else:
            how = ": ".join([f"exit code {code}", *child.last_words()])
        return f"the {self.runtime} process of model '{self.config.id}' ended with {how}"


class ChildProcess:
    """A running child and the client that talks to it. Its output goes to a log file that only we can read."""

    def __init__(self, adapter: ChildAdapter) -> None:
        self._adapter, self._settings = adapter, adapter.settings()
        self._name = f"model '{adapter.config.id}'"
        self.api: ChatApi | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile(prefix="localbench-child-")  # noqa: SIM115 - closed by stop()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", adapter.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=_environment(adapter.config),
        )

    def load(self, timeout_s: float) -> None:
        """Wait until the weights are loaded; raises ModelUnavailable."""
        self.api = self._adapter.connect(self._ready(timeout_s))

    def ask(self, request: GenerationRequest) -> ModelResponse:
        """Ask once."""
        if self.api is None:
            raise GenerationFailed(f"{self._name} is not loaded", retryable=False)
        return self.api.ask(request)

    def _ready(self, timeout_s: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it is over already, or was closed: the line below tells
            self.process.stdin.write(json.dumps(self._settings) + "\n")
            self.process.stdin.flush()
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._first_line, args=(lines,), daemon=True).start()
        runtime = self._adapter.runtime
        try:
            line = lines.get(timeout=timeout_s)
        except queue.Empty:
            raise ModelUnavailable(
                f"{runtime} had not loaded {self._name} after {timeout_s:g} s; raise 'options: load_timeout_s'."
            ) from None
        try:
            ready = json.loads(line)
        except ValueError:
            self.ended(EXIT_WAIT_S)
            ready = {"error": " ".join([f"its process ended with code {self.process.returncode}", *self.last_words()])}
        if "url" not in ready:
            raise ModelUnavailable(
                f"{runtime} could not load {self._name} from {self._settings['path']}: "
                f"{excerpt(str(ready.get('error')))}",
                details=self.log_tail(),
            )
        return dict(ready)

    def _first_line(self, lines: queue.Queue[str]) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            lines.put(self.process.stdout.readline())

    def ended(self, within_s: float) -> bool:
        """True when the process is over, or gets so in time."""
        deadline = time.monotonic() + within_s
        while self.process.poll() is None:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        return True

    def last_words(self) -> list[str]:
        """The last line of the log, or nothing."""
        return [excerpt(line) for line in self.log_tail().strip().splitlines()[-1:]]

    def log_tail(self, size: int = 2000) -> str:
        """The last lines of the runtime's own output."""
        with contextlib.suppress(OSError, ValueError):
            end = self._log.seek(0, os.SEEK_END)
            self._log.seek(max(0, end - size))
            return self._log.read().decode("utf-8", "replace")
        return ""

    def stop(self) -> None:
        """Close its stdin, and end it when that is not heard."""
        if self.api is not None:
            self.api.wire.close()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        if not self.ended(EXIT_WAIT_S):
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()


def _environment(config: ModelConfig) -> dict[str, str]:
    """The child's environment: it sees the GPUs that ``resources: devices`` names, or all when nothing is named."""
    devices = config.resources.devices
    if devices is None:
        return dict(os.environ)
    return {**os.environ, **dict.fromkeys(VISIBLE_DEVICES, ",".join(str(device) for device in devices))}
