"""Runs that were recorded, finished or not: what can be resumed or scored again."""

from __future__ import annotations

from pathlib import Path

from ..errors import CorruptDocument
from .responses import written_at
from .runs import LAST, RUN_DOCUMENT


def find_recorded(data_dir: Path, name: str) -> str | None:
    """Id of the run named by its id or the beginning of one, its document, or ``last`` (also an empty name): the newest.

    ``None`` when there is no run at all and none was named; raises CorruptDocument for a name that nothing answers to.
    A run counts once something was recorded of it.
    """
    results = data_dir / "results"
    journals = sorted((path for path in results.glob("*/w-*.jsonl") if path.stat().st_size), key=written_at)
    runs = sorted({path.parent.name: n for n, path in enumerate(journals)}, key=lambda run: run.partition("-")[0])
    if name in {"", LAST}:
        return runs[-1] if runs else None
    if name.endswith(f"/{RUN_DOCUMENT}"):
        name = Path(name).parent.name
    chosen = [run for run in runs if run.startswith(name)]
    if not chosen:
        listed = ", ".join(runs[-5:]) or "none yet"
        raise CorruptDocument(f"no run '{name}' below {results}; newest runs: {listed}.")
    if len(chosen) > 1 and name not in chosen:
        raise CorruptDocument(f"'{name}' is the beginning of {len(chosen)} runs: {', '.join(chosen[-5:])}.")
    return name if name in chosen else chosen[0]
