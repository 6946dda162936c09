"""Which processes of this machine hold a model of an Ollama server."""

from __future__ import annotations

from typing import Any


def runners_of(blob: str | None, port: int) -> list[int]:
    """Ids of the processes that run the weights ``blob`` for the server at ``port``; empty when that is not certain.

    A runner is a child of Ollama that names the file of the weights on its command line (``ollama runner --model``,
    ``llama-server --model``). Where versions name no file, the only runner of the server is taken. Processes of other
    users are seen as far as the system shows them.
    """
    import psutil

    named: list[Any] = []
    for process in psutil.process_iter():
        try:
            if blob is not None and any(blob in part for part in process.cmdline()[1:]):
                parent = process.parent()
                if parent is not None and _is_ollama(parent):
                    named.append(process)
        except psutil.Error:
            continue
    if len(named) == 1:
        return [named[0].pid]
    server = _listener(port)
    if server is None:
        return []
    try:
        children = server.children()
        if named:
            ours = {child.pid for child in children}
            return [process.pid for process in named if process.pid in ours]
        runners = [child for child in children if "runner" in child.cmdline()[1:2] or "llama" in child.name()]
    except psutil.Error:
        return []
    return [runners[0].pid] if len(runners) == 1 else []


def alive(pids: list[int]) -> bool:
    """True while all of the processes run."""
    import psutil

    return all(psutil.pid_exists(pid) for pid in pids)


def _is_ollama(process: Any) -> bool:
    return "ollama" in process.name().lower() or any("ollama" in part.lower() for part in process.cmdline()[:1])


def _listener(port: int) -> Any:
    import psutil

    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status != psutil.CONN_LISTEN or not connection.pid or not connection.laddr:
                continue
            if connection.laddr.port == port:
                server = psutil.Process(connection.pid)
                return server if _is_ollama(server) else None
    except (psutil.Error, OSError):
        return None
    return None
