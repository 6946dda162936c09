"""What a run may take: seconds and money. When it is spent, nothing more is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..adapters.base import Adapter
from ..domain.response import ModelResponse
from ..errors import NotAsked
from ..scoring.components import cost_of
from .plan import Job

Ask = Callable[[Adapter, Job], ModelResponse]


class Budget:
    """Limits of one process; ``None`` = none. Safe for threads.

    Time runs from :meth:`start`, less what the run was paused; questions under way when it ends are finished. Money:
    a question is not begun when it and those under way, each at the price of the dearest answer of its model so far,
    would go beyond the limit. ``clock`` gives seconds since the epoch, which workers share, ``paused_s`` those of all pauses.
    """

    def __init__(
        self,
        seconds: float | None = None,
        usd: float | None = None,
        clock: Callable[[], float] = time.time,
        paused_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.seconds, self.usd, self._clock, self._paused_s = seconds, usd, clock, paused_s
        self.wanted = seconds is not None or usd is not None
        self.spent_usd = 0.0
        self._began: float | None = None
        self._reserved = 0.0
        self._dearest: dict[str, float] = {}
        self._no_money = False
        self._lock = threading.Lock()

    def start(self, began: float | None = None) -> None:
        """The run begins now, or began at ``began``."""
        self._began = self._clock() if began is None else began

    def over(self) -> str | None:
        """Why nothing is asked any more; ``None`` while there is something left."""
        spent_s = 0.0 if self._began is None else self._clock() - self._began - self._paused_s()
        if self.seconds is not None and self._began is not None and spent_s >= self.seconds:
            return f"not asked: the budget of {duration(self.seconds)} was over"
        return f"not asked: the limit of {self.usd:g} USD was reached" if self._no_money else None

    def around(self, ask: Ask, *, timed: bool = True) -> Ask:
        """``ask`` within the budget; raises NotAsked when it is spent. ``timed`` False: money alone counts."""
        if not self.wanted:
            return ask

        def limited(adapter: Adapter, job: Job) -> ModelResponse:
            reserved = self._reserve(job, timed=timed)
            try:
                response = ask(adapter, job)
            except BaseException:
                self._settle(job, reserved, None)
                raise
            self._settle(job, reserved, cost_of(response.usage, job.model.pricing, job.model.is_local))
            return response

        return limited

    def _reserve(self, job: Job, *, timed: bool) -> float:
        with self._lock:
            price = self._dearest.get(job.model.id, 0.0)
            if self.usd is not None and self.spent_usd + self._reserved + price > self.usd:
                self._no_money = True
            reason = self.over()
            if reason is not None and (timed or self._no_money):
                raise NotAsked(reason)
            self._reserved += price
            return price

    def _settle(self, job: Job, reserved: float, cost: float | None) -> None:
        with self._lock:
            self._reserved -= reserved
            self.spent_usd += cost or 0.0
            self._dearest[job.model.id] = max(self._dearest.get(job.model.id, 0.0), cost or 0.0)
            if self.usd is not None and self.spent_usd >= self.usd > 0:
                self._no_money = True


def duration(seconds: float) -> str:
    """``90 s``, ``30 min``, ``1 h 30 min``."""
    if seconds < 120 and seconds % 60:
        return f"{seconds:g} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else "") if part
    )
