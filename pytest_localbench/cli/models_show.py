"""``localbench models show``: a model as it is understood. Keys appear as the references they are, never as values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..adapters.secrets import redact, resolve
from ..domain.model import ModelConfig
from ..domain.task import Task
from ..errors import ConfigError, LocalbenchError
from .models_test import capability_lines, line

if TYPE_CHECKING:
    from ..adapters.base import Adapter
    from .models import Project

LEFT_OUT = {"id", "provider", "source", "previous_ids", "api_key", "lane", "concurrency", "tags"}
SKIPPED_FOLDERS = {"node_modules", "data", "build", "dist", "__pycache__"}
MAX_SKIPS = 8


def show_lines(project: Project, model: ModelConfig) -> Iterator[str]:
    """Lines about one model; nothing is asked, loaded or sent."""
    yield f"{model.id}"
    yield line("provider", model.provider)
    yield line("from", model.source.path if model.source else "no file (named on the command line or built in)")
    yield line("runs", "on this machine" if model.is_local else "elsewhere: prompts leave this machine")
    yield line("lane", f"{model.lane_id}; {model.concurrency} request{'s' * (model.concurrency != 1)} at once")
    if model.tags:
        yield line("tags", ", ".join(model.tags))
    if model.api_key is not None:
        yield line("key", f"{model.api_key} ({_key_state(model.api_key)})")
    data = model.model_dump(mode="json", exclude_defaults=True, exclude=LEFT_OUT)
    for name, value in data.items():
        yield from _setting(name, value)
    try:
        adapter = project.adapter(model)
        problem = adapter.preflight()
    except ConfigError as error:
        yield line("state", redact(str(error)))
        return
    yield line("state", redact(problem) if problem else "ready")
    found, pending = adapter.capabilities(), adapter.learns()
    yield from capability_lines(found)
    if late := sorted(name for name in pending if getattr(found, name) is None):
        yield line("on opening", f"the server tells {', '.join(name.replace('_', ' ') for name in late)}")
    yield from _questions(project, model, adapter)


def _setting(name: str, value: Any) -> Iterator[str]:
    import yaml

    if not isinstance(value, dict | list):
        yield line(name, redact(str(value)))
        return
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    lines = redact(text).rstrip().splitlines()
    yield line(name, lines[0])
    for more in lines[1:]:
        yield line("", more)


def _key_state(reference: str) -> str:
    try:
        resolve(reference)
    except ConfigError:
        return "not set"
    return "set"


def _questions(project: Project, model: ModelConfig, adapter: Adapter) -> Iterator[str]:
    """What a run in this folder would ask the model, and what it would skip."""
    from ..engine.requirements import missing_capability

    tasks, problems = _tasks_below(project.root)
    asked, skipped = list[Task](), list[str]()
    for task in tasks:
        lack = missing_capability(task, model, adapter.capabilities(), adapter.learns())
        if lack is not None:
            skipped.append(f"{task.id}: {lack}")
        elif task.status == "ready":
            asked.append(task)
    if tasks:
        rows = sum(task.repeats for task in asked for sample in task.samples if not sample.skip)
        yield line(
            "would be asked",
            f"{rows} question{'s' * (rows != 1)} of {len(asked)} task{'s' * (len(asked) != 1)} below {project.root.name}/",
        )
    for words in skipped[:MAX_SKIPS]:
        yield line("skipped", words)
    if len(skipped) > MAX_SKIPS:
        yield line("skipped", f"... and {len(skipped) - MAX_SKIPS} more tasks")
    if problems:
        yield line("unreadable", f"{len(problems)} file{'s' * (len(problems) != 1)}, the first: {problems[0]}")


def _tasks_below(root: Path) -> tuple[list[Task], list[str]]:
    from ..suite.layout import is_category_folder

    tasks, problems = list[Task](), list[str]()
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if not n.startswith((".", "_")) and n not in SKIPPED_FOLDERS)
        if "pyvenv.cfg" in files:
            names.clear()
        elif is_category_folder(folder):
            names.clear()
            read, failed = _tasks_of(Path(folder), root)
            tasks += read
            problems += failed
    return tasks, problems


def _tasks_of(folder: Path, root: Path) -> tuple[list[Task], list[str]]:
    from ..suite.tasks import load_category, load_task_file, task_files

    tasks, problems = list[Task](), list[str]()
    try:
        category = load_category(folder, root)
    except LocalbenchError as error:
        return [], [str(error)]
    for path in task_files(folder):
        try:
            tasks += load_task_file(path, category, root)
        except LocalbenchError as error:
            problems.append(str(error))
    return tasks, problems
