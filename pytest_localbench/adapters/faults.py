"""What went wrong on the wire, as one of our errors with a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..domain.base import clean_text
from ..errors import ContextTooLong, GenerationFailed, ModelError, ModelUnavailable
from .secrets import redact

EXCERPT = 200
LOOKED_AT = 64 * 1024
RETRYABLE_STATUS = frozenset({408, 409, 425, 429})
_CONTEXT_TYPES = ("exceed_context_size_error", "context_length_exceeded")
_CONTEXT = re.compile(
    r"context[ _-]?(length|size|window|limit)|maximum context|too many (input )?tokens|prompt is too long"
    r"|exceeds the maximum number of tokens",
    re.IGNORECASE,
)
_UNSUPPORTED = re.compile(r"not supported|unsupported|mmproj|not implemented", re.IGNORECASE)
_NO_CREDIT = re.compile(r"insufficient[ _](quota|balance|credit)|credit balance is too low", re.IGNORECASE)


class ConnectionFailed(GenerationFailed):
    """There is no connection: refused, reset, unreachable, cut. Counted by the circuit breaker."""

    def __init__(self, message: str, *, details: str = "") -> None:
        super().__init__(message, retryable=True, details=details)


class ServerSilent(GenerationFailed):
    """The server took the request, then sent nothing for too long: before the answer, or in the middle of it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


class RequestRefused(GenerationFailed):
    """The server read the request and will not take it in this form (400, 422, or a 5xx that says "not supported")."""

    def __init__(self, message: str, *, reason: str, status: int) -> None:
        super().__init__(message, retryable=False, details=reason)
        self.reason, self.status = reason, status


class NotFound(ModelUnavailable):
    """The server has no such route or model (404)."""


def excerpt(body: bytes | str) -> str:
    """The first 200 characters on one line, without keys."""
    text = body if isinstance(body, str) else body[:LOOKED_AT].decode("utf-8", "replace")
    text = clean_text(" ".join(redact(text[:LOOKED_AT]).split()))
    return text if len(text) <= EXCERPT else text[:EXCERPT] + "..."


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asked us to wait: ``retry-after-ms``, or ``Retry-After`` as seconds or a date (RFC 9110)."""
    lower = {k.lower(): str(v).strip() for k, v in headers.items()}
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = lower.get(name)
        if value is None:
            continue
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return float(value) * scale
        try:
            when = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            continue
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return max(0.0, (when - datetime.now(UTC)).total_seconds())
    return None


def reason_of(body: bytes) -> tuple[str, str]:
    """(message, type or code) of an error body, whichever of the usual shapes it has."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return excerpt(body), ""
    return error_fields(data.get("error", data) if isinstance(data, dict) else data)


def error_fields(error: Any) -> tuple[str, str]:
    """(message, type or code) of an ``error`` value: an object or a text."""
    if not isinstance(error, dict):
        return excerpt(str(error)), ""
    message = error.get("message") or error.get("detail") or error.get("error") or json.dumps(error)
    kinds = (error.get("type"), error.get("code"), error.get("status"))
    return excerpt(str(message)), " ".join(str(k) for k in kinds if k is not None)


def status_error(status: int, headers: Mapping[str, str], body: bytes, url: str, context_hint: str) -> ModelError:
    """The error of an HTTP status other than 200."""
    message, kind = reason_of(body)
    said = f": {message.rstrip('.')}." if message else "."
    error: ModelError
    if status in {401, 403}:
        error = ModelUnavailable(f"{url} refused the key (HTTP {status}){said} Check 'api_key' of the model.")
    elif status == 402 or (status in {400, 429} and _NO_CREDIT.search(f"{message} {kind}")):
        error = ModelUnavailable(f"{url} says that the account has no credit left (HTTP {status}){said}")
    elif status == 404:
        error = NotFound(f"{url} was not found (HTTP 404){said} Check 'base_url' and 'model' of the model.")
    elif 300 <= status < 400:
        target = redact({k.lower(): v for k, v in headers.items()}.get("location", "another address"))
        error = ModelUnavailable(f"{url} redirects to {target}; write the final address as 'base_url' of the model.")
    elif status in {400, 413, 422, 500} and is_context_overflow(message, kind):
        error = context_error(message, context_hint)
    elif status == 429:
        wait = retry_after(headers)
        later = "" if wait is None else f" It asks to wait {wait:.0f} s."
        error = GenerationFailed(
            f"{url} asks for fewer requests (HTTP 429){said}{later}", retryable=True, retry_after_s=wait
        )
    elif status in RETRYABLE_STATUS or (status >= 500 and status != 501 and not _UNSUPPORTED.search(message)):
        error = GenerationFailed(
            f"{url} failed (HTTP {status}){said}", retryable=True, retry_after_s=retry_after(headers)
        )
    else:
        what = "did not accept the request" if status < 500 else "failed"
        error = RequestRefused(f"{url} {what} (HTTP {status}){said}", reason=f"{message} {kind}", status=status)
    return error


def is_context_overflow(message: str, kind: str) -> bool:
    """True when an error tells that the prompt does not fit."""
    return any(t in kind for t in _CONTEXT_TYPES) or _CONTEXT.search(message) is not None


def context_error(message: str, hint: str) -> ContextTooLong:
    """Prompt and answer do not fit; ``hint`` names the setting."""
    return ContextTooLong(f"the prompt does not fit into the context window ({message}); {hint}.")


def error_in_body(error: Any, url: str, context_hint: str) -> ModelError:
    """The error of an ``error`` key inside an answer that claimed success."""
    message, kind = error_fields(error)
    if is_context_overflow(message, kind):
        return context_error(message, context_hint)
    codes = [int(c) for c in re.findall(r"\b[45]\d\d\b", kind)]
    permanent = any(c < 500 and c not in RETRYABLE_STATUS for c in codes) or _UNSUPPORTED.search(message) is not None
    return GenerationFailed(f"{url} answered with an error: {message}", retryable=not permanent)
