"""What of a run may enter a page that leaves the house: which answers, and how much of their texts."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ..domain.base import clean_text
from ..domain.result import Outcome

Embed = Literal["all", "failures", "none"]
Redact = Literal["none", "inputs", "all"]
EMBED_CHOICES: tuple[Embed, ...] = get_args(Embed)
REDACT_CHOICES: tuple[Redact, ...] = get_args(Redact)
MAX_TEXT_CHARS = 64_000
_KEY = re.compile(r"^[\w.\[\]-]{1,60}$")
_FINE = frozenset({"passed", "skipped"})


def embed_choice(text: str | None) -> Embed:
    """The value of the option ``embed``; nothing given means all texts."""
    return text if text in EMBED_CHOICES else "all"


def redact_choice(text: str | None) -> Redact:
    """The value of the option ``redact``; nothing given means no redaction."""
    return text if text in REDACT_CHOICES else "none"


@dataclass
class Privacy:
    """Applies ``embed`` (whose texts) and ``redact`` (what becomes a hash) and counts what was cut.

    ``inputs`` hashes prompts, documents, expected values and every sentence that may quote them; ``all`` hashes answers,
    too, and leaves out the command line, addresses and file names.
    """

    embed: Embed = "all"
    redact: Redact = "none"
    max_chars: int = MAX_TEXT_CHARS
    n_cut: int = field(default=0, init=False)

    @property
    def hides_inputs(self) -> bool:
        """Prompts and expected values must not be readable."""
        return self.redact != "none"

    @property
    def hides_all(self) -> bool:
        """No text of people or models may be readable."""
        return self.redact == "all"

    @property
    def hides_reasons(self) -> bool:
        """Sentences that quote answers and expected values must stay out."""
        return self.hides_inputs or self.embed == "none"

    def wants(self, outcomes: Sequence[Outcome]) -> bool:
        """True when the texts of answers with these outcomes belong into the page."""
        return self.embed == "all" or (self.embed == "failures" and any(o not in _FINE for o in outcomes))

    def given(self, value: Any) -> Any:
        """Something that was given to the model or expected of it."""
        return self._shown(value, hidden=self.hides_inputs)

    def made(self, value: Any) -> Any:
        """Something the model wrote."""
        return self._shown(value, hidden=self.hides_all)

    def told(self, sentence: str) -> str:
        """A sentence of ours that may quote both."""
        return "" if self.hides_reasons else self.cut(sentence)

    def place(self, text: str | None) -> str | None:
        """A path, an address or a command line."""
        return None if self.hides_all else text

    def field_path(self, path: str, position: int) -> str:
        """The name of a checked thing: a key stays while answers may be read, words of a document do not."""
        if self.hides_all or (self.hides_inputs and not _KEY.match(path)):
            return f"no. {position}"
        return path

    def cut(self, text: str) -> str:
        """At most ``max_chars`` characters."""
        if len(text) <= self.max_chars:
            return text
        self.n_cut += 1
        return (
            f"{text[: self.max_chars]}\n\n[cut here: {len(text) - self.max_chars:,} more characters are in the "
            "run document]"
        )

    def _shown(self, value: Any, *, hidden: bool) -> Any:
        if value is None or isinstance(value, bool):
            return None if hidden else value
        if hidden:
            return _hashed(value)
        if isinstance(value, str):
            return self.cut(value)
        if isinstance(value, int | float):
            return value
        text = json.dumps(value, ensure_ascii=False)
        return value if len(text) <= self.max_chars else self.cut(text)


def _hashed(value: Any) -> str:
    text = clean_text(value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False))
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
    return f"sha256:{digest} ({len(text):,} characters)"
