"""``localbench models``: fetch, list, try and remove models."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..adapters.base import Adapter
    from ..domain.model import ModelConfig

TRY_TIMEOUT_S = 120.0
TRY_PROMPT = "Answer in one short sentence: what is the capital of France?"


def add_commands(commands: Any) -> None:
    """Add ``models`` and what is below it."""
    models = commands.add_parser("models", help="fetch, list, try and remove models")
    actions = models.add_subparsers(dest="action", required=True, metavar="ACTION")
    pull = actions.add_parser("pull", help="fetch weights into the cache")
    pull.add_argument("name", nargs="?", default="smollm2")
    pull.set_defaults(run=_pull)
    listing = actions.add_parser("list", help="show configured models and whether they can be asked")
    listing.set_defaults(run=_list)
    test = actions.add_parser("test", help="ask a model one question")
    test.add_argument("name", help="id of a model, or provider:model")
    test.set_defaults(run=_test)
    remove = actions.add_parser("remove", help="delete fetched weights")
    remove.add_argument("name", nargs="?", default="smollm2")
    remove.set_defaults(run=_remove)
    for command in (listing, test):
        command.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")


def _pull(args: argparse.Namespace) -> int:
    from ..adapters.weights import pull

    pull(args.name, say=_say)
    return 0


def _list(args: argparse.Namespace) -> int:
    from ..errors import ConfigError
    from ..suite.models import DEFAULT_MODEL

    models = {**_configured(args.data)}
    models.setdefault(DEFAULT_MODEL.id, DEFAULT_MODEL)
    width = max(len(model_id) for model_id in models)
    for model in models.values():
        try:
            problem = _adapter(model).preflight()
        except ConfigError as error:
            problem = str(error)
        _say(f"{model.id:<{width}}  {model.provider:<10}  {problem or 'ready'}")
    return 0


def _test(args: argparse.Namespace) -> int:
    from ..domain.response import GenerationRequest, Message, ResultKey
    from ..domain.task import GenerationParams
    from ..suite.models import select_models

    for model in select_models([args.name], _configured(args.data)):
        adapter = _adapter(model)
        started = time.perf_counter()
        try:
            adapter.open()
            loaded = time.perf_counter()
            response = adapter.generate(
                GenerationRequest(
                    key=ResultKey(category="models", task="test", sample="-", model=model.id),
                    messages=(Message(role="user", content=TRY_PROMPT),),
                    params=model.generation.over(GenerationParams(max_tokens=64)),
                    timeout_s=TRY_TIMEOUT_S,
                )
            )
        finally:
            adapter.close()
        tokens = response.usage.output_tokens
        counted = f", {tokens} tokens" if tokens is not None else ""
        _say(f"{model.id}: {response.text.strip() or '(empty answer)'}")
        _say(f"loaded in {loaded - started:.1f} s, answered in {response.timing.generation_s:.1f} s{counted}")
    return 0


def _remove(args: argparse.Namespace) -> int:
    from ..adapters.weights import fetched_path, remove

    path = fetched_path(args.name)
    _say(f"Removed {path}" if remove(args.name) else f"{args.name} has not been fetched: there is no {path}")
    return 0


def _configured(data: Path) -> dict[str, ModelConfig]:
    from ..suite.models import load_model_files

    return load_model_files(data.resolve(), Path.cwd())


def _adapter(model: ModelConfig) -> Adapter:
    from ..adapters import pytest_localbench_register
    from ..registry import Registry

    registry = Registry()
    pytest_localbench_register(registry)
    adapter: Adapter = registry.adapter_class(model.provider)(model)
    return adapter


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
