"""The numbers and sentences every report shows, taken once from the run document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..domain.result import SampleResult, TaskResult
from ..domain.run import BenchmarkRun, CategoryScore, Comparison, Interval
from ..domain.score import COMPONENTS
from .words import COUNTED_WORDS, OUTCOME_WORDS, count, data_size

MAX_VERDICTS = 3
_INTERVAL_FROM = 5


@dataclass(frozen=True)
class Row:
    """One model in one category.

    ``shown`` is the comparable score (over the components all models have); ``rank`` a text such as ``1`` or
    ``1-2 (tied)``; ``best`` only when the model is really better than every other one.
    """

    score: CategoryScore
    shown: float | None
    interval: Interval | None
    rank: str
    best: bool


@dataclass(frozen=True)
class Section:
    """One category that ran. ``weakest``: scored answers that did not pass, worst first."""

    category: str
    name: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    weakest: tuple[SampleResult, ...]
    tasks: tuple[TaskResult, ...]


@dataclass(frozen=True)
class Board:
    """A whole run. ``not_run``: names of categories nobody was asked about (no data is not zero). ``left``: what
    left this machine, or that nothing could."""

    run: BenchmarkRun
    sections: tuple[Section, ...]
    not_run: tuple[str, ...]
    notes: tuple[str, ...]
    left: tuple[str, ...]

    @classmethod
    def of(cls, run: BenchmarkRun) -> Board:
        """Everything a report needs."""
        names = {category.id: category.name for category in run.categories}
        ran = tuple(dict.fromkeys(s.category for s in run.summary))
        return cls(
            run=run,
            sections=tuple(_section(run, category, names.get(category, category)) for category in ran),
            not_run=tuple(c.name for c in run.categories if c.id not in ran),
            notes=tuple(_run_notes(run)),
            left=tuple(_left_notes(run)),
        )


def _section(run: BenchmarkRun, category: str, name: str) -> Section:
    scores = [s for s in run.summary if s.category == category]
    comparisons = [c for c in run.comparisons if c.category == category]
    answers = [r for r in run.results if r.key.category == category]
    weak = [r for r in answers if r.quality is not None and r.outcome not in {"passed", "pending"}]
    return Section(
        category=category,
        name=name,
        rows=tuple(_row(s, scores, comparisons) for s in scores),
        notes=tuple(dict.fromkeys(_notes(scores, comparisons, answers))),
        weakest=tuple(sorted(weak, key=lambda r: (r.quality or 0.0, str(r.key)))),
        tasks=tuple(sorted((t for t in run.task_results if t.category == category), key=lambda t: (t.task, t.model))),
    )


def _row(score: CategoryScore, scores: Sequence[CategoryScore], comparisons: Sequence[Comparison]) -> Row:
    common = score.common_score is not None
    ranked = sum(s.rank is not None for s in scores)
    worse = sum(c.better == score.model for c in comparisons)
    if score.rank is None:
        rank = "-"
    elif score.tied and ranked - worse > score.rank:
        rank = f"{score.rank}-{ranked - worse} (tied)"
    else:
        rank = str(score.rank)
    return Row(
        score=score,
        shown=score.common_score if common else score.ultimate_score,
        interval=score.common_interval if common else score.interval,
        rank=rank,
        best=score.rank == 1 and not score.tied and ranked > 1,
    )


def _notes(
    scores: Sequence[CategoryScore], comparisons: Sequence[Comparison], answers: Sequence[SampleResult]
) -> list[str]:
    notes = [*_component_notes(scores), *_comparison_notes(comparisons)]
    for score in scores:
        notes += _model_notes(score, [a for a in answers if a.key.model == score.model])
    return notes


def _component_notes(scores: Sequence[CategoryScore]) -> list[str]:
    notes = []
    for name in COMPONENTS:
        left_out = [s for s in scores if s.common_components and name not in s.common_components]
        lacking = [s.model for s in left_out if name not in s.components_used]
        if left_out:
            why = f"not known for {', '.join(lacking)}" if lacking else "not known for every task"
            notes.append(f"{name} is left out of the scores: {why}")
    return notes


def _comparison_notes(comparisons: Sequence[Comparison]) -> list[str]:
    if not comparisons:
        return []
    told = [c for c in comparisons if c.better is not None]
    shown = comparisons if len(comparisons) <= MAX_VERDICTS else told[:MAX_VERDICTS]
    notes = [c.verdict for c in shown]
    if len(told) > len(shown):
        notes.append(f"{len(told)} of {len(comparisons)} pairs of models differ by more than chance")
    open_pairs = [c for c in comparisons if c.better is None]
    limits = [c.detectable for c in open_pairs if c.detectable is not None]
    tasks = comparisons[0].n_tasks
    if limits:
        notes.append(
            f"With {tasks} tasks, differences below about {max(limits):.1f} points cannot be told from chance."
        )
    elif open_pairs:
        notes.append(f"{count(tasks, 'common task')}: too few to tell models apart.")
    return notes


def _model_notes(score: CategoryScore, answers: Sequence[SampleResult]) -> list[str]:
    notes = []
    scored = sum(a.quality is not None for a in answers)
    outcomes = Counter(a.outcome for a in answers)
    for outcome, words in COUNTED_WORDS.items():
        if outcomes[outcome]:
            notes.append(f"{score.model}: {outcomes[outcome]} of {count(scored, 'answer')} {words}")
    broken = Counter(a.outcome for a in answers if a.is_error)
    if broken:
        parts = ", ".join(f"{n} {OUTCOME_WORDS[outcome]}" for outcome, n in broken.most_common())
        notes.append(
            f"{score.model}: {sum(broken.values())} of {count(len(answers), 'question')} without a score ({parts})"
        )
    if score.n_contended:
        notes.append(
            f"{score.model}: {score.n_contended} of {count(scored, 'answer')} came while other work ran; "
            "their times do not count"
        )
    if score.n_cached:
        notes.append(
            f"{score.model}: {score.n_cached} of {count(scored, 'answer')} came from the cache; their times do not count"
        )
    if score.n_scored and not score.covered:
        notes.append(
            f"{score.model}: only {score.coverage or 0.0:.0%} of the tasks were scored; "
            "the score (in brackets) is not ranked and passes no gate"
        )
    if 0 < score.n_scored < _INTERVAL_FROM:
        notes.append(f"{score.model}: {count(score.n_scored, 'task')}, too few for an interval")
    if score.n_pending:
        notes.append(f"{score.model}: {count(score.n_pending, 'task')} not judged yet, so without a score")
    if score.n_skipped:
        reasons = Counter(a.reason for a in answers if a.outcome == "skipped" and a.reason)
        why = f": {reasons.most_common(1)[0][0]}" if reasons else ""
        notes.append(f"{score.model}: {count(score.n_skipped, 'task')} skipped{why}")
    return notes


def _left_notes(run: BenchmarkRun) -> list[str]:
    """In one line each: what left this machine, or that nothing did."""
    if run.offline is not None:
        tried = list(run.offline.blocked)
        more = f"; refused: {', '.join(tried[:5])}{' ...' if len(tried) > 5 else ''}" if tried else ""
        return [f"offline: nothing left this machine{more}"]
    if not run.traffic:
        return []
    parts = [
        f"{entry.model} sent {'at least ' if entry.counted == 'contents' else ''}{data_size(entry.sent_bytes)} "
        f"to {entry.address} in {count(entry.requests, 'request')}"
        for entry in run.traffic
    ]
    return [f"left this machine: {', '.join(parts)}"]


def _run_notes(run: BenchmarkRun) -> list[str]:
    notes = list(run.notes)
    if run.shard:
        notes.append(f"part {run.shard} of the items; 'localbench merge' joins the documents of all parts")
    if run.lost:
        notes.append(f"{count(len(run.lost), 'item')} never reported: {', '.join(run.lost[:3])}")
    if run.not_run:
        notes.append(f"the run was stopped early: {count(len(run.not_run), 'item')} not asked")
    return notes
