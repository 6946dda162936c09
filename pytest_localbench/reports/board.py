"""The numbers every report shows, computed once from the run document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..domain.result import SampleResult
from ..domain.run import BenchmarkRun, CategoryScore

COUNTED = ("truncated", "empty", "invalid_json", "looped", "refused", "schema_mismatch", "budget_exhausted", "too_slow")
_WORDS = {
    "truncated": "cut off at max_tokens",
    "empty": "empty",
    "invalid_json": "without valid JSON",
    "looped": "repeating themselves",
    "refused": "refusals",
    "schema_mismatch": "of the wrong form",
    "budget_exhausted": "all thinking and no answer",
    "too_slow": "too slow",
}


@dataclass(frozen=True)
class Row:
    """One model in one category."""

    score: CategoryScore
    rank: str
    best: bool


@dataclass(frozen=True)
class Board:
    """What is shown: rows by category, notes, and the run itself."""

    run: BenchmarkRun
    names: dict[str, str]
    rows: dict[str, tuple[Row, ...]]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, run: BenchmarkRun) -> Board:
        """Everything a report needs."""
        names = {category.id: category.name for category in run.categories}
        rows = {
            category: tuple(_row(s, run.summary) for s in run.summary if s.category == category)
            for category in dict.fromkeys(s.category for s in run.summary)
        }
        return cls(run, names, rows, tuple(_notes(run)))


def _row(score: CategoryScore, summary: Sequence[CategoryScore]) -> Row:
    peers = [s for s in summary if s.category == score.category and s.rank is not None]
    alone = score.rank == 1 and not score.tied and len(peers) > 1
    if score.rank is None:
        text = "-"
    elif score.tied:
        last = score.rank + sum(p.rank == score.rank for p in peers) - 1
        text = f"{score.rank}-{last} (tied)"
    else:
        text = str(score.rank)
    return Row(score, text, alone)


def _notes(run: BenchmarkRun) -> list[str]:
    notes = list(run.notes)
    for model in [m.id for m in run.models]:
        answers = [r for r in run.results if r.key.model == model and r.quality is not None]
        notes += _odd_answers(model, answers)
        noisy = sum(r.contended for r in answers)
        if noisy:
            notes.append(
                f"{model}: {noisy} of {len(answers)} answers were timed while other work ran; their times do not count"
            )
    for score in run.summary:
        if score.n_scored and not score.covered:
            share = score.coverage or 0.0
            notes.append(
                f"{score.category} {score.model}: only {share:.0%} of the tasks were scored; the score cannot pass a gate"
            )
        if 0 < score.n_scored < 5:
            notes.append(f"{score.category} {score.model}: {score.n_scored} tasks are too few for an interval")
        if score.n_skipped:
            notes.append(
                f"{score.category} {score.model}: {score.n_skipped} tasks do not fit this model and were skipped"
            )
        if score.common_components:
            notes.append(f"{score.category}: models are compared on {', '.join(score.common_components)} only")
    for comparison in run.comparisons:
        notes.append(f"{comparison.category}: {comparison.verdict}")
    limits = {c.category: c for c in run.comparisons if c.better is None and c.detectable is not None}
    for category, comparison in limits.items():
        notes.append(
            f"{category}: with {comparison.n_tasks} tasks, differences below about {comparison.detectable:.1f} points "
            "cannot be told from chance"
        )
    if run.lost:
        notes.append(f"{len(run.lost)} items were collected but never reported: {', '.join(run.lost[:3])}")
    if run.not_run:
        notes.append(f"the run was stopped early: {len(run.not_run)} items were not asked")
    return list(dict.fromkeys(notes))


def _odd_answers(model: str, answers: Sequence[SampleResult]) -> list[str]:
    found = []
    for outcome in COUNTED:
        n = sum(r.outcome == outcome for r in answers)
        if n:
            found.append(f"{model}: {n} of {len(answers)} answers were {_WORDS[outcome]}")
    return found
