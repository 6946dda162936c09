"""What a chat server refuses: learned from its own refusals, then left out of every further request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..domain.response import Message, TextPart
from .faults import RequestRefused

LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
SYSTEM_FOLDED = "system_folded"
_SYSTEM_ROLE = re.compile(r"system\W{0,3}(role|message|prompt)|roles?\b.{0,40}\bsystem", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The form of request that a server takes."""

    stream: bool = True
    usage_in_stream: bool = True
    limit_name: str = "max_tokens"
    system_role: bool = True


@dataclass(slots=True)
class Attempts:
    """The forms tried for one request; the first refusal is the one that is told when nothing helps."""

    first: RequestRefused | None = None
    tried: set[str] = field(default_factory=set)


class Quirks:
    """The dialect of one server. A setting that was once accepted is not suspected again unless a refusal names it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._accepted: set[str] = set()

    def accepted(self, body: Mapping[str, object]) -> None:
        """The server took this request."""
        self._accepted.update(body)

    def adapt(self, dialect: Dialect, refused: RequestRefused, body: Mapping[str, object], past: Attempts) -> Dialect:
        """The next form to try after ``body`` (sent in ``dialect``) was refused; raises the first refusal if none is left."""
        past.first = past.first or refused
        for name, changed in self._suspects(dialect, refused, body):
            if name not in past.tried:
                past.tried.add(name)
                return changed
        raise past.first

    def _suspects(
        self, dialect: Dialect, refused: RequestRefused, body: Mapping[str, object]
    ) -> list[tuple[str, Dialect]]:
        reason = refused.reason
        limit = next((name for name in LIMITS if name in body), "max_tokens")
        forms = {
            "system": replace(dialect, system_role=False),
            "stream_options": replace(dialect, usage_in_stream=False),
            limit: replace(dialect, limit_name=LIMITS[limit]),
            "stream": replace(dialect, stream=False),
        }
        named = {
            "system": dialect.system_role and _has_system(body) and _SYSTEM_ROLE.search(reason) is not None,
            "stream_options": "stream_options" in reason or "include_usage" in reason,
            limit: limit in reason,
            "stream": "stream" in reason.lower() and "stream_options" not in reason,
        }
        suspects = [name for name in forms if named[name] and (name in body or name == "system")]
        if not suspects and refused.status in {400, 422}:
            suspects = [name for name in ("stream_options", limit) if name in body and name not in self._accepted]
        return [(name, forms[name]) for name in suspects]


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
