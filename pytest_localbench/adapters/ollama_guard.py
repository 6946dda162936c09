"""Finds out that Ollama has read only a part of the prompt: it says so nowhere in its answers.

Versions that know ``truncate: false`` refuse a prompt that is too long; older ones ignore the setting, drop old
messages or cut the prompt, and answer as if nothing had happened. The signs used here, for a window of n tokens:

* the prompt count reached the window (n or n - 1): cut to fit;
* it is n minus about half of what follows the kept head: cut to make room for the answer;
* it is below what any tokenizer needs: one token per word between blanks;
* it is below one token per six visible characters (runs of one character counted once).

A prompt whose bytes all fit into the window is never suspected, because no tokenizer makes more than a token of a byte
(the template's own marks are allowed for).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..domain.response import Message

TEMPLATE_BYTES = 256
TEMPLATE_BYTES_PER_MESSAGE = 64
KEPT_HEADS = (4, 5)
DENSEST = 6.0
DENSE = 4.5
_RUNS = re.compile(r"(\W)\1{2,}")


def truncation(messages: Sequence[Message], prompt_tokens: int | None, window: int) -> str | None:
    """What shows that the prompt was cut, as part of a sentence; ``None`` when nothing does."""
    if prompt_tokens is None:
        return None
    texts = [message.text for message in messages]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    if size + TEMPLATE_BYTES + TEMPLATE_BYTES_PER_MESSAGE * len(texts) <= window:
        return None
    if prompt_tokens >= window - 1:
        return f"read {prompt_tokens} tokens, which is the whole window of {window}"
    words = sum(len(text.split()) for text in texts)
    if prompt_tokens < words:
        return f"read {prompt_tokens} tokens of a prompt of {words} words"
    visible = sum(len("".join(_RUNS.sub(r"\1", text).split())) for text in texts)
    halves = [window - max((window - kept) // 2, 1) for kept in KEPT_HEADS]
    if visible > DENSEST * prompt_tokens or (prompt_tokens in halves and visible > DENSE * prompt_tokens):
        return f"read {prompt_tokens} tokens of a prompt of {visible} visible characters"
    return None
