"""The rows of a task: written inline, or read from a JSON-lines or CSV file."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from typing import Any

from ..domain.base import check_id
from ..domain.task import Sample
from ..errors import TaskFileError, did_you_mean
from .files import Assets, FieldProblem
from .json_source import parse_json
from .text_source import Unreadable

_KEYS = ("file", "id", "expected", "limit", "shuffle_seed")
_ROW_KEYS = tuple(name for name in Sample.model_fields if name != "has_expected")
_AT = ("samples",)
_Row = tuple[int, dict[str, Any]]


def read_samples(assets: Assets, value: Any) -> list[dict[str, Any]]:
    """Sample mappings as :class:`~pytest_localbench.domain.task.Sample` takes them; raises FieldProblem."""
    if value is None:
        return [{}]
    if isinstance(value, dict):
        return _from_file(assets, value)
    if not isinstance(value, list) or not value:
        raise FieldProblem(_AT, "'samples' must be a list with at least one row, or {file: ...}")
    rows = [_inline(assets, row, index) for index, row in enumerate(value)]
    seen: set[str] = set()
    for index, row in enumerate(rows):
        if "id" not in row and len(rows) > 1:
            raise FieldProblem((*_AT, index), f"sample {index + 1} has no 'id'; results are kept by it")
        if "id" in row and (len(rows) > 1 or row["id"] != "-"):
            _check_id(row["id"], seen, (*_AT, index, "id"))
    return rows


def _inline(assets: Assets, row: Any, index: int) -> dict[str, Any]:
    where = (*_AT, index)
    if not isinstance(row, dict):
        raise FieldProblem(where, "every sample is a mapping with id, variables, expected ...")
    for key in row:
        if key not in _ROW_KEYS:
            near = did_you_mean(key, _ROW_KEYS)
            hint = "" if near else f"; values for the prompt stand in 'variables': {{{key}: ...}}"
            raise FieldProblem((*where, key), f"unknown key '{key}'{near} in a sample{hint}")
    found: dict[str, Any] = dict(row)
    if "expected" in found:
        found["expected"] = assets.loaded(found["expected"], (*where, "expected"))
        found["has_expected"] = True
    if "images" in found:
        found["images"] = assets.entries(found["images"], (*where, "images"), "image")
    if found.get("skip") is True:
        found["skip"] = "the sample is switched off"
    elif found.get("skip") is False:
        found["skip"] = None
    return found


def _check_id(value: Any, seen: set[str], field: tuple[str | int, ...]) -> None:
    if not isinstance(value, str):
        raise FieldProblem(field, f"the sample id {value!r} must be text (quote it)")
    try:
        check_id(value)
    except ValueError as problem:
        raise FieldProblem(field, f"sample: {problem}") from None
    if value in seen:
        raise FieldProblem(field, f"two samples have the id '{value}'")
    seen.add(value)


def _from_file(assets: Assets, spec: dict[str, Any]) -> list[dict[str, Any]]:
    for key in spec:
        if key not in _KEYS:
            raise FieldProblem((*_AT, key), f"unknown key '{key}'{did_you_mean(key, _KEYS)} in 'samples'")
    name = spec.get("file")
    if not isinstance(name, str) or not name.endswith((".jsonl", ".csv")):
        raise FieldProblem((*_AT, "file"), "'samples.file' must name a .jsonl or .csv file")
    text, shown = assets.text(name, (*_AT, "file")), assets.named(name)
    rows = list(_json_rows(text, shown) if name.endswith(".jsonl") else _csv_rows(text, shown))
    if not rows:
        raise FieldProblem((*_AT, "file"), f"'{name}' holds no rows")
    numbered = list(enumerate(rows, 1))
    seed, limit = _whole(spec, "shuffle_seed", None), _whole(spec, "limit", 1)
    if seed is not None:
        random.Random(seed).shuffle(numbered)
    seen: set[str] = set()
    return [_row(assets, spec, shown, number, row, seen) for number, row in numbered[:limit]]


def _whole(spec: dict[str, Any], key: str, lowest: int | None) -> int | None:
    value = spec.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or (lowest is not None and value < lowest):
        least = f" of at least {lowest}" if lowest is not None else ""
        raise FieldProblem((*_AT, key), f"'samples.{key}' must be a whole number{least} (got {value!r})")
    return value


def _columns(spec: dict[str, Any]) -> tuple[str, list[str]]:
    """The id column and the columns of the expected answer, as the file's author names them."""
    wanted = spec.get("expected", [])
    outputs = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(outputs, list) or not all(isinstance(name, str) for name in outputs):
        raise FieldProblem((*_AT, "expected"), "'samples.expected' names a column or a list of columns")
    id_column = spec.get("id", "id")
    if not isinstance(id_column, str):
        raise FieldProblem((*_AT, "id"), "'samples.id' names a column")
    return id_column, outputs


def _row(assets: Assets, spec: dict[str, Any], shown: str, number: int, row: _Row, seen: set[str]) -> dict[str, Any]:
    line, cells = row
    id_column, outputs = _columns(spec)
    for column in (*outputs, *([id_column] if "id" in spec else [])):
        if column not in cells:
            raise TaskFileError(shown, line, f"has no column '{column}'{did_you_mean(column, cells)}")
    given = cells.get(id_column, f"r{number}")
    sample_id = str(given) if isinstance(given, int) else given
    rest = {key: value for key, value in cells.items() if key != id_column and key not in outputs}
    try:
        _check_id(sample_id, seen, _AT)
        if isinstance(cells.get("variables"), dict):
            sample = _inline(assets, rest, number - 1)
        else:
            expected = {"expected": rest.pop("expected"), "has_expected": True} if "expected" in rest else {}
            sample = {"variables": rest, **expected}
        if outputs:
            one = isinstance(spec["expected"], str)
            value = cells[outputs[0]] if one else {column: cells[column] for column in outputs}
            sample.update(expected=value, has_expected=True)
        sample["expected"] = assets.loaded(sample.get("expected"), _AT)
    except FieldProblem as problem:
        raise TaskFileError(shown, line, str(problem)) from None
    return {**sample, "id": sample_id}


def _json_rows(text: str, shown: str) -> Iterator[_Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                row = parse_json(line)
            except Unreadable as problem:
                raise TaskFileError(shown, number, str(problem)) from None
            if not isinstance(row, dict):
                raise TaskFileError(shown, number, "is no JSON object; every line is one {...}")
            yield number, row


def _csv_rows(text: str, shown: str) -> Iterator[_Row]:
    head = text.split("\n", 1)[0]
    delimiter = ";" if ";" in head and "," not in head else ","
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        doubled = next((name for name in header if header.count(name) > 1), None)
        if doubled is not None:
            raise TaskFileError(shown, 1, f"two columns are called '{doubled}'")
        for cells in reader:
            if cells:
                if len(cells) != len(header):
                    words = f"has {len(cells)} cells where the first line names {len(header)} columns"
                    words += f"; quote a cell that holds '{delimiter}'" if len(cells) > len(header) else ""
                    raise TaskFileError(shown, reader.line_num, words)
                yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as problem:
        raise TaskFileError(shown, reader.line_num, f"is not valid CSV ({problem})") from None
