"""Where an Ollama server listens: an address as people write it, or the environment variable ``OLLAMA_HOST``."""

from __future__ import annotations

import ipaddress
import os

OLLAMA_PORT = 11434
_PORTS = {"http": 80, "https": 443}


def ollama_url(address: str | None = None) -> str:
    """The address to call, as ``scheme://host:port`` and a path if there is one.

    Without an address: OLLAMA_HOST, else this machine. Read as Ollama reads that variable: quotes are dropped, no
    scheme is http on port 11434, a scheme without a port has its usual one, an unusable port is the default one. An
    address to listen at (0.0.0.0, ::, no host) is called on this machine; ``/v1`` and ``/api`` at the end are dropped.
    """
    text = (address or os.environ.get("OLLAMA_HOST") or "").strip().strip("\"'").strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "http", text
    default = _PORTS.get(scheme, OLLAMA_PORT) if separator else OLLAMA_PORT
    hostport, _, path = rest.partition("/")
    host, port = _split(hostport, default)
    path = path.rstrip("/")
    for route in ("v1", "api"):
        path = "" if path == route else path.removesuffix(f"/{route}")
    return f"{scheme}://{host}:{port}" + (f"/{path}" if path else "")


def _split(hostport: str, default: int) -> tuple[str, int]:
    host, colon, port = hostport.rpartition(":")
    if not colon or hostport.endswith("]") or (":" in host and not host.startswith("[")):
        host, port = hostport, ""  # no port: a name, an IPv4 or a bare or bracketed IPv6 address
    number = int(port) if port.isascii() and port.isdigit() and int(port) <= 65535 else default
    host = host.strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host or "127.0.0.1", number
    if address.is_unspecified:
        return "127.0.0.1", number
    return (f"[{host}]" if address.version == 6 else host), number
