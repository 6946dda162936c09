"""Model files and ``--models`` -> ModelConfig."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..domain.model import ModelConfig
from ..errors import ModelFileError, UnknownName
from .explain import validate
from .locate import line_of
from .tasks import SUFFIXES, shown_path
from .yaml_source import read_data

DEFAULT_MODEL = ModelConfig(id="smollm2", provider="llamacpp", model="smollm2")
PROVIDERS = ("llamacpp", "openai", "scripted")
_KEY = re.compile(r"\b(sk-[\w-]{8,}|AIza[\w-]{20,}|hf_\w{10,}|gh[pousr]_\w{10,}|Bearer\s+\S{8,})")
_REFERENCE = re.compile(r"^(\$\{env:\w+\}|env:\w+|file:.+|keyring:.+)$")


def load_model_files(data_dir: Path, root: Path) -> dict[str, ModelConfig]:
    """Every model of ``data/models/``, by id in file-name order (``examples/`` is not read); raises ModelFileError."""
    folder = data_dir / "models"
    models: dict[str, ModelConfig] = {}
    if not folder.is_dir():
        return models
    for path in sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES):
        model = load_model_file(path, root)
        if model.id in models:
            raise ModelFileError(shown_path(path, root), 1, f"the model id '{model.id}' is used by another file, too")
        models[model.id] = model
    return models


def load_model_file(path: Path, root: Path) -> ModelConfig:
    """One model file."""
    shown = shown_path(path, root)
    data = read_data(path, shown, ModelFileError)
    if not isinstance(data, dict):
        raise ModelFileError(shown, 1, "a model file is a mapping (id, provider, ...)")
    data = {key: value for key, value in data.items() if key not in {"kind", "schema"}}
    data.setdefault("id", path.stem)
    for field in _literal_keys(data):
        raise ModelFileError(
            shown,
            line_of(path, field),
            f"'{field[-1]}' looks like a key; write a reference such as ${{env:NAME}} instead",
        )
    key = data.get("api_key")
    if key is not None and not _REFERENCE.match(str(key)):
        raise ModelFileError(shown, line_of(path, ("api_key",)), "'api_key' must be a reference such as ${env:NAME}")
    if isinstance(data.get("path"), str):
        data["path"] = str((path.parent / Path(data["path"]).expanduser()).resolve())
    data["source"] = {"path": shown, "line": 1}
    return validate(ModelConfig, data, path=path, shown=shown, subject=f"model '{data['id']}'", error=ModelFileError)


def select_models(wanted: Sequence[str], configured: dict[str, ModelConfig]) -> list[ModelConfig]:
    """The models named: ids, globs, ``tag:NAME`` or ``provider:model``; order as given, each once."""
    known = {**configured}
    known.setdefault(DEFAULT_MODEL.id, DEFAULT_MODEL)
    chosen: dict[str, ModelConfig] = {}
    for name in wanted:
        for model in _matching(name, known):
            chosen.setdefault(model.id, model)
    return list(chosen.values())


def default_models(configured: dict[str, ModelConfig]) -> list[ModelConfig]:
    """Without a choice: the local models that are configured, else the small built-in one."""
    return [model for model in configured.values() if model.is_local] or [DEFAULT_MODEL]


def _matching(name: str, known: dict[str, ModelConfig]) -> Iterable[ModelConfig]:
    if name in known:
        return [known[name]]
    if name.startswith("tag:"):
        found = [model for model in known.values() if name[4:] in model.tags]
    elif any(sign in name for sign in "*?["):
        found = [model for model in known.values() if fnmatch.fnmatchcase(model.id, name)]
    else:
        provider, colon, model = name.partition(":")
        found = [_ad_hoc(provider, model)] if colon and model and provider in PROVIDERS else []
    if not found:
        hint = "Write provider:model for a model without a file" + f" (providers: {', '.join(PROVIDERS)})."
        raise UnknownName("model", name, known, hint)
    return found


def _ad_hoc(provider: str, model: str) -> ModelConfig:
    name = Path(model).stem if provider == "llamacpp" and model.endswith(".gguf") else model
    slug = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9._-]+", "-", name.lower())).strip("-._")[:62] or provider
    if provider == "llamacpp" and model.endswith(".gguf"):
        return ModelConfig(id=slug, provider=provider, path=str(Path(model).expanduser().resolve()))
    return ModelConfig(id=slug, provider=provider, model=model)


def _literal_keys(data: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _literal_keys(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _literal_keys(value, (*path, index))
    elif isinstance(data, str) and _KEY.search(data):
        yield path
