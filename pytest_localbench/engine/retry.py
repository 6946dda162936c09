"""Asks again where that may help: bounded, with full jitter, and honouring what the server asked for (RFC 9110, Retry-After)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..adapters.base import Adapter
from ..domain.response import GenerationRequest, ModelResponse
from ..errors import ModelError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``max_attempts`` requests in all; waits between ``base_s`` and ``max_wait_s``; ``budget_s`` for the whole item."""

    max_attempts: int = 5
    base_s: float = 0.5
    max_wait_s: float = 30.0
    max_retry_after_s: float = 120.0
    budget_s: float = 600.0


DEFAULT_POLICY = RetryPolicy()


def ask_with_retry(
    adapter: Adapter,
    request: GenerationRequest,
    policy: RetryPolicy = DEFAULT_POLICY,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> ModelResponse:
    """The answer, with the number of attempts and the elapsed time; ``generation_s`` is that of the last request alone.

    Raises the last ModelError when it is final, when the attempts or the budget are used up, or when the server asks
    for a longer wait than allowed.
    """
    started = clock()
    for attempt in range(1, policy.max_attempts + 1):
        try:
            response = adapter.generate(request)
        except ModelError as error:
            wait = _wait(error, attempt, policy)
            if wait is None or clock() - started + wait > policy.budget_s:
                raise
            sleep(wait)
            continue
        timing = response.timing.model_copy(update={"elapsed_s": max(0.0, clock() - started)})
        return response.model_copy(update={"attempts": attempt, "timing": timing})
    raise AssertionError("the last attempt returns or raises")


def _wait(error: ModelError, attempt: int, policy: RetryPolicy) -> float | None:
    if not error.retryable or attempt >= policy.max_attempts:
        return None
    if error.retry_after_s is not None:
        return error.retry_after_s if error.retry_after_s <= policy.max_retry_after_s else None
    ceiling = min(policy.max_wait_s, policy.base_s * 2**attempt)
    return random.uniform(policy.base_s, ceiling)
