"""Sends one job through an adapter: builds the request, retries, measures, and tells slow answers from silent servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..adapters.base import Adapter
from ..domain.response import GenerationRequest, Message, ModelResponse, ResultKey, Timing
from ..domain.task import GenerationParams
from ..errors import GenerationTimeout, ModelError, ModelUnavailable
from ..store.identity import utc_now
from ..suite.render import build_messages
from .meter import PeakMeter, is_noisy
from .plan import Job
from .retry import ask_with_retry

WARM_UP = GenerationRequest(
    key=ResultKey(category="warm-up", task="warm-up", sample="-", model="-"),
    messages=(Message(role="user", content="Say OK."),),
    params=GenerationParams(temperature=0.0, max_tokens=1),
)


class Asker:
    """``ask`` for one job, ``warm_up`` once per opened model."""

    def __init__(self, root: Path, log: Callable[..., None]) -> None:
        self._root, self._log = root, log

    def ask(self, adapter: Adapter, job: Job) -> ModelResponse:
        """The measured answer of one job; raises ModelError."""
        request = self._request(job)
        started = utc_now()
        noisy = job.model.is_local and is_noisy()
        with PeakMeter(adapter.processes()) as meter:
            try:
                response = ask_with_retry(adapter, request)
            except GenerationTimeout as error:
                if not error.generating:
                    raise
                timing = Timing(generation_s=request.timeout_s)
                response = ModelResponse(text=error.partial_text, timing=timing, timed_out=True, notes=("timed_out",))
        noisy = noisy or (job.model.is_local and is_noisy())
        memory = response.memory if response.memory.peak_bytes is not None else meter.memory()
        return response.model_copy(update={"memory": memory, "contended": noisy, "started_at": started})

    def warm_up(self, adapter: Adapter) -> None:
        """One unscored token for local models, so that lazy loading is not charged to the first question."""
        config = adapter.config
        wanted = config.warmup if config.warmup is not None else config.is_local and config.provider != "scripted"
        if wanted:
            try:
                adapter.generate(WARM_UP)
            except ModelUnavailable:
                raise
            except ModelError as error:
                self._log("warm_up_failed", model=config.id, error=str(error))

    def _request(self, job: Job) -> GenerationRequest:
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
