"""``localbench models test``: one real question, and everything that is learned from the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..adapters.secrets import redact
from ..domain.model import Capabilities, ModelConfig
from ..domain.response import GenerationRequest, Memory, Message, ModelResponse, ResultKey
from ..domain.task import GenerationParams
from ..errors import LocalbenchError, ModelError

if TYPE_CHECKING:
    from .models import Project

PROMPT = "Answer in one short sentence: what is the capital of France?"
MAX_TOKENS = 512
WORDS = {
    "vision": "vision",
    "tools": "tools",
    "json_schema": "JSON schema",
    "thinking": "thinking",
    "system_prompt": "system prompt",
}


def try_model(project: Project, model: ModelConfig, timeout_s: float, say: Callable[[str], None]) -> bool:
    """Ask once and say what came of it; False after one sentence of what is wrong."""
    try:
        for text in _report(project, model, timeout_s):
            say(text)
    except LocalbenchError as error:
        words = redact(str(error)).removeprefix(f"model '{model.id}': ")
        say(f"{model.id}: {words}")
        return False
    return True


def capability_lines(found: Capabilities) -> Iterator[str]:
    """Lines about context and capabilities."""
    window = found.context_tokens
    yield line("context", f"{window} tokens" if window is not None else "not known")
    flags = {words: getattr(found, name) for name, words in WORDS.items()}
    for title, value in (("can", True), ("cannot", False), ("not known", None)):
        if named := [words for words, has in flags.items() if has is value]:
            yield line(title, ", ".join(named))


def _report(project: Project, model: ModelConfig, timeout_s: float) -> Iterator[str]:
    from ..engine.asking import Asker
    from ..engine.machine import available_bytes, too_little_memory
    from ..engine.meter import PeakMeter
    from ..reports.safe_text import safe

    adapter = project.adapter(model)
    if problem := adapter.preflight() or too_little_memory(model, adapter.memory_needed_bytes(), available_bytes()):
        raise ModelError(problem)
    started = time.perf_counter()
    try:
        adapter.open()
        loaded_s = time.perf_counter() - started
        Asker(project.root, log=lambda *_, **__: None).warm_up(adapter)
        meter = PeakMeter(adapter.processes())
        with meter:
            response = adapter.generate(_question(model, timeout_s))
        found = adapter.capabilities()
    finally:
        adapter.close()
    if not response.text.strip():
        raise ModelError(_nothing(response))
    yield f"{model.id} ({model.provider}{', ' + model.source.path if model.source else ''})"
    yield line("answer", safe(redact(response.text.strip()), 400))
    if response.resolved_model and response.resolved_model not in {model.id, model.model}:
        yield line("answered by", safe(redact(response.resolved_model)))
    yield from _measures(response, loaded_s, meter.memory())
    yield from capability_lines(found)
    if response.notes:
        yield line("notes", safe(", ".join(response.notes)))


def _question(model: ModelConfig, timeout_s: float) -> GenerationRequest:
    return GenerationRequest(
        key=ResultKey(category="models", task="test", sample="-", model=model.id),
        messages=(Message(role="user", content=PROMPT),),
        params=model.generation.over(GenerationParams(max_tokens=MAX_TOKENS)),
        timeout_s=timeout_s,
    )


def _measures(response: ModelResponse, loaded_s: float, memory: Memory) -> Iterator[str]:
    timing, tokens = response.timing, response.usage.output_tokens
    first = timing.first_token_s
    yield line("opened in", f"{loaded_s:.1f} s")
    after = f", first token after {first:.2f} s" if first is not None else " (not streamed: no first-token time)"
    yield line("answered in", f"{timing.generation_s:.2f} s{after}")
    speed = timing.output_tokens_per_s
    if speed is None and tokens is not None and timing.generation_s > 0:
        speed = tokens / timing.generation_s
    counted = f" ({tokens} tokens)" if tokens is not None else ""
    yield line("speed", f"{speed:.1f} tokens/s{counted}" if speed is not None else "not known: no token counts")
    peak = [b for b in (memory.peak_bytes, memory.peak_vram_bytes) if b is not None]
    yield line("memory", f"{sum(peak) / 1e6:.0f} MB ({memory.method})" if peak else "not measured (not our process)")


def _nothing(response: ModelResponse) -> str:
    if response.thinking:
        return f"it thought for {len(response.thinking)} characters and gave no answer within {MAX_TOKENS} tokens"
    if response.tool_calls:
        return "it called a tool instead of answering"
    return f"the answer is empty (finish reason: {response.finish_reason})"


def line(title: str, text: str) -> str:
    """A line of a report about a model."""
    return f"  {title:<14} {text}"
