"""The simulated world of an agent: tables of rows, tools that read and change them, a user who says fixed sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from .base import Frozen, PlainJson

Row = dict[str, Any]
Tables = dict[str, list[Row]]
CONDITIONS = ("any_of", "contains", "max", "min", "not")
PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
ALWAYS_KNOWN = frozenset({"now", "id"})
"""Placeholders that are no parameters: the world's clock and the id that a new row gets."""


class Precondition(Frozen):
    """A tool works only while a table holds a row like this (``exists: false``: holds none); else it says ``error``."""

    table: str
    where: dict[str, PlainJson] = Field(default_factory=dict)
    exists: bool = True
    error: str


class Effect(Frozen):
    """What a tool does to one table. Texts may hold ``{parameter}``, ``{now}`` and, in ``row``, ``{id}``.

    ``read`` gives the rows (``columns`` of them, with ``one`` the only row itself), ``update`` sets columns,
    ``delete`` removes rows, ``insert`` adds one. A parameter that was left out drops its condition or column.
    """

    read: str | None = None
    insert: str | None = None
    update: str | None = None
    delete: str | None = None
    where: dict[str, PlainJson] = Field(default_factory=dict)
    columns: tuple[str, ...] = ()
    one: bool = False
    values: dict[str, PlainJson] = Field(default_factory=dict, alias="set")
    row: dict[str, PlainJson] = Field(default_factory=dict)
    guard: tuple[Precondition, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Effect:
        kinds = [name for name in ("read", "insert", "update", "delete") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError("an effect is exactly one of read, insert, update, delete: TABLE")
        allowed = {
            "read": {"where", "columns", "one"},
            "insert": {"row"},
            "update": {"where", "values"},
            "delete": {"where"},
        }[kinds[0]]
        for name in ("where", "columns", "one", "values", "row"):
            if getattr(self, name) and name not in allowed:
                shown = {"values": "set"}.get(name, name)
                raise ValueError(f"'{shown}' does nothing with '{kinds[0]}'")
        for name in {"insert": ("row",), "update": ("where", "values"), "delete": ("where",)}.get(kinds[0], ()):
            if not getattr(self, name):
                shown = {"values": "set"}.get(name, name)
                raise ValueError(f"'{kinds[0]}' needs '{shown}'")
        return self

    @property
    def kind(self) -> Literal["read", "insert", "update", "delete"]:
        """What it does."""
        return "read" if self.read else "insert" if self.insert else "update" if self.update else "delete"

    @property
    def table(self) -> str:
        """The table it does it to."""
        return self.read or self.insert or self.update or self.delete or ""


class Failing(Frozen):
    """The first ``times`` calls of a tool fail with this message, whatever they ask."""

    times: int = Field(ge=1)
    error: str


class Tool(Frozen):
    """A tool. ``parameters``: a JSON Schema object, or short: name -> schema, all required unless ``optional: true``."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    effect: Effect
    fails: Failing | None = None

    @model_validator(mode="after")
    def _placeholders(self) -> Tool:
        schema = self.schema_
        known = {*schema["properties"], *ALWAYS_KNOWN}
        effect = self.effect
        texts = [effect.where, effect.values, effect.row, *(guard.where for guard in effect.guard)]
        for name in (name for value in texts for name in _names_in(value)):
            if name not in known:
                raise ValueError(f"tool '{self.name}': '{{{name}}}' is no parameter of it")
        return self

    @property
    def schema_(self) -> dict[str, Any]:
        """The parameters as a JSON Schema."""
        return full_schema(self.parameters)

    @property
    def definition(self) -> dict[str, Any]:
        """What the model is told."""
        return {"name": self.name, "description": self.description, "parameters": self.schema_}


class UserReply(Frozen):
    """What the user says when the model ends its turn with words: once, if one of ``when`` occurs in them, and one of
    ``also`` as well.

    Without them it answers anything. The first reply that fits is taken.
    """

    when: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    say: str


class World(Frozen):
    """The block ``environment`` of a task. ``max_steps`` bounds the turns of the model; ``now`` is the world's clock.

    ``text_calls``: a model without native tool calls is told the tools in words and may write its calls as JSON.
    """

    max_steps: int = Field(default=20, ge=1, le=200)
    now: str = ""
    text_calls: bool = False
    state: dict[str, tuple[dict[str, PlainJson], ...]]
    tools: tuple[Tool, ...] = Field(min_length=1)
    user: tuple[UserReply, ...] = ()

    @model_validator(mode="after")
    def _known_tables(self) -> World:
        seen: set[str] = set()
        for tool in self.tools:
            if tool.name in seen:
                raise ValueError(f"two tools are called '{tool.name}'")
            seen.add(tool.name)
            wheres = [(tool.effect.table, tool.effect.where), *((g.table, g.where) for g in tool.effect.guard)]
            for table, where in wheres:
                if table not in self.state:
                    known = ", ".join(self.state) or "none"
                    raise ValueError(f"tool '{tool.name}': there is no table '{table}' in 'state' (there: {known})")
                check_where(where)
        return self

    def tables(self) -> Tables:
        """A fresh copy of the tables, to be changed."""
        return {name: [dict(row) for row in rows] for name, rows in self.state.items()}

    @property
    def reading(self) -> frozenset[str]:
        """Names of the tools that change nothing."""
        return frozenset(tool.name for tool in self.tools if tool.effect.kind == "read")


def full_schema(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's parameters as a JSON Schema: given as one, or short as name -> schema, which then takes nothing else."""
    if isinstance(parameters.get("type"), str):
        return {"properties": {}, **parameters}
    properties = {
        name: {key: value for key, value in spec.items() if key != "optional"}
        if isinstance(spec, dict)
        else {"type": "string"}
        for name, spec in parameters.items()
    }
    needed = [name for name, spec in parameters.items() if not (isinstance(spec, dict) and spec.get("optional"))]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def check_where(where: Mapping[str, Any]) -> None:
    """Raise ValueError for a condition that is none."""
    for column, wanted in where.items():
        if isinstance(wanted, dict):
            strange = sorted(wanted.keys() - set(CONDITIONS))
            if strange or not wanted:
                shown = f"'{strange[0]}'" if strange else "an empty mapping"
                raise ValueError(f"'{column}': {shown} is no condition; known: {', '.join(CONDITIONS)}")


def matches(row: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """True when every column of ``where`` holds in the row; columns that the row lacks are null."""
    return all(_holds(row.get(column), wanted) for column, wanted in where.items())


def same(first: Any, second: Any) -> bool:
    """Equal values: texts without regard to case and outer blanks, numbers by value (also as text), lists in order."""
    if first is None or second is None or isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, list | dict) or isinstance(second, list | dict):
        return bool(first == second)
    if isinstance(first, int | float) and isinstance(second, int | float):
        return first == second
    return str(first).strip().casefold() == str(second).strip().casefold()


def _holds(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return same(value, wanted) or (isinstance(value, list) and any(same(item, wanted) for item in value))
    for name, bound in wanted.items():
        match name:
            case "any_of":
                good = any(_holds(value, option) for option in bound)
            case "not":
                good = not _holds(value, bound)
            case "contains":
                good = value is not None and str(bound).casefold() in str(value).casefold()
            case _:
                good = _ordered(value, bound, least=name == "min")
        if not good:
            return False
    return True


def _ordered(value: Any, bound: Any, *, least: bool) -> bool:
    """Numbers as numbers, texts (ISO days and times) by their letters; what cannot be compared does not hold."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (value, bound))
    if not numbers and not (isinstance(value, str) and isinstance(bound, str)):
        return False
    return bool(value >= bound if least else value <= bound)


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from PLACEHOLDER.findall(value)
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _names_in(item)
