"""What every child process of a model runtime does: read its settings, load, say where it listens, end with stdin."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any


class CannotLoad(Exception):
    """The model cannot be loaded; the text says why and how to mend it, and is shown as it is."""


def run(start: Callable[[dict[str, Any]], tuple[Mapping[str, Any], object]]) -> None:
    """Serve until stdin ends; never returns.

    ``start`` gets the settings (one line of JSON on stdin), loads the model and returns the line for the parent
    (``{"url": ...}``) and the server, which is kept; what it raises becomes ``{"error": ...}``. Everything the runtime
    prints goes to stderr.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair; it closes our stdin
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as ready:
        os.dup2(2, 1)
        line: Mapping[str, Any]
        server: object = None
        try:
            line, server = start(json.loads(sys.stdin.readline()))
        except CannotLoad as error:
            line = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            line = {"error": f"{type(error).__name__}: {error}"}
        ready.write(json.dumps(line) + "\n")
    if "url" in line:
        sys.stdin.read()
        del server
    sys.stderr.flush()
    os._exit(0)  # the server's threads need no farewell
