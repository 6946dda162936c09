"""One run as one HTML file that needs no network: the built page with the run's data put in.

The page (``_ui/dashboard.html``) is built from ``ui/``. It computes no score; every number comes from the run document.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from ..domain.base import plain
from ..domain.history import PastRun
from ..domain.model import ModelConfig
from ..domain.renames import with_new_ids
from ..domain.run import BenchmarkRun, Comparison
from .board import Board, Row
from .dashboard_blocks import json_block, packed_block, rounded
from .dashboard_compare import compare_tables
from .dashboard_privacy import Embed, Privacy, Redact
from .dashboard_tables import OUTCOMES, STATUSES, PromptOf, Tables
from .terminal import closing_sentence, summary_lines
from .words import OUTCOME_WORDS, REMEDIES

PAGE_FORMAT = 1
MARKER = "<!--localbench-data-->"
_FALLBACK_WIDTH = 100
_OUTCOME_KINDS = {"passed": "passed", "pending": "pending", "skipped": "skipped"}
_ERRORS = frozenset({"context_overflow", "truncated_input", "backend_error", "evaluator_error", "lost"})


@dataclass(frozen=True)
class Baseline:
    """An earlier run to compare with; ``verdicts``: paired tests of now against then; ``differences``: what changed, in words."""

    run: BenchmarkRun
    verdicts: tuple[Comparison, ...] = ()
    differences: tuple[str, ...] = ()


def dashboard_html(
    run: BenchmarkRun,
    *,
    prompt_of: PromptOf,
    embed: Embed = "all",
    redact: Redact = "none",
    baseline: Baseline | None = None,
    history: Sequence[PastRun] = (),
    skipped: Sequence[str] = (),
) -> str:
    """The page of one run.

    ``prompt_of(task, sample)`` gives the (role, text) pairs a model was sent. ``embed`` says whose texts are put in,
    ``redact`` which of them as hashes only (see ``Privacy``). ``history``: the runs of the charts over time, oldest
    first; ``skipped``: sentences about those that could not be read.
    """
    privacy = Privacy(embed=embed, redact=redact)
    tables = Tables(run, privacy, prompt_of)
    columns = tables.build()
    if baseline is not None:
        baseline = replace(baseline, run=with_new_ids(baseline.run, run))
    columns["compare"] = compare_tables(tables, baseline.run) if baseline else None
    chunks = tables.chunks.blocks()
    board = Board.of(_without_reasons(run) if privacy.hides_reasons else run)
    document = {
        "format": PAGE_FORMAT,
        "embed": embed,
        "redact": redact,
        "cut": privacy.n_cut,
        "outcomes": [_outcome(name) for name in OUTCOMES],
        "statuses": STATUSES,
        "modelIds": tables.models,
        "baseline": _baseline(baseline, privacy) if baseline else None,
        "history": [past.model_dump(mode="json") for past in history],
        "skipped": list(skipped),
        **_document(board, privacy),
    }
    blocks = [
        _fallback(board),
        json_block("lb-run", plain(document)),
        packed_block("lb-tables", columns),
        *chunks,
    ]
    head, found, tail = template().partition(MARKER)
    if not found:
        raise ValueError("the built page lacks its marker for the data")
    return "".join((head, "\n".join(blocks), tail))


@cache
def template() -> str:
    """The built page."""
    return resources.files("pytest_localbench").joinpath("_ui/dashboard.html").read_text(encoding="utf-8")


def _document(board: Board, privacy: Privacy) -> dict[str, Any]:
    run = board.run
    notes = {section.category: section.notes for section in board.sections}
    return {
        "run": {
            "id": run.id,
            "started": run.started_at,
            "finished": run.finished_at,
            "complete": run.complete,
            "command": privacy.place(" ".join(run.command)),
            "version": run.plugin_version,
            "exitCode": run.exit_code,
            "closing": closing_sentence(run),
            "environment": run.environment.model_dump(mode="json", exclude={"facts"} if privacy.hides_all else None),
            "settings": run.settings,
            "notes": board.notes,
            "notRun": len(run.not_run),
            "lost": len(run.lost),
            "traffic": [{**t.model_dump(mode="json"), "address": privacy.place(t.address)} for t in run.traffic],
            "offline": {"blocked": [privacy.place(a) or "an address" for a in run.offline.blocked]}
            if run.offline
            else None,
        },
        "categories": [
            {
                "id": category.id,
                "name": category.name,
                "description": privacy.place(category.description),
                "ran": category.id in notes,
                "method": category.aggregation.method,
                "minCoverage": category.aggregation.min_coverage,
                "failUnder": category.thresholds.fail_under,
                "notes": notes.get(category.id, ()),
            }
            for category in run.categories
        ],
        "models": [_model(model, run, privacy) for model in run.models],
        "board": [_row(row) for section in board.sections for row in section.rows],
        "overall": [total.model_dump(mode="json") for total in run.overall],
        "comparisons": [pair.model_dump(mode="json") for pair in run.comparisons],
        "gate": run.gate.model_dump(mode="json") if run.gate else None,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        **row.score.model_dump(mode="json"),
        "shown": rounded(row.shown, 4),
        "low": row.interval.low if row.interval else None,
        "high": row.interval.high if row.interval else None,
        "intervalMethod": row.interval.method if row.interval else None,
        "rankText": row.rank,
        "best": row.best,
    }


def _model(model: ModelConfig, run: BenchmarkRun, privacy: Privacy) -> dict[str, Any]:
    data = model.model_dump(mode="json", include={"capabilities", "generation", "resources", "pricing"})
    return {
        "id": model.id,
        "provider": model.provider,
        "model": privacy.place(model.model),
        "path": privacy.place(model.path),
        "address": privacy.place(_addresses(model)),
        "local": model.is_local,
        "tags": () if privacy.hides_all else model.tags,
        "configHash": model.config_hash,
        "opened": _opened(run.fingerprints.get(model.id), privacy),
        **data,
    }


def _opened(found: Any, privacy: Privacy) -> dict[str, Any]:
    """What an adapter told when it was opened; in a page without texts only hashes, versions and numbers."""
    opened = dict(found) if isinstance(found, dict) else {}
    prints = opened.get("fingerprint")
    if privacy.hides_all and isinstance(prints, dict):
        opened["fingerprint"] = {
            name: value
            for name, value in prints.items()
            if not isinstance(value, str) or not any(mark in value for mark in "/\\@:")
        }
    return opened


def _addresses(model: ModelConfig) -> str | None:
    found = [address for url in model.base_urls or (model.base_url,) if (address := _address(url))]
    return ", ".join(found) or None


def _address(url: str | None) -> str | None:
    """Scheme, host and port: user names and queries stay out."""
    if url is None:
        return None
    parts = urlsplit(url if "//" in url else f"//{url}")
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if parts.scheme else host


def _outcome(name: str) -> dict[str, str]:
    kind = _OUTCOME_KINDS.get(name, "error" if name in _ERRORS else "weak")
    remedy = REMEDIES.get(name, ("", ""))[1]  # type: ignore[call-overload]
    return {"id": name, "words": OUTCOME_WORDS[name], "kind": kind, "remedy": remedy}  # type: ignore[index]


def _baseline(baseline: Baseline, privacy: Privacy) -> dict[str, Any]:
    run = baseline.run
    return {
        "id": run.id,
        "started": run.started_at,
        "complete": run.complete,
        "version": run.plugin_version,
        "machine": run.environment.machine,
        "board": [_row(row) for section in Board.of(run).sections for row in section.rows],
        "overall": [total.model_dump(mode="json") for total in run.overall],
        "differences": () if privacy.hides_all else baseline.differences,
        "verdicts": [pair.model_dump(mode="json") for pair in baseline.verdicts],
    }


def _without_reasons(run: BenchmarkRun) -> BenchmarkRun:
    return run.model_copy(update={"results": tuple(r.model_copy(update={"reason": ""}) for r in run.results)})


def _fallback(board: Board) -> str:
    """The summary for readers without JavaScript."""
    lines = summary_lines(board, width=_FALLBACK_WIDTH, verbosity=0, ascii_only=False)
    text = "\n".join([*(line.text for line in lines), closing_sentence(board.run)])
    return f"<noscript><h1>LocalBench</h1><pre>{html.escape(text)}</pre></noscript>"
