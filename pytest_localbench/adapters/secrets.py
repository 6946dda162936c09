"""Keys: references in, opaque secrets out, and a redactor for everything that leaves this process.

A reference is ``${env:NAME}``, ``env:NAME``, ``file:/path`` (readable by its owner alone) or ``keyring:service/user``.
"""

from __future__ import annotations

import base64
import os
import re
import stat
import threading
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, quote_plus

from ..errors import ConfigError, MissingCredential, MissingDependency

MASK = "***"
MIN_REDACTED_LENGTH = 8

_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}|env:([A-Za-z_][A-Za-z0-9_]*)")
_KNOWN_KEYS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,}"  # also sk-ant-, sk-proj-
    r"|AIza[A-Za-z0-9_-]{30,}"
    r"|hf_[A-Za-z0-9]{20,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}"
    r")"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{8,}"
)


class Secret:
    """A key that does not show itself: ``repr``, ``str`` and formatting give ``***``; it cannot be pickled."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The key itself; call it where it is sent and keep it in no variable."""
        return self.__value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never stored or sent to another process")


class _Vault:
    """The spellings of all keys resolved so far, longest first, as one pattern."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: set[str] = set()
        self.pattern: re.Pattern[str] | None = None

    def remember(self, value: str) -> None:
        if len(value) < MIN_REDACTED_LENGTH:
            return
        with self._lock:
            self._forms.update((value, quote(value, safe=""), quote_plus(value), *_base64_forms(value)))
            self.pattern = re.compile("|".join(re.escape(form) for form in sorted(self._forms, key=len, reverse=True)))


_vault = _Vault()


def resolve(reference: str, needed_by: str) -> Secret:
    """The key a reference points to.

    Raises MissingCredential when it is not set, MissingDependency without ``keyring``, ConfigError for a literal key, a
    readable-for-others file or an unknown form. ``needed_by`` begins the sentence ("model 'gpt'").
    """
    __tracebackhide__ = True
    reference = reference.strip()
    if match := _ENV.fullmatch(reference):
        name = match.group(1) or match.group(2)
        if not os.environ.get(name, "").strip():
            raise MissingCredential(name, needed_by)
        return _keep(os.environ[name])
    kind, _, rest = reference.partition(":")
    if kind == "file" and rest:
        return _keep(_read_file(Path(rest), needed_by))
    if kind == "keyring" and "/" in rest:
        return _keep(_read_keyring(rest, needed_by))
    raise ConfigError(
        f"{needed_by}: 'api_key' is a reference, never a key: write ${{env:NAME}}, file:/path or keyring:service/user"
    )


def redact(text: str) -> str:
    """The text with every resolved key (also base64 and URL encoded) and everything shaped like a key masked."""
    if _vault.pattern is not None:
        text = _vault.pattern.sub(MASK, text)
    return _KNOWN_KEYS.sub(MASK, text)


def _keep(value: str) -> Secret:
    __tracebackhide__ = True
    _vault.remember(value.strip())
    return Secret(value.strip())


def _read_file(path: Path, needed_by: str) -> str:
    __tracebackhide__ = True
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{needed_by}: the key file {path} is open to others: chmod 600 {path}")
        value = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(f"{needed_by}: the key file {path} cannot be read: {reason}") from None
    if not value:
        raise ConfigError(f"{needed_by}: the key file {path} is empty")
    return value


def _read_keyring(entry: str, needed_by: str) -> str:
    __tracebackhide__ = True
    try:
        import keyring
    except ImportError:
        raise MissingDependency("keyring", "keyring", needed_by) from None
    service, _, user = entry.rpartition("/")
    value: str | None = keyring.get_password(service, user)
    if not value:
        raise ConfigError(
            f"{needed_by}: the keyring has no entry '{user}' for '{service}': keyring set {service} {user}"
        )
    return value


def _base64_forms(value: str) -> set[str]:
    """What base64 makes of the value at each of the three alignments, without the characters its neighbours colour."""
    raw = value.encode()
    forms = set()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        whole = encoded[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]
        forms.update((whole, whole.replace("+", "-").replace("/", "_")))
    return forms
