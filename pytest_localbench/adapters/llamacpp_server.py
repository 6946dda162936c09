"""The child process of the ``llamacpp`` adapter: a GGUF file behind llama.cpp's HTTP server on a loopback port.

Reads one line of JSON from stdin, loads the model, writes one line of JSON to stdout (``{"url": ...}`` or
``{"error": ...}``) and serves until stdin ends. Everything llama.cpp prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any


def build_params(config: dict[str, Any]) -> Any:
    """llama.cpp's parameters for a configuration; ``n_ctx`` is the window of one request."""
    import xllamacpp

    slots = config["parallel"]
    params = xllamacpp.CommonParams()
    params.model.path = config["path"]
    if config.get("mmproj"):
        params.mmproj.path = config["mmproj"]
    if config.get("chat_template"):
        params.chat_template = config["chat_template"]
    params.model_alias = {config["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cors_origins = ""  # no web page has any business here
    params.n_parallel = slots
    params.n_ctx = config["n_ctx"] * slots
    params.kv_unified = False
    params.n_gpu_layers = config["gpu_layers"]
    params.fit_params = False
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    params.cache_prompt = False
    params.cache_ram_mib = 0
    params.use_jinja = True
    params.ui = False
    return params


def main() -> None:
    """Serve until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair; it closes our stdin
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as ready:
        os.dup2(2, 1)
        try:
            import xllamacpp

            config = json.loads(sys.stdin.readline())
            server = xllamacpp.Server(build_params(config))
            line = {"url": server.listening_address}
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            line = {"error": f"{type(error).__name__}: {error}"}
        ready.write(json.dumps(line) + "\n")
    if "url" in line:
        sys.stdin.read()
    sys.stderr.flush()
    os._exit(0)  # the server's threads need no farewell


if __name__ == "__main__":
    main()
