"""The run-ahead engine: lanes side by side, models of a lane one after another, ``concurrency`` requests in a model.

A lane stands for one resource; its thread loads one model, answers that model's jobs in plan order, closes it and goes
on. The item loop takes answers with :meth:`Engine.response`; a job that is waited for is always admitted, whatever the
look-ahead, and makes the lane switch models if it must. All threads are daemons, so an interrupted run can end.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..adapters.base import Adapter
from ..domain.model import ModelConfig
from ..domain.response import ModelResponse
from ..errors import ConfigError, ModelError, ModelUnavailable, NotAsked
from .plan import Job, Plan
from .quiet import Quiet

DEFAULT_LOOK_AHEAD = 512
STOP_WAIT_S = 5.0

Ask = Callable[[Adapter, Job], ModelResponse]
Log = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a job: an answer, or why there is none (as a message: exceptions are made anew for each item)."""

    response: ModelResponse | None
    error: ModelError | None = None


@dataclass(slots=True)
class Opened:
    """What is known of a model once it was opened."""

    load_s: float
    capabilities: dict[str, Any]
    fingerprint: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)


class Lane:
    """One resource and its jobs."""

    def __init__(self, lane_id: str) -> None:
        self.id = lane_id
        self.pending: dict[str, deque[Job]] = {}
        self.later: dict[int, list[Job]] = {}
        self.demanded: deque[Job] = deque()
        self.ahead = 0
        self.resting = False
        self.thread: threading.Thread | None = None

    def add(self, job: Job, number: int = 0) -> None:
        """Queue a job behind the others of its model, in a round."""
        if number:
            self.later.setdefault(number, []).append(job)
        else:
            self.pending.setdefault(job.model.id, deque()).append(job)

    def next_round(self) -> bool:
        """Queue the jobs of the next round; False when there is none."""
        if not self.later:
            return False
        for job in self.later.pop(min(self.later)):
            self.add(job)
        return True


