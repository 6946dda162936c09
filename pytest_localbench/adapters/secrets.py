"""Keys: resolved from references at the last moment, never shown, and taken out of every text that leaves us."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..errors import ConfigError, MissingCredential

MIN_REDACTED = 8
MASK = "[redacted]"
_REFERENCE = re.compile(r"^(?:\$\{env:(?P<braced>\w+)\}|env:(?P<bare>\w+)|file:(?P<file>.+))$")
_KEY = re.compile(
    r"\bsk-(?:ant-)?[A-Za-z0-9_-]{8,}|\bAIza[A-Za-z0-9_-]{20,}|\bhf_[A-Za-z0-9]{10,}|\bgh[pousr]_[A-Za-z0-9]{10,}"
    r"|(?i:\bbearer)[ \t]+[A-Za-z0-9._~+/=-]{8,}"
)
_HINTS = ("sk-", "AIza", "hf_", "gh", "earer", "EARER")
_known: set[str] = set()


class Secret:
    """A key that shows only its mask; ``reveal()`` hands it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself, for the request header."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__


def resolve(reference: str, needed_by: str = "the model") -> Secret:
    """The key behind ``${env:NAME}``, ``env:NAME`` or ``file:/path``.

    Raises MissingCredential when it is not set, ConfigError for anything that is no reference or no key.
    """
    match = _REFERENCE.match(reference.strip())
    if match is None:
        raise ConfigError(f"{needed_by}: 'api_key' must be a reference such as ${{env:NAME}}, env:NAME or file:/path.")
    if match["file"]:
        path = Path(match["file"]).expanduser()
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise ConfigError(f"{needed_by} reads its key from {path}, which cannot be read: {reason}.") from None
        source = str(path)
    else:
        source = match["braced"] or match["bare"]
        value = os.environ.get(source, "").strip()
    if not value:
        if match["file"]:
            raise ConfigError(f"{needed_by} reads its key from {source}, which is empty.")
        raise MissingCredential(source, needed_by)
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(f"{needed_by}: the key in {source} holds characters that no key has (line breaks, accents).")
    if len(value) >= MIN_REDACTED:
        _known.add(value)
    return Secret(value)


def redact(text: str) -> str:
    """The text without resolved keys and without anything that looks like a key."""
    for value in sorted(_known, key=len, reverse=True):
        if value in text:
            text = text.replace(value, MASK)
    if any(hint in text for hint in _HINTS):
        text = _KEY.sub(MASK, text)
    return text
