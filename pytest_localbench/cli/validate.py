"""``localbench validate``: everything that is wrong with categories, tasks and models, each with file and line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..adapters.secrets import redact
from ..errors import ConfigError

if TYPE_CHECKING:
    from ..registry import Registry
    from ..suite.survey import Survey


def add_commands(commands: Any) -> None:
    """Add ``validate``."""
    validate = commands.add_parser("validate", help="explain all that is wrong with task, category and model files")
    validate.add_argument(
        "path", nargs="?", type=Path, default=Path(), metavar="PATH",
        help="a folder with categories, a category, or one file (default: this folder)",
    )  # fmt: skip
    validate.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    validate.set_defaults(run=_validate)


def _validate(args: argparse.Namespace) -> int:
    from ..reports.safe_text import safe
    from ..suite.survey import survey
    from ..suite.tasks import shown_path
    from .providers import project_registry

    root = Path.cwd()
    registry, left_out = project_registry(root)
    for words in left_out:
        sys.stderr.write(f"localbench: {words}\n")
    found = survey(args.path.resolve(), root)
    n_models, problems = _models(args, registry, root)
    if not (found.tasks or found.problems or found.categories or n_models or problems):
        shown = shown_path(args.path.resolve(), root)
        words = "write one with 'localbench new category NAME'."
        raise ConfigError(f"nothing to check: no category lies in or below {shown}; {words}")
    problems += [*found.problems, *_task_problems(found, registry, root), *_judge_problems(args, found, registry, root)]
    for words in dict.fromkeys(str(error) for error in sorted(problems, key=lambda e: (str(e.path), e.line or 0))):
        sys.stdout.write(safe(redact(words), 2000) + "\n")
    sys.stdout.write(f"{_counted(found, n_models)}: {_verdict(len(problems))}\n")
    return 1 if problems else 0


def _models(args: argparse.Namespace, registry: Registry, root: Path) -> tuple[int, list[Any]]:
    """Number of usable models and what is wrong with the others; not looked at when one place was named."""
    from ..errors import ModelFileError
    from ..suite.models import check_providers, load_model_file, load_model_files

    problems: list[Any] = []
    place, data = args.path.resolve(), args.data.resolve()
    if place.parent == data / "models":
        models = []
        try:
            models = [load_model_file(place, root)]
        except ModelFileError as error:
            problems += error.each()
    elif place in {root, data, data / "models"}:
        models = list(load_model_files(data, root, problems).values())
    else:
        return 0, []
    usable = 0
    for model in models:
        try:
            check_providers([model], registry.known_adapters(), root)
            usable += 1
        except ModelFileError as error:
            problems.append(error)
    return usable, problems


def _task_problems(found: Survey, registry: Registry, root: Path) -> list[Any]:
    from ..engine.checking import task_problems

    return [error for task in found.tasks for error in task_problems(task, registry, str(root))]


def _judge_problems(args: argparse.Namespace, found: Survey, registry: Registry, root: Path) -> list[Any]:
    """Judges that tasks name and nobody knows."""
    from ..errors import TaskFileError, UnknownName
    from ..suite.locate import line_of
    from ..suite.models import load_model_files, select_models

    configured, problems = load_model_files(args.data.resolve(), root, []), list[Any]()
    for task in found.tasks:
        for index, spec in enumerate(task.evaluators):
            name = spec.options.get("model") if spec.use == "judge" else None
            if isinstance(name, str):
                try:
                    select_models([name], configured, registry.known_adapters())
                except UnknownName as error:
                    line = line_of(root / task.source.path, ("evaluators", index, "with", "model"), task.source.line)
                    problems.append(TaskFileError(task.source.path, line, f"task '{task.id}': the judge: {error}"))
    return problems


def _counted(found: Survey, n_models: int) -> str:
    drafts = sum(task.status == "draft" for task in found.tasks)
    unchecked = sum(not task.calibration for task in found.tasks)
    words = ", ".join(filter(None, (f"{drafts} draft{'s' * (drafts != 1)}" if drafts else "",
                                    f"{unchecked} without calibration cases" if unchecked else "")))  # fmt: skip
    parts = [
        f"{len(found.categories)} {'category' if len(found.categories) == 1 else 'categories'}",
        f"{len(found.tasks)} task{'s' * (len(found.tasks) != 1)}{f' ({words})' if words else ''}",
        f"{n_models} model{'s' * (n_models != 1)}",
    ]
    return ", ".join(parts) if n_models else ", ".join(parts[:2])


def _verdict(n_problems: int) -> str:
    if n_problems:
        return f"{n_problems} problem{'s' * (n_problems != 1)}"
    return "no problem found; judge the known answers with 'pytest --localbench-selfcheck'"
