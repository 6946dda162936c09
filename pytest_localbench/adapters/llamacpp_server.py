"""The child process of the ``llamacpp`` adapter: a GGUF file behind llama.cpp's HTTP server on a loopback port.

Reads one line of JSON from stdin, loads the model, writes one line of JSON to stdout (``{"url": ...}`` or
``{"error": ...}``) and serves until stdin ends. Everything llama.cpp prints goes to stderr.
"""

from __future__ import annotations

from typing import Any

from .child_main import run


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


def start(config: dict[str, Any]) -> tuple[dict[str, str], object]:
    """Load the model and serve; returns where, and the server."""
    import xllamacpp

    server = xllamacpp.Server(build_params(config))
    return {"url": server.listening_address}, server


if __name__ == "__main__":
    run(start)
