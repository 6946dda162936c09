"""What waits until the models under test are done: answers for a judge, and answers that people have reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..adapters.base import Adapter
from ..domain.model import ModelConfig
from ..domain.review import Review
from ..domain.task import EvaluatorSpec
from ..engine.answers import AnswerBook
from ..engine.asking import Asker
from ..engine.judge_desk import OpenDesk, StoredDesk
from ..engine.judge_phase import Desk, Judgement, Judges, run_judges
from ..engine.kept import Kept
from ..engine.refold import review_notes
from ..engine.servers import adapter_of
from ..engine.settle import Waiting, settle_reviews, waiting_in
from ..errors import ConfigError, DocumentError, LocalbenchError
from ..store.reviews import read_reviews
from ..store.runs import RUN_DOCUMENT, load, run_folder
from ..suite.models import load_model_files, select_models
from . import offline
from .collector import TASK_ATTRIBUTE
from .refusal import refuse

if TYPE_CHECKING:
    from .session import LocalbenchSession

USE = "judge"


class NamedJudges:
    """Finds the judges that option, ini file and tasks name, before hours of asking are spent."""

    def __init__(self, session: LocalbenchSession) -> None:
        self.session = session
        session_reviews(session)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Refuse a judge that does not exist, cannot be asked, or is not on this machine in an offline run."""
        session = self.session
        if session.options.selfcheck or session.rescored is not None or config.option.collectonly:
            return
        tasks = {id(task): task for item in items
                 if (task := getattr(getattr(item, "function", None), TASK_ATTRIBUTE, None)) is not None}  # fmt: skip
        specs = [spec for task in tasks.values() for spec in task.evaluators if spec.use == USE]
        for name in dict.fromkeys(name for spec in specs if (name := judge_named(session, spec)) is not None):
            try:
                judge_model(session, name)
            except ConfigError as error:
                refuse(config, items, f"the judge: {error}")
                return


def judge_named(session: LocalbenchSession, spec: EvaluatorSpec) -> str | None:
    """The name of an evaluator's judge: the run's, else the task's own."""
    return session.options.judge or spec.options.get("model")


def judge_model(session: LocalbenchSession, name: str) -> ModelConfig:
    """The configuration of a judge that can be asked; raises ConfigError."""
    configured = load_model_files(session.options.data_dir, session.config.rootpath)
    found = select_models([name], configured, session.registry.known_adapters())
    if len(found) != 1:
        raise ConfigError(f"'{name}' names {len(found)} models; a judge is one model.")
    if session.options.offline:
        offline.refuse_remote(found)
    if session.rescored is None and (problem := _adapter(session, found[0]).preflight()):
        raise ConfigError(problem)
    return found[0]


def settle_waiting(session: LocalbenchSession, kept: Kept, *, asks: bool) -> Judgement:
    """Ask the judges, put in what people said, and change the results in ``kept`` accordingly.

    ``asks``: False when the run was interrupted; then no judge is asked any more.
    """
    waiting = waiting_in(kept, session.judge_for, USE)
    judged = Judgement()
    if waiting and not asks:
        judged.notes.append(
            f"the run was interrupted before {len(waiting)} answers were judged; --localbench-resume goes on"
        )
    elif waiting:
        judged = _judge(session, kept, waiting)
    kept.results.update(judged.results)
    reviews = session_reviews(session)
    kept.results.update(settle_reviews(kept, reviews, session.judge_for, session.settings))
    judged.notes += review_notes(session.run_id, reviews, kept)
    return judged


def session_reviews(session: LocalbenchSession) -> list[Review]:
    """The reviews of ``--localbench-reviews``, else those that are filed for the run that is taken up; raises ConfigError."""
    places = session.options.reviews
    if not places and session.past is not None:
        filed = session.options.data_dir / "reviews" / session.past.run_id
        places = (filed,) if filed.is_dir() else ()
    try:
        return [review for path in places for review in read_reviews(path)]
    except DocumentError as error:
        raise ConfigError(f"--localbench-reviews: {error}") from None


def _judge(session: LocalbenchSession, kept: Kept, waiting: list[Waiting]) -> Judgement:
    asker = Asker(session.config.rootpath, log=session.recorder.log.event)
    book = AnswerBook(
        session.budget.around(asker.ask, timed=False), asker.request, session.recorder.answers, redact=session.redact
    )
    past = session.rescored
    if past is None:
        book.open(session.options.cache, session.options.cache_dir, session.run_id, again=bool(session.past))

    def desk(model: ModelConfig) -> Desk:
        if past is None:
            return OpenDesk(model, lambda config: asker.adopt(_adapter(session, config)), book.ask)
        lack = (
            f"run {past.run_id} holds no such judgement; judge its answers with "
            f"--localbench-resume={past.run_id} --localbench-judge={model.id}"
        )
        return StoredDesk(model, lambda job: past.judgement(job, book), lack)

    options = session.options
    chosen = _Choice(session)
    judges = Judges(chosen, desk, options.judge_votes, options.judge_min_agreement)
    found = Judgement()
    _tell(session, [w for w in waiting if any(not isinstance(chosen(s), str) for s, _ in w.judge.graders())])
    try:
        run_judges(waiting, judges, session.settings, found)
    except KeyboardInterrupt:
        asker.stop()
        found.notes.append("judging was stopped; --localbench-resume goes on with it")
    finally:
        traffic = asker.traffic.found()
        session.recorder.exchanged(traffic, ())
        if kept is not session.recorder.kept:
            for entry in traffic:
                kept.exchanged(entry)
        session.recorder.close()
    return found


def _tell(session: LocalbenchSession, waiting: list[Waiting]) -> None:
    """Say what goes on: the progress line is over, and a judge may take minutes."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if waiting and reporter is not None and session.rescored is None and session.config.get_verbosity() >= 0:
        words = "1 answer goes" if len(waiting) == 1 else f"{len(waiting)} answers go"
        reporter.ensure_newline()
        reporter.write_line(f"localbench: {words} to the judge")


class _Choice:
    """The judge of an evaluator, each looked up once; of a run that is taken up its own judge, unless another is named."""

    def __init__(self, session: LocalbenchSession) -> None:
        self._session = session
        self._found: dict[str, ModelConfig | str] = {}
        self._before = _judge_before(session)

    def __call__(self, spec: EvaluatorSpec) -> ModelConfig | str:
        name = judge_named(self._session, spec) or self._before
        if name is None:
            return "name one with --localbench-judge"
        if name not in self._found:
            try:
                self._found[name] = judge_model(self._session, name)
            except LocalbenchError as error:
                self._found[name] = str(error)
        return self._found[name]


def _judge_before(session: LocalbenchSession) -> str | None:
    """The judge of the run that is taken up, when it had one."""
    if session.past is None:
        return None
    try:
        reports = load(run_folder(session.options.data_dir, session.past.run_id) / RUN_DOCUMENT).judges
    except DocumentError:
        return None
    return reports[0].model if len(reports) == 1 else None


def _adapter(session: LocalbenchSession, model: ModelConfig) -> Adapter:
    return adapter_of(session.registry, model)
