"""A finished run with reviews put in: the scores are made anew from the document, and nobody is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import combinations

from ..domain.review import Review
from ..domain.run import BenchmarkRun
from ..domain.score import EvaluationWeights
from ..domain.task import Task
from ..scoring.agreement import quadratic_kappa
from .fold import FoldInput, fold
from .item import ScoreSettings
from .judging import Judge
from .kept import Kept
from .settle import settle_reviews

WAIT = "localbench review"
"""Notes with this are about answers that wait for people."""


def with_reviews(run: BenchmarkRun, reviews: Iterable[Review], judge_for: Callable[[Task], Judge]) -> BenchmarkRun:
    """The run as it stands after the reviews; its gate is gone, since it judged the scores of before."""
    sheets = list(reviews)
    kept = Kept(
        categories={category.id: category for category in run.categories},
        tasks={(task.category, task.id): task for task in run.tasks},
        models={model.id: model for model in run.models},
        opened={name: dict(facts) for name, facts in run.fingerprints.items()},
        results={result.key: result for result in run.results},
        traffic={traffic.model: traffic for traffic in run.traffic},
        blocked=list(run.offline.blocked) if run.offline is not None else [],
    )
    settings = _settings(run)
    kept.results.update(settle_reviews(kept, sheets, judge_for, settings))
    notes = [note for note in run.notes if WAIT not in note and not note.startswith(REVIEWED)]
    notes += review_notes(run.id, sheets, kept)
    if run.gate is not None:
        notes.append(f"{REVIEWED} after the gates were looked at; set them again with --localbench-rescore={run.id}")
    frame = run.model_copy(update={"notes": tuple(notes), "gate": None})
    return fold(FoldInput(kept, settings, categories=run.categories, judge_for=judge_for), frame)


REVIEWED = "answers were reviewed"


def review_notes(run_id: str, reviews: Iterable[Review], kept: Kept) -> list[str]:
    """How many answers still wait for people, and how far two reviewers agree."""
    waits = sum(
        any(v.evaluator == "manual" and v.status == "pending" for v in result.verdicts)
        for result in kept.results.values()
    )
    notes = (
        [f"{waits} answer{'s' * (waits != 1)} wait{'s' * (waits == 1)} for people: {WAIT} {run_id}"] if waits else []
    )
    return notes + agreement_notes(reviews)


def agreement_notes(reviews: Iterable[Review]) -> list[str]:
    """Kappa of every two reviewers over the grades that both gave."""
    sheets: dict[str, dict[tuple[str, ...], int]] = {}
    for review in sorted(reviews, key=lambda review: review.at):
        place = (review.category, review.task, review.sample, review.evaluator, review.answer_sha256)
        for criterion, grade in review.grades.items():
            sheets.setdefault(review.reviewer, {})[(*place, criterion)] = grade
    notes = []
    for first, second in combinations(sorted(sheets), 2):
        both = [(sheets[first][at], sheets[second][at]) for at in sheets[first] if at in sheets[second]]
        kappa = quadratic_kappa(both)
        if kappa is not None:
            notes.append(f"{first} and {second} agree on {len(both)} grades with a weighted kappa of {kappa:.2f}")
    return notes


def _settings(run: BenchmarkRun) -> ScoreSettings:
    stored = run.settings
    weights, budget = stored.get("weights"), stored.get("cost_budget_usd")
    settings = ScoreSettings(
        weights=EvaluationWeights.model_validate(weights) if weights else None,
        memory_budget_bytes=stored.get("memory_budget_bytes"),
    )
    return settings if budget is None else replace(settings, cost_budget_usd=budget)
