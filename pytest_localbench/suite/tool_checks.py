"""What the types cannot see of tools and worlds: schemas, and known answers that call tools. Raises FieldProblem."""

from __future__ import annotations

from typing import Any

from ..domain.task import Task
from ..domain.world import full_schema
from .files import FieldProblem

_CALL_KEYS = ({"name", "arguments"}, {"name"}, {"say"})


def check_tools(task: Task) -> None:
    """Refuse tools that could not be offered or called."""
    world = task.environment
    for index, tool in enumerate(task.tools):
        inner = tool["function"] if isinstance(tool.get("function"), dict) else tool
        if not isinstance(inner.get("name"), str) or not inner["name"]:
            raise FieldProblem(("tools", index), "a tool needs a 'name'")
        _check_schema(inner.get("parameters") or {}, inner["name"], ("tools", index, "parameters"))
    if world is not None:
        for index, made in enumerate(world.tools):
            _check_schema(made.parameters, made.name, ("environment", "tools", index, "parameters"))
        for index, reply in enumerate(world.user):
            if any(not phrase.strip() for phrase in (*reply.when, *reply.also)):
                raise FieldProblem(("environment", "user", index), "an empty phrase occurs in every message")
        if world.text_calls and (task.requires.tools or task.tools):
            words = "'text_calls' does nothing where native tool calls are needed ('requires.tools' or 'tools')"
            raise FieldProblem(("environment", "text_calls"), words)
    _check_cases(task)


def _check_schema(parameters: dict[str, Any], name: str, at: tuple[str | int, ...]) -> None:
    import jsonschema

    try:
        jsonschema.Draft202012Validator.check_schema(full_schema(parameters))
    except jsonschema.SchemaError as problem:
        where = ".".join(str(part) for part in problem.absolute_path)
        words = f"tool '{name}': the parameters are no JSON Schema: {where + ': ' if where else ''}{problem.message}"
        raise FieldProblem(at, words) from None


def _check_cases(task: Task) -> None:
    offers = task.environment is not None or bool(task.tools)
    for index, case in enumerate(task.calibration):
        for number, call in enumerate(case.tool_calls):
            at = ("calibration", index, "tool_calls", number)
            if not offers:
                raise FieldProblem(at, f"calibration '{case.name}' calls a tool, but the task has no tools")
            if set(call) not in _CALL_KEYS or not isinstance(call.get("name", call.get("say")), str):
                words = "write [NAME, {ARGUMENT: VALUE}], {name: ..., arguments: {...}} or {say: TEXT}"
                raise FieldProblem(at, f"calibration '{case.name}': {words}")
