"""Which proxy an address is called through: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, or the settings of the system."""

from __future__ import annotations

import base64
import urllib.request
from contextlib import suppress
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit

from ..domain.model import is_loopback
from ..errors import ConfigError


def proxy_for(base: SplitResult) -> SplitResult | None:
    """The proxy of an address, ``None`` for a direct call; raises ConfigError for a proxy that we cannot speak to.

    Addresses of this machine are always called directly. NO_PROXY may also hold networks such as 10.0.0.0/8.
    """
    host = base.hostname or ""
    if is_loopback(base.geturl()) or urllib.request.proxy_bypass(f"{host}:{base.port}" if base.port else host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(base.scheme)
    if not proxy or _in_networks(host, proxies.get("no", "")):
        return None
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme != "http":
        raise ConfigError(f"the proxy for {host} has the scheme '{parts.scheme}'; only http:// proxies can be used.")
    return parts


def proxy_headers(proxy: SplitResult) -> dict[str, str]:
    """What the proxy itself needs: its login, if it has one."""
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode("ascii")}


def _in_networks(host: str, no_proxy: str) -> bool:
    for entry in no_proxy.split(","):
        with suppress(ValueError):
            if "/" in entry and ip_address(host) in ip_network(entry.strip(), strict=False):
                return True
    return False
