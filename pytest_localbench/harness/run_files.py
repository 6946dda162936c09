"""What else is written of a run: rows for spreadsheets, a summary in Markdown, and what GitHub Actions shows."""

from __future__ import annotations

import os
from pathlib import Path

from ..domain.run import BenchmarkRun
from ..errors import StoreError
from ..options import Options
from ..reports.dashboard_privacy import Privacy, embed_choice, redact_choice
from ..store.runs import write_atomic


def write_files(run: BenchmarkRun, options: Options) -> None:
    """Write the files that were asked for; raises StoreError."""
    embed, redact = embed_choice(options.embed), redact_choice(options.redact)
    if options.csv is not None:
        from ..reports.csv import run_csv

        write_atomic(options.csv, run_csv(run, embed=embed, redact=redact))
    if options.markdown is None and not options.github:
        return
    from ..reports.markdown import run_markdown

    text = run_markdown(run, reasons=not Privacy(embed=embed, redact=redact).hides_reasons)
    if options.markdown is not None:
        write_atomic(options.markdown, text)
    if options.github and (place := os.environ.get("GITHUB_STEP_SUMMARY")):
        _append_summary(Path(place), text)


def written_lines(options: Options) -> list[tuple[str, Path]]:
    """What was written and where, for the terminal."""
    return [(kind, path) for kind, path in (("rows", options.csv), ("summary", options.markdown)) if path is not None]


def annotation_lines(run: BenchmarkRun, options: Options, root: Path) -> list[str]:
    """Workflow commands for GitHub Actions; nothing elsewhere."""
    if not options.github:
        return []
    from ..reports import github

    privacy = Privacy(embed=embed_choice(options.embed), redact=redact_choice(options.redact))
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    return github.annotation_lines(run, root=str(root), workspace=workspace, reasons=not privacy.hides_reasons)


def _append_summary(path: Path, text: str) -> None:
    """Add to the step summary, which other steps of the job may have begun."""
    from ..reports.github import SUMMARY_BYTES, shortened

    try:
        there = path.stat().st_size if path.exists() else 0
        with path.open("a", encoding="utf-8") as file:
            file.write(shortened(text, SUMMARY_BYTES - there))
    except OSError as error:
        raise StoreError(f"{path}: the step summary could not be written ({error.strerror}).") from error
