"""Deadlines of requests in flight: one thread that shuts a socket down when its time is over or it has gone silent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field


class Watchdog:
    """One daemon thread that calls back when a deadline passes."""

    def __init__(self) -> None:
        self._cond = threading.Condition()
        self._due: dict[int, tuple[float, Callable[[], None]]] = {}
        self._next = 0
        self._wakes_at = float("inf")
        self._thread: threading.Thread | None = None

    def watch(self, deadline: float, callback: Callable[[], None]) -> int:
        """Call ``callback`` at ``deadline`` (time.monotonic) unless :meth:`forget` comes first."""
        with self._cond:
            self._next += 1
            self._due[self._next] = (deadline, callback)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="localbench-deadlines", daemon=True)
                self._thread.start()
            elif deadline < self._wakes_at:
                self._cond.notify()
            return self._next

    def forget(self, token: int) -> None:
        """The request is over."""
        with self._cond:
            self._due.pop(token, None)

    def _run(self) -> None:
        while True:
            with self._cond:
                now = time.monotonic()
                late = [token for token, (at, _) in self._due.items() if at <= now]
                calls = [self._due.pop(token)[1] for token in late]
                if not calls:
                    self._wakes_at = min((at for at, _ in self._due.values()), default=float("inf"))
                    self._cond.wait(None if not self._due else max(0.0, self._wakes_at - now))
                    self._wakes_at = 0.0
            for call in calls:
                call()


WATCHDOG = Watchdog()


@dataclass(slots=True, eq=False)
class Exchange:
    """One request in flight. ``timeout_s``: seconds for all of it; then, or when aborted, its socket is shut down.

    A stream (see :meth:`listen`) is also given up when nothing is heard for ``first_s`` before the answer began, or
    for ``idle_s`` in the middle of it; ``silent_s`` then holds that limit.
    """

    sock: socket.socket  # kept here: http.client lets go of it as soon as a server says "Connection: close"
    timeout_s: float
    late: bool = False
    aborted: bool = False
    silent_s: float | None = None
    began: Callable[[], bool] = bool
    first_s: float | None = None
    idle_s: float | None = None
    heard_at: float = 0.0
    _deadline: int = 0
    _silence: int = 0
    _over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def broken(self) -> bool:
        """True when we ended it."""
        return self.late or self.aborted or self.silent_s is not None

    def start(self, deadline: float) -> None:
        """Watch the deadline (time.monotonic)."""
        self._deadline = WATCHDOG.watch(deadline, self._expire)

    def listen(self, first_s: float | None, idle_s: float | None, began: Callable[[], bool] | None) -> None:
        """Watch for silence, too. ``began`` tells whether a part of the answer has come; without it any line counts."""
        self.first_s = first_s
        self.idle_s = None if idle_s is None else min(idle_s, self.timeout_s / 2)
        self.heard_at = started = time.monotonic()
        self.began = began or (lambda: self.heard_at > started)
        self._watch_silence()

    def heard(self) -> None:
        """Something came."""
        self.heard_at = time.monotonic()

    def abort(self) -> None:
        """Break it."""
        with self._lock:
            self.aborted = True
            self._shut()

    def over(self) -> None:
        """It ended; nothing is watched any more."""
        with self._lock:
            self._over = True
        WATCHDOG.forget(self._deadline)
        WATCHDOG.forget(self._silence)

    def _expire(self) -> None:
        with self._lock:
            self.late = True
            self._shut()

    def _watch_silence(self) -> None:
        limits = [limit for limit in (self.first_s, self.idle_s) if limit is not None]
        if limits:
            due = max(self.heard_at, time.monotonic() - min(limits) / 2) + min(limits)
            self._silence = WATCHDOG.watch(due, self._check_silence)

    def _check_silence(self) -> None:
        with self._lock:
            if self._over:
                return
            limit = self.idle_s if self.began() else self.first_s
            if limit is None or time.monotonic() < self.heard_at + limit:
                self._watch_silence()
                return
            self.silent_s = limit
            self._shut()

    def _shut(self) -> None:
        # socket.socket.shutdown: SSLSocket's own drops its TLS state under the thread that reads.
        if not self._over:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
