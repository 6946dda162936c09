"""The answer found inside a model's text: what every evaluator works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


class _Missing:
    """Sentinel: no JSON value was found (``null`` is a value)."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced block: ``language`` is the first word of the info string, lower case."""

    language: str
    content: str
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one reply.

    ``clean``: the reply without control codes and reasoning; ``text``: the answer inside it ("" = none);
    ``value``: the parsed JSON value or ``MISSING``; ``level``: how it was found (0 whole, 1 fenced, 2 in prose,
    3 after low-risk repair, ``None`` = not found); ``label``: the single label found; ``short``: the short answer
    inside a text (after a marker, or its last line); ``notes``: short codes such as
    ``several_candidates``, ``reasoning_cut``, ``truncated``, ``duplicate_keys``.
    """

    text: str
    clean: str
    value: Any = MISSING
    level: int | None = None
    label: str | None = None
    short: str = ""
    reasoning: str = ""
    fences: tuple[Fence, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_value(self) -> bool:
        """True when a JSON value was found."""
        return self.value is not MISSING
