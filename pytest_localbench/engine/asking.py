"""From a job to a measured answer: messages, settings, deadline, retries, memory."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..adapters.base import Adapter
from ..domain.response import GenerationRequest, Message, ModelResponse, ResultKey, Timing
from ..domain.task import GenerationParams
from ..errors import GenerationTimeout, LocalbenchError, MissingCapability, ModelUnavailable
from ..store.identity import utc_now
from ..suite.render import build_messages
from .meter import PeakMeter, is_noisy
from .plan import Job
from .reading import check_pictures, check_read
from .requirements import missing_capability
from .retry import DEFAULT, CircuitBreaker, RetryPolicy, ask_with_retry

WARM_UP_TIMEOUT_S = 120.0


def _policy(job: Job) -> RetryPolicy:
    """The usual policy, or as many further attempts as the task allows."""
    retries = job.task.retries_infra
    return DEFAULT if retries is None else replace(DEFAULT, attempts=1 + retries)


class Asker:
    """Asks jobs. ``root``: the root directory, files of tasks are below it; ``log(event, **fields)`` gets events."""

    def __init__(self, root: Path, log: Callable[..., Any]) -> None:
        self._root, self._log = root, log
        self._breakers: dict[str, CircuitBreaker] = {}
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every wait between attempts; nothing is asked again."""
        self._stopped.set()

    def ask(self, adapter: Adapter, job: Job) -> ModelResponse:
        """The answer, with attempts, memory, start and whether the machine was busy.

        An answer that our deadline cut off is returned as far as it came (``timed_out``), with the deadline as its
        time. Raises ModelError when there is no answer; a model that, once open, lacks what the task requires is not asked.
        """
        if adapter.learns() and (lack := missing_capability(job.task, job.model, adapter.capabilities())):
            raise MissingCapability(lack)
        request = self.request(job)
        check_pictures(request.messages, job.model)
        started_at = utc_now()
        local = job.model.is_local
        contended = local and is_noisy()
        breaker = self._breakers.setdefault(job.model.id, CircuitBreaker())
        meter = PeakMeter(adapter.processes())
        try:
            with meter:
                response = ask_with_retry(adapter, request, _policy(job), breaker, self._stopped.wait)
        except GenerationTimeout as late:
            if not late.generating:
                raise
            response = ModelResponse(
                text=late.partial_text,
                finish_reason="unknown",
                timed_out=True,
                timing=Timing(generation_s=request.timeout_s, elapsed_s=request.timeout_s),
                notes=(str(late),),
            )
        check_read(request.messages, response, job.model)
        if response.attempts > 1:
            self._log("asked_again", key=str(job.key), attempts=response.attempts)
        update: dict[str, Any] = {"started_at": started_at}
        memory = meter.memory()
        if memory.peak_bytes is not None:
            update["memory"] = memory
        if contended or (local and is_noisy()):
            update["contended"] = True
        return response.model_copy(update=update)

    def request(self, job: Job) -> GenerationRequest:
        """What is sent for a job; settings of the model win over those of the task."""
        params = job.model.generation.over(job.task.generation)
        schema = job.task.output.json_schema if params.response_format == "schema" else None
        return GenerationRequest(
            key=job.key,
            messages=build_messages(job.task, job.sample, self._root),
            tools=job.task.tools,
            response_schema=schema,
            params=params,
            timeout_s=job.task.timeout_seconds,
        )

    def warm_up(self, adapter: Adapter) -> None:
        """One tiny request, so that the first timed one is not slower; only for local models, unless turned off.

        Raises ModelUnavailable; other failures are left to the first real question.
        """
        config = adapter.config
        if not config.is_local or config.provider == "scripted" or config.warmup is False:
            return
        request = GenerationRequest(
            key=ResultKey(category="warm-up", task="warm-up", sample="-", model=config.id),
            messages=(Message(role="user", content="Say OK."),),
            params=GenerationParams(max_tokens=1),
            timeout_s=WARM_UP_TIMEOUT_S,
        )
        try:
            adapter.generate(request)
        except ModelUnavailable:
            raise
        except LocalbenchError as error:
            with contextlib.suppress(OSError):
                self._log("warm_up_failed", model=config.id, error=str(error))
