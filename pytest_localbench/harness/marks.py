"""Category ids and tags as pytest marks, registered just in time."""

from __future__ import annotations

import os

import pytest

from ..suite.layout import CATEGORY_NAMES

RESERVED = frozenset({"parametrize", "usefixtures", "filterwarnings", "tryfirst", "trylast", "localbench"})


def mark_named(config: pytest.Config, name: str, why: str) -> pytest.MarkDecorator | None:
    """A registered mark, or ``None`` for names that pytest itself gives another meaning."""
    if name in RESERVED:
        return None
    if name == "skip":
        return pytest.mark.skip(reason=why)
    if name == "xfail":
        return pytest.mark.xfail(reason=why)
    known = config.stash.setdefault(_KNOWN, set())
    if name not in known:
        known.add(name)
        config.addinivalue_line("markers", f"{name}: {why}")
    mark: pytest.MarkDecorator = getattr(pytest.mark, name)
    return mark


_KNOWN = pytest.StashKey[set[str]]()


def register_marks_below(config: pytest.Config) -> None:
    """For ``pytest --markers``: register every category id found below the test paths."""
    from ..errors import ConfigError
    from ..suite.tasks import load_category

    roots = [config.rootpath / p for p in config.getini("testpaths")] or [config.rootpath]
    for root in roots:
        for folder, _, files in os.walk(root):
            if any(name in files for name in CATEGORY_NAMES):
                try:
                    category = load_category(config.rootpath.__class__(folder), config.rootpath)
                except ConfigError:
                    continue
                mark_named(config, category.id, f"category: {category.name}")
