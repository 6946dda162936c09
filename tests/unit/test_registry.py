"""Names of providers and evaluators."""

from __future__ import annotations

import sys
import types

import pytest

from pytest_localbench.errors import ConfigError, MissingDependency, UnknownName
from pytest_localbench.registry import Registry


class Thing:
    """Stands for an adapter or evaluator."""


class Other:
    """Stands for another one."""


@pytest.fixture
def registry():
    filled = Registry()
    filled.adapter("ollama", Thing)
    filled.evaluator("exact", "collections:OrderedDict")
    return filled


def test_classes_and_places_are_resolved(registry):
    import collections

    assert registry.adapter_class("ollama") is Thing
    assert registry.evaluator_class("exact") is collections.OrderedDict
    assert (registry.known_adapters(), registry.known_evaluators()) == (["ollama"], ["exact"])


def test_nothing_is_imported_before_it_is_needed(registry):
    registry.adapter("later", "no_such_module_of_ours:Adapter")
    assert "later" in registry.known_adapters()


def test_an_unknown_name_offers_the_nearest(registry):
    with pytest.raises(UnknownName, match=r"unknown provider 'olama' \(did you mean 'ollama'\?\)\. Known: ollama"):
        registry.adapter_class("olama")
    with pytest.raises(UnknownName, match="unknown evaluator 'ollama'"):
        registry.evaluator_class("ollama")


def test_one_name_for_two_things_names_both(registry):
    with pytest.raises(ConfigError, match=r"'exact': collections:OrderedDict and .*test_registry:Other; rename one"):
        registry.evaluator("exact", Other)
    with pytest.raises(ConfigError, match=r"adapter 'ollama': .*:Thing and x:Y"):
        registry.adapter("ollama", "x:Y")


def test_the_same_thing_twice_is_no_conflict(registry):
    registry.adapter("ollama", Thing)
    assert registry.known_adapters() == ["ollama"]


@pytest.mark.parametrize("package", ["no_such_package_of_ours", "no_such_package_of_ours.inner"])
def test_a_missing_package_names_the_extra(registry, package):
    registry.adapter("acme", Thing, extra="acme", package=package)
    with pytest.raises(MissingDependency, match=rf"provider 'acme' needs the package '{package}'.*\[acme\]"):
        registry.adapter_class("acme")


def test_a_package_that_is_there_is_not_imported(registry):
    registry.adapter("acme", Thing, extra="acme", package="this")
    assert registry.adapter_class("acme") is Thing
    assert "this" not in sys.modules


def test_an_import_that_fails_inside_an_adapter_names_what_is_missing(registry, tmp_path, monkeypatch):
    (tmp_path / "broken_adapter_of_ours.py").write_text("import no_such_sdk_of_ours.client\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    registry.adapter("acme", "broken_adapter_of_ours:Adapter", extra="acme")
    with pytest.raises(MissingDependency, match="'no_such_sdk_of_ours'"):
        registry.adapter_class("acme")
    registry.evaluator("broken", "broken_adapter_of_ours:Adapter")
    with pytest.raises(ConfigError, match=r"the evaluator 'broken' cannot be imported .*no_such_sdk_of_ours"):
        registry.evaluator_class("broken")


def test_a_place_that_is_not_there_is_said_in_words(registry, monkeypatch):
    monkeypatch.setitem(sys.modules, "empty_module_of_ours", types.ModuleType("empty_module_of_ours"))
    registry.evaluator("a", "no_such_module_of_ours:A")
    registry.evaluator("b", "empty_module_of_ours:B")
    with pytest.raises(ConfigError, match="the evaluator 'a' cannot be imported from no_such_module_of_ours:A"):
        registry.evaluator_class("a")
    with pytest.raises(ConfigError, match="the module empty_module_of_ours has no 'B'"):
        registry.evaluator_class("b")


@pytest.mark.parametrize("target", ["no colon", ":Name", "module:", "", 7, None])
def test_what_is_neither_class_nor_place_is_refused_at_once(registry, target):
    with pytest.raises(ConfigError, match="give a class or 'module:attribute'"):
        registry.evaluator("x", target)
