"""``--localbench-plan``: how much would be asked and what it would take; nothing is asked."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ..domain.run import BenchmarkRun
from ..engine.environment import describe_machine
from ..engine.forecast import Forecast, forecast, total_cost, total_seconds
from ..engine.machine import available_bytes
from ..errors import ConfigError, DocumentError, LocalbenchError
from ..reports.words import cost, count, size
from ..store.index import entries
from ..store.runs import RUN_DOCUMENT, load, run_folder

if TYPE_CHECKING:
    from .session import LocalbenchSession

MOST_RUNS = 5


class Preview:
    """Takes the place of the run: pytest only collects."""

    def __init__(self, session: LocalbenchSession) -> None:
        if session.options.selfcheck or session.rescored is not None:
            raise ConfigError("--localbench-plan: no model is asked here; leave it out.")
        self.session = session
        self._items: list[pytest.Item] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Remember the items; pytest's own list of them is not what was asked for."""
        self._items = session.items
        session.config.option.collectonly = False
        try:
            return (yield)
        finally:
            session.config.option.collectonly = True

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the plan."""
        terminalreporter.write_sep("=", "localbench plan", bold=True)
        for line in self._lines():
            terminalreporter.write_line(line)

    def _lines(self) -> Iterator[str]:
        session = self.session
        jobs, skipped = [], 0
        for item in self._items:
            job = session.job_of(item)
            if job is None or (session.past is not None and session.past.finished(job.key) is not None):
                continue
            if item.get_closest_marker("skip") is None:
                jobs.append(job)
            else:
                skipped += 1
        runs = _earlier(session, {job.model.id for job in jobs})
        found = forecast(jobs, runs, describe_machine().machine)
        width = max([len("together"), *(len(one.model.id) for one in found)])
        yield f"{'model':<{width}}  {'items':>6}  {'minutes':>8}  {'memory':>8}  {'USD':>9}"
        for one in found:
            yield (
                f"{one.model.id:<{width}}  {one.n_questions:>6}  {_minutes(one.seconds):>8}  "
                f"{size(self._memory(one)):>8}  {_usd(one.cost_usd):>9}"
            )
        if len(found) > 1:
            minutes, usd = _minutes(total_seconds(found)), _usd(total_cost(found))
            yield f"{'together':<{width}}  {len(jobs):>6}  {minutes:>8}  {'':>8}  {usd:>9}"
        yield from self._notes(found, skipped, len(runs))
        yield "nothing was asked"

    def _notes(self, found: list[Forecast], skipped: int, n_runs: int) -> Iterator[str]:
        if skipped:
            yield f"{count(skipped, 'item')} would be skipped"
        free = available_bytes()
        if any(self._memory(one) for one in found) and free is not None:
            yield f"{size(free)} of memory are free; models of one lane are loaded one after another"
        for one in found:
            if one.seconds is None:
                yield f"{one.model.id}: minutes unknown, no earlier run of it with these settings on this machine"
            elif one.n_known < one.n_questions:
                new = one.n_questions - one.n_known
                yield f"{one.model.id}: {count(new, 'question')} not asked before, taken for average ones"
            if one.cost_usd is None:
                why = "its file has no 'pricing'" if one.model.pricing is None else "no earlier run tells its tokens"
                yield f"{one.model.id}: cost unknown, {why}"
        if n_runs:
            yield f"taken from {count(n_runs, 'earlier run')}"

    def _memory(self, one: Forecast) -> int | None:
        """What the model file states, else what the adapter estimates, else what an earlier run measured."""
        if one.model.resources.memory_mb is not None:
            return int(one.model.resources.memory_mb * 1e6)
        try:
            needed = self.session.adapter(one.model).memory_needed_bytes()
        except (LocalbenchError, OSError):
            needed = None
        return needed or one.memory_bytes


def _earlier(session: LocalbenchSession, models: set[str]) -> list[BenchmarkRun]:
    """The newest runs in which one of the models was asked, oldest first."""
    data_dir, runs = session.options.data_dir, list[BenchmarkRun]()
    for one in reversed(entries(data_dir)[0]):
        if len(runs) == MOST_RUNS:
            break
        if models & one.run.fingerprints.keys():
            try:
                runs.append(load(run_folder(data_dir, one.run.id) / RUN_DOCUMENT))
            except DocumentError:
                continue
    return runs[::-1]


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    return f"{seconds / 60:.1f}" if seconds >= 3 else "<0.1"


def _usd(value: float | None) -> str:
    return "unknown" if value is None else cost(value).removeprefix("$").replace("<$", "<")
