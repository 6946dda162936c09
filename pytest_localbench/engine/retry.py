"""Asks again when that may help: capped exponential waits with full jitter, and a breaker for dead servers.

Full jitter after M. Brooker, "Exponential Backoff and Jitter" (2015): each wait is uniform between 0 and the cap.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..adapters.base import Adapter
from ..adapters.faults import ConnectionFailed
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import GenerationTimeout, ModelError, ModelUnavailable


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds, unless named otherwise. A server that stays silent for a whole deadline is asked ``timeouts`` times."""

    attempts: int = 5
    timeouts: int = 2
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    longest_retry_after_s: float = 120.0

    def wait_s(self, attempt: int, error: ModelError) -> float | None:
        """Seconds to wait after a failed attempt (counted from 1); ``None`` = give up."""
        if error.retry_after_s is not None:
            return error.retry_after_s if error.retry_after_s <= self.longest_retry_after_s else None
        cap = min(self.longest_wait_s, self.first_wait_s * 2.0**attempt)
        return max(self.first_wait_s, random.uniform(0.0, cap))


DEFAULT = RetryPolicy()


class CircuitBreaker:
    """Opens after some connection failures in a row, or once the model is unavailable (no such model, no permission);
    then every question fails at once. Safe for threads."""

    def __init__(self, limit: int = 5) -> None:
        self._limit = limit
        self._failures = 0
        self._last = ""
        self._gone: str | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise ModelUnavailable when open."""
        with self._lock:
            if self._gone is not None:
                raise ModelUnavailable(self._gone)
            if self._failures >= self._limit:
                raise ModelUnavailable(f"given up after {self._failures} failed connections in a row: {self._last}")

    def record(self, error: ModelError | None) -> None:
        """Count an attempt: ``None`` = it was answered."""
        with self._lock:
            if isinstance(error, ModelUnavailable):
                self._gone = str(error)
            elif isinstance(error, ConnectionFailed):
                self._failures += 1
                self._last = str(error)
            else:
                self._failures = 0


def ask_with_retry(
    adapter: Adapter,
    request: GenerationRequest,
    policy: RetryPolicy = DEFAULT,
    breaker: CircuitBreaker | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> ModelResponse:
    """The answer with ``attempts`` and ``timing.elapsed_s`` (waits included); raises the last attempt's ModelError.

    ``timing.generation_s`` stays that of the attempt that answered.
    """
    started, timeouts = clock(), 0
    for attempt in range(1, policy.attempts + 1):
        if breaker is not None:
            breaker.check()
        try:
            response = adapter.generate(request)
        except ModelError as error:
            if breaker is not None:
                breaker.record(error)
            timeouts += isinstance(error, GenerationTimeout)
            wait = policy.wait_s(attempt, error)
            if not error.retryable or attempt == policy.attempts or timeouts >= policy.timeouts or wait is None:
                raise
            sleep(wait)
            continue
        if breaker is not None:
            breaker.record(None)
        timing = response.timing.model_copy(update={"elapsed_s": max(0.0, clock() - started)})
        return response.model_copy(update={"attempts": attempt, "timing": timing})
    raise AssertionError("a policy allows at least one attempt")
