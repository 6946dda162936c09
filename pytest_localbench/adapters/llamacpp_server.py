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
    _apply(config.get("options") or {}, params, xllamacpp)
    return params


def _apply(options: dict[str, Any], params: Any, xllamacpp: Any) -> None:
    """The settings that a model file states, in llama.cpp's own terms."""
    plain = {"batch_size": "n_batch", "ubatch_size": "n_ubatch", "main_gpu": "main_gpu"}
    for name, field in plain.items():
        if name in options:
            setattr(params, field, options[name])
    if "threads_batch" in options:
        params.cpuparams_batch.n_threads = options["threads_batch"]
    if "flash_attention" in options:
        word = {"auto": "AUTO", "on": "ENABLED", "off": "DISABLED"}[options["flash_attention"]]
        params.flash_attn_type = getattr(xllamacpp.llama_flash_attn_type, f"LLAMA_FLASH_ATTN_TYPE_{word}")
    for name in ("cache_type_k", "cache_type_v"):
        if name in options:
            setattr(params, name, getattr(xllamacpp.ggml_type, f"GGML_TYPE_{options[name].upper()}"))
    for name, kind in (("load_mode", xllamacpp.llama_load_mode), ("split_mode", xllamacpp.llama_split_mode)):
        if name in options:
            setattr(params, name, getattr(kind, f"LLAMA_{name.upper()}_{options[name].upper()}"))
    if "tensor_split" in options:
        shares = [float(share) for share in options["tensor_split"]]
        params.tensor_split = shares + [0.0] * (len(params.tensor_split) - len(shares))


def start(config: dict[str, Any]) -> tuple[dict[str, str], object]:
    """Load the model and serve; returns where, and the server."""
    import xllamacpp

    server = xllamacpp.Server(build_params(config))
    return {"url": server.listening_address}, server


if __name__ == "__main__":
    run(start)
