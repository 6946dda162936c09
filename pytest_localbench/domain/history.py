"""Earlier runs, as much of them as a chart over time needs."""

from __future__ import annotations

import hashlib
import json

from .base import Frozen
from .run import BenchmarkRun


class PastScore(Frozen):
    """One model in one category of an earlier run; scores 0 to 10, ``quality`` 0 to 1, ``None`` = not known."""

    category: str
    model: str
    score: float | None = None
    low: float | None = None
    high: float | None = None
    quality: float | None = None
    median_time_s: float | None = None
    tokens_per_s: float | None = None
    n_scored: int = 0
    covered: bool = False


class PastRun(Frozen):
    """One earlier run. ``fingerprints``: model -> 16 hex digits over its settings and what its adapter loaded.

    Times are comparable only between runs with the same ``machine``.
    """

    id: str
    started_at: str
    machine: str = ""
    complete: bool = True
    fingerprints: dict[str, str] = {}
    scores: tuple[PastScore, ...] = ()

    @classmethod
    def of(cls, run: BenchmarkRun) -> PastRun:
        """The part of a run that is kept; its answers are not looked at."""
        return cls(
            id=run.id,
            started_at=run.started_at,
            machine=run.environment.machine,
            complete=run.complete,
            fingerprints={model.id: _digest(model.config_hash, run.fingerprints.get(model.id)) for model in run.models},
            scores=tuple(
                PastScore(
                    category=s.category,
                    model=s.model,
                    score=s.ultimate_score,
                    low=s.interval.low if s.interval else None,
                    high=s.interval.high if s.interval else None,
                    quality=s.quality,
                    median_time_s=s.median_time_s,
                    tokens_per_s=s.tokens_per_s,
                    n_scored=s.n_scored,
                    covered=s.covered,
                )
                for s in run.summary
            ),
        )


def _digest(config_hash: str, opened: object) -> str:
    loaded = opened.get("fingerprint") if isinstance(opened, dict) else None
    return hashlib.sha256(json.dumps([config_hash, loaded], sort_keys=True).encode()).hexdigest()[:16]
