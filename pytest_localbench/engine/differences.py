"""What is not the same in two runs: weights, template, runtime, sampling, settings, versions, machine."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from ..domain.model import ModelConfig
from ..domain.run import BenchmarkRun

_FIRST = ("weights_sha256", "digest", "template_sha256", "system_sha256", "runtime")
_NAMES = {
    "weights_sha256": "weights",
    "digest": "weights",
    "template_sha256": "chat template",
    "system_sha256": "system prompt",
    "generation": "sampling",
}
_NOT_A_CHANGE = {"id", "source", "tags", "previous_ids", "api_key", "lane"}
_DERIVED = {"config", "weights", "weights_bytes"}
_HASH, _TEXT = 8, 40
MAX_PER_MODEL = 8


def differences(now: BenchmarkRun, then: BenchmarkRun) -> tuple[str, ...]:
    """Sentences such as ``smollm2: weights 1a2b3c4d -> 5e6f7a8b``; models first. Settings that only one run tells of
    are named, too; what neither knows is not."""
    found = [line for model in now.models for line in _of_model(model, now, then)]
    found += _changed("settings", now.settings, then.settings)
    found += _changed("evaluator", *_shared(_evaluators(now), _evaluators(then)))
    found += _changed("package", now.environment.packages, then.environment.packages)
    for name, mine, theirs in (
        ("pytest-localbench", now.plugin_version, then.plugin_version),
        ("python", now.environment.python, then.environment.python),
        ("workers", now.environment.workers, then.environment.workers),
    ):
        if mine != theirs and mine and theirs:
            found.append(f"{name} {theirs} -> {mine}")
    if then.environment.machine and now.environment.machine != then.environment.machine:
        found.append(f"machine {_machine(then)} -> {_machine(now)}")
    return tuple(found)


def _of_model(model: ModelConfig, now: BenchmarkRun, then: BenchmarkRun) -> list[str]:
    earlier = next((m for m in then.models if m.id == model.id), None)
    earlier = earlier or next((m for m in then.models if m.id in model.previous_ids), None)
    if earlier is None:
        return [] if not then.models else [f"{model.id}: not in the earlier run"]
    loaded, before = _loaded(now, model.id), _loaded(then, earlier.id)
    lines = [f"{model.id}: was called {earlier.id}"] if earlier.id != model.id else []
    told: set[str] = set()
    if loaded and before:
        lines += _changed(model.id, loaded, before)
        told = set(_flat(loaded)) & set(_flat(before))
    lines += _changed(model.id, _config(model), _config(earlier), told)
    served, before_that = _served(now, model.id), _served(then, earlier.id)
    if served and before_that and served != before_that:
        lines.append(f"{model.id}: answered as {before_that} -> {served}")
    if len(lines) > MAX_PER_MODEL:
        lines[MAX_PER_MODEL - 1 :] = [f"{model.id}: and {len(lines) - MAX_PER_MODEL + 1} more settings"]
    return lines


def _loaded(run: BenchmarkRun, model: str) -> dict[str, Any]:
    """What the adapter said about what it opened, without what merely repeats the hashes."""
    opened = run.fingerprints.get(model)
    found = opened.get("fingerprint") if isinstance(opened, dict) else None
    return {k: v for k, v in found.items() if k not in _DERIVED} if isinstance(found, dict) else {}


def _served(run: BenchmarkRun, model: str) -> str:
    """The names under which the server answered."""
    return ", ".join(sorted({r.resolved_model for r in run.results if r.key.model == model and r.resolved_model}))


def _evaluators(run: BenchmarkRun) -> dict[str, str]:
    """The version of every evaluator that judged."""
    return {v.evaluator: v.version for r in run.results for v in r.verdicts}


def _shared(now: dict[str, str], then: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    both = now.keys() & then.keys()
    return {n: now[n] for n in sorted(both)}, {n: then[n] for n in sorted(both)}


def identity_of(run: BenchmarkRun, model: str) -> dict[str, Any]:
    """Hashes and versions that say which model answered, of what its adapter told when it was opened."""
    return {name: value for name, value in _loaded(run, model).items() if name in _FIRST}


def changed(owner: str, now: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    """Sentences such as ``owner: weights 1a2b3c4d -> 5e6f7a8b`` for what is not the same."""
    return _changed(owner, now, then)


def _config(model: ModelConfig) -> dict[str, Any]:
    return {k: v for k, v in model.model_dump(mode="json").items() if k not in _NOT_A_CHANGE}


def _changed(
    owner: str, now: Mapping[str, Any], then: Mapping[str, Any], told: Collection[str] = frozenset()
) -> list[str]:
    """``told``: names that something else has told of already."""
    mine, theirs = _flat(now), _flat(then)
    names = [n for n in dict.fromkeys((*mine, *theirs)) if mine.get(n) != theirs.get(n) and n not in told]
    names.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    return [f"{owner}: {_shown_name(name)} {_shown(theirs.get(name))} -> {_shown(mine.get(name))}" for name in names]


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"generation": {"seed": 1}}`` as ``{"generation.seed": 1}``; two levels, deeper values whole."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict) and value and not prefix:
            flat |= _flat(value, f"{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _shown_name(name: str) -> str:
    head, dot, rest = name.partition(".")
    return f"{_NAMES.get(head, head)}{dot}{rest}"


def _shown(value: Any) -> str:
    """Short: hashes by their first digits, long values by their size alone."""
    if value is None:
        return "(none)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    if (
        isinstance(value, str)
        and len(text) >= 32
        and all(c in "0123456789abcdef" for c in text.removeprefix("sha256:"))
    ):
        return text.removeprefix("sha256:")[:_HASH]
    return text if len(text) <= _TEXT else f"({len(text)} characters)"


def _machine(run: BenchmarkRun) -> str:
    cpu = f" ({run.environment.cpu})" if run.environment.cpu else ""
    return f"{run.environment.machine[:_HASH]}{cpu}"
