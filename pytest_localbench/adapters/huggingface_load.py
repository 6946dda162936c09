"""Loading of Hugging Face checkpoints with transformers; runs in the child process of the ``transformers`` adapter."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .child_main import CannotLoad

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The ChatML form of a conversation, for weights that bring no template."""

STALE_S = 24 * 3600.0
_OUT_OF_MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory|cannot allocate", re.IGNORECASE)
_OWN_CODE = re.compile(r"trust_remote_code|custom code", re.IGNORECASE)
_MISSING_PACKAGE = re.compile(r"No package metadata was found for (\w[\w-]*)|pip install (?:-U )?([A-Za-z][\w-]*)")
_SAID = (
    ("ignore_mismatched_sizes", "its weights do not fit its config.json; fetch both again"),
    (
        "does not recognize this architecture",
        "the installed transformers does not know its architecture; update it: {text}",
    ),
    ("backend tokenizer", "it brings no usable tokenizer; fetch its tokenizer files again"),
    ("not a valid JSON file", "a JSON file of it is damaged; fetch it again: {text}"),
)


@dataclass(slots=True)
class Loaded:
    """A loaded model. ``front`` turns messages into tensors: the tokenizer, or the processor of a vision model."""

    model: Any
    tokenizer: Any
    front: Any
    device: str
    dtype: str
    vision: bool
    notes: tuple[str, ...] = ()


def load(settings: dict[str, Any]) -> Loaded:
    """The model of the settings, ready to generate; raises CannotLoad."""
    try:
        return _load(settings)
    except CannotLoad:
        raise
    except Exception as error:
        raise CannotLoad(explain(error)) from error


def explain(error: BaseException) -> str:
    """What went wrong while loading, as the part of a sentence that says how to mend it."""
    text = " ".join(str(error).split())
    if is_out_of_memory(error):
        return "it does not fit into memory; choose a smaller 'options: dtype', a quantization, or a smaller model"
    if type(error).__name__ == "SafetensorError":
        return f"a weights file is damaged ({text}); fetch it again"
    if isinstance(error, ImportError):
        name = next((m for found in _MISSING_PACKAGE.finditer(text) for m in found.groups() if m), error.name)
        return f"it needs the package {name}: pip install {name}" if name else f"a package is missing: {text}"
    if _OWN_CODE.search(text):
        return "its repository brings code of its own: read it, then allow it with 'options: {trust_remote_code: true}'"
    for words, meaning in _SAID:
        if words in text:
            return meaning.replace("{text}", text)
    if isinstance(error, json.JSONDecodeError):
        return f"a JSON file of it is damaged; fetch it again: {text}"
    if type(error).__name__ in {"LocalEntryNotFoundError", "OfflineModeIsEnabled", "ConnectError"}:
        return "the Hugging Face hub cannot be reached (or HF_HUB_OFFLINE is set); try again where it can be"
    if type(error).__name__ in {"RepositoryNotFoundError", "GatedRepoError", "RevisionNotFoundError"}:
        return "the Hugging Face hub does not give it to you: check name and revision, or log in with 'hf auth login'"
    return f"{type(error).__name__}: {text}"


