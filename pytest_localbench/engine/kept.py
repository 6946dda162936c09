"""What a run recorded, as typed values: kept while it runs, or read back from the journals of its workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..domain.category import Category
from ..domain.model import ModelConfig
from ..domain.response import ResultKey
from ..domain.result import SampleResult
from ..domain.run import Traffic
from ..domain.task import Task
from ..store.journal import Records


@dataclass
class Kept:
    """What was recorded of a run: snapshots by id, results by key, started items, traffic, sessions (one, unless the run
    was resumed), damaged lines."""

    categories: dict[str, Category] = field(default_factory=dict)
    tasks: dict[tuple[str, str], Task] = field(default_factory=dict)
    models: dict[str, ModelConfig] = field(default_factory=dict)
    opened: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: dict[ResultKey, SampleResult] = field(default_factory=dict)
    started: list[tuple[ResultKey, str]] = field(default_factory=list)
    traffic: dict[str, Traffic] = field(default_factory=dict)
    blocked: list[str] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    damaged: int = 0

    def exchanged(self, traffic: Traffic) -> None:
        """Add what one process exchanged with other machines for a model."""
        earlier = self.traffic.get(traffic.model)
        self.traffic[traffic.model] = traffic if earlier is None else traffic.plus(earlier)

    @classmethod
    def from_records(cls, records: Records) -> Kept:
        """What the journals hold; of a snapshot that several processes wrote, the first."""
        kept = cls(damaged=records.damaged)
        for data in records.of("category"):
            if data["id"] not in kept.categories:
                kept.categories[data["id"]] = Category.model_validate(data)
        for data in records.of("task"):
            if (data["category"], data["id"]) not in kept.tasks:
                kept.tasks[data["category"], data["id"]] = Task.model_validate(data)
        for data in records.of("model"):
            if data["id"] not in kept.models:
                kept.models[data["id"]] = ModelConfig.model_validate(data)
        for data in records.of("opened"):
            kept.opened[data["model"]] = {name: value for name, value in data.items() if name != "model"}
        for data in records.of("result"):
            result = SampleResult.model_validate(data)
            kept.results[result.key] = result
        kept.started = [(ResultKey.model_validate(data["key"]), data["nodeid"]) for data in records.of("started")]
        for data in records.of("traffic"):
            kept.exchanged(Traffic.model_validate(data))
        for data in records.of("blocked"):
            kept.blocked += data["names"]
        kept.sessions = list(records.of("session"))
        return kept
