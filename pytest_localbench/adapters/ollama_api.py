"""Ollama through its own API (never its ``/v1``): window, thinking and loading are set and recorded.

Model file: ``model`` (as in ``ollama list``), ``base_url`` (default: OLLAMA_HOST, else this machine), ``api_key`` (a
reference, for a server behind a proxy that wants one), ``resources``: ``context_tokens`` (``num_ctx``; default: the
trained context, at most 8192), ``threads``, ``gpu_layers`` (default: Ollama's own). ``generation.reasoning``: ``off``,
``on``, ``low``, ``medium``, ``high``; by default a model that can think does. ``options``: ``keep_alive`` (default
``10m``), ``stream`` (default true), ``load_timeout_s`` (default 300). Unless a task or the model file says otherwise:
temperature 0, seed 7. Nothing is ever pulled.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from ..domain.address import ollama_url
from ..domain.model import Capabilities, ModelConfig
from ..domain.ollama_options import OllamaOptions
from ..domain.response import GenerationRequest, ImagePart, Memory, ModelResponse
from ..errors import (
    ConfigError,
    GenerationFailed,
    GenerationTimeout,
    LocalbenchError,
    ModelUnavailable,
    TruncatedInput,
)
from .faults import ConnectionFailed, NotFound
from .json_values import count, mapping
from .ollama_chat import CHAT, NOT_THINKING, ChatAnswer, chat_body, with_task_form
from .ollama_facts import OllamaFacts, look_up
from .ollama_guard import truncation
from .ollama_processes import alive, runners_of
from .options import read_options
from .secrets import resolve
from .wire import WireClient
from .wired import WiredAdapter

MAX_DEFAULT_CONTEXT = 8192
LOOK_UP_TIMEOUT_S = 10.0
GLANCE_TIMEOUT_S = 2.0
UNLOAD_TIMEOUT_S = 4.0
UNLOAD_POLL_S = 0.1
KEPT_PROMPTS = 8
SHORT_PROMPT = 64
REPORTED = "reported by Ollama (/api/ps: weights, cache and buffers), not measured"
PROMPT_CACHED = "prompt_cached"


class OllamaAdapter(WiredAdapter):
    """One model of an Ollama server."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._url = ollama_url(config.base_url)
        self._subject = f"model '{config.id}'"
        self._options = OllamaOptions()
        self._lock = threading.Lock()
        self._facts: OllamaFacts | None = None
        self._glanced: OllamaFacts | LocalbenchError | None = None
        self._memory = Memory()
        self._pids: list[int] | None = None
        self._prompts: deque[str] = deque(maxlen=KEPT_PROMPTS)
        self._notes: list[str] = []

    # -- before it is opened -----------------------------------------------------------------------------------------

    def preflight(self) -> str | None:
        """Why the model cannot be asked: no server, no such model, wrong settings."""
        found = self._glance()
        return str(found) if isinstance(found, LocalbenchError) else None

    def capabilities(self) -> Capabilities:
        """What ``/api/show`` lists (nothing listed = not known); what the model file states wins."""
        stated, facts = self.config.capabilities, self._facts or self._glance()
        if isinstance(facts, LocalbenchError):
            return stated
        found = Capabilities(
            vision=facts.can("vision"),
            tools=facts.can("tools"),
            json_schema=True,
            thinking=facts.can("thinking"),
            context_tokens=self._window(facts),
        )
        return found.model_copy(update=stated.model_dump(exclude_none=True))

    def fingerprint(self) -> dict[str, Any]:
        """Digest, template, quantisation, version and the settings that change answers or speed."""
        facts, known = self._facts, {"base_url": self._url, "model": self.config.model}
        if facts is None:
            return known
        return {
            **known,
            "runtime": f"ollama {facts.version}",
            "digest": facts.digest,
            "architecture": facts.family,
            "parameter_size": facts.parameter_size,
            "quantization": facts.quantization,
            "template_sha256": facts.template_sha256,
            "system_sha256": facts.system_sha256,
            "parameters": list(facts.parameters),
            "capabilities": None if facts.capabilities is None else sorted(facts.capabilities),
            "trained_context": facts.trained_context,
            **self._runner(facts),
        }

    # -- the life of a model -----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Check the server and the model, and load it; raises ConfigError or ModelUnavailable."""
        self._options = read_options(self.config, OllamaOptions)
        self._notes = []
        wire = self._wire = self._connect()
        facts = look_up(wire, self.config.model, self._subject, LOOK_UP_TIMEOUT_S)
        self._check(facts)
        window = self._window(facts)
        wire.context_hint = f"raise 'resources: context_tokens' of {self._subject} (now {window}) or shorten the task"
        self._facts = facts  # before it is loaded: a load that is broken off is undone by close()
        self._load(wire, facts)
        self._memory = self._reported(wire, facts)

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once; raises TruncatedInput when Ollama read only a part of the prompt."""
        wire, facts = self._wire, self._facts
        if wire is None or facts is None:
            raise GenerationFailed(f"{self._subject} is not open", retryable=False)
        if facts.can("vision") is False and any(isinstance(p, ImagePart) for m in request.messages for p in m.parts):
            raise GenerationFailed(f"'{self.config.model}' cannot see: Ollama would drop the picture.", retryable=False)
        thinks = self._thinks(facts)
        body = chat_body(
            self.config.model,
            request.messages,
            request.params,
            runner=self._runner(facts),
            keep_alive=self._options.keep_alive,
            thinks=thinks,
            stream=self._options.stream,
        )
        with_task_form(body, request)
        cached = self._was_read("\n".join(f"{m.role}: {m.text}" for m in request.messages))
        try:
            response = self._ask(wire, body, request.timeout_s)
        except NotFound:
            raise ModelUnavailable(
                f"Ollama at {self._url} no longer has '{self.config.model}': ollama pull {self.config.model}"
            ) from None
        window = body["options"]["num_ctx"]
        if (sign := truncation(request.messages, response.usage.input_tokens, window)) is not None:
            raise TruncatedInput(
                f"Ollama {sign}; raise 'resources: context_tokens' of {self._subject} (now {window}) "
                "or shorten the task."
            )
        notes = [*response.notes]
        update: dict[str, Any] = {"memory": self._memory}
        if thinks is False and request.params.reasoning not in {None, "auto", "off"}:
            notes.append(NOT_THINKING)
        if cached:
            # The count holds the tokens of the cache, the duration does not: their quotient means nothing.
            notes.append(PROMPT_CACHED)
            update["timing"] = response.timing.model_copy(update={"prompt_tokens_per_s": None})
        return response.model_copy(update={**update, "notes": tuple(notes)})

    def close(self) -> None:
        """Close the connections and have the model unloaded; one that stays is told in :meth:`notes`."""
        with self._lock:
            wire, facts = self._wire, self._facts
            self._wire = self._facts = None
        if wire is not None:
            wire.close()
        if facts is not None:
            self._unload(facts)
        self._pids = None

    def processes(self) -> list[int]:
        """The runner of the model, when the server is on this machine and its runner can be told for sure."""
        facts = self._facts
        if facts is None or not self.config.is_local:
            return []
        if self._pids is None or not alive(self._pids):
            self._pids = runners_of(facts.blob, urlsplit(self._url).port or 0)
        return list(self._pids)

    def notes(self) -> tuple[str, ...]:
        """What is worth telling after closing."""
        return tuple(self._notes)

    # -- parts -------------------------------------------------------------------------------------------------------

    def _connect(self) -> WireClient:
        if not self.config.model:
            raise ConfigError(f"{self._subject}: 'model' is missing (a name of 'ollama list').")
        key = self.config.api_key
        headers = {} if key is None else {"Authorization": f"Bearer {resolve(key, self._subject).reveal()}"}
        return WireClient(self._url, headers=headers)

    def _glance(self) -> OllamaFacts | LocalbenchError:
        """The facts without opening, asked for once; or why there are none."""
        if self._glanced is None:
            try:
                read_options(self.config, OllamaOptions)
                with closing(self._connect()) as wire:
                    facts = look_up(wire, self.config.model, self._subject, GLANCE_TIMEOUT_S)
                self._check(facts)
                self._glanced = facts
            except LocalbenchError as error:
                self._glanced = error
        return self._glanced

    def _check(self, facts: OllamaFacts) -> None:
        wanted, trained = self.config.resources.context_tokens, facts.trained_context
        if facts.remote_host is not None and self.config.is_local:
            raise ModelUnavailable(
                f"'{facts.name}' runs at {facts.remote_host}, not on this machine: name it by its own name, which ends "
                "with 'cloud', so that it counts as remote."
            )
        if facts.can("completion") is False:
            raise ModelUnavailable(
                f"'{facts.name}' cannot chat; Ollama lists: {', '.join(sorted(facts.capabilities or ()))}."
            )
        if wanted is not None and trained is not None and wanted > trained:
            raise ConfigError(
                f"{self._subject}: 'resources: context_tokens' is {wanted}, but '{facts.name}' was trained for {trained} "
                "and Ollama gives no more; lower it."
            )
        if "num_ctx" in mapping(self.config.generation.extra.get("options")):
            raise ConfigError(f"{self._subject}: 'num_ctx' is set by 'resources: context_tokens'.")
        if facts.can("thinking") is False and self.config.generation.reasoning not in {None, "auto", "off"}:
            raise ConfigError(f"{self._subject}: '{facts.name}' cannot think; drop 'generation: reasoning'.")

    def _window(self, facts: OllamaFacts) -> int:
        trained = facts.trained_context or MAX_DEFAULT_CONTEXT
        return self.config.resources.context_tokens or min(trained, MAX_DEFAULT_CONTEXT)

    def _runner(self, facts: OllamaFacts) -> dict[str, Any]:
        """Options that cost a new load when they change: the same in every request."""
        resources = self.config.resources
        stated = {"num_ctx": self._window(facts), "num_thread": resources.threads, "num_gpu": resources.gpu_layers}
        return {name: value for name, value in stated.items() if value is not None}

    def _thinks(self, facts: OllamaFacts) -> bool | None:
        stated = self.config.capabilities.thinking
        return facts.can("thinking") if stated is None else stated

    def _load(self, wire: WireClient, facts: OllamaFacts) -> None:
        body = chat_body(
            self.config.model,
            (),
            self.config.generation,
            runner=self._runner(facts),
            keep_alive=self._options.keep_alive,
            thinks=False,
        )
        limit_s = self._options.load_timeout_s
        try:
            ChatAnswer(wire.url(CHAT), wire.context_hint).take(wire.post_json(CHAT, body, limit_s))
        except GenerationTimeout:
            raise ModelUnavailable(
                f"Ollama had not loaded '{facts.name}' after {limit_s:g} s; raise 'options: load_timeout_s' of "
                f"{self._subject}."
            ) from None
        except GenerationFailed as error:
            raise ModelUnavailable(
                f"Ollama could not load '{facts.name}' with a window of {self._window(facts)} tokens: {error}"
            ) from None

    def _ask(self, wire: WireClient, body: dict[str, Any], timeout_s: float) -> ModelResponse:
        url = wire.url(CHAT)
        answer = ChatAnswer(url, wire.context_hint)
        started, first = time.perf_counter(), None
        if not body["stream"]:
            answer.take(wire.post_json(CHAT, body, timeout_s))
            return answer.response(time.perf_counter() - started, None, body)
        # Ollama holds text back while it looks for tool calls, and reads the prompt again for a format after thinking.
        pauses = "tools" in body or ("format" in body and body["think"] is not False)
        stream = wire.stream_json(CHAT, body, timeout_s, lines=True, began=lambda: answer.began and not pauses)
        try:
            with closing(stream) as lines:  # type: ignore[type-var]
                for line in lines:
                    answer.take(line)
                    if first is None and answer.began:
                        first = time.perf_counter() - started
        except GenerationTimeout as late:
            raise GenerationTimeout(str(late), generating=answer.began, partial_text="".join(answer.text)) from None
        if answer.final is None:
            raise ConnectionFailed(f"{url} ended its stream in the middle of the answer")
        return answer.response(time.perf_counter() - started, first, body)

    def _was_read(self, prompt: str) -> bool:
        """True when Ollama has lately read a prompt that began with the first tenth (at least 64 characters) of this."""
        head = prompt[: max(SHORT_PROMPT, math.ceil(len(prompt) / 10))]
        with self._lock:
            seen = any(earlier.startswith(head) for earlier in self._prompts)
            self._prompts.append(prompt)
        return seen

    def _reported(self, wire: WireClient, facts: OllamaFacts) -> Memory:
        try:
            entry = _running(wire, facts, LOOK_UP_TIMEOUT_S)
        except LocalbenchError:
            return Memory()
        size, on_gpu = count(mapping(entry).get("size")), count(mapping(entry).get("size_vram"))
        if size is None:
            return Memory()
        return Memory(peak_bytes=max(0, size - (on_gpu or 0)), peak_vram_bytes=on_gpu, method=REPORTED)

    def _unload(self, facts: OllamaFacts) -> None:
        deadline = time.monotonic() + UNLOAD_TIMEOUT_S

        def left() -> float:
            return max(0.05, deadline - time.monotonic())

        try:
            with closing(self._connect()) as wire:
                wire.post_json(CHAT, {"model": self.config.model, "messages": [], "keep_alive": 0}, left())
                while _running(wire, facts, left()) is not None:
                    if time.monotonic() >= deadline:
                        self._notes.append(
                            f"Ollama still had '{facts.name}' in memory {UNLOAD_TIMEOUT_S:g} s after it was told to "
                            "unload it: what is measured next may be too large."
                        )
                        return
                    time.sleep(UNLOAD_POLL_S)
        except LocalbenchError as error:
            self._notes.append(f"whether Ollama unloaded '{facts.name}' is not known: {error}")


def _running(wire: WireClient, facts: OllamaFacts, timeout_s: float) -> dict[str, Any] | None:
    """The model's entry among those in memory."""
    entries = mapping(wire.get_json("/api/ps", timeout_s)).get("models")
    return next((e for e in entries if facts.is_entry(e)), None) if isinstance(entries, list) else None
