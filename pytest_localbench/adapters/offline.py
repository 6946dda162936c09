"""Keeps a run on this machine: every connection and every look-up of a name that is not loopback is refused.

The guard is an audit hook (PEP 578), so it sees whatever uses Python's sockets, in all threads, below every library.
Sockets that are given a name instead of an address would look it up before the hook is asked; so their methods check it.
Children of the run get ``LOCALBENCH_OFFLINE=1``, which starts the guard in those that are ours, the switches that keep
Hugging Face's libraries offline, and no proxies. Code that opens sockets without Python is not seen.
"""

from __future__ import annotations

import _socket
import functools
import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Any

from ..errors import ConfigError

VARIABLE = "LOCALBENCH_OFFLINE"
_SWITCHES = {
    VARIABLE: "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "NO_PROXY": "*",
    "no_proxy": "*",
}
_PROXIES = [form for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY") for form in (name, name.lower())]
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})
_BY_ADDRESS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_BY_NAME = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_NAME_TAKERS = ("connect", "connect_ex", "sendto")
_PROBE = "192.0.2.1"  # reserved for documentation (RFC 5737): no host, even if the guard failed
_PROBE_NAME = "localbench.invalid"  # never resolves (RFC 2606)


class LeftMachine(PermissionError):
    """A connection that was refused because the run is offline."""


class Guard:
    """The guard of this process; ``blocked`` holds where something wanted to go, in order, each once."""

    def __init__(self) -> None:
        self.active = False
        self._hooked = False
        self._blocked: dict[str, None] = {}
        self._lock = threading.Lock()
        self._before: dict[str, str | None] = {}

    @property
    def blocked(self) -> tuple[str, ...]:
        """Addresses and names that were refused."""
        return tuple(self._blocked)

    def start(self) -> None:
        """Refuse from now on, in this process and its future children; raises ConfigError when that has no effect."""
        if not self._hooked:
            sys.addaudithook(self._see)
            self._hooked = True
        if not self.active:
            self._before = {name: os.environ.get(name) for name in (*_SWITCHES, *_PROXIES)}
        for name in _PROXIES:
            os.environ.pop(name, None)
        os.environ.update(_SWITCHES)
        self.active = True
        for method in _NAME_TAKERS:
            setattr(socket.socket, method, self._checked(method))
        self._prove()
        self._blocked.clear()

    def stop(self) -> None:
        """Let connections through again; safe to call twice."""
        if not self.active:
            return
        self.active = False
        for method in _NAME_TAKERS:
            with suppress(AttributeError):  # somebody else put a class of his own there
                delattr(socket.socket, method)
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active or not event.startswith("socket."):
            return
        if event in _BY_ADDRESS:
            sock, address = arguments[0], arguments[1]
            if sock.family in _INTERNET and address is not None:
                self._check(address[0] if isinstance(address, tuple) and address else address)
        elif event in _BY_NAME:
            self._check(arguments[0])

    def _checked(self, method: str) -> Callable[..., Any]:
        original = getattr(_socket.socket, method)

        @functools.wraps(original)
        def run(sock: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1] if arguments else None
            if sock.family in _INTERNET and isinstance(address, tuple) and address:
                self._check(address[0])
            return original(sock, *arguments)

        return run

    def _check(self, host: Any) -> None:
        if is_this_machine(host):
            return
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        with self._lock:
            self._blocked[name] = None
        raise LeftMachine(f"the run is offline (--localbench-offline): no connection to {name}")

    def _prove(self) -> None:
        def connect() -> None:
            with socket.socket() as sock:
                sock.settimeout(0)
                sock.connect((_PROBE, 9))

        def send() -> None:
            with socket.socket(type=socket.SOCK_DGRAM) as sock:
                sock.sendto(b"", (_PROBE, 9))

        ways: dict[str, Callable[[], object]] = {
            "TCP": connect, "UDP": send, "names": lambda: socket.getaddrinfo(_PROBE_NAME, 9),
        }  # fmt: skip
        for what, attempt in ways.items():
            try:
                attempt()
            except LeftMachine:
                continue
            except OSError:
                pass
            self.stop()
            raise ConfigError(f"--localbench-offline cannot be kept here: Python does not report connections ({what}).")


guard = Guard()


def is_this_machine(host: Any) -> bool:
    """True for loopback addresses and names, and for no address at all (any of our own)."""
    if host is None or host in {"", b""}:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    name = name.rstrip(".").lower()
    if name == "localhost":
        return True
    with suppress(ValueError):
        address = ip_address(name.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return address.is_loopback or address.is_unspecified
    return False
