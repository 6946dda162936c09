"""Local models and heavy judging take turns, so that neither is timed beside the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..domain.model import ModelConfig


class Quiet:
    """Whoever judges with :meth:`hush` waits until no local model works, and holds back what would start meanwhile."""

    def __init__(self) -> None:
        self._cond = threading.Condition()
        self._working = 0
        self._hushed = 0
        self._stopped = False

    @contextmanager
    def hush(self, needed: bool = True) -> Iterator[None]:
        """No local model works inside; remote ones do. Without need nobody waits."""
        if not needed:
            yield
            return
        with self._cond:
            self._hushed += 1
        try:
            with self._cond:
                while self._working and not self._stopped:
                    self._cond.wait(1.0)
            yield
        finally:
            with self._cond:
                self._hushed -= 1
                self._cond.notify_all()

    @contextmanager
    def working(self, model: ModelConfig) -> Iterator[None]:
        """A model loads or answers inside; a local one waits for its turn."""
        if not model.is_local:
            yield
            return
        with self._cond:
            while self._hushed and not self._stopped:
                self._cond.wait(1.0)
            self._working += 1
        try:
            yield
        finally:
            with self._cond:
                self._working -= 1
                self._cond.notify_all()

    def stop(self) -> None:
        """Nobody waits any more."""
        with self._cond:
            self._stopped = True
            self._cond.notify_all()
