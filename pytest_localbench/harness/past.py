"""An earlier run that is taken up again: ``--localbench-resume``, ``--localbench-retry-errors``, ``--localbench-rescore``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ..domain.model import Capabilities, ModelConfig
from ..domain.response import ModelResponse, ResultKey
from ..domain.result import SampleResult
from ..domain.run import Environment
from ..domain.score import EvaluationWeights
from ..domain.task import Task
from ..engine.answers import AnswerBook
from ..engine.engine import Opened
from ..engine.item import ScoreSettings
from ..engine.kept import Kept
from ..engine.plan import Job
from ..errors import ConfigError, DocumentError, NoStoredAnswer
from ..options import Options
from ..registry import Registry
from ..store.journal import read_journals
from ..store.lock import RunLock
from ..store.recorded import find_recorded
from ..store.responses import responses_of
from ..store.runs import LAST, RUN_DOCUMENT, load, run_folder
from ..suite.models import check_providers, default_models, load_model_files, select_models
from .lanes import PAST, RUN_ID

CAPABILITY_NAMES = frozenset(Capabilities.model_fields)
WAYS = ("resume", "retry-errors", "rescore")


class Past:
    """What an earlier run left, and in which way it is taken up."""

    def __init__(self, options: Options, run_id: str, way: str) -> None:
        self.run_id, self.way = run_id, way
        self.rescores = way == "rescore"
        self.goes_on = not self.rescores
        folder = run_folder(options.data_dir, run_id)
        try:
            self.kept = Kept.from_records(read_journals(folder))
        except ValidationError:
            raise ConfigError(
                f"--localbench-{way}: run {run_id} was recorded by another version of pytest-localbench, whose journal "
                "this one cannot read; start a new run."
            ) from None
        self._document = folder / RUN_DOCUMENT
        self._results = dict(self.kept.results)
        first: dict[str, Any] = self.kept.sessions[0] if self.kept.sessions else {}
        self.started_at: str | None = first.get("started_at")
        self._first = first
        self.source = str(first.get("rescored_from") or run_id)
        if self.goes_on and self.source != run_id:
            raise ConfigError(
                f"--localbench-{way}: run {run_id} only judged the answers of {self.source} again, so it cannot go on. Name that "
                f"run: --localbench-{way}={self.source}."
            )
        self._responses = responses_of(options.cache_dir / self.source) if self.rescores else None
        self._hashes: dict[tuple[str, str], set[str]] = {}
        for key, result in self._results.items():
            self._hashes.setdefault((key.category, key.task), set()).add(result.task_hash)
            self._hashes.setdefault(("", key.model), set()).add(result.model_hash)
        self._expected = dict.fromkeys(n for session in self.kept.sessions for n in session.get("nodeids", ()))

    # -- a run that goes on ------------------------------------------------------------------------------------------

    def finished(self, key: ResultKey) -> SampleResult | None:
        """The result that stands; ``None`` for what is to be asked (again)."""
        found = self._results.get(key) if self.goes_on else None
        return None if found is not None and found.is_error and self.way == "retry-errors" else found

    def refuse(self, task: Task, models: list[ModelConfig]) -> None:
        """Raises ConfigError where the task or a model is no longer what the run asked."""
        if not self.goes_on:
            return
        changed = [(f"task '{task.id}'", (task.category, task.id), task.content_hash)]
        changed += [(f"model '{model.id}'", ("", model.id), model.config_hash) for model in models]
        for what, place, now in changed:
            if self._hashes.get(place, set()) - {"", now}:
                raise ConfigError(
                    f"{what} has changed since run {self.run_id}, so the run cannot go on: its results would not belong "
                    f"together. Start a new run, or judge its answers anew with --localbench-rescore={self.run_id}."
                )

    def left_over(self, seen: set[str]) -> tuple[str, ...]:
        """Items of earlier sessions that still have no result."""
        if not self.goes_on:
            return ()
        answered = {result.nodeid for result in self._results.values()}
        return tuple(nodeid for nodeid in self._expected if nodeid not in answered and nodeid not in seen)

    # -- answers that are judged again -------------------------------------------------------------------------------

    def response(self, job: Job, book: AnswerBook) -> ModelResponse:
        """The stored answer; raises NoStoredAnswer with a sentence."""
        assert self._responses is not None
        found = book.stored(job, self._responses)
        if found is not None:
            return found
        then = self._results.get(job.key)
        if then is None:
            why = "it was not asked then"
        elif then.is_error and then.outcome != "evaluator_error":
            why = f"there was none: {then.reason}"
        elif then.outcome == "skipped":
            why = f"it was skipped: {then.reason}"
        else:
            why = "what is asked has changed since, or its answers were deleted"
        raise NoStoredAnswer(f"run {self.run_id} holds no answer to this question ({why})")

    def judgement(self, job: Job, book: AnswerBook) -> ModelResponse | None:
        """What a judge said then, ``None`` when it was not asked this."""
        return None if self._responses is None else book.stored(job, self._responses)

    def capabilities(self, model: ModelConfig) -> Capabilities:
        """What the model could do when it was asked; no adapter is made to find out."""
        known = self.kept.opened.get(model.id, {}).get("capabilities")
        return Capabilities.model_validate(known) if known else model.capabilities

    def opened(self, model_id: str) -> Opened | None:
        """What was recorded when the model was opened."""
        facts = dict(self.kept.opened.get(model_id) or {})
        if not facts:
            return None
        return Opened(facts.pop("load_s"), facts.pop("capabilities"), facts.pop("fingerprint"), facts)

    def environment(self, now: Environment) -> Environment:
        """The machine on which the times were measured."""
        try:
            return load(self._document).environment if self.rescores else now
        except DocumentError:
            return now

    # -- both --------------------------------------------------------------------------------------------------------

    def settings(self, weights: EvaluationWeights | None, memory_budget_bytes: int | None) -> ScoreSettings:
        """Weights and budgets: the run's own; other weights only where answers are judged again."""
        before = self._first.get("weights")
        own = EvaluationWeights.model_validate(before) if before else None
        if self.goes_on and weights is not None and self.kept.sessions and weights != own:
            raise ConfigError(
                f"--localbench-weights: run {self.run_id} was begun with other weights; it goes on only with the same "
                f"ones. Use --localbench-rescore={self.run_id} to weigh its results anew."
            )
        budget = self._first.get("memory_budget_bytes", memory_budget_bytes)
        return ScoreSettings(
            weights=own if self.goes_on and self.kept.sessions else weights, memory_budget_bytes=budget
        )

    def notes(self) -> list[str]:
        """How the document came to be."""
        if self.rescores:
            return [f"the answers are those of run {self.run_id}, judged again; no model was asked"]
        return [f"this run was continued: {len(self.kept.sessions) + 1} sessions"] if self.kept.sessions else []

    def words(self) -> str:
        """For the line after collection."""
        if self.rescores:
            return f", judging the answers of {self.run_id} again"
        return f" goes on: {len(self._results)} results are there" if self._results else " goes on"


