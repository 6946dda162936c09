"""Workflow commands of GitHub Actions: what was found, at the line of the task file it is about."""

from __future__ import annotations

import os
from pathlib import PurePath

from ..domain.run import BenchmarkRun
from .safe_text import safe
from .words import OUTCOME_WORDS, count, points, short_id

MAX_OF_A_KIND = 10
"""GitHub shows ten errors and ten warnings a step."""

SUMMARY_BYTES = 1_000_000
"""GitHub refuses a step summary of more than 1 MiB."""


def annotation_lines(run: BenchmarkRun, *, root: str = "", workspace: str = "", reasons: bool = True) -> list[str]:
    """Lines for standard output: gates that are not met and answers without a score as errors, weak ones as warnings.

    ``root`` is the folder that the paths of tasks are relative to, ``workspace`` the checkout that GitHub shows.
    """
    places = {(task.category, task.id): task.source for task in run.tasks}
    errors: list[str] = []
    warnings: list[str] = []
    for check in run.gate.checks if run.gate else ():
        if not check.passed:
            errors.append(command("error", check.message, title="LocalBench gate"))
    for result in run.results:
        weak = result.quality is not None and result.outcome not in {"passed", "pending"}
        if not (weak or result.is_error):
            continue
        source = places.get((result.key.category, result.key.task))
        file = _in_workspace(source.path, root, workspace) if source else ""
        why = (result.reason if reasons else "") or OUTCOME_WORDS[result.outcome]
        text = f"quality {points(result.quality)} of 10: {why}" if weak else f"{OUTCOME_WORDS[result.outcome]}: {why}"
        kind, found = ("warning", warnings) if weak else ("error", errors)
        place = {"file": file, "line": str(source.line)} if source and file else {}
        found.append(command(kind, text, **place, title=short_id(result)))
    return [*_first(errors, "error"), *_first(warnings, "warning")]


def command(kind: str, message: str, **properties: str) -> str:
    """One workflow command; text cannot end it, add properties or start another one."""
    listed = ",".join(f"{name}={_escaped(safe(value), ':,')}" for name, value in properties.items() if value)
    return f"::{kind}{' ' if listed else ''}{listed}::{_escaped(safe(message, 1000))}"


def shortened(text: str, limit: int) -> str:
    """The text cut at a line end to at most ``limit`` bytes of UTF-8, with a sentence that says so."""
    raw = text.encode("utf-8")
    if len(raw) <= limit:
        return text
    told = "\n\n_The rest does not fit into a step summary; see the run document._\n"
    kept = raw[: max(0, limit - len(told))]
    return kept[: kept.rfind(b"\n") + 1].decode("utf-8", "ignore") + told if len(told) <= limit else ""


def _first(lines: list[str], kind: str) -> list[str]:
    if len(lines) <= MAX_OF_A_KIND:
        return lines
    more = f"{count(len(lines) - MAX_OF_A_KIND + 1, f'more {kind}')}, see the summary and the run document"
    return [*lines[: MAX_OF_A_KIND - 1], command(kind, more, title="LocalBench")]


def _escaped(text: str, also: str = "") -> str:
    for sign in f"%\r\n{also}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def _in_workspace(path: str, root: str, workspace: str) -> str:
    """The path relative to the checkout, with '/'; empty when it lies elsewhere."""
    if not workspace:
        return path
    found = os.path.relpath(os.path.join(root, path), workspace)
    return "" if found.startswith("..") or os.path.isabs(found) else PurePath(found).as_posix()
