"""One answer while it is generated: tokens in, pieces of a chat-completions stream out.

Knows nothing of torch. A row lives in two threads: the generating one pushes tokens, the one of the connection reads
events, and may cancel.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

UNFINISHED = "\ufffd"


@dataclass(slots=True)
class Row:
    """One request.

    ``limit``: most tokens to generate; ``context_bound``: reaching it means that the context is full although more was
    allowed; ``prepared_s``: time it took to make the row. ``decode`` turns token ids into text. ``opening``: what the prompt wrote of the answer already, shown as its start. ``inputs`` are the model's tensors, ``matcher`` its grammar; both
    belong to the runtime.
    """

    inputs: Any
    prompt_tokens: int
    limit: int
    decode: Callable[[Sequence[int]], str]
    context_bound: bool = False
    stops: tuple[str, ...] = ()
    end_tokens: frozenset[int] = frozenset()
    deadline: float | None = None
    sampling: dict[str, Any] = field(default_factory=dict)
    matcher: Any = None
    opening: str = ""
    prepared_s: float = 0.0
    arrived: float = field(default_factory=time.perf_counter)
    started: float | None = None
    events: queue.SimpleQueue[dict[str, Any] | None] = field(default_factory=queue.SimpleQueue)
    cancelled: bool = False
    done: bool = False
    tokens: list[int] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)
    _text: str = ""
    _sent: int = 0
    _from: int = 0
    _seen: int = 0

    def __post_init__(self) -> None:
        self._text = self.opening

    @property
    def greedy(self) -> bool:
        """True when the answer depends on nothing but the prompt, so that it may share a batch."""
        return not self.sampling

    def push(self, token: int, now: float) -> bool:
        """Take the next token, whose scores were there at ``now`` (perf_counter); True when the row is over."""
        if self.done:
            return True
        if self.cancelled or (self.deadline is not None and now > self.deadline):
            self._end({"error": {"message": "stopped", "type": "cancelled"}})
            return True
        self.tokens.append(token)
        self.stamps.append(now)
        if token in self.end_tokens:
            self.finish("stop")
        elif self._take(self._fresh()):
            self._close("stop")
        elif len(self.tokens) >= self.limit:
            if self.context_bound:
                self.fail(
                    f"the context is full: {self.prompt_tokens} tokens of the prompt and {len(self.tokens)} of the "
                    "answer",
                    "exceed_context_size_error",
                )
            else:
                self.finish("length")
        return self.done

    def finish(self, reason: str) -> None:
        """The answer is complete."""
        if not self.done:
            rest = self.decode(self.tokens_of_text[self._from :])[self._shown :]
            self._close("stop" if self._take(rest, last=True) else reason)

    def fail(self, message: str, kind: str) -> None:
        """The answer cannot be given; asking again does not help."""
        if not self.done:
            self._end({"error": {"message": message, "type": kind, "code": 400}})

    @property
    def tokens_of_text(self) -> list[int]:
        """The tokens without the one that ended the answer."""
        return self.tokens[:-1] if self.tokens and self.tokens[-1] in self.end_tokens else self.tokens

    @property
    def _shown(self) -> int:
        return len(self.decode(self.tokens[self._from : self._seen]))

    def _fresh(self) -> str:
        """Text that the newest token completed; tokens that end within a character wait for the next."""
        text = self.decode(self.tokens[self._from :])
        if text.endswith(UNFINISHED):
            return ""
        piece = text[self._shown :]
        if piece:
            self._from, self._seen = self._seen, len(self.tokens)
        return piece

    def _take(self, piece: str, *, last: bool = False) -> bool:
        """Pass text on, up to a stop text (then True); what may become one is held back."""
        self._text += piece
        found = [at for stop in self.stops if (at := self._text.find(stop, self._sent)) >= 0]
        held = 0 if last else max((_overlap(self._text[self._sent :], stop) for stop in self.stops), default=0)
        end = min(found) if found else len(self._text) - held
        if end > self._sent:
            self.events.put(_chunk({"content": self._text[self._sent : end]}, None))
            self._sent = end
        return bool(found)

    def _close(self, reason: str) -> None:
        last = _chunk({}, reason)
        made = len(self.tokens)
        last["usage"] = {"prompt_tokens": self.prompt_tokens, "completion_tokens": made}
        last["timings"] = self._timings()
        self._end(last)

    def _timings(self) -> dict[str, float | None]:
        started = self.arrived if self.started is None else self.started
        first, last = (self.stamps[0], self.stamps[-1]) if self.stamps else (None, None)
        reading = None if first is None else first - started
        writing = None if first is None or last is None else last - first
        return {
            "queued_s": started - self.arrived,
            "first_token_s": None if reading is None else self.prepared_s + reading,
            "prompt_per_second": self.prompt_tokens / reading if reading else None,
            "predicted_per_second": (len(self.stamps) - 1) / writing if writing else None,
        }

    def _end(self, event: dict[str, Any]) -> None:
        self.done = True
        self.events.put(event)
        self.events.put(None)


def _chunk(delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"object": "chat.completion.chunk", "choices": [choice]}


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of ``text`` that begins ``stop``."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
