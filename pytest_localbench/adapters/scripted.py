"""A public test double: answers come from a table. For tests, docs and dry runs; nothing leaves the process."""

from __future__ import annotations

import time
from typing import Any

from ..domain.model import Capabilities
from ..domain.response import GenerationRequest, ModelResponse, Timing, ToolCall, Usage
from ..errors import ConfigError, GenerationFailed
from .base import Adapter

_KNOWN = {"answers", "default", "contains"}
_EVERYTHING = Capabilities(vision=True, tools=True, json_schema=True, thinking=True, system_prompt=True)


class ScriptedAdapter(Adapter):
    """Options: ``answers`` maps ``task`` or ``task/sample`` to an answer or a list with one per attempt; ``contains`` is a
    list of ``{when, text}`` tried on the last message; ``default`` is the answer to everything else.

    An answer is a text or a mapping with text, thinking, finish_reason, tool_calls, usage, delay_s or error.
    """

    def open(self) -> None:
        """Check the table."""
        unknown = sorted(set(self.config.options) - _KNOWN)
        if unknown:
            raise ConfigError(f"model '{self.config.id}': unknown option '{unknown[0]}' of 'scripted'; known: {sorted(_KNOWN)}")

    def capabilities(self) -> Capabilities:
        """Everything, unless the model file says otherwise."""
        stated = self.config.capabilities.model_dump(exclude_none=True)
        return _EVERYTHING.model_copy(update=stated)

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """The answer of the table."""
        started = time.perf_counter()
        answer = self._lookup(request)
        fields: dict[str, Any] = {"text": answer} if isinstance(answer, str) else dict(answer)
        delay_s, error = fields.pop("delay_s", 0), fields.pop("error", None)
        if delay_s:
            time.sleep(delay_s)
        if error is not None:
            raise GenerationFailed(str(error), retryable=False)
        if "tool_calls" in fields:
            fields["tool_calls"] = tuple(ToolCall.model_validate(call) for call in fields["tool_calls"])
        if "usage" in fields:
            fields["usage"] = Usage.model_validate(fields["usage"])
        fields.setdefault("text", "")
        return ModelResponse(timing=Timing(generation_s=time.perf_counter() - started), **fields)

    def _lookup(self, request: GenerationRequest) -> Any:
        options, key = self.config.options, request.key
        answers = options.get("answers") or {}
        found = answers.get(f"{key.task}/{key.sample}", answers.get(key.task))
        if isinstance(found, list):
            found = found[min(key.attempt, len(found)) - 1] if found else None
        if found is not None:
            return found
        text = request.messages[-1].text
        for rule in options.get("contains") or ():
            if rule["when"] in text:
                return rule["text"]
        return options.get("default", "")
