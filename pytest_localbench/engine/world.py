"""Runs the tools of a simulated world: arguments in, rows read or changed, a result that the model is told."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..domain.base import plain
from ..domain.dialogue import CallStatus
from ..domain.world import PLACEHOLDER, Effect, Row, Tables, World, matches
from ..errors import did_you_mean

_LEFT_OUT = object()
MAX_ERROR_CHARS = 300
Result = tuple[Any, CallStatus]


class Simulation:
    """One run of a world. Nothing in it is random: new rows get the ids ``TAB-1``, ``TAB-2`` after their table."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tools = {tool.name: tool for tool in world.tools}
        self._checks = {tool.name: ArgumentCheck(tool.schema_) for tool in world.tools}
        self._calls: Counter[str] = Counter()
        self._made: Counter[str] = Counter()
        self.tables: Tables = copy.deepcopy(world.tables())

    def call(self, name: str, arguments: Any) -> Result:
        """What the tool returns, and whether it worked. Every problem is told to the model as ``{"error": ...}``."""
        tool = self._tools.get(name)
        if tool is None:
            near = did_you_mean(name, self._tools)
            known = "" if near else f"; there are {', '.join(sorted(self._tools))}"
            return _error(f"there is no tool '{name}'{near}{known}"), "invalid"
        problem = self._checks[name].problem(arguments)
        if problem:
            return _error(problem), "invalid"
        self._calls[name] += 1
        if tool.fails is not None and self._calls[name] <= tool.fails.times:
            return _error(tool.fails.error), "failed"
        return self._apply(tool.effect, arguments)

    def _apply(self, effect: Effect, arguments: Mapping[str, Any]) -> Result:
        values = {"now": self._world.now, **arguments}
        for guard in effect.guard:
            where = _filled(guard.where, values)
            if any(matches(row, where) for row in self.tables[guard.table]) != guard.exists:
                return _error(guard.error), "failed"
        rows = self.tables[effect.table]
        if effect.kind == "insert":
            return self._insert(effect, rows, values), "ok"
        where = _filled(effect.where, values)
        found = [row for row in rows if matches(row, where)]
        if not found and (effect.one or effect.kind != "read"):
            return _error(f"{effect.table}: no row with {_shown(where)}"), "failed"
        if effect.kind == "read":
            told = [{c: row.get(c) for c in effect.columns} if effect.columns else dict(row) for row in found]
            return (told[0] if effect.one else told), "ok"
        if effect.kind == "update":
            for row in found:
                row.update(_filled(effect.values, values))
        else:
            rows[:] = [row for row in rows if not matches(row, where)]
        return {"ok": True, "rows": len(found)}, "ok"

    def _insert(self, effect: Effect, rows: list[Row], values: Mapping[str, Any]) -> Any:
        taken = [row.get("id") for row in rows]
        prefix = "".join(c for c in effect.table if c.isalnum())[:3].upper() or "ROW"
        while True:
            self._made[effect.table] += 1
            new = f"{prefix}-{self._made[effect.table]}"
            if new not in taken:
                break
        row = {"id": new, **_filled(effect.row, {"id": new, **values})}
        rows.append(row)
        return {"ok": True, "id": row["id"]}


class ArgumentCheck:
    """Whether arguments fit a JSON Schema (Draft 2020-12)."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        import jsonschema

        self._validator = jsonschema.Draft202012Validator(dict(schema))

    def problem(self, arguments: Any) -> str:
        """The first thing that does not fit, as a sentence for the model; empty when all fits."""
        if not isinstance(arguments, dict):
            return "the arguments are no JSON object"
        try:
            error = next(iter(self._validator.iter_errors(arguments)), None)
        except RecursionError:
            return "the arguments are nested too deeply"
        if error is None:
            return ""
        where = ".".join(str(part) for part in error.absolute_path)
        return f"{f'argument {where!r}: ' if where else ''}{error.message}"[:MAX_ERROR_CHARS]


def as_told(result: Any) -> str:
    """A result as the model reads it: JSON on one line."""
    return json.dumps(plain(result), ensure_ascii=False)


def _error(message: str) -> dict[str, str]:
    return {"error": message}


def _filled(template: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with its placeholders replaced; keys that stand for a parameter that was left out are gone."""
    filled = {key: _value(item, values) for key, item in template.items()}
    return {key: item for key, item in filled.items() if item is not _LEFT_OUT}


def _value(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        whole = PLACEHOLDER.fullmatch(template)
        if whole:
            return values.get(whole[1], _LEFT_OUT)
        names = PLACEHOLDER.findall(template)
        if names and not all(name in values for name in names):
            return _LEFT_OUT
        return PLACEHOLDER.sub(lambda found: _text(values[found[1]]), template)
    if isinstance(template, dict):
        return _filled(template, values) or _LEFT_OUT
    if isinstance(template, list | tuple):
        return [item for item in (_value(part, values) for part in template) if item is not _LEFT_OUT]
    return template


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(where: Mapping[str, Any]) -> str:
    parts = (f"{key} {value if isinstance(value, dict) else repr(value)}" for key, value in where.items())
    return ", ".join(parts)[:MAX_ERROR_CHARS] or "these conditions"
