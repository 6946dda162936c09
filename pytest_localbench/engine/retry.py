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
from ..adapters.faults import ConnectionFailed, ServerSilent
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import GenerationFailed, GenerationTimeout, ModelError, ModelUnavailable

Sleep = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds, unless named otherwise. A server that stays silent for a whole limit is asked ``timeouts`` times.

    ``budget_s`` bounds all attempts and waits of one question: no wait begins that would end beyond it.
    """

    attempts: int = 5
    timeouts: int = 2
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    longest_retry_after_s: float = 120.0
    budget_s: float = 600.0

    def wait_s(self, attempt: int, error: ModelError) -> float | None:
        """Seconds to wait after a failed attempt (counted from 1); ``None`` = give up."""
        asked = error.retry_after_s
        if asked is not None and asked > self.longest_retry_after_s:
            return None
        cap = min(self.longest_wait_s, self.first_wait_s * 2.0**attempt)
        own = max(self.first_wait_s, random.uniform(0.0, cap))
        return own if asked is None or asked < self.first_wait_s else asked


DEFAULT = RetryPolicy()


class CircuitBreaker:
    """Opens after some connection failures in a row, or once the model is unavailable (no such model, no permission);
    then every question fails at once. Requests that were under way together and fail together count once. Safe for
    threads."""

    def __init__(self, limit: int = 5) -> None:
        self._limit = limit
        self._failures = 0
        self._failed_at = float("-inf")
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

    def record(self, error: ModelError | None, started: float, ended: float) -> None:
        """Count an attempt that lasted from ``started`` to ``ended`` (monotonic): ``None`` = it was answered."""
        with self._lock:
            if isinstance(error, ModelUnavailable):
                self._gone = str(error)
            elif not isinstance(error, ConnectionFailed):
                self._failures = 0
            elif started >= self._failed_at:
                self._failures += 1
                self._failed_at = ended
                self._last = str(error)


def ask_with_retry(
    adapter: Adapter,
    request: GenerationRequest,
    policy: RetryPolicy = DEFAULT,
    breaker: CircuitBreaker | None = None,
    sleep: Sleep = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> ModelResponse:
    """The answer with ``attempts`` and ``timing.elapsed_s`` (waits included); raises the last attempt's ModelError.

    ``timing.generation_s`` stays that of the attempt that answered. ``sleep`` returns something true when the run was
    stopped meanwhile: then nothing is asked any more.
    """
    begun, timeouts = clock(), 0
    for attempt in range(1, policy.attempts + 1):
        if breaker is not None:
            breaker.check()
        started = clock()
        try:
            response = adapter.generate(request)
        except ModelError as error:
            now = clock()
            if breaker is not None:
                breaker.record(error, started, now)
            timeouts += isinstance(error, GenerationTimeout | ServerSilent)
            wait = policy.wait_s(attempt, error)
            if not error.retryable or attempt == policy.attempts or timeouts >= policy.timeouts or wait is None:
                raise
            if now - begun + wait > policy.budget_s:
                raise
            if sleep(wait):
                raise GenerationFailed("the run was stopped", retryable=False) from None
            continue
        if breaker is not None:
            breaker.record(None, started, started)
        timing = response.timing.model_copy(update={"elapsed_s": max(0.0, clock() - begun)})
        return response.model_copy(update={"attempts": attempt, "timing": timing})
    raise AssertionError("a policy allows at least one attempt")
