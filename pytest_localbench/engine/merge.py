"""Several runs as one document: the parts of a sharded run, or runs that asked different things."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ..domain.base import Frozen
from ..domain.response import ResultKey
from ..domain.result import SampleResult
from ..domain.run import BenchmarkRun, CategoryScore, Environment, Offline, Part, PartTimes
from ..domain.score import EvaluationWeights, ScoreComponent
from ..domain.task import Task
from ..errors import DocumentError
from ..scoring.ultimate import ultimate_score
from ..store.identity import new_run_id
from .differences import changed, identity_of
from .fold import FoldInput, fold
from .item import ScoreSettings
from .judging import Judge
from .kept import Kept

EntityT = TypeVar("EntityT", bound=Frozen)
APART = ("time", "memory")
MOST_NAMED = 3


def merge_runs(runs: Sequence[BenchmarkRun], judge_for: Callable[[Task], Judge]) -> BenchmarkRun:
    """One document over all of them: results side by side, scores, comparisons and ranks made anew.

    Raises DocumentError with a sentence where results overlap, or where task, category, model, weights or the number of
    parts are not the same. Between different machines times and memory stand in ``parts`` alone: they are part of no
    score, and medians over machines are not known.
    """
    _refuse(runs)
    machines = list(dict.fromkeys(run.environment.machine for run in runs))
    apart = len(machines) > 1
    kept = _kept(runs, apart=apart)
    settings = _settings(runs)
    missing = _missing(runs)
    shown = (f"run {run.id}: {note}" for run in runs for note in run.notes)
    frame = BenchmarkRun(
        id=new_run_id(),
        started_at=min(run.started_at for run in runs),
        finished_at=max(run.finished_at for run in runs),
        complete=all(run.complete for run in runs) and not missing,
        command=("localbench", "merge", *(run.id for run in runs)),
        plugin_version=runs[0].plugin_version,
        environment=_environment(runs, machines),
        parts=tuple(_part(run) for run in runs),
        offline=Offline() if all(run.offline is not None for run in runs) else None,
        not_run=tuple(dict.fromkeys(name for run in runs for name in run.not_run)),
        lost=tuple(dict.fromkeys(name for run in runs for name in run.lost)),
        judges=tuple(report for run in runs for report in run.judges),
        notes=(*_notes(runs, len(machines), missing), *shown),
    )
    run = fold(FoldInput(kept=kept, settings=settings, judge_for=judge_for), frame)
    return run.model_copy(update={"summary": tuple(map(_timeless, run.summary))}) if apart else run


# -- what does not belong together -----------------------------------------------------------------------------------


def _refuse(runs: Sequence[BenchmarkRun]) -> None:
    for run_id, times in Counter(run.id for run in runs).items():
        if times > 1:
            raise DocumentError(f"run {run_id} is named {times} times; name every run once.")
    _refuse_shards(runs)
    first = runs[0]
    for run in runs[1:]:
        _refuse_pair(first, run)
    _refuse_overlap(runs)
    for what, named in (("task", _tasks), ("category", _categories), ("model", _models)):
        _refuse_changed(runs, what, named)
    seen: dict[str, tuple[str, dict[str, Any]]] = {}
    for run in runs:
        for model in run.fingerprints:
            before, loaded = seen.setdefault(model, (run.id, identity_of(run, model)))
            told = changed(f"model '{model}'", identity_of(run, model), loaded)
            if told:
                raise DocumentError(f"{told[0]} between the runs {before} and {run.id}: these are not the same model.")


def _refuse_shards(runs: Sequence[BenchmarkRun]) -> None:
    totals = {run.shard.partition("/")[2] for run in runs if run.shard}
    if len(totals) > 1:
        numbers = " and ".join(f"{run.id} is {run.shard}" for run in runs if run.shard)
        raise DocumentError(f"these are parts of differently divided runs: {numbers}.")
    owners: dict[str, str] = {}
    for run in runs:
        if run.shard and owners.setdefault(run.shard, run.id) != run.id:
            raise DocumentError(f"the runs {owners[run.shard]} and {run.id} are both part {run.shard}; leave one out.")


def _refuse_pair(first: BenchmarkRun, run: BenchmarkRun) -> None:
    both = f"the runs {first.id} and {run.id}"
    for name in ("weights", "cost_budget_usd"):
        if first.settings.get(name) != run.settings.get(name):
            told = changed("settings", {name: run.settings.get(name)}, {name: first.settings.get(name)})
            raise DocumentError(f"{both} were scored with different settings ({', '.join(told)}); rescore one of them.")
    if first.plugin_version != run.plugin_version:
        raise DocumentError(
            f"{both} were made by different versions of pytest-localbench ({first.plugin_version} and "
            f"{run.plugin_version}); rescore one of them with the other's version."
        )


def _refuse_overlap(runs: Sequence[BenchmarkRun]) -> None:
    owner: dict[ResultKey, str] = {}
    twice: dict[str, list[ResultKey]] = {}
    for run in runs:
        for result in run.results:
            other = owner.setdefault(result.key, run.id)
            if other != run.id:
                twice.setdefault(f"the runs {other} and {run.id}", []).append(result.key)
    for both, keys in twice.items():
        named = ", ".join(map(str, keys[:MOST_NAMED])) + (", ..." if len(keys) > MOST_NAMED else "")
        words = "one result" if len(keys) == 1 else f"{len(keys)} results"
        raise DocumentError(f"{both} overlap: both hold {words} ({named}). Merge runs that asked different items.")


def _tasks(run: BenchmarkRun) -> dict[str, str]:
    return {f"{task.category}/{task.id}": task.content_hash for task in run.tasks}


def _categories(run: BenchmarkRun) -> dict[str, str]:
    return {category.id: category.model_dump_json(exclude={"source"}) for category in run.categories}


def _models(run: BenchmarkRun) -> dict[str, str]:
    return {model.id: model.config_hash for model in run.models}


def _refuse_changed(runs: Sequence[BenchmarkRun], what: str, named: Callable[[BenchmarkRun], dict[str, str]]) -> None:
    seen: dict[str, tuple[str, str]] = {}
    for run in runs:
        for name, content in named(run).items():
            before, then = seen.setdefault(name, (run.id, content))
            if then != content:
                raise DocumentError(f"{what} '{name}' is not the same in the runs {before} and {run.id}.")


# -- joining ---------------------------------------------------------------------------------------------------------


def _kept(runs: Sequence[BenchmarkRun], *, apart: bool) -> Kept:
    kept = Kept()
    for run in runs:
        kept.categories |= {category.id: category for category in run.categories}
        kept.tasks |= {(task.category, task.id): task for task in run.tasks}
        kept.models |= {model.id: model for model in run.models}
        kept.opened = {**run.fingerprints, **kept.opened}
        for entry in run.traffic:
            kept.exchanged(entry)
        kept.blocked += run.offline.blocked if run.offline is not None else ()
        kept.results |= {result.key: _without_times(result) if apart else result for result in run.results}
    return kept


def _without_times(result: SampleResult) -> SampleResult:
    """The result scored without what depends on its machine; ``timing`` and ``memory`` stay as measured."""
    if not result.components:
        return result
    components = tuple(_set_apart(one) if one.name in APART else one for one in result.components)
    return result.model_copy(update={"components": components, "ultimate_score": ultimate_score(components)})


def _set_apart(component: ScoreComponent) -> ScoreComponent:
    reason = f"the runs come from several machines, so {component.name} is left out"
    return component.model_copy(update={"raw": None, "normalized": None, "uncredited": None, "reason": reason})


def _timeless(score: CategoryScore) -> CategoryScore:
    return score.model_copy(update=dict.fromkeys(_MEASURED))


_MEASURED = ("median_time_s", "p95_time_s", "tokens_per_s", "peak_memory_bytes")


def _part(run: BenchmarkRun) -> Part:
    return Part(
        id=run.id,
        shard=run.shard,
        started_at=run.started_at,
        finished_at=run.finished_at,
        machine=run.environment.machine,
        cpu=run.environment.cpu,
        n_results=len(run.results),
        times=tuple(
            PartTimes(category=s.category, model=s.model, **{name: getattr(s, name) for name in _MEASURED})
            for s in run.summary
        ),
    )


def _settings(runs: Sequence[BenchmarkRun]) -> ScoreSettings:
    found = runs[0].settings
    weights, cost = found.get("weights"), found.get("cost_budget_usd")
    budgets = {run.settings.get("memory_budget_bytes") for run in runs}
    return ScoreSettings(
        weights=EvaluationWeights.model_validate(weights) if weights else None,
        cost_budget_usd=ScoreSettings().cost_budget_usd if cost is None else cost,
        memory_budget_bytes=budgets.pop() if len(budgets) == 1 else None,
    )


def _environment(runs: Sequence[BenchmarkRun], machines: Sequence[str]) -> Environment:
    """That of the runs; of several machines a fingerprint of their own, and only what is the same on all."""
    if len(machines) == 1:
        return runs[0].environment
    own = hashlib.sha256("|".join(sorted(machines)).encode()).hexdigest()[:12]
    return Environment(
        machine=own,
        cpu=", ".join(dict.fromkeys(run.environment.cpu for run in runs if run.environment.cpu)),
        packages=_common(run.environment.packages for run in runs),
        workers=max(run.environment.workers for run in runs),
        facts={"machines": list(machines)},
        **{name: _same(getattr(run.environment, name) for run in runs) or "" for name in ("python", "platform")},
    )


def _same(values: Iterable[Any]) -> Any:
    found = list(values)
    return found[0] if all(value == found[0] for value in found) else None


def _common(mappings: Iterable[Mapping[str, str]]) -> dict[str, str]:
    found = list(mappings)
    return {name: value for name, value in found[0].items() if all(one.get(name) == value for one in found)}


def _missing(runs: Sequence[BenchmarkRun]) -> list[str]:
    """Parts of a divided run that were not given."""
    shards = [run.shard for run in runs if run.shard]
    if not shards:
        return []
    total = int(shards[0].partition("/")[2])
    return [name for name in (f"{part}/{total}" for part in range(1, total + 1)) if name not in shards]


def _notes(runs: Sequence[BenchmarkRun], n_machines: int, missing: Sequence[str]) -> Iterable[str]:
    yield f"joined from {len(runs)} runs: " + ", ".join(
        run.id + (f" (part {run.shard})" if run.shard else "") for run in runs
    )
    if missing:
        yield f"parts that are missing: {', '.join(missing)}"
    if n_machines > 1:
        yield f"{n_machines} machines: times and memory stand apart for each run and are in no score"
