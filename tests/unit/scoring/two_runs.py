"""Builders for runs that are compared: qualities in, a run document out."""

from __future__ import annotations

from scored import ONLY_QUALITY, answer, task

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import Memory
from pytest_localbench.domain.run import BenchmarkRun, Environment
from pytest_localbench.scoring.aggregate import summarize
from pytest_localbench.scoring.tasks import fold_task


def run_of(
    qualities, *, name="r", machine="here", prompts=None, previous=None, method="mean", seconds=1.0, contended=(),
    memory=None, cost=0.0, weights=ONLY_QUALITY, started="2026-01-01T00:00:00Z", levels=None, **fields,
):  # fmt: skip
    """A run of ``{model: {task: quality}}`` in category ``c``; a quality of ``None`` is an error.

    ``prompts``: task -> another prompt (another task hash); ``seconds``: a number or task -> seconds.
    """
    results, folded, tasks = [], [], {}
    for model, own in qualities.items():
        for one, quality in own.items():
            prompt = (prompts or {}).get(one, "?")
            level = (levels or {}).get(one, 2)
            tasks[one] = task(
                one, input={"prompt": prompt}, previous_ids=(previous or {}).get(one, ()), complexity=level
            )
            took = seconds.get(one, 1.0) if isinstance(seconds, dict) else seconds
            found = answer(quality, task=one, model=model, time_s=took, contended=one in contended, cost=cost,
                           weights=weights, complexity=level)  # fmt: skip
            if memory is not None:
                found = found.model_copy(update={"memory": Memory(peak_bytes=memory)})
            results.append(found)
            folded.append(fold_task([found], task=tasks[one], weights=weights))
    categories = (Category(id="c", name="C", aggregation={"method": method}),)
    models = tuple(ModelConfig(id=model, provider="scripted") for model in qualities)
    summary = summarize(categories, models, folded, results)
    return BenchmarkRun(
        id=name, started_at=started, finished_at=started, environment=Environment(machine=machine), categories=categories,
        tasks=tuple(tasks.values()), results=tuple(results), task_results=tuple(folded), summary=summary.scores,
        **{"models": models, **fields},
    )  # fmt: skip
