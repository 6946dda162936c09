"""What another terminal says to a running run: ``control.json`` in its folder, ``{"state": "run" | "pause" | "cancel"}``."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from ..errors import NotAsked
from .runs import write_atomic

CONTROL = "control.json"
State = Literal["run", "pause", "cancel"]
STATES: tuple[State, ...] = ("run", "pause", "cancel")
LOOK_EVERY_S = 0.2

ResultT = TypeVar("ResultT")


class ControlFile:
    """The file as one process sees it; without a file (or with one that cannot be read) the run goes on.

    Looking costs one ``stat``. ``changed(state)`` is called once for each change that is seen. Safe for threads.
    """

    def __init__(self, path: Path, changed: Callable[[State], None] = lambda _state: None) -> None:
        self.path, self.changed = path, changed
        self._name = str(path)
        self._stamp: tuple[int, int] | None = None
        self._state: State = "run"
        self._paused_at: float | None = None
        self._paused_s = 0.0
        self._given_up = False
        self._lock = threading.Lock()

    def state(self) -> State:
        """What is wanted now."""
        try:
            found = os.stat(self._name)
        except OSError:
            return self._state if self._stamp is None else self._take(None, "run")
        stamp = (found.st_mtime_ns, found.st_ino)
        return self._state if stamp == self._stamp else self._take(stamp, read_control(self.path))

    def wait(self) -> State:
        """Return at once, or when a pause is over."""
        state = self.state()
        while state == "pause" and not self._given_up:
            time.sleep(LOOK_EVERY_S)
            state = self.state()
        return state

    def gate(self, work: Callable[..., ResultT]) -> Callable[..., ResultT]:
        """``work``, which waits while the run is paused; raises NotAsked once it is cancelled, or stopped in a pause."""

        def gated(*args: Any) -> ResultT:
            if self.state() != "run" and self.wait() != "run":
                raise NotAsked("not asked: the run was cancelled")
            return work(*args)

        return gated

    def paused_s(self) -> float:
        """Seconds of all pauses, the present one included."""
        with self._lock:
            return self._paused_s + (time.monotonic() - self._paused_at if self._paused_at is not None else 0.0)

    def stop(self) -> None:
        """End every wait: the session is over."""
        self._given_up = True

    def _take(self, stamp: tuple[int, int] | None, state: State) -> State:
        with self._lock:
            self._stamp = stamp
            if state == self._state:
                return state
            now = time.monotonic()
            if self._paused_at is not None:
                self._paused_s += now - self._paused_at
            self._paused_at = now if state == "pause" else None
            self._state = state
        self.changed(state)
        return state


def read_control(path: Path) -> State:
    """What the file says; ``run`` where it says nothing that is known."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return "run"
    state = found.get("state") if isinstance(found, dict) else None
    return state if state in STATES else "run"


def write_control(folder: Path, state: State) -> None:
    """Say something to the run of this folder; raises StoreError."""
    write_atomic(folder / CONTROL, json.dumps({"state": state}) + "\n")


def clear_control(folder: Path) -> None:
    """Forget what was said to an earlier session of the run."""
    (folder / CONTROL).unlink(missing_ok=True)
