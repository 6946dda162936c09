"""From a job to a measured answer: messages, settings, deadline, retries, memory."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..adapters.base import Adapter
from ..domain.model import ModelConfig
from ..domain.response import GenerationRequest, Message, ModelResponse, ResultKey, Timing
from ..domain.task import GenerationParams
from ..errors import GenerationTimeout, LocalbenchError, MissingCapability, ModelUnavailable
from ..scoring.components import cost_of
from ..store.identity import utc_now
from ..suite.render import build_messages
from .dialogue import converse, is_dialogue, tools_of
from .machine import available_bytes, too_little_memory
from .meter import PeakMeter, own_memory, with_speeds
from .noise import NoiseMeter, is_noisy
from .plan import Job
from .reading import ReadCheck, check_pictures
from .requirements import missing_capability
from .retry import DEFAULT, CircuitBreaker, RetryPolicy, ask_with_retry
from .traffic import TrafficMeter

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
        self._noise = NoiseMeter()
        self._reading = ReadCheck()
        self._baselines: dict[str, int | None] = {}
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._last = threading.local()
        self.traffic = TrafficMeter()

    def adopt(self, adapter: Adapter) -> Adapter:
        """Called before a model is opened: raises ModelUnavailable when it would not fit into memory, notes what this
        process holds without it, and counts what it will send."""
        self.traffic.watch(adapter)
        if type(adapter).processes is not Adapter.processes:
            problem = too_little_memory(adapter.config, adapter.memory_needed_bytes(), available_bytes())
            if problem:
                raise ModelUnavailable(problem)
            self._baselines[adapter.config.id] = own_memory()
        return adapter

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
        model = job.model
        breaker = self._breakers.setdefault(model.id, CircuitBreaker())
        meter = PeakMeter(adapter.processes(), self._baselines.get(model.id))
        disturbance = _Disturbance(self, model)
        try:
            with meter, disturbance:
                response = self._exchange(adapter, job, request, breaker)
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
        if response.dialogue is None:
            self._account(adapter, request, response)
        update: dict[str, Any] = {
            "started_at": started_at,
            "timing": with_speeds(response.timing, response.usage),
            **disturbance.found,
        }
        memory = meter.memory(response.memory)
        if memory is not response.memory:
            update["memory"] = memory
        return response.model_copy(update=update)

    def _exchange(
        self, adapter: Adapter, job: Job, request: GenerationRequest, breaker: CircuitBreaker
    ) -> ModelResponse:
        """One question, or as many turns as a task with tools takes."""
        if not is_dialogue(job.task):
            return ask_with_retry(adapter, request, _policy(job), breaker, self._stopped.wait)
        native = adapter.capabilities().tools is True
        tools = tools_of(job.task) if native else ()

        def turn(messages: tuple[Message, ...], number: int, left_s: float) -> ModelResponse:
            update = {"messages": messages, "tools": tools, "turn": number, "timeout_s": left_s}
            asked = request.model_copy(update=update)
            policy = replace(_policy(job), budget_s=left_s)
            response = ask_with_retry(adapter, asked, policy, breaker, self._stopped.wait)
            self._account(adapter, asked, response)
            return response.model_copy(update={"timing": with_speeds(response.timing, response.usage)})

        return converse(job.task, request.messages, turn, native=native, timeout_s=request.timeout_s)

    def _account(self, adapter: Adapter, request: GenerationRequest, response: ModelResponse) -> None:
        """Check that the prompt was read, and count what was sent."""
        self._reading.check(request.messages, response, adapter.config)
        if response.attempts > 1:
            self._log("asked_again", key=str(request.key), attempts=response.attempts)
        self.traffic.add(adapter, request, response)

    def _count(self, model: ModelConfig, step: int) -> int:
        """Questions to a local model under way; a table of answers is not slowed by the next question."""
        if model.provider == "scripted":
            return 0
        with self._lock:
            self._in_flight[model.id] += step
            return self._in_flight[model.id]

    def request(self, job: Job) -> GenerationRequest:
        """What is sent for a job; settings of the model win over those of the task. Each thread keeps its last one: an
        answer is looked up by it before it is asked for."""
        last = getattr(self._last, "made", None)
        if last is not None and last[0] is job:
            return last[1]  # type: ignore[no-any-return]
        params = job.model.generation.over(job.task.generation)
        schema = job.task.output.json_schema if params.response_format == "schema" else None
        made = GenerationRequest(
            key=job.key,
            messages=build_messages(job.task, job.sample, self._root),
            tools=tools_of(job.task),
            response_schema=schema,
            params=params,
            timeout_s=job.task.timeout_seconds,
        )
        self._last.made = (job, made)
        return made

    def warm_up(self, adapter: Adapter) -> dict[str, Any]:
        """One tiny request, so that the first timed one is not slower: for local models unless ``warmup: false``, for
        others only with ``warmup: true``. Returns what is to be recorded of it: seconds, tokens, cost.

        Raises ModelUnavailable; other failures are left to the first real question.
        """
        config = adapter.config
        wanted = config.is_local and config.provider != "scripted" if config.warmup is None else config.warmup
        if not wanted:
            return {}
        request = GenerationRequest(
            key=ResultKey(category="warm-up", task="warm-up", sample="-", model=config.id),
            messages=(Message(role="user", content="Say OK."),),
            params=GenerationParams(max_tokens=1),
            timeout_s=WARM_UP_TIMEOUT_S,
        )
        try:
            response = adapter.generate(request)
        except ModelUnavailable:
            raise
        except LocalbenchError as error:
            with contextlib.suppress(OSError):
                self._log("warm_up_failed", model=config.id, error=str(error))
            return {}
        self.traffic.add(adapter, request, response)
        return {
            "warm_up": {
                "seconds": response.timing.generation_s,
                **response.usage.model_dump(exclude_none=True),
                "cost_usd": cost_of(response.usage, config.pricing, config.is_local),
            }
        }


class _Disturbance:
    """Around one question to a local model: what made its time unfair (``contended``), and the machine's state."""

    def __init__(self, asker: Asker, model: ModelConfig) -> None:
        self._asker, self._model = asker, model
        self._noisy = self._shared = False
        self.found: dict[str, Any] = {}

    def __enter__(self) -> None:
        if self._model.is_local:
            self._noisy = is_noisy(self._asker._noise.stamp())
            self._shared = self._asker._count(self._model, 1) > 1

    def __exit__(self, *_: object) -> None:
        if not self._model.is_local:
            return
        shared = self._asker._count(self._model, -1) > 0 or self._shared
        noise = self._asker._noise.stamp()
        if self._noisy or shared or is_noisy(noise):
            self.found["contended"] = True
        if self._model.provider != "scripted" or self.found:
            self.found["noise"] = noise
