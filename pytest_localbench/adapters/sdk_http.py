"""An HTTP client to hand to a provider's SDK: a total deadline per request, a way to break it, refusals as our errors.

SDKs time each read, so a server that trickles is never cut off by them, and each words its errors in its own way. Here
every read and write on the socket gets what is left of the whole request's time, and an answer that is no stream of
events is turned into the error the other adapters raise before the SDK sees it.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import httpcore2
import httpx2

from ..errors import GenerationFailed, GenerationTimeout, ModelError, ModelUnavailable
from .faults import ConnectionFailed, ServerSilent, error_in_body, excerpt, status_error
from .proxies import proxy_for
from .sdk_transport import Backend, Flight, Refused, Transport
from .wire import CONNECT_TIMEOUT_S, MAX_ERROR_BODY, split_address

Refusal = Callable[[int, Mapping[str, str], bytes, str, str], ModelError]
_BROKEN = {"JSONDecodeError", "UnknownApiResponseError", "APIResponseValidationError", "ValidationError"}
_STATUS = {  # of errors inside a stream that name a type instead of a number (Anthropic)
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "api_error": 500,
    "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip


class SdkHttp:
    """The client of one server; ``client`` goes to the SDK, every call of the SDK into ``with flight(...)``.

    ``refusal`` makes the error of a status other than 200: by default :func:`~.faults.status_error`. Addresses of this
    machine are never called through a proxy. ``silence`` bounds, in seconds, how long a stream may be silent before its
    answer and within it; ``None`` = only the deadline does. ``sent_bytes`` and ``received_bytes`` count bodies. Raises
    ConfigError for an unusable ``base_url``.
    """

    def __init__(self, base_url: str, *, context_hint: str = "", refusal: Refusal = status_error) -> None:
        self.base = split_address(base_url)
        self.context_hint = context_hint or "shorten the task or choose a model with a longer context"
        self.silence: tuple[float | None, float | None] = (None, None)
        self.sent_bytes = self.received_bytes = 0
        self._refusal = refusal
        self._local = threading.local()
        self._lock = threading.Lock()
        self._flying: set[Flight] = set()
        self._aborted = False
        transport = Transport(self._pool(), self._now, self._check, self._count)
        self.client = httpx2.Client(
            transport=transport,
            headers={"Accept-Encoding": "identity"},
            timeout=None,
            trust_env=False,
            follow_redirects=False,
        )

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        return f"{self.base.scheme}://{self.base.netloc}{self.base.path.rstrip('/')}"

    @contextmanager
    def flight(self, timeout_s: float, *, streamed: bool = True) -> Iterator[Flight]:
        """Around one request; whatever goes wrong inside leaves as a ModelError."""
        flight = Flight(self.url, time.monotonic() + timeout_s, timeout_s, streamed)
        if streamed:
            first_token_s, idle_s = self.silence
            flight.first_token_s, flight.idle_s = first_token_s, None if idle_s is None else min(idle_s, timeout_s / 2)
        with self._lock:
            if self._aborted:
                raise GenerationFailed("the run was stopped", retryable=False)
            self._flying.add(flight)
        self._local.flight = flight
        try:
            yield flight
            if flight.aborted:
                raise Refused  # noqa: TRY301 - the same as a socket that fails under a read
        except Exception as error:  # noqa: BLE001 - an SDK raises whatever its parts do
            raise self._failure(flight, error) from None
        finally:
            self._local.flight = None
            with self._lock:
                self._flying.discard(flight)

    def abort(self) -> None:
        """Break requests in flight; later ones fail at once."""
        with self._lock:
            self._aborted = True
            flying = list(self._flying)
        for flight in flying:
            flight.abort()

    def close(self) -> None:
        """Close every connection."""
        self.client.close()

    # -- parts -------------------------------------------------------------------------------------------------------

    def _count(self, sent: int, received: int) -> None:
        with self._lock:
            self.sent_bytes += sent
            self.received_bytes += received

    def _now(self) -> Flight | None:
        return getattr(self._local, "flight", None)

    def _pool(self) -> httpcore2.ConnectionPool:
        proxy = proxy_for(self.base)
        limits: dict[str, Any] = {"max_connections": None, "keepalive_expiry": 60.0}
        tls = ssl.create_default_context() if self.base.scheme == "https" else None
        backend = Backend(self._now)
        if proxy is None:
            return httpcore2.ConnectionPool(ssl_context=tls, network_backend=backend, **limits)
        login = None if proxy.username is None else (unquote(proxy.username), unquote(proxy.password or ""))
        address = f"http://{proxy.hostname}:{proxy.port or 8080}"
        return httpcore2.HTTPProxy(address, proxy_auth=login, ssl_context=tls, network_backend=backend, **limits)

    def _check(self, flight: Flight, status: int, headers: Mapping[str, str], body: Iterable[bytes]) -> None:
        """Refuse an answer that the SDK should not see."""
        kind = headers.get("content-type", "").lower()
        if status != 200:
            content = _read(body, MAX_ERROR_BODY)
            flight.error = self._refusal(status, headers, content, flight.url, self.context_hint)
        elif "html" in kind:
            flight.error = GenerationFailed(
                f"{flight.url} answered with a web page instead of JSON; check 'base_url': "
                f"{excerpt(_read(body, MAX_ERROR_BODY))}",
                retryable=False,
            )
        elif flight.streamed and "event-stream" not in kind:
            flight.error = self._unstreamed(flight.url, _read(body, MAX_ERROR_BODY))
        if flight.error is not None:
            raise Refused

    def _unstreamed(self, url: str, body: bytes) -> ModelError:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            shown = excerpt(body) or "(empty)"
            return GenerationFailed(f"{url} answered with broken JSON: {shown}", retryable=True)
        if isinstance(data, dict) and data.get("error"):
            return self._told(data, url)
        return GenerationFailed(f"{url} did not stream its answer: {excerpt(body)}", retryable=False)

    def _failure(self, flight: Flight, error: Exception) -> ModelError:
        url, names = flight.url, _names(error)
        if flight.aborted:
            return GenerationFailed("the run was stopped", retryable=False)
        if flight.error is not None:
            return flight.error
        if isinstance(error, ModelError):
            return error
        if "SSLCertVerificationError" in names:
            return ModelUnavailable(
                f"the certificate of {url} is not trusted: {excerpt(str(error.__cause__ or error))}"
            )
        if "gaierror" in names:
            return ConnectionFailed(f"the address of {url} cannot be found; check 'base_url' and the network")
        if "ConnectionRefusedError" in names:
            return ConnectionFailed(f"nothing listens at {url}; start the server or mend 'base_url'")
        if "ReadTimeout" in names and flight.silent_s is not None:
            when = "in the middle of its answer" if flight.began else "before the answer began"
            return ServerSilent(f"{url} sent nothing for {flight.silent_s:.3g} s {when}")
        if time.monotonic() >= flight.deadline or names & {"ReadTimeout", "WriteTimeout"}:
            what = "had not finished its answer" if flight.started else "had not begun to answer"
            return GenerationTimeout(f"{url} {what} after {flight.timeout_s:.3g} s", generating=False)
        if "ConnectTimeout" in names:
            return ConnectionFailed(f"{url} did not take the connection within {CONNECT_TIMEOUT_S:g} s")
        if names & {"RemoteProtocolError", "ReadError", "WriteError", "ConnectionResetError"}:
            what = "in the middle of its answer" if flight.started else "without an answer"
            return ConnectionFailed(f"{url} closed the connection {what}")
        if names & {"NetworkError", "TransportError", "ConnectError", "ProxyError", "APIConnectionError"}:
            return ConnectionFailed(f"talking to {url} failed: {excerpt(str(error.__cause__ or error))}")
        if flight.started and names & _BROKEN:
            return GenerationFailed(f"{url} answered with broken JSON: {excerpt(str(error))}", retryable=True)
        for told in (getattr(error, "body", None), getattr(error, "details", None)):
            if isinstance(told, dict) and told.get("error"):
                return self._told(told, url)
        said = excerpt(str(error)) or type(error).__name__
        return GenerationFailed(f"asking {url} failed: {said}", retryable=False)

    def _told(self, body: dict[str, Any], url: str) -> ModelError:
        """The error of an answer that began as a success."""
        fields = body["error"] if isinstance(body["error"], dict) else {}
        code = fields.get("code")
        status = code if isinstance(code, int) else _STATUS.get(str(fields.get("type")))
        if status is None or not 400 <= status < 600:
            return error_in_body(body["error"], url, self.context_hint)
        return self._refusal(status, {}, json.dumps(body).encode(), url, self.context_hint)


def _read(body: Iterable[bytes], cap: int) -> bytes:
    content = b""
    for piece in body:
        content += piece
        if len(content) >= cap:
            break
    return content[:cap]


def _names(error: BaseException | None) -> set[str]:
    """Names of the classes of an error and of all it came from: httpx, httpx2 and both cores call alike things alike."""
    names: set[str] = set()
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        names.update(cls.__name__ for cls in type(error).__mro__)
        error = error.__cause__ or error.__context__
    return names
