"""A file that names tasks: which of those collected are to run."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError, did_you_mean
from .layout import SUFFIXES
from .tasks import shown_path
from .text_source import read_text
from .yaml_source import read_entries


@dataclass(frozen=True, slots=True)
class Named:
    """One line: ``ID``, ``CATEGORY/ID`` or a glob over either; ``leaves_out`` when it was written with ``!``."""

    pattern: str
    line: int
    leaves_out: bool = False

    def matches(self, category: str, task: str) -> bool:
        """True for a task that the line names."""
        name = f"{category}/{task}" if "/" in self.pattern else task
        return fnmatch.fnmatchcase(name, self.pattern)


@dataclass(frozen=True, slots=True)
class TaskList:
    """The lines of one file."""

    shown: str
    lines: tuple[Named, ...]

    def holds(self, category: str, task: str) -> bool:
        """True when a line names the task and none leaves it out; lines with ``!`` alone take from everything."""
        wanted = [line for line in self.lines if not line.leaves_out]
        unwanted = any(line.matches(category, task) for line in self.lines if line.leaves_out)
        return not unwanted and (not wanted or any(line.matches(category, task) for line in wanted))

    def unknown(self, tasks: Iterable[tuple[str, str]]) -> str | None:
        """The sentence about the first line that names none of these tasks (pairs of category and id)."""
        known = list(tasks)
        for line in self.lines:
            if not any(line.matches(*task) for task in known):
                names = [f"{category}/{task}" if "/" in line.pattern else task for category, task in known]
                near = did_you_mean(line.pattern, names)
                return f"{self.shown}:{line.line}: '{line.pattern}' names none of the tasks that were collected{near}"
        return None


def read_task_list(path: Path, root: Path) -> TaskList:
    """The list in a file: one name a line (``#`` begins a comment), or in YAML and JSON a list or ``{tasks: [...]}``.

    Raises ConfigError with file and line.
    """
    shown = shown_path(path, root)
    if path.suffix in SUFFIXES:
        named = _from_data(path, shown)
    else:
        lines = (line.partition("#")[0].strip() for line in read_text(path, shown, ConfigErrorAt).splitlines())
        named = [(text, number) for number, text in enumerate(lines, 1) if text]
    if not named:
        raise ConfigErrorAt(shown, 1, "names no task")
    return TaskList(shown, tuple(_named(text, line, shown) for text, line in named))


class ConfigErrorAt(ConfigError):
    """A list of tasks that cannot be used."""

    def __init__(self, path: Path | str, line: int | None, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")


def _from_data(path: Path, shown: str) -> list[tuple[str, int]]:
    data, starts = read_entries(path, shown, ConfigErrorAt)
    if isinstance(data, dict):
        strange = next((key for key in data if key != "tasks"), None)
        if strange is not None:
            raise ConfigErrorAt(shown, 1, f"unknown key '{strange}'; write 'tasks: [...]'")
        data = data.get("tasks")
    if not isinstance(data, list):
        raise ConfigErrorAt(shown, 1, "a list of task names was expected, alone or as 'tasks'")
    lines = starts()
    return [(_text(entry, shown, line), line) for entry, line in zip(data, lines, strict=False)]


def _text(entry: Any, shown: str, line: int) -> str:
    if not isinstance(entry, str):
        raise ConfigErrorAt(shown, line, f"a task is named by a text, not {entry!r}")
    return entry.strip()


def _named(text: str, line: int, shown: str) -> Named:
    pattern = text.removeprefix("!").strip()
    if not pattern:
        raise ConfigErrorAt(shown, line, "an empty name")
    return Named(pattern, line, text.startswith("!"))
