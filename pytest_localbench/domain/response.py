"""One model turn: what is sent and what comes back."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import CleanText, Frozen, Many, PlainJson
from .dialogue import Dialogue
from .task import GenerationParams

FinishReason = Literal["stop", "length", "tool_calls", "refusal", "unknown"]


class TextPart(Many):
    """A piece of text inside a message."""

    text: str


class ImagePart(Frozen):
    """A picture inside a message: the bytes as they are in the file."""

    mime: str
    data: bytes = Field(repr=False)


class ToolCall(Frozen):
    """A call the model asked for. ``arguments`` is an object, or the raw text when it was no valid JSON object."""

    id: str = ""
    name: str
    arguments: PlainJson
    from_text: bool = False


class Message(Many):
    """One chat message. ``parts`` replaces ``content`` when the message holds pictures."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    parts: tuple[TextPart | ImagePart, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """All text of the message."""
        return "".join(p.text for p in self.parts if isinstance(p, TextPart)) if self.parts else self.content


class ResultKey(Many):
    """Identity of one asked question; results are keyed by it, never by node id. ``attempt`` counts from 1."""

    category: str
    task: str
    sample: str
    model: str
    attempt: int = 1

    def __str__(self) -> str:
        return f"{self.category}/{self.task}[{self.model}--{self.sample}--r{self.attempt}]"


class GenerationRequest(Many):
    """One model turn. ``timeout_s`` is the total deadline of the request; ``turn`` counts those of a dialogue from 1."""

    key: ResultKey
    turn: int = 1
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()
    response_schema: dict[str, Any] | None = None
    params: GenerationParams = GenerationParams()
    timeout_s: float = 180.0


class Usage(Many):
    """Token counts. ``input_tokens`` includes ``cached_tokens``; ``output_tokens`` includes ``reasoning_tokens``."""

    input_tokens: int | None = Field(default=None, ge=0)
    output_tokens: int | None = Field(default=None, ge=0)
    reasoning_tokens: int | None = Field(default=None, ge=0)
    cached_tokens: int | None = Field(default=None, ge=0)


class Timing(Many):
    """Seconds on a monotonic clock. ``generation_s`` is the answering request alone: no load, queue, retry or wait.

    ``elapsed_s``: everything, waits and failed attempts included. ``speeds_from`` says whose tokens per second these are:
    the server's own, or computed here from the stream.
    """

    generation_s: float = Field(ge=0)
    first_token_s: float | None = Field(default=None, ge=0)
    prompt_tokens_per_s: float | None = Field(default=None, ge=0)
    output_tokens_per_s: float | None = Field(default=None, ge=0)
    speeds_from: Literal["server", "client"] | None = None
    load_s: float | None = Field(default=None, ge=0)
    queued_s: float | None = Field(default=None, ge=0)
    elapsed_s: float | None = Field(default=None, ge=0)


class Memory(Many):
    """Peak memory of the process that holds the model; ``method`` names the measure.

    ``file_mapped_bytes`` is a part of ``peak_bytes``; ``baseline_bytes`` was taken off it already.
    """

    peak_bytes: int | None = Field(default=None, ge=0)
    peak_vram_bytes: int | None = Field(default=None, ge=0)
    file_mapped_bytes: int | None = Field(default=None, ge=0)
    baseline_bytes: int | None = Field(default=None, ge=0)
    method: str = ""


class Noise(Many):
    """How busy this machine was at the end of an answer; shares are 0 to 1 of all processors, ``None`` = not known.

    ``own_cpu_share`` is that of the process that ran the tests.
    """

    load_1m: float | None = None
    steal_share: float | None = None
    own_cpu_share: float | None = None
    swap_in_bytes_per_s: float | None = None
    swap_out_bytes_per_s: float | None = None


class ModelResponse(Many):
    """What came back from one model turn, measured; of a dialogue the last message, all calls, and sums over its turns."""

    text: CleanText
    thinking: CleanText | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: FinishReason = "stop"
    usage: Usage = Usage()
    timing: Timing
    memory: Memory = Memory()
    resolved_model: CleanText | None = None
    attempts: int = 1
    contended: bool = False
    noise: Noise | None = None
    timed_out: bool = False
    cached: bool = False
    notes: tuple[CleanText, ...] = ()
    started_at: str = ""
    dialogue: Dialogue | None = None
