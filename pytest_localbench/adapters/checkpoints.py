"""Hugging Face checkpoints on disk: where the weights of a model are, whether they are whole, what they say.

Read without torch. Layouts: a folder as ``save_pretrained`` writes it, the hub's cache (``models--ORG--NAME/refs`` and
``snapshots/COMMIT``; large files are links named by their SHA-256), and the safetensors header (8 bytes length, JSON).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..domain.model import ModelConfig
from ..domain.transformers_options import TransformersOptions
from ..errors import ConfigError, ModelUnavailable
from .gguf import read_header, sha256_of
from .weights import SOURCES, cache_dir, fetched_path, resolve_weights

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VALUE_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where weights are. ``folder`` and ``gguf`` are ``None`` when they must be downloaded first."""

    shown: str
    folder: Path | None = None
    gguf: Path | None = None
    repo: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """What the files say; ``None`` = they do not, or are not here yet. ``value_bytes``: size of one stored weight."""

    architecture: str | None = None
    vision: bool | None = None
    context_tokens: int | None = None
    chat_template: str | None = None
    weights_bytes: int | None = None
    value_bytes: int | None = None


def find_checkpoint(config: ModelConfig, options: TransformersOptions) -> Checkpoint:
    """The checkpoint of a model; raises ConfigError (nothing usable named) or ModelUnavailable (not there)."""
    if config.path is not None:
        path = resolve_weights(config)
        if path.is_dir():
            return _inside(path, str(path), options)
        if path.suffix != ".gguf":
            raise ModelUnavailable(f"model '{config.id}': {path} is neither a checkpoint's folder nor a .gguf file.")
        return Checkpoint(shown=str(path), gguf=path)
    name = config.model
    if name in SOURCES:
        resolve_weights(config)
        return Checkpoint(shown=name, gguf=fetched_path(name))
    if not _REPO.fullmatch(name):
        raise ConfigError(
            f"model '{config.id}' names no weights: write 'path: FOLDER', 'path: FILE.gguf' or 'model: ORG/NAME'."
        )
    return _from_hub(config.id, name, options)


def _from_hub(model_id: str, repo: str, options: TransformersOptions) -> Checkpoint:
    root = hub_cache() / f"models--{repo.replace('/', '--')}"
    wanted = options.revision or "main"
    commit = wanted if _COMMIT.fullmatch(wanted) else _read(root / "refs" / wanted).strip()
    folder = root / "snapshots" / commit
    if commit and folder.is_dir() and (options.gguf is None or (folder / options.gguf).exists()):
        inside = _inside(folder, repo, options)
        found = Checkpoint(inside.shown, inside.folder, inside.gguf, repo, commit)
        if not options.download or _is_whole(found, options):
            return found
    if options.download:
        return Checkpoint(shown=repo, repo=repo, revision=options.revision)
    extra = "".join([f" {options.gguf}" if options.gguf else "", f" --revision {wanted}" if options.revision else ""])
    raise ModelUnavailable(
        f"model '{model_id}': {repo} is not in the Hugging Face cache: run 'hf download {repo}{extra}', or allow it "
        "with 'options: {download: true}'."
    )


def _is_whole(checkpoint: Checkpoint, options: TransformersOptions) -> bool:
    try:
        check_checkpoint(checkpoint, options)
    except ModelUnavailable:
        return False
    return True


def _inside(folder: Path, shown: str, options: TransformersOptions) -> Checkpoint:
    if options.gguf is None:
        return Checkpoint(shown=shown, folder=folder)
    path = folder / options.gguf
    if not path.is_file():
        raise ModelUnavailable(f"there is no file {options.gguf} in {shown}; mend 'options: gguf'.")
    return Checkpoint(shown=f"{shown}/{options.gguf}", gguf=path)


def hub_cache() -> Path:
    """The cache folder of the Hugging Face hub, found as its own client finds it."""
    if stated := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(stated).expanduser()
    home = os.environ.get("HF_HOME") or f"{os.environ.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    return Path(home).expanduser() / "hub"


