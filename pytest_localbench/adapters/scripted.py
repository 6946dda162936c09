"""Answers from a table: a test double for suites, documentation and dry runs.

``options``::

    answers:                      # "task" or "task/sample": an entry, or a list with one entry per attempt
      greet: Hello!
      sums/two: [{text: "4", delay_s: 0.1}, {error: {kind: failed, message: busy, times: 1}, text: "4"}]
    contains:                     # the first whose ``when`` occurs in the prompt
      - {when: capital of France, text: Paris}
    default: I do not know.

An entry is a text, ``{text, thinking, finish_reason, tool_calls, usage, delay_s, error}``, or ``{turns: [entry, ...]}``:
one for each turn of a dialogue, the last for all that follow. ``error`` is a message or
``{kind: unavailable | failed | timeout | context, message, retryable, retry_after_s, times}``; with ``times: n`` only
the first n requests fail. ``path`` of the model file may name a JSON or YAML file with more ``answers``.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..domain.model import ModelConfig
from ..domain.response import GenerationRequest, ModelResponse, Timing
from ..errors import (
    ConfigError,
    ContextTooLong,
    GenerationFailed,
    GenerationTimeout,
    ModelError,
    ModelUnavailable,
    did_you_mean,
)
from .base import Adapter

_OPTIONS = {"answers", "contains", "default"}
_ENTRY = {"text", "thinking", "finish_reason", "tool_calls", "usage", "delay_s", "error"}
_ERROR = {"kind", "message", "retryable", "retry_after_s", "times"}
_KINDS = {"unavailable", "failed", "timeout", "context"}


@dataclass(slots=True, eq=False)
class _Entry:
    response: ModelResponse
    delay_s: float = 0.0
    error: dict[str, Any] | None = None
    turns: tuple[_Entry, ...] = ()


class ScriptedAdapter(Adapter):
    """Looks answers up by task and sample, then by what the prompt contains."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._answers: dict[str, list[_Entry]] = {}
        self._contains: list[tuple[str, _Entry]] = []
        self._default: _Entry | None = None
        self._file_sha256: str | None = None
        self._failures: Counter[int] = Counter()
        self._stopped = threading.Event()

    def preflight(self) -> str | None:
        """What is wrong with the table."""
        try:
            self.open()
        except ConfigError as error:
            return str(error)
        return None

    def open(self) -> None:
        """Read the table; raises ConfigError for an entry that cannot be used."""
        options, name = self.config.options, self.config.id
        _only(options, _OPTIONS, name, "options")
        answers, contains = options.get("answers", {}), options.get("contains", [])
        if not isinstance(answers, dict):
            raise ConfigError(f"model '{name}': 'answers' must be a mapping of task or task/sample to answers.")
        for key, value in {**self._filed(), **answers}.items():
            entries = value if isinstance(value, list) else [value]
            if not entries:
                raise ConfigError(f"model '{name}': answers of '{key}' are an empty list; give at least one.")
            self._answers[str(key)] = [_entry(e, name, f"answers.{key}") for e in entries]
        if not isinstance(contains, list) or not all(isinstance(c, dict) and "when" in c for c in contains):
            raise ConfigError(f"model '{name}': 'contains' must be a list of {{when, text}}.")
        self._contains = [
            (str(c["when"]), _entry({k: v for k, v in c.items() if k != "when"}, name, "contains")) for c in contains
        ]
        if options.get("default") is not None:
            self._default = _entry(options["default"], name, "default")

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """The answer of the table."""
        entry = self._find(request)
        if entry.turns:
            entry = entry.turns[min(request.turn, len(entry.turns)) - 1]
        if entry.delay_s:
            self._wait(entry, request.timeout_s)
        if entry.error is not None:
            self._fail(entry, entry.error)
        return entry.response

    def abort(self) -> None:
        """End every wait."""
        self._stopped.set()

    def fingerprint(self) -> dict[str, Any]:
        """The table is the model."""
        return {"config": self.config.config_hash, "answers_sha256": self._file_sha256}

    def _filed(self) -> dict[Any, Any]:
        """The answers in the file of ``path``."""
        if self.config.path is None:
            return {}
        import yaml

        path = Path(self.config.path).expanduser()
        try:
            data = path.read_bytes()
            table = json.loads(data) if path.suffix == ".json" else yaml.safe_load(data)
        except OSError as error:
            raise ConfigError(f"model '{self.config.id}': {path} cannot be read: {error.strerror}.") from None
        except (ValueError, RecursionError, yaml.YAMLError) as error:
            where = " ".join(str(error).split())
            raise ConfigError(f"model '{self.config.id}': {path} is not JSON or YAML: {where}.") from None
        if not isinstance(table, dict):
            raise ConfigError(f"model '{self.config.id}': {path} must be a mapping of task or task/sample to answers.")
        self._file_sha256 = hashlib.sha256(data).hexdigest()
        return table

    def _find(self, request: GenerationRequest) -> _Entry:
        key = request.key
        entries = self._answers.get(f"{key.task}/{key.sample}") or self._answers.get(key.task)
        if entries is not None:
            return entries[min(key.attempt, len(entries)) - 1]
        if self._contains:
            prompt = "\n".join(m.text for m in request.messages)
            for when, entry in self._contains:
                if when in prompt:
                    return entry
        if self._default is None:
            raise GenerationFailed(
                f"the scripted model '{self.config.id}' has no answer for {key.task}/{key.sample} and no default",
                retryable=False,
            )
        return self._default

    def _wait(self, entry: _Entry, timeout_s: float) -> None:
        if self._stopped.wait(min(entry.delay_s, timeout_s)):
            raise GenerationFailed("the run was stopped", retryable=False)
        if entry.delay_s > timeout_s:
            raise GenerationTimeout(
                f"the scripted model '{self.config.id}' had not finished its answer after {timeout_s:g} s",
                generating=True,
            )

    def _fail(self, entry: _Entry, error: dict[str, Any]) -> None:
        times = error.get("times")
        self._failures[id(entry)] += 1
        if times is not None and self._failures[id(entry)] > times:
            return
        raise _error(error)