class Engine:
    """Answers jobs ahead of time.

    ``make_adapter`` builds (not opens) an adapter; ``ask`` sends one job through it, with retries and measuring;
    ``prepare`` is called once after a model was opened (warm-up) and returns what is to be recorded of it;
    ``look_ahead`` bounds the answers that wait per lane; ``halted`` says why no model is opened any more, or ``None``.
    """

    def __init__(
        self,
        *,
        make_adapter: Callable[[ModelConfig], Adapter],
        ask: Ask,
        prepare: Callable[[Adapter], dict[str, Any]],
        look_ahead: int | None = None,
        halted: Callable[[], str | None] = lambda: None,
        log: Log = lambda *_a, **_k: None,
    ) -> None:
        self._make_adapter, self._ask, self._prepare = make_adapter, ask, prepare
        self._look_ahead = look_ahead or DEFAULT_LOOK_AHEAD
        # A lane that is far ahead rests until half of its window is free: one wake-up for many questions.
        self._go_on_at = self._look_ahead // 2 if self._look_ahead >= DEFAULT_LOOK_AHEAD else self._look_ahead - 1
        self._log, self._halted = log, halted
        self._cond = threading.Condition()
        self._lanes: dict[str, Lane] = {}
        self._replies: dict[Job, Reply] = {}
        self._asked: set[Job] = set()
        self._given: set[Job] = set()
        self._failed: dict[str, str] = {}
        self._adapters: dict[str, Adapter] = {}
        self._stopped = False
        self.quiet = Quiet()
        self.opened: dict[str, Opened] = {}
        self.loads: dict[str, int] = {}

    def add(self, plan: Plan) -> None:
        """Take over the jobs; nothing starts yet."""
        for lane_id, jobs in plan.lanes().items():
            lane = self._lanes.setdefault(lane_id, Lane(lane_id))
            for job in jobs:
                lane.add(job, plan.round_of(job))

    def start(self, lane_id: str | None = None) -> None:
        """Start one lane, or all of them."""
        for lane in [self._lanes[lane_id]] if lane_id else self._lanes.values():
            if lane.thread is None and not self._stopped:
                lane.thread = threading.Thread(
                    target=self._run_lane, args=(lane,), name=f"localbench-{lane.id}", daemon=True
                )
                lane.thread.start()

    def response(self, job: Job) -> ModelResponse:
        """The answer of a job, waiting for it; raises a fresh ModelError when there is none."""
        with self._cond:
            if job not in self._replies:
                lane = self._lanes.setdefault(job.model.lane_id, Lane(job.model.lane_id))
                lane.demanded.append(job)
                self.start(lane.id)
                self._cond.notify_all()
                while job not in self._replies and not self._stopped:
                    self._cond.wait(1.0)
            reply = self._replies.get(job) or Reply(None, ModelError("the run was stopped before this was answered"))
        if reply.error is not None:
            raise reply.error
        assert reply.response is not None
        return reply.response

    def release(self, job: Job) -> None:
        """The item of this job is over: forget its answer, move the look-ahead window, do not ask it any more."""
        with self._cond:
            self._given.add(job)
            self._replies.pop(job, None)
            if job in self._asked:
                lane = self._lanes[job.model.lane_id]
                lane.ahead -= 1
                if lane.resting and lane.ahead <= self._go_on_at:
                    lane.resting = False
                    self._cond.notify_all()

    def stop(self) -> None:
        """Drop what is queued, break what is in flight, close every adapter; returns within seconds."""
        self.quiet.stop()
        with self._cond:
            self._stopped = True
            self._cond.notify_all()
            adapters = list(self._adapters.values())
        running = [lane.thread for lane in self._lanes.values() if lane.thread is not None]
        if any(thread.is_alive() for thread in running) and self._asked - self._given:
            for adapter in adapters:
                adapter.abort()
        deadline = time.monotonic() + STOP_WAIT_S
        for thread in running:
            thread.join(max(0.0, deadline - time.monotonic()))
        for adapter in adapters:
            adapter.close()

    # -- lane threads ------------------------------------------------------------------------------------------------

    def _run_lane(self, lane: Lane) -> None:
        while (model := self._next_model(lane)) is not None:
            with self.quiet.working(model):
                adapter = self._open(model)
            if adapter is None:
                self._fail_all(lane, model)
                continue
            try:
                self._serve(lane, model, adapter)
            finally:
                adapter.close()
                with self._cond:
                    self._adapters.pop(model.id, None)
                self._log("model_closed", model=model.id, notes=list(adapter.notes()) or None)

    def _next_model(self, lane: Lane) -> ModelConfig | None:
        with self._cond:
            while not self._stopped:
                self._prune(lane)
                if lane.demanded and (lane.resting or not self._first_pending(lane)):
                    return lane.demanded[0].model
                pending = self._first_pending(lane)
                if pending is not None and not lane.resting:
                    return pending.model
                self._cond.wait()
            return None

    def _first_pending(self, lane: Lane) -> Job | None:
        for jobs in lane.pending.values():
            while jobs and (jobs[0] in self._asked or jobs[0] in self._given):
                jobs.popleft()
            if jobs:
                return jobs[0]
        return self._first_pending(lane) if lane.next_round() else None

    def _prune(self, lane: Lane) -> None:
        while lane.demanded and (lane.demanded[0] in self._asked or lane.demanded[0] in self._given):
            lane.demanded.popleft()

    def _open(self, model: ModelConfig) -> Adapter | None:
        if model.id in self._failed or self._halted():
            return None
        started = time.perf_counter()
        adapter: Adapter | None = None
        self._log("model_opening", model=model.id, provider=model.provider)
        try:
            adapter = self._make_adapter(model)
            with self._cond:
                if self._stopped:
                    return None
                self._adapters[model.id] = adapter
            adapter.open()
            load_s = time.perf_counter() - started
            facts = self._prepare(adapter)
            self.opened[model.id] = Opened(
                load_s, adapter.capabilities().model_dump(exclude_none=True), adapter.fingerprint(), facts
            )
        except Exception as error:  # noqa: BLE001 - whatever an adapter raises costs its own items only
            known = isinstance(error, ModelError | ConfigError)
            self._failed[model.id] = str(error) if known else f"{model.provider} failed to start: {error!r}"
            if adapter is not None:
                adapter.close()
            self._log("model_failed", model=model.id, error=self._failed[model.id])
            return None
        self.loads[model.id] = self.loads.get(model.id, 0) + 1
        self._log("model_opened", model=model.id, load_s=round(load_s, 3))
        return adapter

    def _fail_all(self, lane: Lane, model: ModelConfig) -> None:
        halted = None if model.id in self._failed else self._halted()
        message = halted or self._failed.get(model.id, "the run was stopped")
        with self._cond:
            doomed = [*lane.pending.pop(model.id, ()), *(job for job in lane.demanded if job.model.id == model.id)]
            for job in doomed:
                if job not in self._given:
                    self._replies[job] = Reply(None, (NotAsked if halted else ModelUnavailable)(message))
            lane.demanded = deque(job for job in lane.demanded if job.model.id != model.id)
            self._cond.notify_all()

    def _serve(self, lane: Lane, model: ModelConfig, adapter: Adapter) -> None:
        def work() -> None:
            while (job := self._take(lane, model)) is not None:
                self._answer(job, adapter)

        extra = [
            threading.Thread(target=work, name=f"localbench-{model.id}-{n}", daemon=True)
            for n in range(1, min(model.concurrency, len(lane.pending.get(model.id, ())) or 1))
        ]
        for thread in extra:
            thread.start()
        work()
        for thread in extra:
            thread.join()

    def _take(self, lane: Lane, model: ModelConfig) -> Job | None:
        with self._cond:
            while not self._stopped:
                self._prune(lane)
                for job in lane.demanded:
                    if job.model.id == model.id and job not in self._asked:
                        return self._admit(lane, job)
                jobs = lane.pending.get(model.id, deque())
                while jobs and (jobs[0] in self._asked or jobs[0] in self._given):
                    jobs.popleft()
                if not jobs:
                    return None
                if not lane.resting:
                    return self._admit(lane, jobs.popleft())
                if lane.demanded:
                    return None
                self._cond.wait()
            return None

    def _admit(self, lane: Lane, job: Job) -> Job:
        self._asked.add(job)
        lane.ahead += 1
        lane.resting = lane.resting or lane.ahead >= self._look_ahead
        return job

    def _answer(self, job: Job, adapter: Adapter) -> None:
        try:
            with self.quiet.working(job.model):
                reply = Reply(self._ask(adapter, job))
        except ModelError as error:
            reply = Reply(None, error.with_traceback(None))
        except Exception as error:  # noqa: BLE001 - a bug in an adapter costs one answer, not the run
            reply = Reply(None, ModelError(f"the adapter '{job.model.provider}' failed: {error!r}"))
        with self._cond:
            if job not in self._given:
                self._replies[job] = reply
            self._cond.notify_all()
