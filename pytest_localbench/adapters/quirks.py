"""What a chat server refuses: learned from its own refusals, then left out of every further request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..domain.response import Message, TextPart
from .faults import RequestRefused
from .json_values import mapping

LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
SYSTEM_FOLDED = "system_folded"
JsonForm = Literal["json_schema", "json_object", "none"]
_WEAKER: dict[str, JsonForm] = {"json_schema": "json_object", "json_object": "none"}
_FORMAT = re.compile(r"response_?\s?format|json_?\s?schema|json_?\s?object|structured output|guided", re.IGNORECASE)
_SAY_JSON = re.compile(r"(contain|include|mention)\w*\W.{0,40}\bjson\b", re.IGNORECASE | re.DOTALL)
_SYSTEM_ROLE = re.compile(r"system\W{0,3}(role|message|prompt)|roles?\b.{0,40}\bsystem", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The form of request that a server takes."""

    stream: bool = True
    usage_in_stream: bool = True
    limit_name: str = "max_tokens"
    system_role: bool = True
    reasoning: Literal["effort", "template", "thinking"] = "effort"
    schema_form: JsonForm = "json_schema"
    json_form: JsonForm = "json_object"
    ask_for_json: bool = False


@dataclass(slots=True)
class Attempts:
    """The forms tried for one request; the first refusal is the one that is told when nothing helps."""

    first: RequestRefused | None = None
    tried: set[str] = field(default_factory=set)
    guesses: list[Dialect] | None = None


class Quirks:
    """The dialect of one server. A setting that was once accepted is not suspected again unless a refusal names it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._accepted: set[str] = set()

    def accepted(self, body: Mapping[str, object], learned: Dialect | None) -> None:
        """The server took this request; ``learned``: the form it took after having refused another."""
        self._accepted.update(body)
        if learned is not None:
            self.dialect = learned

    def adapt(self, dialect: Dialect, refused: RequestRefused, body: Mapping[str, object], past: Attempts) -> Dialect:
        """The next form to try, after ``body`` in ``dialect`` was refused; raises the first refusal when none is left."""
        past.first = past.first or refused
        for name, changed in _named(dialect, refused.reason, body):
            if name not in past.tried:
                past.tried.add(name)
                return changed
        if past.guesses is None:
            past.guesses = self._guesses(dialect, body) if refused.status in {400, 422} else []
        if not past.guesses:
            raise past.first
        return past.guesses.pop(0)

    def _guesses(self, dialect: Dialect, body: Mapping[str, object]) -> list[Dialect]:
        """For a refusal that names nothing: each unproven setting alone, then all of them."""
        changes: list[dict[str, Any]] = []
        if "stream_options" in body and "stream_options" not in self._accepted:
            changes.append({"usage_in_stream": False})
        if dialect.limit_name in body and dialect.limit_name not in self._accepted:
            changes.append({"limit_name": LIMITS[dialect.limit_name]})
        if len(changes) > 1:
            changes.append({name: value for change in changes for name, value in change.items()})
        return [replace(dialect, **change) for change in changes]


def _named(dialect: Dialect, reason: str, body: Mapping[str, object]) -> list[tuple[str, Dialect]]:
    """The settings of ``body`` that a refusal names, each with the form that does without."""
    found = []
    if dialect.system_role and _SYSTEM_ROLE.search(reason) and _has_system(body):
        found.append(("system", replace(dialect, system_role=False)))
    if "stream_options" in body and ("stream_options" in reason or "include_usage" in reason):
        found.append(("usage", replace(dialect, usage_in_stream=False)))
    elif body.get("stream") and dialect.stream and "stream" in reason.lower():
        found.append(("stream", replace(dialect, stream=False)))
    if dialect.limit_name in body and dialect.limit_name in reason:
        found.append(("limit", replace(dialect, limit_name=LIMITS[dialect.limit_name])))
    if "response_format" in body:
        found += _formats(dialect, reason, mapping(body["response_format"]).get("type"))
    return found


def _formats(dialect: Dialect, reason: str, sent: object) -> list[tuple[str, Dialect]]:
    """Weaker ways to ask for JSON, where the refusal is about it."""
    if _SAY_JSON.search(reason) and not dialect.ask_for_json:
        return [("say json", replace(dialect, ask_for_json=True))]
    if not _FORMAT.search(reason):
        return []
    if dialect.schema_form == sent:
        return [(f"schema {sent}", replace(dialect, schema_form=_WEAKER[str(sent)]))]
    # Plain JSON: some servers know json_schema alone.
    other: JsonForm = "json_schema" if sent == "json_object" and "json_schema" in reason else "none"
    return [(f"json {sent}", replace(dialect, json_form=other))]


def fold_system(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with every system text in front of the first user message."""
    system = "\n\n".join(m.text for m in messages if m.role == "system")
    rest = [m for m in messages if m.role != "system"]
    for index, message in enumerate(rest):
        if message.role == "user":
            changed = (
                {"parts": (TextPart(text=f"{system}\n\n"), *message.parts)}
                if message.parts
                else {"content": f"{system}\n\n{message.content}"}
            )
            return (*rest[:index], message.model_copy(update=changed), *rest[index + 1 :])
    return (Message(role="user", content=system), *rest)


def _has_system(body: Mapping[str, object]) -> bool:
    messages = body.get("messages")
    return isinstance(messages, list) and any(m.get("role") == "system" for m in messages)
