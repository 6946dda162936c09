"""The rows of a task: written inline, or read from a JSON-lines or CSV file."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Any

from ..domain.base import check_id
from .files import at_file, file_entry, inside, read_jsonl
from .yaml_source import read_text

_KEYS = {"file", "id", "expected", "limit", "shuffle_seed"}


def read_samples(folder: Path, value: Any) -> list[dict[str, Any]]:
    """Sample mappings as :class:`~pytest_localbench.domain.task.Sample` takes them; raises ValueError."""
    if value is None:
        return [{}]
    if isinstance(value, dict):
        return _from_file(folder, value)
    if not isinstance(value, list) or not value:
        raise ValueError("'samples' must be a list with at least one row, or {file: ...}")
    rows = [_inline(folder, row) for row in value]
    _check_ids([row.get("id", "-") for row in rows], len(rows))
    return rows


def _inline(folder: Path, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError("every sample is a mapping with id, variables, expected ...")  # noqa: TRY004 - read as a sentence
    found: dict[str, Any] = dict(row)
    if "expected" in found:
        found["expected"] = at_file(folder, found["expected"])
        found["has_expected"] = True
    if "images" in found:
        found["images"] = [file_entry(folder, image, "image") for image in found["images"]]
    if found.get("skip") is True:
        found["skip"] = "the sample is switched off"
    return found


def _check_ids(ids: list[str], count: int) -> None:
    if count > 1 or ids != ["-"]:
        for value in ids:
            check_id(str(value))
    folded = [str(value).casefold() for value in ids]
    doubled = next((value for value in folded if folded.count(value) > 1), None)
    if doubled is not None:
        raise ValueError(f"two samples have the id '{doubled}'")


def _from_file(folder: Path, spec: dict[str, Any]) -> list[dict[str, Any]]:
    unknown = sorted(set(spec) - _KEYS)
    if unknown or "file" not in spec:
        raise ValueError(f"samples: unknown key '{unknown[0]}'" if unknown else "samples: 'file' is missing")
    name = str(spec["file"])
    path = inside(folder, name)
    if path.suffix == ".jsonl":
        rows = read_jsonl(path, name)
    elif path.suffix == ".csv":
        rows = list(csv.DictReader(io.StringIO(read_text(path, name))))
    else:
        raise ValueError(f"'{name}' must end with .jsonl or .csv")
    if spec.get("shuffle_seed") is not None:
        random.Random(int(spec["shuffle_seed"])).shuffle(rows)
    rows = rows[: spec["limit"]] if spec.get("limit") else rows
    samples = [_row(row, spec, number) for number, row in enumerate(rows, 1)]
    if not samples:
        raise ValueError(f"'{name}' holds no rows")
    _check_ids([row["id"] for row in samples], len(samples))
    return samples


def _row(row: dict[str, Any], spec: dict[str, Any], number: int) -> dict[str, Any]:
    id_column = str(spec.get("id", "id"))
    wanted = spec.get("expected", "expected")
    columns = [wanted] if isinstance(wanted, str) else list(wanted)
    for column in [*columns, *([id_column] if "id" in spec else [])]:
        if column not in row:
            raise ValueError(f"'{spec['file']}' has no column '{column}'")
    expected = row[columns[0]] if isinstance(wanted, str) else {column: row[column] for column in columns}
    return {
        "id": str(row.get(id_column, f"r{number}")),
        "variables": {key: value for key, value in row.items() if key not in {*columns, id_column}},
        "expected": expected,
        "has_expected": True,
    }
