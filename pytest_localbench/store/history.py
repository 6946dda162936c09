"""Earlier runs: scores and fingerprints, from the index beside each run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..domain.history import PastRun
from .index import IndexEntry, entries, instant

MOSTLY = 0.9


def past_runs(data_dir: Path, *, before: str, limit: int) -> tuple[list[PastRun], list[str]]:
    """At most ``limit`` runs that started before the instant ``before``, oldest first, and a sentence for each skipped.

    Order is that of instants, whatever time zones the stamps are written in.
    """
    found, skipped = entries(data_dir)
    earlier = [one.run for one in found if instant(one.run.started_at) < instant(before)]
    return earlier[-limit:] if limit > 0 else [], skipped


def last_comparable(data_dir: Path, *, before: str, run_id: str, tasks: Sequence[frozenset[str]]) -> str | None:
    """Id of the newest complete earlier run that scored at least nine tenths of these tasks, else of the newest that
    scored any; ``None`` when there is none. ``tasks``: for each ``category/task[model]`` all names it has or had.
    """
    found, _ = entries(data_dir)
    any_shared = None
    for one in reversed(found):
        if not one.run.complete or one.run.id == run_id or instant(one.run.started_at) >= instant(before):
            continue
        shared = _shared(one, tasks)
        if shared and shared >= MOSTLY * len(tasks):
            return one.run.id
        if shared and any_shared is None:
            any_shared = one.run.id
    return any_shared


def any_earlier(data_dir: Path) -> bool:
    """True when some complete run is there that can be read."""
    found, _ = entries(data_dir)
    return any(one.run.complete and one.scored for one in found)


def _shared(one: IndexEntry, tasks: Sequence[frozenset[str]]) -> int:
    scored = set(one.scored)
    return sum(bool(names & scored) for names in tasks)
