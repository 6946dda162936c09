"""Templates of prompts: ``{{ name }}``, filters, ``for`` and ``if``; Jinja in its sandbox where plain names do not do.

Whatever else Jinja knows (calls, macros, includes, assignments, multiplication) is refused when the file is loaded, since
task files may come from strangers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_FILLED = 10_000_000
_NAME = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_WORDS = frozenset({"true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else"})
_NODES = frozenset(
    {"Template", "Output", "TemplateData", "Name", "Const", "For", "If", "CondExpr", "Getattr", "Getitem", "Slice"}
    | {"Filter", "Test", "Compare", "Operand", "And", "Or", "Not", "Concat", "Add", "Sub", "Neg", "List", "Tuple"}
)
_FILTERS = frozenset(
    {"upper", "lower", "title", "capitalize", "trim", "length", "count", "first", "last", "tojson", "round", "int"}
    | {"float", "abs", "sum", "min", "max", "sort", "reverse", "list", "unique"}
)


class TemplateProblem(Exception):
    """A template that cannot be read or filled: a part of a sentence."""


@dataclass(frozen=True, slots=True)
class Template:
    """``names``: the variables it needs; ``simple``: filling cannot fail once they are there."""

    names: frozenset[str]
    fill: Callable[[Mapping[str, Any]], str]
    simple: bool = False


def is_template(text: str) -> bool:
    """True when the text holds something to fill in; any other text is used as it stands."""
    return "{{" in text or "{%" in text


def as_text(value: Any) -> str:
    """A value as it appears in a prompt: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@lru_cache(maxsize=2048)
def read_template(text: str) -> Template:
    """The template of a text; raises TemplateProblem."""
    parts = _NAME.split(text)
    literals, names = parts[::2], parts[1::2]
    if "{{{" in text or any(is_template(part) for part in literals) or not _WORDS.isdisjoint(names):
        return _with_jinja(text)

    def fill(values: Mapping[str, Any]) -> str:
        filled = list(parts)
        filled[1::2] = [as_text(values[name]) for name in names]
        return "".join(filled)

    return Template(frozenset(names), fill, simple=True)


def _with_jinja(text: str) -> Template:
    from jinja2 import TemplateError, TemplateSyntaxError, meta, nodes

    environment = _environment()
    try:
        tree = environment.parse(text)
        for node in tree.find_all(nodes.Node):
            _check_node(node)
        names = frozenset(meta.find_undeclared_variables(tree))
        compiled = environment.from_string(text)
    except TemplateSyntaxError as error:
        literal = "; for literal braces write {% raw %}...{% endraw %}"
        raise TemplateProblem(
            f"a template cannot be read: {error.message} (its line {error.lineno}){literal}"
        ) from None

    def fill(values: Mapping[str, Any]) -> str:
        pieces, size = [], 0
        try:
            for piece in compiled.generate(values):
                pieces.append(piece)
                size += len(piece)
                if size > MAX_FILLED:
                    raise TemplateProblem(f"a template grows beyond {MAX_FILLED // 1_000_000} million characters")
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise TemplateProblem(f"a template cannot be filled: {error}") from None
        return "".join(pieces)

    return Template(names, fill)


def _check_node(node: Any) -> None:
    kind = type(node).__name__
    if kind not in _NODES:
        raise TemplateProblem(
            f"a template uses '{kind.lower()}' (its line {node.lineno}); it may use variables, filters, for and if"
        )
    if kind == "Filter" and node.name not in _FILTERS:
        raise TemplateProblem(
            f"a template uses the filter '{node.name}' (its line {node.lineno}); known: {', '.join(sorted(_FILTERS))}"
        )


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        comment_start_string="\x00{#",
        comment_end_string="#}\x00",
        finalize=lambda value: (
            as_text(value) if value is None or isinstance(value, bool | dict | list | tuple) else value
        ),
    )
    environment.globals.clear()
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False, default=str)
    return environment
