"""GGUF files through llama.cpp, in a child process of its own.

Model file: ``path`` (or ``model: smollm2``) and ``resources``: ``context_tokens`` (window of one request; default: the
trained context, at most 8192), ``threads`` (default: one less than the processors we may use), ``gpu_layers`` (default
0). ``options``: ``mmproj`` (vision weights), ``chat_template`` (``chatml`` or another name that llama.cpp knows, for
weights that bring none), ``load_timeout_s`` (default 300). Unless a task or the model file says
otherwise: temperature 0, seed 7; the prompt cache is off, because reuse changes answers from run to run.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, Any

from ..domain.model import Capabilities, ModelConfig
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import ConfigError, GenerationFailed, GenerationTimeout, LocalbenchError, ModelUnavailable
from .base import Adapter
from .chat_api import ChatApi
from .faults import ConnectionFailed, excerpt
from .gguf import GgufHeader, read_header, sha256_of
from .weights import cache_dir, resolve_weights
from .wire import WireClient

MAX_DEFAULT_CONTEXT = 8192
LOAD_TIMEOUT_S = 300.0
MAX_RESTARTS = 2
CRASH_NOTICE_S = 0.5
EXIT_WAIT_S = 3.0
DEFAULTS = {"temperature": 0, "seed": 7, "cache_prompt": False}
_OPTIONS = {"mmproj", "chat_template", "load_timeout_s"}


class LlamaCppAdapter(Adapter):
    """One GGUF file."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._restarts = 0
        self._closed = False
        self._header: GgufHeader | None = None

    def preflight(self) -> str | None:
        """Why the weights cannot be used, if so."""
        try:
            self._check()
        except LocalbenchError as error:
            return str(error)
        return None

    def open(self) -> None:
        """Start the child and load the weights; raises ConfigError or ModelUnavailable."""
        self._check()
        with self._lock:
            self._closed = False
            self._start()

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once; a child that died is started again, at most twice."""
        child = self._living()
        try:
            return child.ask(request)
        except GenerationTimeout as late:
            # Our own child reads the prompt or writes: slow, not silent.
            raise GenerationTimeout(
                f"model '{self.config.id}' had not finished after {request.timeout_s:g} s",
                generating=True,
                partial_text=late.partial_text,
            ) from None
        except ConnectionFailed:
            if self._closed or not child.ended(CRASH_NOTICE_S):
                raise
            raise GenerationFailed(self._obituary(child), retryable=True, details=child.log_tail()) from None

    def close(self) -> None:
        """End the child, also one that is still loading."""
        self._closed = True
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def abort(self) -> None:
        """Break requests in flight."""
        child = self._child
        if child is not None and child.wire is not None:
            child.wire.abort()

    def capabilities(self) -> Capabilities:
        """What the header of the file tells, without loading it; what the model file states wins."""
        stated = self.config.capabilities
        try:
            header = read_header(resolve_weights(self.config))
        except LocalbenchError:
            return stated
        template = self.config.options.get("chat_template") or header.chat_template or ""
        found = Capabilities(
            vision=bool(self.config.options.get("mmproj")),
            tools="tools" in template,
            json_schema=True,
            thinking="<think>" in template or "enable_thinking" in template,
            system_prompt=True,
            context_tokens=self._context(header),
        )
        return found.model_copy(update=stated.model_dump(exclude_none=True))

    def processes(self) -> list[int]:
        """The child."""
        child = self._child
        return [child.process.pid] if child is not None else []

    def fingerprint(self) -> dict[str, Any]:
        """Hash of the weights, template, runtime and the settings that change answers or speed."""
        path = resolve_weights(self.config)
        header = read_header(path)
        template = self.config.options.get("chat_template") or header.chat_template
        return {
            "weights": path.name,
            "weights_sha256": sha256_of(path, cache_dir()),
            "weights_bytes": header.size_bytes,
            "architecture": header.architecture,
            "file_type": header.file_type,
            "template_sha256": hashlib.sha256(template.encode()).hexdigest() if template else None,
            "runtime": f"xllamacpp {_version()}",
            "context_tokens": self._context(header),
            "threads": self._threads(),
            "gpu_layers": self.config.resources.gpu_layers or 0,
        }

    # -- the child ---------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        unknown = sorted(set(self.config.options) - _OPTIONS)
        if unknown:
            known = ", ".join(sorted(_OPTIONS))
            raise ConfigError(f"model '{self.config.id}': unknown option '{unknown[0]}'; known: {known}.")
        self._header = read_header(resolve_weights(self.config))
        if not self._header.chat_template and not self.config.options.get("chat_template"):
            raise ModelUnavailable(
                f"the weights of model '{self.config.id}' bring no chat template (a base model?): name the one to use, "
                "e.g. 'options: {chat_template: chatml}'."
            )

    def _context(self, header: GgufHeader) -> int:
        return self.config.resources.context_tokens or min(
            header.context_length or MAX_DEFAULT_CONTEXT, MAX_DEFAULT_CONTEXT
        )

    def _threads(self) -> int:
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
        return self.config.resources.threads or max(1, usable - 1)

    def _start(self) -> _Child:
        """A loaded child. It is known before it loads, so that ``close`` need not wait for it."""
        header = self._header or read_header(resolve_weights(self.config))
        options = self.config.options
        settings = {
            "path": str(resolve_weights(self.config)),
            "alias": self.config.id,
            "mmproj": options.get("mmproj"),
            "chat_template": options.get("chat_template"),
            "n_ctx": self._context(header),
            "parallel": self.config.concurrency,
            "threads": self._threads(),
            "gpu_layers": self.config.resources.gpu_layers or 0,
        }
        child = self._child = _Child(self.config.id, settings)
        try:
            child.load(float(options.get("load_timeout_s", LOAD_TIMEOUT_S)))
        except BaseException:
            child.stop()
            raise
        if self._closed:
            child.stop()
            raise GenerationFailed(f"model '{self.config.id}' was closed while it loaded", retryable=False)
        return child

    def _living(self) -> _Child:
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

    def _obituary(self, child: _Child) -> str:
        code = child.process.returncode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        hint = " (out of memory?)" if code == -9 else ""
        return f"the llama.cpp process of model '{self.config.id}' ended with {how}{hint}"


class _Child:
    """A running server process and the client that talks to it."""

    def __init__(self, model: str, settings: dict[str, Any]) -> None:
        self._model, self._settings = model, settings
        self.wire: WireClient | None = None
        self._api: ChatApi | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile(prefix="localbench-llamacpp-")  # noqa: SIM115 - closed by stop()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest_localbench.adapters.llamacpp_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )

    def load(self, timeout_s: float) -> None:
        """Wait until the weights are loaded; raises ModelUnavailable."""
        url = self._ready_url(timeout_s)
        context = self._settings["n_ctx"]
        hint = f"raise 'resources: context_tokens' of model '{self._model}' (now {context}) or shorten the task"
        # llama.cpp drops kept connections now and then; a new one on loopback costs nothing.
        self.wire = WireClient(url, headers={"Connection": "close"}, context_hint=hint)
        self._api = ChatApi(self.wire, "/v1/chat/completions", self._model, template_reasoning=True, always=DEFAULTS)

    def ask(self, request: GenerationRequest) -> ModelResponse:
        """Ask once."""
        if self._api is None:
            raise GenerationFailed(f"model '{self._model}' is not loaded", retryable=False)
        return self._api.ask(request)

    def _ready_url(self, timeout_s: float) -> str:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it is over already, or was closed: the line below tells
            self.process.stdin.write(json.dumps(self._settings) + "\n")
            self.process.stdin.flush()
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._first_line, args=(lines,), daemon=True).start()
        try:
            line = lines.get(timeout=timeout_s)
        except queue.Empty:
            raise ModelUnavailable(
                f"llama.cpp had not loaded model '{self._model}' after {timeout_s:g} s; raise 'options: load_timeout_s'."
            ) from None
        try:
            ready = json.loads(line)
        except ValueError:
            self.ended(EXIT_WAIT_S)
            last = self.log_tail().strip().splitlines()[-1:]
            ready = {"error": " ".join([f"its process ended with code {self.process.returncode}", *last])}
        if "url" not in ready:
            raise ModelUnavailable(
                f"llama.cpp could not load model '{self._model}' from {self._settings['path']}: "
                f"{excerpt(str(ready.get('error')))}",
                details=self.log_tail(),
            )
        return str(ready["url"])

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

    def log_tail(self, size: int = 2000) -> str:
        """The last lines of llama.cpp's own output."""
        with contextlib.suppress(OSError, ValueError):
            end = self._log.seek(0, os.SEEK_END)
            self._log.seek(max(0, end - size))
            return self._log.read().decode("utf-8", "replace")
        return ""

    def stop(self) -> None:
        """Close its stdin, and end it when that is not heard."""
        if self.wire is not None:
            self.wire.close()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        if not self.ended(EXIT_WAIT_S):
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()


def _version() -> str:
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
