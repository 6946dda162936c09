"""The blessed baseline with the scores of its categories."""

from __future__ import annotations

from ..domain.baseline import Blessing, bless
from ..domain.run import BenchmarkRun
from ..scoring.aggregate import summarize


def blessed_run(run: BenchmarkRun, old: BenchmarkRun | None) -> tuple[BenchmarkRun, Blessing]:
    """See ``bless``; scores of categories only where all results come from one machine and one setting."""
    blessed, told = bless(run, old)
    if blessed.environment.machine and blessed.settings == run.settings:
        found = summarize(blessed.categories, blessed.models, blessed.task_results, blessed.results)
        blessed = blessed.model_copy(update={"summary": found.scores})
    return blessed, told