def check_checkpoint(checkpoint: Checkpoint, options: TransformersOptions) -> None:
    """Raise ModelUnavailable when weights are missing, cut off or in a format that is not allowed."""
    if checkpoint.gguf is not None:
        read_header(checkpoint.gguf)
    if checkpoint.folder is None:
        return
    if not (checkpoint.folder / "config.json").is_file():
        raise ModelUnavailable(f"{checkpoint.shown} holds no config.json; name a folder that holds a whole checkpoint.")
    shards = _shards(checkpoint.folder)
    pickles = any(checkpoint.folder.glob("*.bin"))
    if not shards and not (pickles and options.allow_pickle):
        hint = (
            "; it has pickle files, which can run code: convert them, or trust them with 'options: {allow_pickle: true}'"
            if pickles
            else f": run 'hf download {checkpoint.repo}'"
            if checkpoint.repo
            else ""
        )
        raise ModelUnavailable(f"{checkpoint.shown} holds no weights in the safetensors format{hint}.")
    for shard in shards:
        if problem := _safetensors_problem(shard):
            raise ModelUnavailable(f"the weights file {shard} {problem}; fetch it again.")


def read_facts(checkpoint: Checkpoint) -> CheckpointFacts:
    """What config, template and weights say about the model; raises ModelUnavailable for a damaged GGUF file."""
    if checkpoint.gguf is not None:
        header = read_header(checkpoint.gguf)
        return CheckpointFacts(
            header.architecture, False, header.context_length, header.chat_template, header.size_bytes
        )
    if checkpoint.folder is None:
        return CheckpointFacts()
    config = _json(checkpoint.folder / "config.json")
    inner = config.get("text_config")
    window = {**config, **(inner if isinstance(inner, dict) else {})}.get("max_position_embeddings")
    names = config.get("architectures")
    return CheckpointFacts(
        architecture=str(names[0]) if isinstance(names, list) and names else None,
        vision="vision_config" in config,
        context_tokens=window if isinstance(window, int) and window > 0 else None,
        chat_template=_template(checkpoint.folder),
        value_bytes=_VALUE_BYTES.get(str(config.get("dtype") or config.get("torch_dtype"))),
        weights_bytes=sum(s.stat().st_size for s in _shards(checkpoint.folder) if s.exists()) or None,
    )


def weights_sha256(checkpoint: Checkpoint) -> str | None:
    """SHA-256 of the weights file; of the lines ``NAME SHA256`` when there are several; ``None`` without any."""
    if checkpoint.gguf is not None:
        return _digest(checkpoint.gguf)
    shards = _shards(checkpoint.folder) if checkpoint.folder is not None else []
    if len(shards) < 2:
        return _digest(shards[0]) if shards else None
    return hashlib.sha256("".join(f"{s.name} {_digest(s)}\n" for s in shards).encode()).hexdigest()


def _digest(path: Path) -> str:
    blob = path.resolve().name
    return blob if _SHA256.fullmatch(blob) else sha256_of(path, cache_dir())


def _shards(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint, as its index names them."""
    index = _json(folder / "model.safetensors.index.json").get("weight_map")
    if isinstance(index, dict):
        return [folder / name for name in sorted({str(name) for name in index.values()})]
    whole = folder / "model.safetensors"
    return [whole] if whole.exists() else []


def _safetensors_problem(path: Path) -> str | None:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(size, MAX_HEADER_BYTES):
                return "is damaged or no safetensors file"
            header = json.loads(file.read(length))
        ends = [value["data_offsets"][1] for name, value in header.items() if name != "__metadata__"]
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (struct.error, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return "is damaged or no safetensors file"
    expected = 8 + length + max(ends, default=0)
    return None if size == expected else f"is cut off or damaged ({size} bytes instead of {expected})"


def _template(folder: Path) -> str | None:
    if text := _read(folder / "chat_template.jinja"):
        return text
    for name in ("chat_template.json", "tokenizer_config.json"):
        found = _json(folder / name).get("chat_template")
        if isinstance(found, list):  # several, by name
            found = next((t.get("template") for t in found if isinstance(t, dict) and t.get("name") == "default"), None)
        if isinstance(found, str) and found:
            return found
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(_read(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
