"""Run documents of a bundle, checked as those of the data folder are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..domain.base import WINDOWS_RESERVED
from ..domain.run import SCHEMA_VERSION, BenchmarkRun
from ..errors import CorruptDocument, DocumentError, UnsupportedSchema
from ..store.migrate import migrate
from ..store.runs import RUN_DOCUMENT, dump, load, run_folder
from .bundle import Bundle

_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}\Z")


@dataclass(frozen=True)
class RunEntry:
    """One run of a bundle beside the one here of the same id."""

    name: str
    title: str
    path: Path
    run: BenchmarkRun
    same: bool
    mine: str
    theirs: str


def read_runs(bundle: Bundle, data_dir: Path) -> list[RunEntry]:
    """Every run of a bundle; raises CorruptDocument or UnsupportedSchema with a sentence."""
    entries: list[RunEntry] = []
    for index, data in enumerate(bundle.runs):
        run = _run(data, f"{bundle.shown}: content.runs[{index}]")
        if any(entry.name.casefold() == run.id.casefold() for entry in entries):
            raise CorruptDocument(f"{bundle.shown}: content.runs[{index}]: the id '{run.id}' stands there twice.")
        entries.append(_entry(run, data_dir))
    return entries


def _entry(run: BenchmarkRun, data_dir: Path) -> RunEntry:
    path = run_folder(data_dir, run.id) / RUN_DOCUMENT
    mine, same = "", False
    if path.is_file():
        try:
            here = load(path)
            mine, same = _told(here), dump(here) == dump(run)
        except DocumentError as error:
            mine = str(error)
    title = f"{run.started_at[:16]}, {len(run.results)} answers of {', '.join(m.id for m in run.models[:4])}"
    return RunEntry(run.id, title, path, run, same, mine, _told(run))


def _told(run: BenchmarkRun) -> str:
    scores = [f"{s.category}[{s.model}] score {s.ultimate_score}" for s in run.summary]
    head = [f"id {run.id}", f"started {run.started_at}", f"complete {run.complete}", f"answers {len(run.results)}"]
    return "\n".join([*head, *scores])


def _run(data: dict[str, Any], where: str) -> BenchmarkRun:
    version = data.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version > SCHEMA_VERSION:
        raise UnsupportedSchema(
            f"{where}: was made by a newer version (schema {version}, this version reads up to {SCHEMA_VERSION}). "
            "Nothing was imported; upgrade pytest-localbench to read it."
        )
    try:
        run = BenchmarkRun.model_validate(migrate(data))
    except ValidationError as error:
        first = error.errors()[0]
        raise CorruptDocument(f"{where}: field '{'.'.join(map(str, first['loc']))}': {first['msg']}.") from None
    except ValueError as error:
        raise CorruptDocument(f"{where}: is no run document ({error}).") from None
    if not _RUN_ID.match(run.id) or run.id.endswith(".") or run.id.split(".")[0].casefold() in WINDOWS_RESERVED:
        raise CorruptDocument(f"{where}: '{run.id[:60]}' is no usable id of a run.")
    for name, stamp in (("started_at", run.started_at), ("finished_at", run.finished_at)):
        try:
            known = datetime.fromisoformat(stamp).tzinfo is not None
        except ValueError:
            raise CorruptDocument(f"{where}: {name}: '{stamp[:40]}' is no time.") from None
        if not known:
            raise CorruptDocument(f"{where}: {name}: has no time zone; the order of runs would not be known.")
    return run
