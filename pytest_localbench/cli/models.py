"""``localbench models``: list, show, add, try, fetch and remove models."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..adapters.base import Adapter
    from ..domain.model import ModelConfig
    from ..registry import Registry


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``models`` and what is below it."""
    from .models_add import add_arguments

    models = commands.add_parser("models", help="list, show, add, try, fetch and remove models")
    actions = models.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show configured models and whether they can be asked")
    listing.set_defaults(run=_list)
    show = actions.add_parser(
        "show", help="show a model as it is understood: settings, source, capabilities, questions"
    )
    show.set_defaults(run=_show)
    add = actions.add_parser("add", help="write a model file")
    add_arguments(add)
    add.set_defaults(run=_add)
    test = actions.add_parser("test", help="ask a model one question and say what came of it")
    test.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS", help="deadline (default: 120)")
    test.set_defaults(run=_test)
    for command in (show, test):
        command.add_argument("name", help="id of a model, or provider:model")
    for command in (listing, show, add, test):
        command.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    pull = actions.add_parser("pull", help="fetch weights into the cache")
    pull.set_defaults(run=_pull)
    remove = actions.add_parser("remove", help="delete fetched weights")
    remove.set_defaults(run=_remove)
    for command in (pull, remove):
        command.add_argument("name", nargs="?", default="smollm2")


@dataclass(frozen=True, slots=True)
class Project:
    """The models and providers of the folder we are in."""

    root: Path
    models: dict[str, ModelConfig]
    registry: Registry

    @classmethod
    def here(cls, data: Path) -> Project:
        """The project of the current folder; what could not be loaded is said on stderr. Raises ModelFileError."""
        from ..suite.models import load_model_files
        from .providers import project_registry

        registry, problems = project_registry(Path.cwd())
        for problem in problems:
            sys.stderr.write(f"localbench: {problem}\n")
        return cls(Path.cwd(), load_model_files(data.resolve(), Path.cwd()), registry)

    def select(self, name: str) -> list[ModelConfig]:
        """The models of a name, as ``--models`` takes it; raises UnknownName."""
        from ..suite.models import select_models

        return select_models([name], self.models, self.registry.known_adapters())

    def adapter(self, model: ModelConfig) -> Adapter:
        """The adapter of a model, not opened; raises UnknownName, MissingDependency or ConfigError."""
        from ..engine.servers import adapter_of

        return adapter_of(self.registry, model)


def say(text: str = "") -> None:
    """One line on the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _list(args: argparse.Namespace) -> int:
    from ..errors import ConfigError
    from ..suite.models import DEFAULT_MODEL

    project = Project.here(args.data)
    models = {**project.models}
    models.setdefault(DEFAULT_MODEL.id, DEFAULT_MODEL)
    width = max(len(model_id) for model_id in models)
    column = max(len(model.provider) for model in models.values())
    for model in models.values():
        try:
            problem = project.adapter(model).preflight()
        except ConfigError as error:
            problem = str(error)
        place = "local" if model.is_local else "remote"
        say(f"{model.id:<{width}}  {model.provider:<{column}}  {place:<6}  {problem or 'ready'}")
    return 0


def _show(args: argparse.Namespace) -> int:
    from .models_show import show_lines

    project = Project.here(args.data)
    for model in project.select(args.name):
        for line in show_lines(project, model):
            say(line)
    return 0


def _add(args: argparse.Namespace) -> int:
    from .models_add import write_model_file

    path = write_model_file(Project.here(args.data), args)
    say(f"Wrote {path}. Try it: localbench models test {args.name}")
    return 0


def _test(args: argparse.Namespace) -> int:
    from .models_test import try_model

    project = Project.here(args.data)
    results = [try_model(project, model, args.timeout, say) for model in project.select(args.name)]
    return 0 if all(results) else 1


def _pull(args: argparse.Namespace) -> int:
    from ..adapters.weights import pull

    pull(args.name, say=say)
    return 0


def _remove(args: argparse.Namespace) -> int:
    from ..adapters.weights import fetched_path, remove

    path = fetched_path(args.name)
    say(f"Removed {path}" if remove(args.name) else f"{args.name} has not been fetched: there is no {path}")
    return 0
