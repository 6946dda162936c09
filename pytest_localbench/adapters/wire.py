"""JSON and server-sent events over http.client, with a total deadline per request.

A read timeout counts from byte to byte, so a server that trickles is never cut off by it: here a watchdog shuts the
socket down when the deadline of the whole request passes.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..domain.model import is_loopback
from ..errors import ConfigError, GenerationFailed, GenerationTimeout, ModelError, ModelUnavailable
from .faults import ConnectionFailed, ServerSilent, excerpt, status_error
from .proxies import proxy_for, proxy_headers
from .secrets import MASK, redact
from .streams import BODY_CAP as BODY_CAP  # noqa: PLC0414 - other clients keep to the same cap
from .streams import read_all, read_events, read_lines
from .watchdog import Exchange

CONNECT_TIMEOUT_S = 5.0
FIRST_TOKEN_S = 120.0
IDLE_S = 60.0
AFTER_DONE_S = 0.2
MAX_ERROR_BODY = 64 * 1024
_LOGIN = re.compile(r"//\S*@")
_QUERY_VALUE = re.compile(r"([?&][^=&]*=)[^&]+")
Body = Mapping[str, Any] | list[Any]


class WireClient:
    """A client of one server. Connections are kept per thread; ``headers`` are sent with every request.

    Loopback addresses never go through a proxy, others follow HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
    ``first_token_s`` and ``idle_s`` bound the silence of a stream before its answer and within it; ``None`` = only the
    deadline does. ``sent_bytes`` and ``received_bytes`` count bodies. Raises ConfigError for an unusable ``base_url``,
    ModelErrors from requests.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        context_hint: str = "",
        first_token_s: float | None = None,
        idle_s: float | None = IDLE_S,
    ) -> None:
        self.base = split_address(base_url)
        self._silence = (first_token_s, idle_s)
        self.sent_bytes = self.received_bytes = 0
        self.context_hint = context_hint or "shorten the task or choose a model with a longer context"
        self._headers = {
            "Accept": "application/json, text/event-stream",
            "Accept-Encoding": "identity",
            "User-Agent": "pytest-localbench",
            **(headers or {}),
        }
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: set[http.client.HTTPConnection] = set()
        self._flying: set[Exchange] = set()
        self._aborted = False
        self._tls: ssl.SSLContext | None = None
        self._proxy = proxy_for(self.base)

    def url(self, path: str) -> str:
        """The address of a path, for messages: without the values of its query."""
        return _QUERY_VALUE.sub(r"\1" + MASK, f"{self.base.scheme}://{self.base.netloc}{path}")

    def get_json(self, path: str, timeout_s: float) -> Any:
        """GET, decoded."""
        with self._exchange("GET", path, None, timeout_s) as (response, _, _):
            return self._json(response, path)

    def post_json(self, path: str, body: Body, timeout_s: float, *, method: str = "POST") -> Any:
        """POST (or another method with a body), decoded."""
        with self._exchange(method, path, body, timeout_s) as (response, _, _):
            return self._json(response, path)

    def stream_json(
        self,
        path: str,
        body: Body,
        timeout_s: float,
        *,
        method: str = "POST",
        lines: bool = False,
        began: Callable[[], bool] | None = None,
    ) -> Iterator[Any]:
        """POST, then each ``data:`` event (``lines``: each line) decoded; a server that does not stream yields its one
        answer. ``began`` tells whether a part of the answer has come; a server that then falls silent is given up.
        """
        with self._exchange(method, path, body, timeout_s) as (response, connection, exchange):
            exchange.listen(*self._silence, began)
            if lines:
                for line in read_lines(response, self.url(path)):
                    if line.strip():
                        exchange.heard()
                        yield self._decode(self._counted(line), path)
                return
            if "text/event-stream" not in (response.headers.get("content-type") or "").lower():
                yield from self._unstreamed(response, path)
                return
            for data in read_events(response, exchange, self.url(path)):
                if data.strip() == b"[DONE]":
                    with suppress(OSError, http.client.HTTPException):
                        if connection.sock is not None:
                            connection.sock.settimeout(AFTER_DONE_S)
                        response.read(1024)
                        if connection.sock is not None:
                            connection.sock.settimeout(None)
                    return
                yield self._decode(self._counted(data), path)

    def abort(self) -> None:
        """Break requests in flight; later ones fail at once."""
        with self._lock:
            self._aborted = True
            flying = list(self._flying)
        for exchange in flying:
            exchange.abort()

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            connections = list(self._open)
            self._open.clear()
        for connection in connections:
            connection.close()

    # -- one exchange ------------------------------------------------------------------------------------------------

    @contextmanager
    def _exchange(
        self, method: str, path: str, body: Body | None, timeout_s: float
    ) -> Iterator[tuple[http.client.HTTPResponse, http.client.HTTPConnection, Exchange]]:
        url = self.url(path)
        if self._aborted:
            raise GenerationFailed("the run was stopped", retryable=False)
        deadline = time.monotonic() + timeout_s
        kept = getattr(self._local, "connection", None)
        connection = self._connection(min(CONNECT_TIMEOUT_S, timeout_s), url)
        exchange = Exchange(connection.sock, timeout_s)
        with self._lock:
            self._flying.add(exchange)
        exchange.start(deadline)
        started, reusable = False, False
        try:
            payload = None if body is None else json.dumps(body, ensure_ascii=True).encode()
            try:
                response = self._send(connection, method, path, payload)
            except (ConnectionResetError, BrokenPipeError):
                # A kept connection that the server closed while we wrote: nothing was read, a new one may do.
                if connection is not kept or exchange.broken:
                    raise
                self._discard(connection)
                connection = self._connection(min(CONNECT_TIMEOUT_S, timeout_s), url)
                exchange.sock = connection.sock
                response = self._send(connection, method, path, payload)
            started = True
            if not 200 <= response.status < 300:
                raise status_error(
                    response.status, dict(response.headers), response.read(MAX_ERROR_BODY), url, self.context_hint
                )
            yield response, connection, exchange
            if exchange.broken:
                raise EOFError  # noqa: TRY301 - the same as a socket that fails under a read
            reusable = response.isclosed()
        except (OSError, EOFError, http.client.HTTPException, ValueError, AttributeError) as error:
            # A socket that is shut down under http.client surfaces as any of these.
            raise self._failure(exchange, error, url, started) from None
        except ModelError:
            if exchange.broken:
                raise self._failure(exchange, None, url, started) from None
            raise
        finally:
            exchange.over()
            with self._lock:
                self._flying.discard(exchange)
            if not reusable or exchange.broken:
                self._discard(connection)

    def _send(
        self, connection: http.client.HTTPConnection, method: str, path: str, payload: bytes | None
    ) -> http.client.HTTPResponse:
        headers = self._headers if payload is None else {**self._headers, "Content-Type": "application/json"}
        if self._proxy is not None and self.base.scheme == "http":
            headers = {**headers, **proxy_headers(self._proxy)}
        with self._lock:
            self.sent_bytes += len(payload or b"")
        connection.request(method, self._target(path), body=payload, headers=headers)
        return connection.getresponse()

    def _failure(self, exchange: Exchange, error: BaseException | None, url: str, started: bool) -> ModelError:
        if exchange.aborted:
            return GenerationFailed("the run was stopped", retryable=False)
        if exchange.silent_s is not None:
            when = "in the middle of its answer" if exchange.began() else "before the answer began"
            return ServerSilent(f"{url} sent nothing for {exchange.silent_s:.3g} s {when}")
        if exchange.late:
            what = "had not finished its answer" if started else "had not begun to answer"
            return GenerationTimeout(f"{url} {what} after {exchange.timeout_s:.3g} s", generating=False)
        if isinstance(error, http.client.IncompleteRead | EOFError):
            return ConnectionFailed(f"{url} closed the connection in the middle of its answer")
        if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
            return ConnectionFailed(f"{url} closed the connection without an answer")
        return ConnectionFailed(f"talking to {url} failed: {excerpt(str(error) or type(error).__name__)}")

    def _json(self, response: http.client.HTTPResponse, path: str) -> Any:
        return self._whole(response, read_all(response, self.url(path)), path)

    def _whole(self, response: http.client.HTTPResponse, data: bytes, path: str) -> Any:
        body = self._counted(data)
        kind = (response.headers.get("content-type") or "").lower()
        if "html" in kind or body.lstrip()[:1] == b"<":
            raise GenerationFailed(
                f"{self.url(path)} answered with a web page instead of JSON; check 'base_url': {excerpt(body)}",
                retryable=False,
            )
        return self._decode(body, path)

    def _unstreamed(self, response: http.client.HTTPResponse, path: str) -> Iterator[Any]:
        """One answer, or the events of a stream that goes by another content type."""
        body = read_all(response, self.url(path))
        if body.lstrip()[:5] != b"data:":
            yield self._whole(response, body, path)
            return
        for line in self._counted(body).splitlines():
            data = line.removeprefix(b"data:").strip()
            if line.startswith(b"data:") and data != b"[DONE]":
                yield self._decode(data, path)

    def _counted(self, data: bytes) -> bytes:
        with self._lock:
            self.received_bytes += len(data)
        return data

    def _decode(self, data: bytes, path: str) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise GenerationFailed(
                f"{self.url(path)} answered with broken JSON: {excerpt(data) or '(empty)'}", retryable=True
            ) from None

    # -- connections -------------------------------------------------------------------------------------------------

    def _connection(self, connect_timeout_s: float, url: str) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None and connection.sock is not None and not _is_stale(connection.sock):
            return connection
        if connection is not None:
            self._discard(connection)
        connection = self._new(connect_timeout_s)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise ModelUnavailable(f"the certificate of {url} is not trusted: {error.verify_message}") from None
        except socket.gaierror:
            raise ConnectionFailed(f"the address of {url} cannot be found; check 'base_url' and the network") from None
        except TimeoutError:
            raise ConnectionFailed(f"{url} did not take the connection within {connect_timeout_s:g} s") from None
        except ConnectionRefusedError:
            raise ConnectionFailed(f"nothing listens at {url}; start the server or mend 'base_url'") from None
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionFailed(f"connecting to {url} failed: {excerpt(str(error))}") from None
        connection.sock.settimeout(None)
        self._local.connection = connection
        with self._lock:
            self._open.add(connection)
        return connection

    def _new(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self.base.hostname or "", self.base.port
        secure = self.base.scheme == "https"
        if secure and self._tls is None:
            self._tls = ssl.create_default_context()
        via = self._proxy
        if not secure:
            if via is not None:
                return http.client.HTTPConnection(via.hostname or "", via.port or 8080, timeout=timeout_s)
            return http.client.HTTPConnection(host, port or 80, timeout=timeout_s)
        if via is None:
            return http.client.HTTPSConnection(host, port or 443, timeout=timeout_s, context=self._tls)
        tunnel = http.client.HTTPSConnection(via.hostname or "", via.port or 8080, timeout=timeout_s, context=self._tls)
        tunnel.set_tunnel(host, port or 443, headers=proxy_headers(via))
        return tunnel

    def _target(self, path: str) -> str:
        through = self._proxy is not None and self.base.scheme == "http"
        return f"{self.base.scheme}://{self.base.netloc}{path}" if through else path

    def _discard(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()
        if getattr(self._local, "connection", None) is connection:
            self._local.connection = None


def split_address(base_url: str) -> SplitResult:
    """The parts of a server's address; raises ConfigError when it is none, or holds a login."""
    text = base_url.strip()
    if "://" not in text:
        text = f"{'http' if is_loopback(text) else 'https'}://{text}"
    parts = urlsplit(text)
    try:
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        shown = _LOGIN.sub(f"//{MASK}@", redact(base_url))
        raise ConfigError(f"'base_url: {shown}' is not an address; write it as http://host:port/v1.")
    if parts.username or parts.password:
        raise ConfigError("'base_url' holds a user name or password; put the key into 'api_key' as ${env:NAME}.")
    return parts


def _is_stale(sock: socket.socket) -> bool:
    """True when the server has closed an idle connection (it is readable although nothing was asked)."""
    try:
        sock.settimeout(0)
        try:
            return socket.socket.recv(sock, 1, socket.MSG_PEEK) is not None
        finally:
            sock.settimeout(None)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
