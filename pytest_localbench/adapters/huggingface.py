"""Hugging Face models through transformers, in a child process of its own.

Model file: ``path`` (a checkpoint's folder or a GGUF file) or ``model`` (a name on the hub, looked up in the local cache,
or a fetched model such as ``smollm2``); ``options`` as in :class:`TransformersOptions`; ``resources``:
``context_tokens`` (default: the trained context), ``threads`` (default: one less than the processors we may use).
``concurrency`` requests that wait together are answered as one batch when their answers are greedy. Nothing is
downloaded unless ``options: {download: true}`` says so. GGUF weights are de-quantised, once, into the cache.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..domain.model import Capabilities, ModelConfig
from ..domain.response import GenerationRequest, ModelResponse, ToolCall
from ..domain.transformers_options import TransformersOptions
from ..errors import ConfigError, GenerationTimeout, LocalbenchError, ModelError, ModelUnavailable
from .chat_api import ChatApi
from .checkpoints import (
    CheckpointFacts,
    check_checkpoint,
    find_checkpoint,
    read_facts,
    weights_sha256,
)
from .child import DEFAULTS, ChildAdapter
from .options import read_options
from .quirks import Dialect
from .weights import cache_dir
from .wire import WireClient

LEARNED = frozenset({"vision", "tools", "thinking", "context_tokens"})
REMOTE_CODE = "remote_code"
_TOOL_CALL = re.compile(r"<tool_call>\s*(\{.*?\})\s*</tool_call>\s*", re.DOTALL)


class TransformersAdapter(ChildAdapter):
    """One checkpoint."""

    module = "pytest_localbench.adapters.huggingface_server"
    runtime = "transformers"
    load_timeout_s = 600.0

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._token = secrets.token_urlsafe(24)
        self._ready: Mapping[str, Any] = {}
        self._learns = frozenset() if self._is_here() else LEARNED

    def capabilities(self) -> Capabilities:
        """What the files tell, without loading them; what the model file states wins."""
        stated = self.config.capabilities
        try:
            options = self._options()
            facts = read_facts(find_checkpoint(self.config, options))
        except LocalbenchError:
            return stated
        template = options.chat_template or facts.chat_template
        found = Capabilities(
            vision=facts.vision,
            tools=None if template is None else "tools" in template,
            json_schema=self._ready.get("grammar", importlib.util.find_spec("llguidance") is not None),
            thinking=None if template is None else "<think>" in template or "enable_thinking" in template,
            system_prompt=True,
            context_tokens=self._context(facts),
        )
        return found.model_copy(update=stated.model_dump(exclude_none=True))

    def learns(self) -> frozenset[str]:
        """What was not known before the files were here."""
        return self._learns

    def memory_needed_bytes(self) -> int | None:
        """The weights in the type they get on a processor, and a fifth more; ``None`` where a GPU may hold them."""
        try:
            options = self._options()
            facts = read_facts(find_checkpoint(self.config, options))
        except LocalbenchError:
            return None
        if options.device != "cpu" or options.model_kwargs or facts.weights_bytes is None or facts.value_bytes is None:
            return None
        loaded = 4 if options.dtype in {"auto", "float32"} else 2
        return int(facts.weights_bytes * loaded / facts.value_bytes * 1.2)

    def notes(self) -> tuple[str, ...]:
        """What was done while loading: a download, a conversion."""
        return tuple(self._ready.get("notes", ()))

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once; a child that died is started again, at most twice."""
        response = super().generate(request)
        update: dict[str, Any] = {}
        if request.tools and (calls := calls_in(response.text)):
            text = _TOOL_CALL.sub("", response.text).strip()
            update |= {"text": text, "tool_calls": calls, "finish_reason": "tool_calls"}
        if self._options().trust_remote_code:
            update["notes"] = (*response.notes, REMOTE_CODE)
        return response.model_copy(update=update)

    def generate_batch(self, requests: Sequence[GenerationRequest]) -> list[ModelResponse | ModelError]:
        """Ask all at once, in batches of ``concurrency``; what failed is its error. Order as given."""

        def ask(request: GenerationRequest) -> ModelResponse | ModelError:
            try:
                return self.generate(request)
            except ModelError as error:
                return error

        with ThreadPoolExecutor(max_workers=self.config.concurrency) as pool:
            return list(pool.map(ask, requests))

    def was_generating(self, late: GenerationTimeout) -> bool:
        """Of several requests one may have waited for its batch: it was late only when something came."""
        return self.config.concurrency == 1 or late.generating

    def fingerprint(self) -> dict[str, Any]:
        """Hash or revision of the weights, template, runtime and the settings that change answers or speed."""
        options = self._options()
        checkpoint = find_checkpoint(self.config, options)
        facts = read_facts(checkpoint)
        template = options.chat_template or facts.chat_template
        found = {
            "weights": checkpoint.shown,
            "weights_sha256": weights_sha256(checkpoint),
            "weights_bytes": facts.weights_bytes,
            "architecture": facts.architecture,
            "template_sha256": hashlib.sha256(template.encode()).hexdigest() if template else None,
            "context_tokens": self._context(facts),
            "threads": self.threads(),
            "sampling": {**DEFAULTS, **self.config.generation.model_dump(mode="json", exclude_defaults=True)},
            **self._ready.get("facts", {}),
        }
        if checkpoint.revision is not None:
            found["revision"] = checkpoint.revision
        if checkpoint.gguf is not None:
            found["converted_from"] = "gguf"
        if options.model_kwargs:
            found["model_kwargs"] = dict(options.model_kwargs)
        for name in ("trust_remote_code", "allow_pickle"):
            if getattr(options, name):
                found[name] = True
        return found

    # -- the child ---------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise ConfigError or ModelUnavailable when the checkpoint cannot be used, as far as its files tell."""
        options = self._options()
        if self.config.resources.gpu_layers is not None:
            raise ConfigError(
                f"model '{self.config.id}': 'resources: gpu_layers' is not for transformers; write "
                "'options: {device: cuda}' or 'options: {device_map: auto}'."
            )
        checkpoint = find_checkpoint(self.config, options)
        check_checkpoint(checkpoint, options)
        if self._is_here() and not options.chat_template and not read_facts(checkpoint).chat_template:
            raise ModelUnavailable(
                f"the weights of model '{self.config.id}' bring no chat template (a base model?): name the one to use, "
                "e.g. 'options: {chat_template: chatml}'."
            )

    def settings(self) -> dict[str, Any]:
        """What the child is told."""
        options = self._options()
        checkpoint = find_checkpoint(self.config, options)
        return {
            "path": checkpoint.shown,
            "folder": _text(checkpoint.folder),
            "gguf": _text(checkpoint.gguf),
            "gguf_sha256": weights_sha256(checkpoint) if checkpoint.gguf is not None else None,
            "repo": checkpoint.repo,
            "revision": checkpoint.revision,
            "cache": str(cache_dir()),
            "threads": self.threads(),
            "parallel": self.config.concurrency,
            "context_tokens": self._context(read_facts(checkpoint)),
            "token": self._token,
            "options": options.model_dump(mode="json"),
        }

    def connect(self, ready: Mapping[str, Any]) -> ChatApi:
        """The client of a loaded child."""
        self._ready = ready
        wire = WireClient(
            ready["url"],
            headers={"Authorization": f"Bearer {self._token}"},
            context_hint=self.context_hint(self._context(read_facts(find_checkpoint(self.config, self._options())))),
            idle_s=None,  # our own child works as long as it lives: it is slow, never silent
        )
        dialect = Dialect(reasoning="template")
        return _Api(wire, "/v1/chat/completions", self.config.id, dialect=dialect, always=DEFAULTS)

    def _is_here(self) -> bool:
        """False for weights that will be downloaded; a model that cannot be found has nothing to learn, either."""
        try:
            checkpoint = find_checkpoint(self.config, self._options())
        except LocalbenchError:
            return True
        return checkpoint.folder is not None or checkpoint.gguf is not None

    def _options(self) -> TransformersOptions:
        return read_options(self.config, TransformersOptions)

    def _context(self, facts: CheckpointFacts) -> int | None:
        return self.config.resources.context_tokens or facts.context_tokens


class _Api(ChatApi):
    """Tells the child the deadline, too, so that it stops in time."""

    def body(self, request: GenerationRequest, dialect: Dialect) -> dict[str, Any]:
        return {**super().body(request, dialect), "timeout_s": request.timeout_s}


def calls_in(text: str) -> tuple[ToolCall, ...]:
    """The tool calls of an answer that writes them as ``<tool_call>{"name": ..., "arguments": {...}}</tool_call>``."""
    calls = []
    for found in _TOOL_CALL.finditer(text):
        try:
            data = json.loads(found.group(1))
        except (ValueError, RecursionError):
            continue
        if isinstance(data.get("name"), str):
            calls.append(ToolCall(name=data["name"], arguments=data.get("arguments") or {}, from_text=True))
    return tuple(calls)


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)