def _error(error: dict[str, Any]) -> ModelError:
    message, wait = str(error.get("message", "scripted failure")), error.get("retry_after_s")
    match error.get("kind", "failed"):
        case "unavailable":
            return ModelUnavailable(message)
        case "timeout":
            return GenerationTimeout(message, generating=False)
        case "context":
            return ContextTooLong(message)
    return GenerationFailed(message, retryable=bool(error.get("retryable", True)), retry_after_s=wait)


def _entry(value: Any, model: str, where: str) -> _Entry:
    if not isinstance(value, dict):
        value = {"text": "" if value is None else str(value)}
    turns = value.get("turns")
    if turns is not None:
        _only(value, {"turns"}, model, where)
        if not isinstance(turns, list) or not turns:
            raise ConfigError(f"model '{model}': {where}.turns must be a list with at least one answer.")
        made = tuple(_entry(turn, model, f"{where}.turns[{n}]") for n, turn in enumerate(turns))
        return replace(made[0], turns=made)
    _only(value, _ENTRY, model, where)
    error = value.get("error")
    if error is not None:
        error = error if isinstance(error, dict) else {"message": str(error)}
        _only(error, _ERROR, model, f"{where}.error")
        if error.get("kind", "failed") not in _KINDS:
            raise ConfigError(f"model '{model}': {where}.error.kind must be one of {', '.join(sorted(_KINDS))}.")
    calls = value.get("tool_calls") or ()
    try:
        delay = float(value.get("delay_s") or 0.0)
        response = ModelResponse(
            text=str(value.get("text", "")),
            thinking=value.get("thinking"),
            tool_calls=tuple(calls),
            finish_reason=value.get("finish_reason") or ("tool_calls" if calls else "stop"),
            usage=value.get("usage") or {},
            timing=Timing(generation_s=delay),
            resolved_model=model,
        )
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"model '{model}': {where}.{field} cannot be used: {first['msg']}.") from None
    except (TypeError, ValueError):
        raise ConfigError(f"model '{model}': {where}: delay_s must be seconds, tool_calls a list.") from None
    return _Entry(response, delay, error)


def _only(value: dict[str, Any], known: set[str], model: str, where: str) -> None:
    for key in value:
        if key not in known:
            near = did_you_mean(key, known)
            raise ConfigError(f"model '{model}': {where} has no '{key}'{near}; known: {', '.join(sorted(known))}.")
