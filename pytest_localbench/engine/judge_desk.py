"""Where a judge is asked: a model that is opened for it, or what it said in an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Self

from ..adapters.base import Adapter
from ..domain.model import ModelConfig
from ..domain.response import ModelResponse
from ..errors import ModelUnavailable
from .plan import Job


class OpenDesk:
    """A judge that is opened; grades are asked for by schema where the model takes one.

    ``make`` builds (not opens) the adapter; ``ask`` sends a question through it.
    """

    def __init__(
        self,
        model: ModelConfig,
        make: Callable[[ModelConfig], Adapter],
        ask: Callable[[Adapter, Job], ModelResponse],
    ) -> None:
        self.model, self._make, self._ask = model, make, ask
        self._adapter: Adapter | None = None

    def __enter__(self) -> Self:
        self._adapter = self._make(self.model)
        try:
            self._adapter.open()
        except BaseException:
            self._adapter.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._adapter is not None:
            self._adapter.close()

    def ask(self, job: Job) -> ModelResponse:
        """Its answer; raises ModelError."""
        assert self._adapter is not None
        structured = self._adapter.capabilities().json_schema is True
        return self._ask(self._adapter, by_schema(job) if structured else job)


class StoredDesk:
    """What a judge said then; nobody is asked. ``stored`` finds it, ``lack`` is the sentence when there is nothing."""

    def __init__(self, model: ModelConfig, stored: Callable[[Job], ModelResponse | None], lack: str) -> None:
        self.model, self._stored, self._lack = model, stored, lack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def ask(self, job: Job) -> ModelResponse:
        """What was said to this question; raises ModelUnavailable."""
        for asked in (job, by_schema(job)):
            found = self._stored(asked)
            if found is not None:
                return found
        raise ModelUnavailable(self._lack)


def by_schema(job: Job) -> Job:
    """The same question, with the form of the grades enforced."""
    generation = job.task.generation.model_copy(update={"response_format": "schema"})
    return replace(job, task=job.task.model_copy(update={"generation": generation}))
