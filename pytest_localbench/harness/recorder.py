"""Records results: journal first, then what rides on the report. One code path with and without workers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ..domain.base import Frozen, plain
from ..domain.category import Category
from ..domain.response import ResultKey
from ..domain.result import SampleResult
from ..domain.run import Traffic
from ..engine.engine import Opened
from ..engine.kept import Kept
from ..engine.plan import Job, Plan
from ..errors import StoreError
from ..reports.terminal import item_line
from ..store.identity import utc_now
from ..store.journal import Journal, next_part, read_journals
from ..store.lock import RunLock
from ..store.log import RunLog
from ..store.responses import ResponseWriter
from ..store.runs import prepare, run_folder

EntityT = TypeVar("EntityT", bound=Frozen)

TRAVELS_WITHOUT = {"answer", "thinking", "transcript"}


class Recorder:
    """Writer of one process. Snapshots of categories, tasks and models precede the first result that needs them.

    ``kept`` is what was written, as it was written: the run without workers is folded from it. A worker keeps no
    results; the controller reads the journals.
    """

    def __init__(
        self,
        config: pytest.Config,
        data_dir: Path,
        run_id: str,
        worker: str,
        is_worker: bool,
        redact: Callable[[str], str],
        *,
        answers_dir: Path,
        goes_on: Kept | None = None,
    ) -> None:
        self.config, self.data_dir, self.run_id = config, data_dir, run_id
        self.worker, self.is_worker, self._redact = worker, is_worker, redact
        self.folder = run_folder(data_dir, run_id)
        name = f"w-{worker}.jsonl" if goes_on is None else next_part(self.folder, worker)
        self.journal = Journal(self.folder / name)
        self.answers = ResponseWriter(answers_dir / run_id / name)
        self._lock = None if goes_on is not None else RunLock(self.folder)
        self.log = RunLog(data_dir / "logs" / f"{run_id}.jsonl", run_id, worker, redact)
        self.kept = Kept() if goes_on is None or is_worker else goes_on

    def prepare(self) -> None:
        """Make the run's folder; raises StoreError with a sentence when results could not be kept."""
        prepare(self.data_dir, self.run_id)

    def begin(self, **facts: Any) -> None:
        """On the process that reports, before anything is asked: hold the run, note what is to be done; raises
        StoreError."""
        self.prepare()
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._lock.acquire()
            self.config.add_cleanup(self._lock.release)
        self.journal.append("session", {"at": utc_now(), **facts})

    def without_finished(self, plan: Plan) -> Plan:
        """On a worker of a new run: the plan without what a crashed predecessor answered, or died of."""
        if self.is_worker and self.folder.is_dir():
            records = read_journals(self.folder, frozenset({"result", "started"}))
            done = {str(ResultKey.model_validate(data["key"])) for _, data in records.items}
            plan.jobs = [job for job in plan.jobs if str(job.key) not in done]
        return plan

    def started(self, job: Job, nodeid: str) -> None:
        """On a worker: say what is being asked, so that a crash can be told from a question never reached."""
        if self.is_worker:
            self.journal.append("started", {"key": job.key.model_dump(), "nodeid": nodeid})

    def result(self, job: Job, result: SampleResult, opened: Opened | None, categories: dict[str, Category]) -> None:
        """Append one result (and, once each, the snapshots it refers to); raises StoreError when the disk refuses."""
        task, kept = job.task, self.kept
        if (task.category, task.id) not in kept.tasks:
            if task.category not in kept.categories:
                kept.categories[task.category] = self._write("category", categories[task.category])
            kept.tasks[task.category, task.id] = self._write("task", task)
        if job.model.id not in kept.models:
            kept.models[job.model.id] = self._write("model", job.model)
        if opened is not None and job.model.id not in kept.opened:
            facts = {"load_s": opened.load_s, "capabilities": opened.capabilities,
                     "fingerprint": opened.fingerprint, **opened.facts}  # fmt: skip
            text = self._redact(json.dumps(plain({"model": job.model.id, **facts})))
            self.journal.append("opened", text)
            kept.opened[job.model.id] = {name: value for name, value in json.loads(text).items() if name != "model"}
        written = self._write("result", result)
        if not self.is_worker:
            kept.results[result.key] = written
        self.log.event(
            "result", str(result.key), outcome=result.outcome, quality=result.quality, score=result.ultimate_score,
            seconds=result.timing.generation_s if result.timing else None,
            error=result.failure.message if result.failure else None,
        )  # fmt: skip

    def attach(self, report: pytest.TestReport, result: SampleResult) -> None:
        """What rides on the report: plain data only, without the answer's text."""
        report.localbench = {"outcome": result.outcome, "line": item_line(result)}  # type: ignore[attr-defined]
        if self.is_worker:
            text = result.model_dump_json(exclude=TRAVELS_WITHOUT, exclude_defaults=True)
            report.localbench["result"] = self._redact(text)
        else:
            self.config.hook.pytest_localbench_result(config=self.config, result=result)

    def exchanged(self, traffic: list[Traffic], blocked: tuple[str, ...]) -> None:
        """What went to other machines and came back, and what an offline run refused; a disk that is full has been told
        before."""
        with contextlib.suppress(StoreError):
            for entry in traffic:
                self.kept.exchanged(self._write("traffic", entry))
            if blocked:
                self.kept.blocked += blocked
                self.journal.append("blocked", self._redact(json.dumps({"names": blocked})))

    def close(self) -> None:
        """Flush and close journal, answers and log."""
        self.answers.close()
        self.journal.close()
        self.log.close()

    def _write(self, kind: str, entity: EntityT) -> EntityT:
        """Append an entity without keys; returns it as it was written."""
        text = entity.model_dump_json(by_alias=True, exclude_defaults=True)
        clean = self._redact(text)
        self.journal.append(kind, clean)
        return entity if clean == text else type(entity).model_validate_json(clean)
