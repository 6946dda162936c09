"""The end of a run: every report seen, the journals folded, gates applied, the document written, the table printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .. import __version__
from ..domain.response import ResultKey
from ..domain.result import WEAK_OUTCOMES, SampleResult
from ..domain.run import BenchmarkRun, Offline
from ..engine.code_runs import with_isolation
from ..engine.environment import describe_machine
from ..engine.fold import FoldInput, fold
from ..engine.kept import Kept
from ..errors import LocalbenchError, StoreError
from ..reports.board import Board
from ..reports.safe_text import inert
from ..reports.terminal import closing_sentence, summary_lines
from ..scoring.gate import evaluate_gates, parse_gate
from ..store.identity import utc_now
from ..store.index import save_run
from ..store.journal import read_journals
from ..store.runs import RUN_DOCUMENT, save, write_atomic
from ..suite.tasks import shown_path
from .budget import cut_notes, unasked_reason, uneven
from .cases import case_of
from .check_tally import CheckTally
from .compared import Compared
from .lanes import is_task_node
from .run_files import annotation_lines, write_files, written_lines
from .waiting import settle_waiting

if TYPE_CHECKING:
    from .session import LocalbenchSession

PHASES = {"setup", "call", "teardown"}
OWN_CODES = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
MARKUP = {"good": {"green": True}, "bad": {"red": True}, "warn": {"yellow": True}, "bold": {"bold": True},
          "dim": {"light": True}}  # fmt: skip


class Finisher:
    """Counts on the process that reports (the only one, or the xdist controller) and closes the run."""

    def __init__(self, session: LocalbenchSession) -> None:
        self.session = session
        self.config = session.config
        self.gates = [parse_gate(expression) for expression in session.options.gates]
        self.compared = Compared(session.options, self.config.rootpath) if not session.is_worker else None
        self.is_controller = not session.is_worker and bool(getattr(self.config.option, "tx", None))
        self.run: BenchmarkRun | None = None
        self.problem: str | None = None
        self.started_at = utc_now()
        self._expected: dict[str, None] = {}
        self._seen: set[str] = set()
        self._travelled: dict[ResultKey, str] = {}
        self._crashed: list[str] = []
        self._ordinary_failures = 0
        self._errors = 0
        self._over = False
        self._checks = CheckTally()
        self._checks_finished: bool | None = None
        self._refused = ""
        self._unasked: dict[str, str] = {}

    # -- while running -----------------------------------------------------------------------------------------------

    def begin(self, nodeids: Sequence[str]) -> None:
        """Items that must end up in the document. The process that reports notes them before anything is asked."""
        if not nodeids:
            return
        session = self.session
        weights = session.settings.weights
        try:
            if session.is_worker:
                session.recorder.prepare()
                return
            session.recorder.begin(
                started_at=self.started_at,
                weights=weights.model_dump() if weights is not None else None,
                memory_budget_bytes=session.settings.memory_budget_bytes,
                rescored_from=session.rescored.source if session.rescored is not None else None,
                nodeids=list(nodeids),
            )
        except StoreError as error:
            raise pytest.UsageError(str(error)) from None
        self._expected.update(dict.fromkeys(nodeids))
        session.events.start(nodeids)

    def see(self, report: pytest.TestReport) -> None:
        """Account for one report."""
        if self.session.is_worker:
            return
        if self.session.options.selfcheck:
            self._checks.see(report)
            return
        note = getattr(report, "localbench", None)
        if note is None:
            if reason := unasked_reason(report):
                self._unasked[report.nodeid] = reason
            if report.when not in PHASES and is_task_node(report.nodeid):
                self._crashed.append(report.nodeid)
                self._seen.add(report.nodeid)
            elif report.failed:
                self._ordinary_failures += 1
            return
        self._seen.add(report.nodeid)
        if report.when == "setup" and report.failed:
            self._errors += 1
        text = note.get("result")
        if text is not None:
            result = SampleResult.model_validate_json(text)
            self._travelled[result.key] = text
            self.config.hook.pytest_localbench_result(config=self.config, result=result)

    def status_words(self, report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Category, letter and verbose words of a report that carries a result."""
        note = getattr(report, "localbench", None)
        if note is None or hasattr(report, "wasxfail") or self._over:
            return None
        line = note["line"]
        if report.when == "setup" and report.failed:
            return "error", "E", (f"ERROR {note['outcome']}", {"red": True})
        if report.when == "call" and report.passed:
            return "passed", ".", (f"PASSED {line}".rstrip(), {"green": True})
        if report.when == "call" and report.failed:
            return "failed", "F", (f"FAILED {line}".rstrip(), {"red": True})
        return None

    def announce(self, items: list[pytest.Item]) -> list[str]:
        """The line after collection."""
        counts: dict[str, int] = {}
        for item in items:
            case = case_of(item)
            if case is not None:
                counts[case.model.id] = counts.get(case.model.id, 0) + 1
        if not counts or self.session.options.selfcheck:
            return []
        how = "" if self.session.named else " (no model was named: the default)"
        asked = ", ".join(f"{model}{how}: {n} question{'s' * (n != 1)}" for model, n in counts.items())
        how = self.session.past.words() if self.session.past is not None else ""
        return [f"localbench: {asked}; run {self.session.run_id}{how}"]

    # -- at the end --------------------------------------------------------------------------------------------------

    def finish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fold, gate, write; never raises, never exit code 3."""
        self._over = True
        compared = self.compared
        if compared is None or self.config.option.collectonly:
            return
        if self.session.options.selfcheck:
            self._finish_selfcheck(session, exitstatus)
            return
        if not self._expected and not self.session.options.wants_gate:
            self.problem = compared.in_vain()
            return
        try:
            self.run = self._close(compared, exitstatus)
            code = self._exit_code(self.run, exitstatus)
            refusals = compared.refuse(self.run)
            if refusals and code == pytest.ExitCode.OK:
                code, self._refused = pytest.ExitCode.TESTS_FAILED, refusals[0]
            self.run = self.run.model_copy(update={"exit_code": int(code)})
            session.exitstatus = code
            self._write(self.run, compared)
            compared.keep(self.run)
            self.config.hook.pytest_localbench_run(config=self.config, run=self.run)
        except LocalbenchError as error:
            self.problem = str(error)
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _finish_selfcheck(self, session: pytest.Session, exitstatus: int) -> None:
        self._checks_finished = exitstatus in OWN_CODES and not session.shouldfail and not session.shouldstop
        if not self._checks.held and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _close(self, compared: Compared, exitstatus: int) -> BenchmarkRun:
        options = self.session.options
        recorder = self.session.recorder
        kept = Kept.from_records(read_journals(recorder.folder)) if self.is_controller else recorder.kept
        not_run = tuple(nodeid for nodeid in self._expected if nodeid not in self._seen)
        past = self.session.past
        left_over = past.left_over(self._seen | self._expected.keys()) if past is not None else ()
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        stopped = interrupted or bool(not_run and self.config.getoption("maxfail", 0))
        environment = describe_machine(workers=len(getattr(self.config.option, "tx", None) or []) or 1)
        for facts in self.config.hook.pytest_localbench_environment(config=self.config, environment=environment):
            environment = environment.model_copy(update={"facts": {**environment.facts, **(facts or {})}})
        if past is not None:
            environment = past.environment(environment)
        waited = settle_waiting(self.session, kept, asks=not interrupted)
        apart = uneven(kept.results.values(), self._unasked if self.session.budget.wanted else ())
        run = fold(
            FoldInput(
                apart=apart,
                kept=kept,
                travelled=self._travelled,
                crashed=tuple(self._crashed),
                categories=tuple(self.session.suite.categories.values()),
                settings=self.session.settings,
                judge_for=self.session.judge_for,
            ),
            BenchmarkRun(
                id=self.session.run_id,
                started_at=(past.started_at if past is not None and past.goes_on else None) or self.started_at,
                finished_at=utc_now(),
                paused_s=self.session.events.paused_s() or None,
                complete=not not_run and not left_over and not interrupted,
                shard=None if options.shard is None else "{}/{}".format(*options.shard),
                command=tuple(self.session.redact(word) for word in self.config.invocation_params.args),
                plugin_version=__version__,
                environment=environment,
                offline=Offline() if options.offline else None,
                not_run=(*(n for n in not_run if stopped or n in self._unasked), *left_over),
                lost=() if stopped else tuple(n for n in not_run if n not in self._unasked),
                notes=(
                    *(past.notes() if past is not None else ()),
                    *cut_notes(self._unasked, len(self._expected), len(apart)),
                    *waited.notes,
                ),
                judges=tuple(waited.reports),
            ),
        )
        found = {result.nodeid for result in run.results}
        died = tuple(nodeid for nodeid in self._crashed if nodeid not in found)
        run = with_isolation(run.model_copy(update={"lost": (*run.lost, *died), "complete": run.complete and not died}))
        gate = evaluate_gates(
            run.summary,
            run.task_results,
            fail_under=options.fail_under,
            gates=self.gates,
            categories=run.categories,
            tasks=run.tasks,
        )
        return run.model_copy(update={"gate": compared.gate(run, gate)})

    def _exit_code(self, run: BenchmarkRun, exitstatus: int) -> int | pytest.ExitCode:
        if run.lost and exitstatus in OWN_CODES:
            return pytest.ExitCode.TESTS_FAILED
        if run.gate is None or exitstatus not in OWN_CODES:
            return exitstatus
        weak = any(r.outcome in WEAK_OUTCOMES for r in run.results)
        bad = not run.gate.passed or self._errors or self._crashed or self._ordinary_failures
        bad = bad or any(judge.n_errors for judge in run.judges)
        bad = bad or bool(run.not_run) or (self.session.options.strict and weak)
        return pytest.ExitCode.TESTS_FAILED if bad else pytest.ExitCode.OK

    def _write(self, run: BenchmarkRun, compared: Compared) -> None:
        if run.results:
            save_run(run, self.session.recorder.folder / RUN_DOCUMENT)
        if self.session.options.json is not None:
            save(run, self.session.options.json)
        if self.session.options.html is not None and run.results:
            self._write_page(run, self.session.options.html, compared.earlier)
        if run.results:
            write_files(run, self.session.options)

    def _write_page(self, run: BenchmarkRun, path: Path, baseline: BenchmarkRun | None) -> None:
        from ..engine.page import page_of
        from .html_report import noted

        options = self.session.options
        run = noted(run, self.config, path)
        page = page_of(
            run, data_dir=options.data_dir, embed=options.embed, redact=options.redact, baseline=baseline
        )  # fmt: skip
        write_atomic(path, page)

    # -- the table ---------------------------------------------------------------------------------------------------

    def print_summary(self, reporter: Any) -> None:
        """Table and closing sentence on pytest's terminal."""
        if self.problem:
            reporter.write_line(f"localbench: {self.problem}", red=True)
        if self._checks_finished is not None:
            for text, good in self._checks.lines():
                reporter.write_line(f"localbench: {text}", **({} if good else {"red": True}))
            reporter.write_line(f"localbench: {self._checks.closing(finished=self._checks_finished)}")
        if self.run is None or self.compared is None or self.session.options.summary == "none":
            return
        writer = reporter._tw
        verbosity = {"short": -1, "full": 1}.get(self.session.options.summary, self.config.get_verbosity())
        ascii_only = not (sys.stdout.encoding or "ascii").lower().startswith("utf")
        board = Board.of(self.run)
        if verbosity >= 0:
            reporter.write_sep("=", "localbench", bold=True)
        for line in summary_lines(board, width=writer.fullwidth, verbosity=verbosity, ascii_only=ascii_only):
            reporter.write_line(inert(line.text), **MARKUP.get(line.markup, {}))
        for line in self.compared.lines(width=writer.fullwidth, verbosity=verbosity, ascii_only=ascii_only):
            reporter.write_line(inert(line.text), **MARKUP.get(line.markup, {}))
        if self.run.results:
            reporter.write_line(f"run document: {self._shown_path()}")
        if self.session.options.html is not None and self.run.results:
            reporter.write_line(f"dashboard: {shown_path(self.session.options.html, self.config.rootpath)}")
        for kind, path in written_lines(self.session.options) if self.run.results else ():
            reporter.write_line(f"{kind}: {shown_path(path, self.config.rootpath)}")
        for command in annotation_lines(self.run, self.session.options, self.config.rootpath):
            reporter.write_line(command)
        reporter.write_line(closing_sentence(self.run, self._refused))

    def _shown_path(self) -> str:
        chosen = self.session.options.json or self.session.recorder.folder / RUN_DOCUMENT
        return shown_path(chosen, self.config.rootpath)
