"""Which proxy a URL is called through: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``.

Addresses of this machine never go through a proxy. ``NO_PROXY`` holds hosts, domains (with or without leading dot),
addresses, networks such as ``10.0.0.0/8``, each with an optional port, or ``*``.
"""

from __future__ import annotations

import base64
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from ..domain.model import is_loopback
from ..errors import ModelUnavailable


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where to connect instead, and the headers the proxy itself needs."""

    host: str
    port: int
    headers: dict[str, str] = field(default_factory=dict, repr=False)


def proxy_for(url: str, environ: Mapping[str, str] = os.environ) -> Proxy | None:
    """The proxy for ``url``, ``None`` for a direct call; raises ModelUnavailable for a proxy we cannot speak to."""
    target = urlsplit(url)
    if is_loopback(url) or _is_excluded(target.hostname or "", target.port, environ):
        return None
    name, value = _first_set(environ, f"{target.scheme}_proxy", "all_proxy")
    if not value:
        return None
    proxy = urlsplit(value if "://" in value else f"http://{value}")
    try:
        port = proxy.port or 80
    except ValueError:
        port = 0
    if proxy.scheme != "http" or not proxy.hostname or not port:
        shown = value.rpartition("@")[2]
        raise ModelUnavailable(
            f"{name} names the proxy '{shown}', but only http:// proxies are supported: "
            f"set {name} to one, or add '{target.hostname}' to NO_PROXY"
        )
    headers = {}
    if proxy.username is not None:
        login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    return Proxy(proxy.hostname, port, headers)


def _first_set(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    for name in names:
        for spelling in (name, name.upper()):
            if environ.get(spelling):
                return spelling, environ[spelling].strip()
    return "", ""


def _is_excluded(host: str, port: int | None, environ: Mapping[str, str]) -> bool:
    _, listed = _first_set(environ, "no_proxy")
    return any(_covers(entry.strip(), host.lower(), port) for entry in listed.split(",") if entry.strip())


def _covers(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass
    name, _, wanted = entry.lower().partition(":")
    if wanted.isdigit() and int(wanted) != port:
        return False
    domain = name.lstrip("*").lstrip(".")
    return host == domain or host.endswith(f".{domain}")
