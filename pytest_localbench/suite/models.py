"""Model files and ``--models`` -> ModelConfig."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..domain.base import check_id
from ..domain.model import CHAT_PROVIDERS, ModelConfig
from ..domain.task import SourceRef
from ..errors import ModelFileError, UnknownName, did_you_mean
from .explain import INTERNAL, unknown_key, validate
from .locate import line_of
from .model_options import check_keys, check_options
from .tasks import data_files, entity, shown_path
from .yaml_source import read_data

DEFAULT_MODEL = ModelConfig(id="smollm2", provider="llamacpp", model="smollm2")
PROVIDERS = ("http", "llamacpp", "ollama", "scripted", "transformers", *sorted(CHAT_PROVIDERS))


def load_model_files(
    data_dir: Path, root: Path, problems: list[ModelFileError] | None = None
) -> dict[str, ModelConfig]:
    """Every model of ``data/models/``, by id in file-name order (``examples/`` is not read); raises ModelFileError, or
    with a list of ``problems`` puts what is wrong there and goes on."""
    models: dict[str, ModelConfig] = {}
    for path in data_files(data_dir / "models"):
        try:
            model = load_model_file(path, root)
            _refuse_twin(models.setdefault(model.id, model), model, path, root)
        except ModelFileError as error:
            if problems is None:
                raise
            problems.extend(error.each())
    return models


def _refuse_twin(other: ModelConfig, model: ModelConfig, path: Path, root: Path) -> None:
    if other is not model:
        first = other.source.path if other.source else "another file"
        words = f"the model id '{model.id}' is already used in {first}; rename one"
        raise ModelFileError(shown_path(path, root), line_of(path, ("id",)), words)


def check_providers(models: Iterable[ModelConfig], providers: Sequence[str], root: Path) -> None:
    """Refuse a model file whose provider nobody has registered; raises ModelFileError."""
    for model in models:
        if model.provider not in providers and model.source is not None:
            near = did_you_mean(model.provider, providers)
            words = (
                f"model '{model.id}': unknown provider '{model.provider}'{near}. Known: {', '.join(sorted(providers))}."
            )
            raise ModelFileError(model.source.path, line_of(root / model.source.path, ("provider",)), words)


def load_model_file(path: Path, root: Path) -> ModelConfig:
    """One model file."""
    shown = shown_path(path, root)
    data = entity(read_data(path, shown, ModelFileError), "model", path, shown, error=ModelFileError)
    data.setdefault("id", path.stem)
    for name in INTERNAL & data.keys():
        raise ModelFileError(shown, line_of(path, (name,)), unknown_key(ModelConfig, (name,)))
    check_keys(data, path, shown)
    _settle_path(data, "path", path)
    _settle_path(data.get("options"), "mmproj", path)
    data["source"] = SourceRef(path=shown)
    subject = f"model '{data['id']}'"
    model = validate(ModelConfig, data, path=path, shown=shown, subject=subject, error=ModelFileError)
    check_options(data, path, shown, subject)
    return model


def _settle_path(data: Any, name: str, file: Path) -> None:
    """Make the path under a name absolute; it is written relative to the model file."""
    if isinstance(data, dict) and isinstance(data.get(name), str):
        data[name] = str((file.parent / Path(data[name]).expanduser()).resolve())


def select_models(
    wanted: Sequence[str], configured: dict[str, ModelConfig], providers: Sequence[str] = PROVIDERS
) -> list[ModelConfig]:
    """The models named: ids, globs, ``tag:NAME``, ``provider:model`` or a ``.gguf`` path; order as given, each once.

    A model without a file gets an id made of its name, of provider and name where that is taken. Raises UnknownName.
    """
    known = {**configured}
    known.setdefault(DEFAULT_MODEL.id, DEFAULT_MODEL)
    chosen: dict[str, ModelConfig] = {}
    made: dict[tuple[str, str], ModelConfig] = {}
    for name in filter(None, (name.strip() for name in wanted)):
        for model in _matching(name, known, providers, made):
            chosen.setdefault(model.id, model)
    return list(chosen.values())


def default_models(configured: dict[str, ModelConfig]) -> list[ModelConfig]:
    """Without a choice: the local models that are configured, else the small built-in one."""
    return [model for model in configured.values() if model.is_local] or [DEFAULT_MODEL]


def _matching(
    name: str, known: dict[str, ModelConfig], providers: Sequence[str], made: dict[tuple[str, str], ModelConfig]
) -> Iterable[ModelConfig]:
    if name in known:
        return [known[name]]
    provider, colon, model = name.partition(":")
    if colon and model and provider in providers:
        return [_ad_hoc(provider, model, known, made)]
    if name.endswith(".gguf") and "llamacpp" in providers:
        return [_ad_hoc("llamacpp", name, known, made)]
    if name.startswith("tag:"):
        found = [model for model in known.values() if name[4:] in model.tags]
    else:
        found = [model for model in known.values() if fnmatch.fnmatchcase(model.id, name)]
    if not found:
        hint = f"Write provider:model for a model without a file (providers: {', '.join(providers)})."
        raise UnknownName("model", name, known, hint)
    return found


def _ad_hoc(
    provider: str, model: str, known: dict[str, ModelConfig], made: dict[tuple[str, str], ModelConfig]
) -> ModelConfig:
    is_file = provider == "llamacpp" and model.endswith(".gguf")
    if provider == "transformers":
        is_file = model.endswith(".gguf") or model.startswith((".", "~", os.sep))
    target = os.path.abspath(os.path.expanduser(model)) if is_file else model
    if (provider, target) not in made:
        taken = {*known, *(other.id for other in made.values())}
        name = Path(model).stem if is_file else model
        digest = hashlib.sha256(f"{provider}:{target}".encode()).hexdigest()[:8]
        options = (_slug(name), _slug(f"{provider}-{name}"), f"{_slug(name)[:50].strip('.-_')}-{digest}")
        model_id = next(slug for slug in options if slug not in taken)
        where: dict[str, Any] = {"path": target} if is_file else {"model": model}
        made[provider, target] = ModelConfig(id=model_id, provider=provider, **where)
    return made[provider, target]


def _slug(name: str) -> str:
    """A name as an id."""
    text = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9._-]+", "-", name.lower()))[:60].strip("-._")
    try:
        return check_id(text)
    except ValueError:
        return f"m-{text}".rstrip("-")
