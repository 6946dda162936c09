"""A run that can be watched, paused and cancelled from another terminal: ``events.jsonl`` and ``control.json``."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..domain.result import SampleResult
from ..errors import LocalbenchError
from ..store.control import State, clear_control
from ..store.events import EVENTS, EventLog
from ..suite.tasks import load_category
from .detect import category_folder
from .lanes import model_of_node

if TYPE_CHECKING:
    from .session import LocalbenchSession

PAUSED = "localbench_paused_s"
CANCELLED = "cancelled with 'localbench control cancel'"


class Events:
    """Writes events where reports arrive; obeys the control file where items run."""

    def __init__(self, session: LocalbenchSession) -> None:
        self._session, self._config = session, session.config
        self._log = EventLog(session.recorder.folder / EVENTS)
        self._control = session.control
        self._control.changed = self._changed
        self._started = False
        self._workers_paused_s = 0.0

    def start(self, nodeids: Iterable[str]) -> None:
        """The questions of the run are known. On the process that reports, which owns both files."""
        with contextlib.suppress(OSError):
            clear_control(self._session.recorder.folder)
        questions = _questions(nodeids, self._config.rootpath)
        self._started = True
        self._log.event("start", run=self._session.run_id, pid=os.getpid(), questions=questions)

    def paused_s(self) -> float:
        """Seconds the run was paused; of several workers the longest."""
        return max(self._workers_paused_s, self._control.paused_s())

    def pytest_localbench_result(self, result: SampleResult) -> None:
        """One answer."""
        if self._started:
            self._log.result(result)

    def between_items(self, session: pytest.Session) -> None:
        """An item is over: wait, or let no further one run."""
        if self._control.wait() == "cancel":
            session.shouldstop = CANCELLED

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """The last event, when everything is written."""
        self._control.stop()
        if self._session.is_worker:
            session.config.workeroutput[PAUSED] = self._control.paused_s()  # type: ignore[attr-defined]
        yield
        if self._started:
            run = self._session.finisher.run
            complete = run.complete if run is not None else False
            self._log.event("finish", exit_code=int(session.exitstatus), complete=complete)
            self._log.close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """How long a worker was paused."""
        output = getattr(node, "workeroutput", None) or {}
        self._workers_paused_s = max(self._workers_paused_s, float(output.get(PAUSED, 0.0)))

    def _changed(self, state: State) -> None:
        if not self._started:
            return
        self._log.event({"pause": "paused", "run": "resumed", "cancel": "cancelled"}[state])
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and state == "pause":
            reporter.ensure_newline()
            reporter.write_line("localbench: paused; 'localbench control resume' goes on, Ctrl-C stops", yellow=True)


def _questions(nodeids: Iterable[str], root: Path) -> list[list[Any]]:
    """``[category, model, n]``; the category is empty where the file alone does not tell it."""
    names: dict[str, str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for nodeid in nodeids:
        file = nodeid.partition("::")[0]
        folder = os.path.dirname(file)
        if folder not in names:
            names[folder] = _category(root / file, root)
        counts[names[folder], model_of_node(nodeid)] += 1
    return [[category, model, n] for (category, model), n in counts.items()]


def _category(file: Path, root: Path) -> str:
    folder = category_folder(file)
    try:
        return load_category(Path(folder), root).id if folder is not None else ""
    except (LocalbenchError, OSError):
        return ""
