"""What will be asked, in the order of the items: one job per question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..domain.model import ModelConfig
from ..domain.response import ResultKey
from ..domain.task import Sample, Task


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One question: a sample of a task for one model, one attempt."""

    key: ResultKey
    task: Task
    sample: Sample
    model: ModelConfig


class Plan:
    """The jobs of a session. A dropped job is not asked ahead of time; its item still asks on demand.

    ``round_of``: a lane finishes the jobs of one round, of all its models, before it begins the next.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.jobs: list[Job] = list(jobs)
        self.round_of: Callable[[Job], int] = lambda _job: 0

    def drop(self, job: Job) -> None:
        """Leave a job out of the run-ahead."""
        self.jobs.remove(job)

    def lanes(self) -> dict[str, list[Job]]:
        """Jobs by lane, lanes and jobs in plan order."""
        lanes: dict[str, list[Job]] = {}
        for job in self.jobs:
            lanes.setdefault(job.model.lane_id, []).append(job)
        return lanes
