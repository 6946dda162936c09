"""The session: selects models, plans and runs the engine, turns answers into results and records them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from typing import Any

import pytest

from ..adapters.base import Adapter
from ..adapters.offline import guard
from ..adapters.secrets import redact
from ..domain.model import ModelConfig
from ..domain.response import ModelResponse, ResultKey
from ..domain.result import SampleResult
from ..domain.task import Task
from ..engine.answers import AnswerBook
from ..engine.asking import Asker
from ..engine.budget import Budget
from ..engine.engine import Engine
from ..engine.item import ScoreSettings, failed_item, score_item
from ..engine.judging import Judge
from ..engine.plan import Job, Plan
from ..engine.requirements import missing_capability
from ..engine.servers import adapter_of
from ..errors import MissingCapability, ModelError, NotAsked, StoreError
from ..evaluators.ui_browser import BROWSER
from ..options import Options
from ..registry import Registry
from ..store.control import CONTROL, ControlFile
from ..suite.render import documents
from . import offline
from .cases import case_of
from .collector import TASK_ATTRIBUTE
from .events import Events
from .finish import Finisher
from .garbage import leave_out_what_was_collected
from .lanes import run_id_of
from .outputs import failure_message, properties_of, without_keys
from .past import CAPABILITY_NAMES, chosen_models, past_of
from .recorder import Recorder
from .selfcheck import attach_check, run_check
from .settings import as_interrupt, check_default_models, half_of_memory, weights_from
from .suite_cache import SuiteCache

JOB = pytest.StashKey[Job]()
RESULT = pytest.StashKey[SampleResult]()


class LocalbenchSession:
    """One pytest process: the only one, an xdist worker, or the xdist controller."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self.config, self.options = config, options
        self.is_worker = hasattr(config, "workerinput")
        if options.offline:
            offline.start(config)
        self.registry = Registry()
        config.hook.pytest_localbench_register(registry=self.registry)
        self.past = past_of(config, options)
        self.rescored = self.past if self.past is not None and self.past.rescores else None
        resumed = self.past if self.rescored is None else None
        self.models = chosen_models(options, self.past, self.registry, config.rootpath)
        self.named = bool(options.models) or self.rescored is not None
        if options.offline and self.rescored is None:
            offline.refuse_remote(self.models)
        weights, budget = weights_from(options.weights), half_of_memory()
        self.settings = (
            self.past.settings(weights, budget) if self.past else ScoreSettings(weights, memory_budget_bytes=budget)
        )
        self.suite = SuiteCache(config.rootpath)
        self.run_id = run_id_of(config)
        worker = str(getattr(config, "workerinput", {}).get("workerid", "main"))
        self.recorder = Recorder(
            config, options.data_dir, self.run_id, worker, self.is_worker, redact,
            answers_dir=options.cache_dir, goes_on=resumed.kept if resumed else None,
        )  # fmt: skip
        self._judges: dict[tuple[str, str], Judge] = {}
        self._adapters: dict[str, Adapter] = {}
        self._asker = Asker(config.rootpath, log=self.recorder.log.event)
        self.control = ControlFile(self.recorder.folder / CONTROL)
        self.budget = Budget(options.budget_s, options.max_cost_usd, paused_s=self.control.paused_s)
        self.answers = AnswerBook(
            self.control.gate(self.budget.around(self._asker.ask)),
            self._asker.request,
            self.recorder.answers,
            redact=redact,
        )
        self.engine = Engine(
            make_adapter=lambda model: self._asker.adopt(self._make_adapter(model)),
            ask=self.answers.ask,
            prepare=self._prepare,
            look_ahead=self._look_ahead(),
            halted=self.budget.over,
            log=self.recorder.log.event,
        )
        self.redact = redact
        self.events = Events(self)
        self.finisher = Finisher(self)
        self._item: pytest.Item | None = None
        self._terminate: Any = None
        self._shown_failures = 0

    # -- collection --------------------------------------------------------------------------------------------------

    def judge_for(self, task: Task) -> Judge:
        """The task's evaluators, built once; raises TaskFileError for wrong options."""
        key = (task.category, task.id)
        if key not in self._judges:
            self._judges[key] = Judge(task, self.registry, str(self.config.rootpath))
        return self._judges[key]

    def skip_reason(self, task: Task, model: ModelConfig) -> str | None:
        """Why this task cannot or should not be asked of this model."""
        if task.status == "draft" and not self.options.drafts:
            return "draft (run it with --localbench-drafts)"
        found: str | None = self.config.hook.pytest_localbench_skip_reason(task=task, model=model)
        if self.rescored is not None:
            return found or missing_capability(task, model, self.rescored.capabilities(model), CAPABILITY_NAMES)
        adapter = self.adapter(model)
        return found or missing_capability(task, model, adapter.capabilities(), adapter.learns())

    def adapter(self, model: ModelConfig) -> Adapter:
        """The adapter of a model, made once and not opened."""
        if model.id not in self._adapters:
            self._adapters[model.id] = self._make_adapter(model)
        return self._adapters[model.id]

    def _make_adapter(self, model: ModelConfig) -> Adapter:
        return adapter_of(self.registry, model)

    def _prepare(self, adapter: Adapter) -> dict[str, Any]:
        self.answers.check(adapter)
        return self._asker.warm_up(adapter)

    def _look_ahead(self) -> int | None:
        if not self.config.getoption("maxfail", 0):
            return None
        return max(model.concurrency for model in self.models) if self.models else 1

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Model after model (ordinary tests first), so that every model is loaded once."""
        order = {model.id: index for index, model in enumerate(self.models)}

        def place(item: pytest.Item) -> int:
            case = case_of(item)
            return -1 if case is None else order.get(case.model.id, 0)

        items.sort(key=place)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Plan from the items as they stand now and start the lanes."""
        config = self.config
        leave_out_what_was_collected()
        if self.finisher.is_controller or session.testsfailed or config.option.collectonly:
            return
        if config.getoption("setuponly", False) or config.getoption("setupplan", False) or self.options.selfcheck:
            return
        jobs, expected = [], []
        for item in session.items:
            job = self.job_of(item)
            if job is not None:
                expected.append(item.nodeid)
                if item.get_closest_marker("skip") is None:
                    jobs.append(job)
        if not self.named:
            check_default_models(jobs, self._adapters)
        self.finisher.begin(expected)
        if jobs and threading.current_thread() is threading.main_thread():
            self._terminate = signal.signal(signal.SIGTERM, as_interrupt)
        self.budget.start(getattr(config, "workerinput", {}).get("localbench_began"))
        plan = Plan(jobs)
        config.hook.pytest_localbench_plan(config=config, plan=plan)
        if self.rescored is not None:
            return
        self.answers.open(
            self.options.cache, self.options.cache_dir, self.run_id, again=self.is_worker or bool(self.past)
        )
        if self.past is not None:
            plan.jobs = [job for job in plan.jobs if self.past.finished(job.key) is None]
            self.answers.expect(self.past.kept.opened)
            self.engine.add(plan)
        else:
            self.engine.add(self.recorder.without_finished(plan))
        if not self.is_worker:
            self.engine.start()

    def job_of(self, item: pytest.Item) -> Job | None:
        """The question behind an item, ``None`` for ordinary tests."""
        case = case_of(item)
        task: Task | None = getattr(getattr(item, "function", None), TASK_ATTRIBUTE, None)
        if case is None or task is None:
            return None
        key = ResultKey(
            category=task.category, task=task.id, sample=case.sample.id, model=case.model.id, attempt=case.attempt
        )
        job = Job(key, task, case.sample, case.model)
        item.stash[JOB] = job
        return job

    # -- one item ----------------------------------------------------------------------------------------------------

    @property
    def item(self) -> pytest.Item:
        """The item that runs now."""
        assert self._item is not None
        return self._item

    @property
    def model(self) -> ModelConfig:
        """The model of the item that runs now."""
        case = case_of(self.item)
        assert case is not None
        return case.model

    @property
    def job(self) -> Job:
        """The question behind the item that runs now."""
        job = self.item.stash.get(JOB, None) or self.job_of(self.item)
        if job is None:
            raise pytest.UsageError(
                f"{self.item.nodeid}: localbench fixtures need a task; only collected task files have one"
            )
        return job

    def response(self) -> ModelResponse:
        """The model's answer; what could not be asked fails the set-up of the item (an error, never a score)."""
        item, job = self.item, self.job
        try:
            return self.rescored.response(job, self.answers) if self.rescored else self.engine.response(job)
        except ModelError as error:
            unasked = isinstance(error, NotAsked)
            if unasked:
                self.engine.release(job)
                del item.stash[JOB]
            if unasked or (isinstance(error, MissingCapability) and not self.options.strict_capabilities):
                raise pytest.skip.Exception(str(error), _use_item_location=True) from None
            result = failed_item(
                key=job.key, task=job.task, model=job.model, error=error, sample_weight=job.sample.weight
            )
            self._record(item, job, result)
        pytest.fail(failure_message(result, job.task), pytrace=False)

    def result(self) -> SampleResult:
        """The judged, scored and recorded answer."""
        item = self.item
        case = case_of(item)
        if self.options.selfcheck:
            return run_check(self, item)
        job = self.job
        if case is not None and case.unfit:
            error = ModelError(f"{job.model.id} cannot be asked this: {case.unfit}")
            result = failed_item(key=job.key, task=job.task, model=job.model, error=error)
            self._record(item, job, result)
            pytest.fail(str(error), pytrace=False)
        if self.past is not None and (earlier := self.past.finished(job.key)) is not None:
            return self._again(item, job, earlier)
        self.recorder.started(job, item.nodeid)
        response = self.response()
        judge = self.judge_for(job.task)
        with self.engine.quiet.hush(judge.heavy):
            judged = judge.judge(job.sample, response, documents(job.task, job.sample))
        result = score_item(
            key=job.key,
            task=job.task,
            category=self.suite.categories[job.task.category],
            model=job.model,
            response=response,
            judged=judged,
            settings=self.settings,
            sample_weight=job.sample.weight,
            nodeid=item.nodeid,
            worker=self.recorder.worker,
        )
        self._record(item, job, result)
        if result.is_error:
            pytest.fail(failure_message(result, job.task), pytrace=False)
        return result

    def _again(self, item: pytest.Item, job: Job, earlier: SampleResult) -> SampleResult:
        """A result of an earlier session of this run, as it was."""
        item.stash[RESULT] = earlier
        item.user_properties.extend(properties_of(earlier))
        if earlier.outcome == "skipped":
            raise pytest.skip.Exception(earlier.reason, _use_item_location=True)
        if earlier.is_error:
            pytest.fail(failure_message(earlier, job.task), pytrace=False)
        return earlier

    def verdict(self, result: SampleResult) -> None:
        """The body of every item: one verdict, one sentence, no traceback."""
        if result.outcome in {"passed", "pending"}:
            return
        if self.options.selfcheck:
            pytest.fail(result.reason, pytrace=False)
        self._shown_failures += 1
        short = self._shown_failures > 10 and self.config.get_verbosity() < 1
        task = self.suite.tasks[result.key.category, result.key.task.casefold()]
        pytest.fail(failure_message(result, task, short=short), pytrace=False)

    def _record(self, item: pytest.Item, job: Job, result: SampleResult) -> None:
        if not result.nodeid:
            result = result.model_copy(update={"nodeid": item.nodeid, "worker": self.recorder.worker})
        item.stash[RESULT] = result
        item.user_properties.extend(properties_of(result))
        try:
            opened = (
                self.engine.opened.get(job.model.id) if self.rescored is None else self.rescored.opened(job.model.id)
            )
            self.recorder.result(job, result, opened, self.suite.categories)
            self.recorder.answers.check()
        except StoreError as error:
            item.session.shouldstop = str(error)
            pytest.fail(str(error), pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the result to the report as plain data; what ended without a result is recorded here."""
        report = yield
        without_keys(report, self.redact)
        if self.options.selfcheck:
            attach_check(item, report)
            return report
        job = item.stash.get(JOB, None)
        if job is None:
            return report
        result = item.stash.get(RESULT, None)
        if report.when == "setup" and report.passed:
            return report
        if result is None and report.when == "setup":
            result = self._unanswered(item, job, report)
        if result is not None and report.when != "teardown":
            self.recorder.attach(report, result)
        return report

    def _unanswered(self, item: pytest.Item, job: Job, report: pytest.TestReport) -> SampleResult:
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            result = SampleResult(key=job.key, outcome="skipped", reason=reason.removeprefix("Skipped: "))
        else:
            error = ModelError("the set-up of this item failed before the model was asked")
            result = failed_item(key=job.key, task=job.task, model=job.model, error=error)
        self._record(item, job, result)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Release the job when its item is over, whatever became of it; then, outside of what is timed, pause or stop."""
        self._item = item
        outcome = yield
        self._item = None
        job = item.stash.get(JOB, None)
        if job is not None:
            self.engine.release(job)
            if RESULT in item.stash:
                del item.stash[RESULT]
        if self.control.state() != "run":
            self.events.between_items(item.session)
        return outcome

    # -- reports and the end: see finish.py --------------------------------------------------------------------------

    def see(self, report: pytest.TestReport) -> None:
        """Every report of the run, on the process that reports."""
        self.finisher.see(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport, config: pytest.Config) -> Any:
        """Outcome words with the score, for ``-v``."""
        return self.finisher.status_words(report)

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        """One line: how many questions for which models, and where the results go."""
        return self.finisher.announce(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Stop the engine, fold the run, apply the gates."""
        if self._terminate is not None:
            signal.signal(signal.SIGTERM, self._terminate)
        self._asker.stop()
        self.engine.stop()
        self.recorder.exchanged(self._asker.traffic.found(), guard.blocked if self.options.offline else ())
        self.recorder.close()
        BROWSER.close()
        self.finisher.finish(session, int(exitstatus))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, None, None]:
        """The table comes after pytest's own sections, so that failures do not bury it."""
        yield
        self.finisher.print_summary(terminalreporter)
