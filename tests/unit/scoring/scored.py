"""Builders for results with known numbers."""

from __future__ import annotations

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ResultKey, Timing
from pytest_localbench.domain.result import SampleResult, TaskResult
from pytest_localbench.domain.score import EvaluationWeights
from pytest_localbench.domain.task import Task
from pytest_localbench.scoring.aggregate import Summary, summarize
from pytest_localbench.scoring.components import score_components
from pytest_localbench.scoring.tasks import fold_task
from pytest_localbench.scoring.ultimate import ultimate_score

WEIGHTS = EvaluationWeights(quality=0.60, time=0.15, complexity=0.05, cost=0.10, memory=0.10)
ONLY_QUALITY = EvaluationWeights(quality=1.0)


def components(quality, *, weights=WEIGHTS, complexity=3, time_s=30.0, expected_s=20.0, cost=0.0, memory=9e9, **more):
    return score_components(
        quality=quality, complexity=complexity, generation_s=time_s, expected_s=expected_s, cost_usd=cost,
        cost_budget_usd=0.01, memory_bytes=memory, memory_budget_bytes=6_000_000_000, weights=weights, **more,
    )  # fmt: skip


def points(quality, **more):
    return ultimate_score(components(quality, **more))


def task(name="t", category="c", **fields) -> Task:
    data = {"id": name, "title": name, "category": category, "input": {"prompt": "?"}, **fields}
    return Task.model_validate(data)


def answer(quality, *, task="t", sample="-", attempt=1, model="m", category="c", outcome=None, contended=False, time_s=1.0,
           weights=ONLY_QUALITY, expected_s=20.0, memory=None, cost=0.0, complexity=2, **fields):  # fmt: skip
    key = ResultKey(category=category, task=task, sample=sample, model=model, attempt=attempt)
    parts = () if quality is None else components(
        quality, weights=weights, complexity=complexity, time_s=time_s, expected_s=expected_s, memory=memory, cost=cost,
        timing_usable=not contended,
    )  # fmt: skip
    name = outcome or ("backend_error" if quality is None else "passed" if quality >= 0.8 else "weak")
    return SampleResult(
        key=key, outcome=name, quality=quality, components=parts, ultimate_score=ultimate_score(parts),
        timing=None if name == "backend_error" else Timing(generation_s=time_s), contended=contended, cost_usd=cost,
        **fields,
    )  # fmt: skip


def fold(*results, weights=ONLY_QUALITY, **fields) -> TaskResult:
    return fold_task(results, task=task(**fields), weights=weights)


def summary(qualities, *, categories=None, weights=ONLY_QUALITY, models=None, **category_fields) -> Summary:
    """Scores of ``{model: {task: quality}}`` in one category ``c``; a quality of ``None`` is an error, ``"skip"`` a skip."""
    names = models or list(qualities)
    answers, folded = [], []
    for model in names:
        for name, quality in qualities[model].items():
            skipped = quality == "skip"
            one = answer(None if skipped else quality, task=name, model=model, outcome="skipped" if skipped else None,
                         weights=weights)  # fmt: skip
            answers.append(one)
            folded.append(fold_task([one], task=task(name), weights=weights))
    return summarize(
        categories or [Category(id="c", name="C", **category_fields)],
        [ModelConfig(id=name, provider="scripted") for name in names], folded, answers,
    )  # fmt: skip


def rows(found: Summary):
    return {s.model: s for s in found.scores}
