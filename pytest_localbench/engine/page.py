"""The HTML page of a run, with what belongs beside it: prompts, an earlier run, the history."""

from __future__ import annotations

from pathlib import Path

from ..domain.history import PastRun
from ..domain.run import BenchmarkRun
from ..reports.dashboard import Baseline, dashboard_html
from ..reports.dashboard_privacy import embed_choice, redact_choice
from ..store.history import past_runs
from ..suite.render import prompt_texts
from .differences import differences
from .since import since

HISTORY_RUNS = 20


def page_of(
    run: BenchmarkRun,
    *,
    data_dir: Path,
    embed: str = "all",
    redact: str = "none",
    baseline: BenchmarkRun | None = None,
    history: int = HISTORY_RUNS,
) -> str:
    """One self-contained HTML file; ``history``: how many earlier runs of ``data_dir`` the charts over time show."""
    past, skipped = past_runs(data_dir, before=run.started_at, limit=history) if history else ([], [])
    return dashboard_html(
        run,
        prompt_of=prompt_texts,
        embed=embed_choice(embed),
        redact=redact_choice(redact),
        baseline=Baseline(baseline, since(run, baseline), differences(run, baseline)) if baseline else None,
        history=[*past, PastRun.of(run)] if past else [],
        skipped=skipped,
    )
