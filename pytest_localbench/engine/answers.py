"""Generate once, judge many times: answers are stored when they arrive and found again by what was asked.

A stored answer stands in for a new one when a run goes on (its own answers) or when the cache is read (answers that
other runs offered, of the same opened model). Where answers are only judged again, no model is needed at all.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..adapters.base import Adapter
from ..domain.base import plain
from ..domain.model import ModelConfig
from ..domain.response import GenerationRequest, Message, ModelResponse, TextPart
from ..errors import ModelUnavailable
from ..store.responses import (
    FINGERPRINT_DIGITS,
    QUESTION_DIGITS,
    Responses,
    ResponseWriter,
    cached_responses,
    responses_of,
)
from .plan import Job

Ask = Callable[[Adapter, Job], ModelResponse]


def question_of(job: Job, request: GenerationRequest) -> str:
    """32 hex digits over everything that decides the answer but the model itself: settings of the model, what is sent,
    the simulated world, which task and sample (two that ask alike are answered apart), and the attempt."""
    sent = request
    if any(message.parts for message in request.messages):
        sent = request.model_copy(update={"messages": tuple(_without_pictures(m) for m in request.messages)})
    text = sent.model_dump_json(exclude={"key", "timeout_s", "turn"}, exclude_defaults=True)
    world = job.task.environment
    parts = (
        job.model.config_hash, job.task.id, job.sample.id, str(job.key.attempt), text,
        world.model_dump_json(exclude_defaults=True) if world is not None else "",
    )  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:QUESTION_DIGITS]


def _without_pictures(message: Message) -> Message:
    """The message with a hash of every picture in its place."""
    parts = [
        part if isinstance(part, TextPart) else TextPart(text=f"{part.mime} {hashlib.sha256(part.data).hexdigest()}")
        for part in message.parts
    ]
    return message.model_copy(update={"parts": tuple(parts)})


def fingerprint_of(facts: dict[str, Any]) -> str:
    """16 hex digits over what identifies an opened model."""
    text = json.dumps(plain(facts), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS]


class AnswerBook:
    """Stores and finds answers around ``ask``.

    ``request_of`` makes the request of a job, ``redact`` takes keys out of what is written.
    """

    def __init__(
        self,
        ask: Ask,
        request_of: Callable[[Job], GenerationRequest],
        writer: ResponseWriter,
        *,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._ask, self._request_of, self.writer, self._redact = ask, request_of, writer, redact
        self._own = Responses()
        self._cache: Responses | None = None
        self._offer = False
        self._expected: dict[str, dict[str, Any]] = {}
        self._fingerprints: dict[str, str] = {}
        self._lock = threading.Lock()

    def open(self, cache: str, root: Path, run_id: str, *, again: bool) -> None:
        """Look up what is there, before anything is asked: with ``again`` what this run has stored, with the modes
        ``read`` and ``write`` the cache. ``write`` and ``refresh`` offer new answers to later runs."""
        self._offer = cache in {"write", "refresh"}
        if again:
            self._own = responses_of(root / run_id)
        if cache in {"read", "write"}:
            self._cache = cached_responses(root)

    def ask(self, adapter: Adapter, job: Job) -> ModelResponse:
        """The stored answer, or a new one, which is stored; raises ModelError when there is none."""
        question = question_of(job, self._request_of(job))
        place = self._own.by_question.get(question)
        if place is not None and (known := answer_in(self._own.read(place))) is not None:
            return known
        key = f"{question}.{self._fingerprint(adapter)}"
        if self._cache is not None and (found := answer_in(self._cache.read(self._cache.by_key.get(key)))) is not None:
            response = found.model_copy(update={"cached": True})
            self._keep(key, job, response, offered=False)
            return response
        response = self._ask(adapter, job)
        self._keep(key, job, response, offered=self._offer and _lasts(response))
        return response

    def stored(self, job: Job, answers: Responses) -> ModelResponse | None:
        """The answer to a job among those of a run, without any model."""
        place = answers.by_question.get(question_of(job, self._request_of(job)))
        return answer_in(answers.read(place))

    def expect(self, opened: dict[str, dict[str, Any]]) -> None:
        """A run goes on: what its models were when it began."""
        self._expected = {model: facts.get("fingerprint") or {} for model, facts in opened.items()}

    def check(self, adapter: Adapter) -> None:
        """Raises ModelUnavailable when an opened model is not the one that the run began with."""
        then = self._expected.get(adapter.config.id)
        if not then:
            return
        now = json.loads(self._redact(json.dumps(plain(adapter.fingerprint()))))
        changed = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
        if changed:
            raise ModelUnavailable(
                f"{adapter.config.id} is not the model that this run began with ({', '.join(changed)} changed), so its "
                "answers would not belong together: start a new run."
            )

    def _fingerprint(self, adapter: Adapter) -> str:
        config: ModelConfig = adapter.config
        with self._lock:
            if config.id not in self._fingerprints:
                self._fingerprints[config.id] = fingerprint_of(adapter.fingerprint())
            return self._fingerprints[config.id]

    def _keep(self, key: str, job: Job, response: ModelResponse, *, offered: bool) -> None:
        text = response.model_dump_json(exclude_defaults=True)
        item = json.dumps(str(job.key))
        self.writer.append(self._redact(f'{{"key":"{key}","item":{item},"response":{text}}}'), offered=offered)


def answer_in(record: dict[str, Any] | None) -> ModelResponse | None:
    """The answer of a record; ``None`` when there is none that can be read."""
    try:
        return None if record is None else ModelResponse.model_validate(record["response"])
    except (ValidationError, KeyError):
        return None


def _lasts(response: ModelResponse) -> bool:
    """False for what another day would answer otherwise: cut off by our deadline, or nothing at all."""
    return not response.timed_out and bool(response.text.strip() or response.tool_calls)
