"""What a run will take, told from earlier runs of the same models; what no run tells is ``None``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from ..domain.model import ModelConfig
from ..domain.response import Usage
from ..domain.result import SampleResult
from ..domain.run import BenchmarkRun
from ..scoring.components import cost_of
from .plan import Job


@dataclass(frozen=True, slots=True)
class Forecast:
    """One model. ``seconds`` (loading included) and ``cost_usd`` for all its questions; ``n_known``: questions that
    were asked before, the others are taken for average ones."""

    model: ModelConfig
    n_questions: int
    n_known: int = 0
    seconds: float | None = None
    cost_usd: float | None = None
    memory_bytes: int | None = None


def forecast(jobs: Iterable[Job], runs: Sequence[BenchmarkRun], machine: str) -> list[Forecast]:
    """One forecast per model, in the order of the jobs.

    Times are those of ``runs`` (oldest first) on the machine with this fingerprint, tokens those of all; only answers
    of the same model with the same settings count, and of several to a question the newest.
    """
    by_model: dict[str, list[Job]] = {}
    for job in jobs:
        by_model.setdefault(job.model.id, []).append(job)
    return [_of(own[0].model, own, runs, machine) for own in by_model.values()]


def total_seconds(forecasts: Iterable[Forecast]) -> float | None:
    """How long all take: models of a lane one after another, lanes side by side; ``None`` when one is not known."""
    lanes: dict[str, float] = {}
    for one in forecasts:
        if one.seconds is None:
            return None
        lanes[one.model.lane_id] = lanes.get(one.model.lane_id, 0.0) + one.seconds
    return max(lanes.values(), default=0.0)


def total_cost(forecasts: Iterable[Forecast]) -> float | None:
    """USD of all; ``None`` when one is not known."""
    costs = [one.cost_usd for one in forecasts]
    return None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs)


def _of(model: ModelConfig, jobs: Sequence[Job], runs: Sequence[BenchmarkRun], machine: str) -> Forecast:
    seconds: dict[tuple[str, str, str], float] = {}
    tokens: dict[tuple[str, str, str], Usage] = {}
    load_s, peak = 0.0, None
    for run in runs:
        here = run.environment.machine == machine
        opened = run.fingerprints.get(model.id)
        if here and isinstance(opened, dict):
            load_s = float(opened.get("load_s") or 0.0)
        for result in run.results:
            if result.key.model != model.id or result.model_hash != model.config_hash or result.cached:
                continue
            place = (result.key.category, result.key.task, result.key.sample)
            tokens[place] = result.usage
            if here and (took := _seconds(result)) is not None:
                seconds[place] = took
                peak = result.memory.peak_bytes or peak
    places = [(job.key.category, job.key.task, job.key.sample) for job in jobs]
    prices = {place: cost_of(usage, model.pricing, model.is_local) for place, usage in tokens.items()}
    known = {place: price for place, price in prices.items() if price is not None}
    spread = _sum(places, seconds)
    return Forecast(
        model=model,
        n_questions=len(jobs),
        n_known=sum(place in seconds for place in places),
        seconds=None if spread is None else load_s + spread / model.concurrency,
        cost_usd=0.0 if model.is_local else _sum(places, known),
        memory_bytes=peak,
    )


def _seconds(result: SampleResult) -> float | None:
    if result.timing is None:
        return None
    return result.timing.elapsed_s if result.timing.elapsed_s is not None else result.timing.generation_s


def _sum(places: Sequence[tuple[str, str, str]], values: dict[tuple[str, str, str], float]) -> float | None:
    """Over all questions; one that was never asked counts as the mean of its category, else of all."""
    if not values:
        return None
    by_category: dict[str, list[float]] = {}
    for (category, _, _), value in values.items():
        by_category.setdefault(category, []).append(value)
    means = {category: fmean(group) for category, group in by_category.items()}
    usual = fmean(values.values())
    return sum(values.get(place, means.get(place[0], usual)) for place in places)
