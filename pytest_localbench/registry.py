"""Names of adapters and evaluators, resolved when they are first needed."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

from .errors import ConfigError, MissingDependency, UnknownName


@dataclass(frozen=True, slots=True)
class _Entry:
    target: Any
    extra: str | None = None
    package: str | None = None


class Registry:
    """Filled through the hook ``pytest_localbench_register``. A target is a class or ``"module:attribute"``."""

    def __init__(self) -> None:
        self._adapters: dict[str, _Entry] = {}
        self._evaluators: dict[str, _Entry] = {}

    def adapter(self, name: str, target: Any, *, extra: str | None = None, package: str | None = None) -> None:
        """Add a provider; ``package`` must be importable when it is used, ``extra`` is what installs it.

        Raises ConfigError when another target has the name, or when the target is neither class nor text.
        """
        _add(self._adapters, "adapter", name, _Entry(target, extra, package))

    def evaluator(self, name: str, target: Any) -> None:
        """Add an evaluator; raises as :meth:`adapter` does."""
        _add(self._evaluators, "evaluator", name, _Entry(target))

    def adapter_class(self, name: str) -> Any:
        """The adapter of a provider; raises UnknownName, MissingDependency or ConfigError (a broken target)."""
        return _resolve(self._adapters, "provider", name)

    def evaluator_class(self, name: str) -> Any:
        """The evaluator of a name; raises UnknownName, MissingDependency or ConfigError (a broken target)."""
        return _resolve(self._evaluators, "evaluator", name)

    def known_adapters(self) -> list[str]:
        """Registered providers, by name."""
        return sorted(self._adapters)

    def known_evaluators(self) -> list[str]:
        """Registered evaluators, by name."""
        return sorted(self._evaluators)


def _add(entries: dict[str, _Entry], kind: str, name: str, entry: _Entry) -> None:
    target = entry.target
    module, colon, attribute = target.partition(":") if isinstance(target, str) else ("", "", "")
    if not (callable(target) or (module and colon and attribute)):
        raise ConfigError(f"the {kind} '{name}' is registered as {target!r}: give a class or 'module:attribute'.")
    other = entries.get(name)
    if other is not None and other.target != target:
        raise ConfigError(
            f"two plugins register the {kind} '{name}': {_shown(other.target)} and {_shown(target)}; rename one of them."
        )
    entries[name] = entry


def _shown(target: Any) -> str:
    return target if isinstance(target, str) else f"{target.__module__}:{target.__qualname__}"


def _resolve(entries: dict[str, _Entry], kind: str, name: str) -> Any:
    entry = entries.get(name)
    if entry is None:
        raise UnknownName(kind, name, entries)
    needed_by = f"the {kind} '{name}'"
    if entry.package is not None and not _is_installed(entry.package):
        raise MissingDependency(entry.package, entry.extra or name, needed_by)
    if not isinstance(entry.target, str):
        return entry.target
    module, _, attribute = entry.target.partition(":")
    try:
        loaded = importlib.import_module(module)
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if entry.extra and missing and missing != module.partition(".")[0]:
            raise MissingDependency(missing, entry.extra, needed_by) from error
        raise ConfigError(f"{needed_by} cannot be imported from {entry.target}: {error}.") from error
    try:
        return getattr(loaded, attribute)
    except AttributeError:
        raise ConfigError(f"{needed_by} is not there: the module {module} has no '{attribute}'.") from None


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # of a dotted name, when its parent is missing
        return False