def is_out_of_memory(error: BaseException) -> bool:
    """True when there was no memory left, on whatever device."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and _OUT_OF_MEMORY.search(str(error)) is not None
    )


def _load(settings: dict[str, Any]) -> Loaded:
    import torch
    import transformers

    notes: list[str] = []

    def say(text: str) -> None:
        notes.append(text)
        sys.stderr.write(f"localbench: {text}\n")
        sys.stderr.flush()

    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(settings["threads"])
    options = settings["options"]
    device = _device(options["device"])
    dtype = options["dtype"]
    if dtype == "auto" and device == "cpu":
        dtype = "float32"  # bfloat16 is several times slower on most processors
    folder = Path(settings["folder"]) if settings["folder"] else None
    if settings["gguf"] is not None:
        folder = converted(settings, "float32" if dtype == "auto" else dtype, say)
    elif folder is None:
        folder = _download(settings, dtype, say)
    trusted = {"local_files_only": True, "trust_remote_code": options["trust_remote_code"]}
    config = transformers.AutoConfig.from_pretrained(folder, **trusted)
    vision = type(config) in transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING and hasattr(config, "vision_config")
    kind = transformers.AutoModelForImageTextToText if vision else transformers.AutoModelForCausalLM
    placed = {"device_map": options["device_map"]} if options["device_map"] is not None else {}
    model, found = kind.from_pretrained(
        folder, output_loading_info=True, dtype=dtype if dtype == "auto" else getattr(torch, dtype),
        use_safetensors=None if options["allow_pickle"] else True, **trusted, **placed, **options["model_kwargs"],
    )  # fmt: skip
    _refuse_gaps(found)
    if not placed and "quantization_config" not in options["model_kwargs"] and device != "cpu":
        model = model.to(device)
    front: Any
    if vision:
        front = transformers.AutoProcessor.from_pretrained(folder, **trusted)
        tokenizer = front.tokenizer
    else:
        front = tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **trusted)
    template = options["chat_template"]
    if template:
        front.chat_template = CHATML if template == "chatml" else template
    if not front.chat_template:
        raise CannotLoad("it brings no chat template (a base model?); name one: 'options: {chat_template: chatml}'")
    own = model.generation_config
    # Only the special tokens: sampling settings come from the request alone.
    model.generation_config = transformers.GenerationConfig(
        eos_token_id=own.eos_token_id if own.eos_token_id is not None else tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else own.pad_token_id,
        bos_token_id=own.bos_token_id,
    )
    used = str(next(model.parameters()).dtype).removeprefix("torch.")
    return Loaded(model.eval(), tokenizer, front, str(model.device), used, vision, tuple(notes))


def _refuse_gaps(found: dict[str, Any]) -> None:
    """Raise CannotLoad for weights that are not in the files: transformers would go on with random numbers."""
    if missing := sorted(found["missing_keys"]):
        raise CannotLoad(f"its files lack {len(missing)} of its weights, such as {missing[0]}; fetch them again")


def _device(wanted: str) -> str:
    import torch

    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind = wanted.partition(":")[0]
    probe = {"cuda": torch.cuda, "mps": torch.backends.mps, "xpu": torch.xpu}.get(kind)
    if probe is not None and not probe.is_available():
        raise CannotLoad(f"torch sees no device '{wanted}' here; write 'options: {{device: cpu}}'")
    return wanted


def _download(settings: dict[str, Any], dtype: str, say: Callable[[str], None]) -> Path:
    from huggingface_hub import hf_hub_download, snapshot_download

    options = settings["options"]
    say(f"fetching {settings['repo']} from the Hugging Face hub")
    if options["gguf"]:
        settings["gguf"] = hf_hub_download(settings["repo"], options["gguf"], revision=settings["revision"])
        return converted(settings, "float32" if dtype == "auto" else dtype, say)
    wanted = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
    wanted += ["*.py"] if options["trust_remote_code"] else []
    wanted += ["*.bin"] if options["allow_pickle"] else []
    return Path(snapshot_download(settings["repo"], revision=settings["revision"], allow_patterns=wanted))


def converted(settings: dict[str, Any], dtype: str, say: Callable[[str], None]) -> Path:
    """The folder that holds a GGUF file's weights de-quantised to ``dtype``; made once, keyed by the file's SHA-256."""
    import hashlib

    source = Path(settings["gguf"])
    digest = settings["gguf_sha256"]
    if digest is None:
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    target = Path(settings["cache"]) / "transformers" / f"{digest}-{dtype}"
    if (target / "config.json").exists():
        return target
    started = time.monotonic()
    say(f"{source.name}: its weights are de-quantised to {dtype}, once, into {target}")
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(".convert-*"):  # of a conversion that was killed
        if time.time() - left.stat().st_mtime > STALE_S:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=target.parent) as name:
        part = Path(name) / "weights"
        _convert(source, part, dtype)
        try:
            part.replace(target)
        except OSError:
            if not (target / "config.json").exists():  # another process was faster
                raise
    say(f"{source.name}: that took {time.monotonic() - started:.0f} s")
    return target


def _convert(source: Path, part: Path, dtype: str) -> None:
    import torch
    import transformers

    wanted = getattr(torch, dtype)
    with tempfile.TemporaryDirectory() as name:
        # A folder of its own: files beside the weights (a config.json, say) must not be mixed in.
        alone = Path(name) / source.name
        try:
            alone.symlink_to(source.resolve())
        except OSError:
            shutil.copyfile(source, alone)
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, gguf_file=source.name, local_files_only=True)
        model, found = transformers.AutoModelForCausalLM.from_pretrained(
            name, gguf_file=source.name, dtype=wanted, local_files_only=True, output_loading_info=True
        )
    _refuse_gaps(found)
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = transformers.AutoModelForCausalLM.from_config(config, dtype=wanted)
    plain.load_state_dict(model.state_dict(), assign=True)
    plain.generation_config = model.generation_config
    plain.save_pretrained(part)
    tokenizer.save_pretrained(part)
