"""The one document every report is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import CleanText, Frozen, PlainJson
from .category import Category
from .judging import JudgeReport
from .model import ModelConfig
from .result import SampleResult, TaskResult
from .score import ComponentName
from .task import Task

SCHEMA_VERSION = 2


class Environment(Frozen):
    """The machine and the software of the run; ``machine`` is a fingerprint, times are comparable only within it."""

    machine: str = ""
    python: str = ""
    platform: str = ""
    cpu: str = ""
    cpu_count: int | None = None
    ram_bytes: int | None = None
    packages: dict[str, str] = Field(default_factory=dict)
    workers: int = 1
    facts: dict[str, PlainJson] = Field(default_factory=dict)


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


class Interval(Frozen):
    """A two-sided confidence interval on the 0 to 10 scale."""

    low: float
    high: float
    method: str


class CategoryScore(Frozen):
    """One model in one category. Scores are ``None`` when nothing was scored; coverage is scored/possible tasks.

    ``ultimate_score`` (0 to 10) uses every component the model has. Where the models of the category do not have the
    same components, ``common_score`` is the comparable one over ``common_components``; otherwise it is ``None``.
    ``quality``, ``components``, ``pass_rate`` and ``coverage`` are 0 to 1; ``n_*`` count tasks, except ``n_invalid``,
    ``n_contended`` and ``n_cached`` (answers). Times are taken from undisturbed new answers only; ``cost_usd`` is the sum.
    """

    category: str
    model: str
    ultimate_score: float | None = None
    quality: float | None = None
    interval: Interval | None = None
    components: dict[ComponentName, float | None] = Field(default_factory=dict)
    components_used: tuple[ComponentName, ...] = ()
    common_score: float | None = None
    common_interval: Interval | None = None
    common_components: tuple[ComponentName, ...] = ()
    n_tasks: int = 0
    n_scored: int = 0
    n_passed: int = 0
    n_weak: int = 0
    n_errors: int = 0
    n_pending: int = 0
    n_skipped: int = 0
    n_invalid: int = 0
    n_contended: int = 0
    n_cached: int = 0
    pass_rate: float | None = None
    coverage: float | None = None
    covered: bool = False
    median_time_s: float | None = None
    p95_time_s: float | None = None
    peak_memory_bytes: int | None = None
    cost_usd: float | None = None
    tokens_per_s: float | None = None
    rank: int | None = None
    tied: bool = False
    metrics: dict[str, float | None] = Field(default_factory=dict)


class OverallScore(Frozen):
    """One model over the categories that ran, each counted once; ``partial``: other categories did not run."""

    model: str
    score: float | None = None
    categories: tuple[str, ...] = ()
    partial: bool = False
    reason: str = ""


class GateCheck(Frozen):
    """One threshold and what was found; ``message`` is the sentence shown."""

    expression: str
    category: str | None = None
    model: str | None = None
    task: str | None = None
    value: float | None = None
    threshold: float
    passed: bool
    message: str


class GateOutcome(Frozen):
    """All thresholds of the run."""

    passed: bool
    checks: tuple[GateCheck, ...] = ()


class Comparison(Frozen):
    """Two models on their common tasks; scores on the 0 to 10 scale, ``delta`` = first minus second.

    ``p_value`` is corrected for the number of pairs; ``better`` is the model that is really better, ``None`` = cannot
    tell; ``detectable`` is about the smallest true difference that this many tasks can show.
    """

    category: str
    first: str
    second: str
    n_tasks: int
    delta: float | None = None
    interval: Interval | None = None
    p_value: float | None = None
    better: str | None = None
    detectable: float | None = None
    verdict: str = ""


class Traffic(Frozen):
    """What was exchanged with a model on another machine, in bytes without headers; ``None`` = not known.

    ``counted``: whole request and response ``bodies``, or only the ``contents`` (texts and pictures; at least that much
    went over the wire).
    """

    model: str
    address: str
    requests: int = 0
    sent_bytes: int | None = None
    received_bytes: int | None = None
    counted: Literal["bodies", "contents"] = "bodies"

    def plus(self, other: Traffic) -> Traffic:
        """Both together."""
        known = "contents" if "contents" in {self.counted, other.counted} else "bodies"
        return Traffic(
            model=self.model,
            address=self.address,
            requests=self.requests + other.requests,
            sent_bytes=_sum(self.sent_bytes, other.sent_bytes),
            received_bytes=_sum(self.received_bytes, other.received_bytes),
            counted=known,
        )


class Offline(Frozen):
    """A run that was kept from leaving this machine. ``blocked``: addresses that something tried to reach."""

    blocked: tuple[CleanText, ...] = ()


class PartTimes(Frozen):
    """Times and memory of one model in one category on the machine of one part, see :class:`CategoryScore`."""

    category: str
    model: str
    median_time_s: float | None = None
    p95_time_s: float | None = None
    tokens_per_s: float | None = None
    peak_memory_bytes: int | None = None


class Part(Frozen):
    """One of the runs that a document was joined from. ``machine``: its fingerprint, ``shard`` as in 2/4."""

    id: str
    shard: str | None = None
    started_at: str
    finished_at: str
    machine: str = ""
    cpu: str = ""
    n_results: int = 0
    times: tuple[PartTimes, ...] = ()


class BenchmarkRun(Frozen):
    """A whole run: self-contained, schema-versioned.

    ``paused_s``: seconds in which nothing was asked because somebody had paused it. ``shard``: which part of the items was run, as in 2/4. ``parts``: the runs that a merged document was joined from.
    """

    schema_version: int = SCHEMA_VERSION
    id: str
    started_at: str
    finished_at: str
    complete: bool = True
    paused_s: float | None = None
    shard: str | None = None
    parts: tuple[Part, ...] = ()
    command: tuple[CleanText, ...] = ()
    plugin_version: str = ""
    environment: Environment = Environment()
    settings: dict[str, PlainJson] = Field(default_factory=dict)
    categories: tuple[Category, ...] = ()
    tasks: tuple[Task, ...] = ()
    models: tuple[ModelConfig, ...] = ()
    fingerprints: dict[str, PlainJson] = Field(default_factory=dict)
    results: tuple[SampleResult, ...] = ()
    task_results: tuple[TaskResult, ...] = ()
    summary: tuple[CategoryScore, ...] = ()
    overall: tuple[OverallScore, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    judges: tuple[JudgeReport, ...] = ()
    offline: Offline | None = None
    not_run: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    notes: tuple[CleanText, ...] = ()
    gate: GateOutcome | None = None
    exit_code: int | None = None
