"""Whether a model has read its whole prompt, and whether a prompt can be sent at all."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.model import ModelConfig
from ..domain.response import ImagePart, Message, ModelResponse
from ..errors import GenerationFailed, TruncatedInput

SMALLEST_WINDOW = 256
READ_AT_LEAST = 0.75
HEAD = 400
MAX_PICTURE_BYTES = 5_000_000
IN_PROCESS = frozenset({"llamacpp", "transformers", "scripted"})


class ReadCheck:
    """Compares what a server says it has read with what was sent. Safe for threads."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, int]] = set()

    def check(self, messages: Sequence[Message], response: ModelResponse, model: ModelConfig) -> None:
        """Raise TruncatedInput when the server counted far fewer tokens than the prompt has words.

        No usual tokenizer joins words that blanks separate, so a prompt has at least as many tokens as words; a quarter
        is allowed for. Counts below any context window that exists are no sign of a cut, and ``None`` is none. Some
        servers count only what they had not read before: a prompt that begins as an earlier one is not suspected.
        """
        read = response.usage.input_tokens
        if read is None or read < SMALLEST_WINDOW:
            return
        texts = [message.text for message in messages]
        head = (model.id, hash("\n".join(texts)[:HEAD]))
        known = head in self._seen
        self._seen.add(head)
        if known or sum(map(len, texts)) < 2 * read:  # a word and its blank are two characters
            return
        words = sum(len(text.split()) for text in texts)
        if read < READ_AT_LEAST * words:
            self._seen.discard(head)
            raise TruncatedInput(
                f"the server of model '{model.id}' has read {read} tokens of a prompt of {words} words, so it cut the "
                "prompt: raise the context window of the server (num_ctx, --ctx-size) or shorten the task"
            )


def check_pictures(messages: Sequence[Message], model: ModelConfig) -> None:
    """Raise GenerationFailed for a picture that is too large once it is encoded: 4 bytes for every 3 (RFC 4648).

    The limit is ``capabilities: max_picture_bytes`` of the model; without it 5 MB for servers, none for models that we
    load ourselves.
    """
    limit = model.capabilities.max_picture_bytes
    if limit is None:
        if model.provider in IN_PROCESS:
            return
        limit = MAX_PICTURE_BYTES
    for message in messages:
        for part in message.parts:
            if isinstance(part, ImagePart) and (encoded := 4 * ((len(part.data) + 2) // 3)) > limit:
                raise GenerationFailed(
                    f"a picture of {len(part.data):,} bytes becomes {encoded:,} bytes in the request, more than the "
                    f"{limit:,} that model '{model.id}' may get (capabilities: max_picture_bytes); make it smaller",
                    retryable=False,
                )
