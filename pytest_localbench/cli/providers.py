"""The providers and evaluators that a project knows: the built-in ones, and what its plugins and its conftest.py register.

pytest itself is not started. A plugin (entry point group ``pytest11``) or ``conftest.py`` is imported only when its
source names the hook, so that other plugins cost nothing here.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..adapters.secrets import redact
from ..errors import ConfigError
from ..registry import Registry

HOOK = "pytest_localbench_register"
GROUP = "pytest11"
OWN = "pytest_localbench.plugin"


def project_registry(root: Path) -> tuple[Registry, list[str]]:
    """Registry of the project at ``root``, and a sentence for each plugin that could not be asked."""
    from .. import adapters, evaluators

    registry, problems = Registry(), list[str]()
    adapters.pytest_localbench_register(registry)
    evaluators.pytest_localbench_register(registry)
    for name, load in _sources(root):
        try:
            for plugin in load():
                plugin.pytest_localbench_register(registry=registry)
        except ConfigError as error:
            problems.append(f"{name}: {error}")
        except Exception as error:  # noqa: BLE001 - other people's code: its providers are missing, that is all
            problems.append(redact(f"{name} could not be loaded ({type(error).__name__}: {error}); it is left out."))
    return registry, problems


def _sources(root: Path) -> Iterator[tuple[str, Any]]:
    if not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        for point in importlib.metadata.entry_points(group=GROUP):
            if point.value != OWN and _names_hook(point.module):
                yield f"the plugin '{point.name}'", lambda point=point: _with_hook(point.load())
    conftest = root / "conftest.py"
    if conftest.is_file():
        yield "conftest.py", lambda: _of_conftest(conftest)


def _with_hook(plugin: Any) -> list[Any]:
    return [plugin] if callable(getattr(plugin, HOOK, None)) else []


def _of_conftest(path: Path) -> list[Any]:
    """The conftest and the plugins it names, as far as they have the hook."""
    text = path.read_text("utf-8", "replace")
    if HOOK not in text and "pytest_plugins" not in text:
        return []
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("conftest", path)
    assert spec is not None and spec.loader is not None  # noqa: PT018 - a .py file always has both
    module = importlib.util.module_from_spec(spec)
    sys.modules["conftest"] = module
    spec.loader.exec_module(module)
    named = getattr(module, "pytest_plugins", ())
    plugins = [module]
    for name in [named] if isinstance(named, str) else named:
        if _names_hook(name):
            plugins.append(importlib.import_module(name))
    return [found for plugin in plugins for found in _with_hook(plugin)]


def _names_hook(module: str) -> bool:
    """True when a module's source holds the hook's name, or has no source to look into."""
    spec = None
    with contextlib.suppress(ImportError, ValueError, AttributeError):
        spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return False
    if not spec.origin.endswith(".py"):
        return True
    with contextlib.suppress(OSError):
        return HOOK.encode() in Path(spec.origin).read_bytes()
    return False
