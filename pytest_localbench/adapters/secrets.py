"""Keys: resolved from references at the last moment, never shown, and taken out of every text that leaves us."""

from __future__ import annotations

import base64
import importlib
import json
import os
import re
import stat
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

from ..errors import ConfigError, MissingCredential

MIN_REDACTED = 8
MASK = "[redacted]"
_REFERENCE = re.compile(r"^(?:\$\{env:(?P<braced>\w+)\}|env:(?P<bare>\w+)|file:(?P<file>.+)|keyring:(?P<ring>.+/.+))$")
_INSIDE = re.compile(r"\$\{((?:env:\w+|file:[^}]+|keyring:[^}]+))\}")
_KEY = re.compile(
    r"\bsk-(?:ant-)?[A-Za-z0-9_-]{8,}|\bAIza[A-Za-z0-9_-]{20,}|\bhf_[A-Za-z0-9]{10,}|\bgh[pousr]_[A-Za-z0-9]{10,}"
    r"|(?i:\bbearer)[ \t]+[A-Za-z0-9._~+/=-]{8,}"
)
_HINTS = ("sk-", "AIza", "hf_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "earer", "EARER")
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
    """The key behind ``${env:NAME}``, ``env:NAME``, ``file:/path`` or ``keyring:service/user``.

    Raises MissingCredential when it is not set, ConfigError for anything that is no reference or no key, for a file
    that others may read, and without the package ``keyring`` for the last form.
    """
    match = _REFERENCE.match(reference.strip())
    if match is None:
        raise ConfigError(
            f"{needed_by}: 'api_key' must be a reference such as ${{env:NAME}}, env:NAME, file:/path or "
            "keyring:service/user."
        )
    if match["file"]:
        source = match["file"]
        value = _from_file(Path(source).expanduser(), needed_by)
    elif match["ring"]:
        source = f"the keyring ({match['ring']})"
        value = _from_keyring(match["ring"], needed_by)
    else:
        source = match["braced"] or match["bare"]
        value = os.environ.get(source, "").strip()
        if not value:
            raise MissingCredential(source, needed_by)
    if not value:
        raise ConfigError(f"{needed_by} reads its key from {source}, which is empty.")
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(f"{needed_by}: the key in {source} holds characters that no key has (line breaks, accents).")
    if len(value) >= MIN_REDACTED:
        _known.update(_spellings(value))
    return Secret(value)


def fill(text: str, needed_by: str = "the model") -> str:
    """A text with each ``${env:NAME}``, ``${file:/path}`` and ``${keyring:service/user}`` in it resolved."""
    return _INSIDE.sub(lambda found: resolve(found[1], needed_by).reveal(), text)


def redact(text: str) -> str:
    """The text without resolved keys (plain, URL or base64 encoded) and without anything that looks like a key."""
    for value in sorted(_known, key=len, reverse=True):
        if value in text:
            text = text.replace(value, MASK)
    for hint in _HINTS:
        if hint in text:
            return _KEY.sub(MASK, text)
    return text


def _from_file(path: Path, needed_by: str) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
        open_to_others = os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise ConfigError(f"{needed_by} reads its key from {path}, which cannot be read: {reason}.") from None
    if open_to_others:
        raise ConfigError(f"{needed_by} reads its key from {path}, which others may open: chmod 600 {path}")
    return value


def _from_keyring(entry: str, needed_by: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise ConfigError(
            f"{needed_by} reads its key from the keyring, which needs the package 'keyring': pip install keyring"
        ) from None
    service, _, user = entry.rpartition("/")
    return (keyring.get_password(service, user) or "").strip()


def _spellings(value: str) -> set[str]:
    """The key as it may show up in a text: itself, URL encoded, escaped as in JSON and HTML, and inside base64 at each of
    the three alignments."""
    raw, found = (
        value.encode(),
        {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], escape(value)},
    )
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        own = encoded[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]  # characters no neighbour has a part in
        found |= {own, own.replace("+", "-").replace("/", "_")}
    return found
