"""Model files of a bundle. They say where questions and keys are sent, so they come only when asked for, and not all may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..domain.model import ModelConfig
from ..errors import CorruptDocument, ModelFileError
from ..store.bundle_changes import staged
from ..suite.models import load_model_file, load_model_files
from ..suite.yaml_source import read_data
from .bundle import Bundle
from .bundle_load import as_file

_REFERENCE = re.compile(r"\$\{(env|file|keyring):|\A(env|file|keyring):")
_RISKY = ("trust_remote_code", "allow_pickle")


@dataclass(frozen=True)
class ModelEntry:
    """One model of a bundle beside the one here. ``data`` is what its file would hold."""

    name: str
    title: str
    path: Path
    data: Mapping[str, Any]
    same: bool
    mine: str
    theirs: str


def read_models(bundle: Bundle, data_dir: Path, root: Path, *, wanted: bool) -> tuple[list[ModelEntry], list[str]]:
    """The models that may be imported, and a sentence about those that are left out.

    A model file of a stranger could send a key of this machine to an address of his, or run code of a repository; such
    files are refused. Raises CorruptDocument for files that are no usable model.
    """
    if not bundle.models:
        return [], []
    if not wanted:
        names = ", ".join(str(data["id"]) for data in bundle.models[:8])
        return [], [f"left out: {len(bundle.models)} model files ({names}); --with-models imports them"]
    here = load_model_files(data_dir, root)
    entries = []
    with staged({f"{data['id']}.json": as_file(data) for data in bundle.models}) as scratch:
        for index, data in enumerate(bundle.models):
            where = f"{bundle.shown}: content.models[{index}]"
            try:
                model = load_model_file(scratch / f"{data['id']}.json", scratch)
            except ModelFileError as error:
                raise CorruptDocument(f"{where}: {error.problem}.") from None
            problem = _problem(model, data)
            if problem is not None:
                raise CorruptDocument(f"{where}: the model '{model.id}' {problem}")
            entries.append(_entry(data, here.get(model.id), model, data_dir, root))
    return entries, []


def _entry(
    data: Mapping[str, Any], mine: ModelConfig | None, model: ModelConfig, data_dir: Path, root: Path
) -> ModelEntry:
    path = data_dir / "models" / f"{model.id}.json"
    written: dict[str, Any] = {}
    if mine is not None and mine.source is not None:
        path = root / mine.source.path
        written = {k: v for k, v in read_data(path).items() if k not in {"kind", "schema"}}
    mine_text = as_file({"id": model.id, **written}).decode("utf-8") if written else ""
    theirs_text = as_file({"id": model.id, **data}).decode("utf-8")
    same = bool(written) and {"id": model.id, **written} == {"id": model.id, **data}
    return ModelEntry(model.id, f"{model.provider} {model.model}".strip(), path, data, same, mine_text, theirs_text)


def _problem(model: ModelConfig, data: Mapping[str, Any]) -> str | None:
    """Why a model of a stranger is not taken over, as the end of a sentence."""
    references = [text for text in _texts(data) if _REFERENCE.search(text)]
    if any("file:" in text or "keyring:" in text for text in references):
        return "reads a file or a keyring of this machine; add it yourself with 'localbench models add'."
    if references and (model.base_url is not None or model.base_urls or model.provider == "http"):
        return (
            f"would send the key in {references[0]} to {model.base_url or ', '.join(model.base_urls) or 'its address'}; if that is right, add it yourself "
            "with 'localbench models add'."
        )
    risky = next((name for name in _RISKY if model.options.get(name)), None)
    if risky is not None:
        return (
            f"sets '{risky}', which runs code that came with the weights; add it yourself if you have read that code."
        )
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