def past_of(config: pytest.Config, options: Options) -> Past | None:
    """The run that is to be taken up; raises ConfigError. A run that goes on is locked until the session ends."""
    chosen = [(way, name) for way, name in zip(WAYS, (options.resume, options.retry_errors, options.rescore),
                                               strict=True) if name is not None]  # fmt: skip
    if not chosen:
        return None
    way, name = chosen[0]
    if hasattr(config, "workerinput"):
        shared = str(config.workerinput.get("localbench_past") or "")
        return Past(options, shared, way) if shared else None
    _refuse_mixtures(options, [one for one, _ in chosen])
    try:
        run_id = find_recorded(options.data_dir, name)
    except DocumentError as error:
        raise ConfigError(f"--localbench-{way}: {error}{_eaten(way, name)}") from None
    if run_id is None:
        if way == "rescore" or name:
            raise ConfigError(f"--localbench-{way}: nothing was recorded yet below {options.data_dir / 'results'}.")
        return None
    if way != "rescore":
        _lock(config, options, run_id, way)
        config.stash[RUN_ID] = run_id
    config.stash[PAST] = run_id
    return Past(options, run_id, way)


def chosen_models(options: Options, past: Past | None, registry: Registry, root: Path) -> list[ModelConfig]:
    """The models of the session: those named, else the usual ones; where answers are judged again, those of the run."""
    known = registry.known_adapters()
    if past is not None and past.rescores:
        stored = past.kept.models
        return select_models(options.models, stored, known) if options.models else list(stored.values())
    configured = load_model_files(options.data_dir, root)
    check_providers(configured.values(), known, root)
    return select_models(options.models, configured, known) if options.models else default_models(configured)


def _refuse_mixtures(options: Options, ways: list[str]) -> None:
    if len(ways) > 1:
        raise ConfigError(f"--localbench-{ways[0]} and --localbench-{ways[1]} cannot go together; give one of them.")
    if options.selfcheck:
        raise ConfigError(f"--localbench-{ways[0]}: --localbench-selfcheck asks no model; give one of them.")
    if ways[0] == "rescore" and options.cache != "off":
        raise ConfigError("--localbench-rescore takes the answers of one run; leave --localbench-cache out.")


def _lock(config: pytest.Config, options: Options, run_id: str, way: str) -> None:
    lock = RunLock(run_folder(options.data_dir, run_id))
    try:
        if not lock.acquire():
            raise ConfigError(f"--localbench-{way}: another process is still working on run {run_id}.")
    except OSError as error:
        raise ConfigError(
            f"--localbench-{way}: run {run_id} cannot be written to ({error.strerror}), so it cannot go on."
        ) from None
    config.add_cleanup(lock.release)


def _eaten(way: str, name: str) -> str:
    """A hint where the option took what was meant as a folder of tests."""
    if not Path(name.partition("::")[0]).exists():
        return ""
    return f" '{name}' is a path: write --localbench-{way}={LAST}, or put the option behind the paths."
