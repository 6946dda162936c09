"""The blessed baseline: for each task and model the results that later runs are held against."""

from __future__ import annotations

from dataclasses import dataclass

from .renames import with_new_ids
from .response import Memory, Timing
from .result import SampleResult, TaskResult
from .run import BenchmarkRun, Environment

_SCORED = frozenset({"passed", "weak"})
_TOLERANCE = 1e-9
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Blessing:
    """What blessing a run changed: counts of tasks (per model); ``lowered`` names them, as ``category/task[model]``."""

    new: int = 0
    raised: int = 0
    same: int = 0
    changed: int = 0
    kept: int = 0
    lowered: tuple[str, ...] = ()


def scored_tasks(run: BenchmarkRun) -> dict[_Key, TaskResult]:
    """Its results that have a score, by category, task and model."""
    return {(t.category, t.task, t.model): t for t in run.task_results if t.status in _SCORED}


def would_be_lost(run: BenchmarkRun, old: BenchmarkRun | None) -> tuple[str, ...]:
    """The tasks that ``old`` has a score for and ``run`` has none: what replacing the one by the other would lose."""
    if old is None:
        return ()
    mine = scored_tasks(run)
    return tuple(f"{c}/{t}[{m}]" for c, t, m in sorted(scored_tasks(with_new_ids(old, run))) if (c, t, m) not in mine)


def bless(run: BenchmarkRun, old: BenchmarkRun | None) -> tuple[BenchmarkRun, Blessing]:
    """The new baseline: the run's scored tasks, and those of ``old`` that the run did not score.

    Numbers and hashes only: no prompts, answers or reasons. Where results of several machines or settings meet, the
    baseline has none (then only quality is compared with it).
    """
    mine = scored_tasks(run)
    before = {} if old is None else scored_tasks(with_new_ids(old, run))
    kept = {key: result for key, result in before.items() if key not in mine}
    earlier = with_new_ids(old, run).results if old is not None else ()
    answers = [r for r in run.results if _key(r) in mine] + [r for r in earlier if _key(r) in kept]
    alike = old is None or not kept or old.environment.machine == run.environment.machine
    models = {m.id: m for m in (old.models if old is not None and kept else ())} | {m.id: m for m in run.models}
    named = {model for _, _, model in (*mine, *kept)}
    blessed = BenchmarkRun(
        id=run.id,
        started_at=run.started_at,
        finished_at=run.finished_at,
        plugin_version=run.plugin_version,
        environment=Environment(
            machine=run.environment.machine if alike else "",
            python=run.environment.python,
            packages=run.environment.packages,
            workers=run.environment.workers,
        ),
        settings=run.settings if old is None or not kept or old.settings == run.settings else {},
        categories=tuple({c.id: c for c in (*(old.categories if old is not None else ()), *run.categories)}.values()),
        models=tuple(models[name] for name in sorted(models) if name in named),
        fingerprints={
            name: {"fingerprint": found.get("fingerprint")}
            for name, found in {**(old.fingerprints if old is not None else {}), **run.fingerprints}.items()
            if name in named and isinstance(found, dict)
        },
        task_results=tuple(_bare_task(t) for _, t in sorted((mine | kept).items())),
        results=tuple(sorted(map(_bare, answers), key=lambda r: str(r.key))),
    )
    return blessed, _told(mine, before, len(kept))


def _told(mine: dict[_Key, TaskResult], before: dict[_Key, TaskResult], kept: int) -> Blessing:
    counts = {"new": 0, "raised": 0, "same": 0, "changed": 0}
    lowered = []
    for key, result in sorted(mine.items()):
        old = before.get(key)
        gain = None if old is None else (result.quality or 0.0) - (old.quality or 0.0)
        if old is None or gain is None:
            counts["new"] += 1
        elif old.task_hash != result.task_hash:
            counts["changed"] += 1
        elif abs(gain) <= _TOLERANCE:
            counts["same"] += 1
        elif gain > 0:
            counts["raised"] += 1
        else:
            lowered.append("{}/{}[{}]".format(*key))
    return Blessing(**counts, kept=kept, lowered=tuple(lowered))


def _key(result: SampleResult) -> _Key:
    return result.key.category, result.key.task, result.key.model


def _bare_task(result: TaskResult) -> TaskResult:
    components = tuple(c.model_copy(update={"reason": ""}) for c in result.components)
    return result.model_copy(update={"components": components, "verdicts": (), "reason": "", "metrics": {}})


def _bare(result: SampleResult) -> SampleResult:
    return SampleResult(
        key=result.key,
        outcome=result.outcome,
        quality=result.quality,
        weight=result.weight,
        timing=Timing(generation_s=round(result.timing.generation_s, 4)) if result.timing is not None else None,
        memory=Memory(peak_bytes=result.memory.peak_bytes, peak_vram_bytes=result.memory.peak_vram_bytes),
        cost_usd=result.cost_usd,
        resolved_model=result.resolved_model,
        contended=result.contended,
        cached=result.cached,
        task_hash=result.task_hash,
        model_hash=result.model_hash,
    )
