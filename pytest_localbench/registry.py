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
        """Add a provider; ``package`` must be importable when it is used, ``extra`` is what installs it."""
        _add(self._adapters, "adapter", name, _Entry(target, extra, package))

    def evaluator(self, name: str, target: Any) -> None:
        """Add an evaluator."""
        _add(self._evaluators, "evaluator", name, _Entry(target))

    def adapter_class(self, name: str) -> Any:
        """The adapter of a provider; raises UnknownName or MissingDependency."""
        return _resolve(self._adapters, "provider", name)

    def evaluator_class(self, name: str) -> Any:
        """The evaluator of a name; raises UnknownName."""
        return _resolve(self._evaluators, "evaluator", name)

    def known_adapters(self) -> list[str]:
        """Registered providers, by name."""
        return sorted(self._adapters)

    def known_evaluators(self) -> list[str]:
        """Registered evaluators, by name."""
        return sorted(self._evaluators)


def _add(entries: dict[str, _Entry], kind: str, name: str, entry: _Entry) -> None:
    other = entries.get(name)
    if other is not None and other.target != entry.target:
        raise ConfigError(
            f"two plugins register the {kind} '{name}': {other.target} and {entry.target}; rename one of them."
        )
    entries[name] = entry


def _resolve(entries: dict[str, _Entry], kind: str, name: str) -> Any:
    entry = entries.get(name)
    if entry is None:
        raise UnknownName(kind, name, entries)
    if entry.package is not None and importlib.util.find_spec(entry.package) is None:
        raise MissingDependency(entry.package, entry.extra or name, f"the {kind} '{name}'")
    if not isinstance(entry.target, str):
        return entry.target
    module, _, attribute = entry.target.partition(":")
    return getattr(importlib.import_module(module), attribute)
