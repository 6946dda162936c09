"""What ``options`` of a model behind a chat-completions server may hold."""

from __future__ import annotations

from pydantic import Field

from .base import Frozen


class ChatOptions(Frozen):
    """``headers`` go into each request; their values may hold ``${env:NAME}``. ``first_token_s``, ``idle_s``: how long a
    stream may be silent before its answer and within it.
    """

    stream: bool = True
    headers: dict[str, str] = Field(default_factory=dict)
    first_token_s: float | None = Field(default=None, gt=0)
    idle_s: float | None = Field(default=None, gt=0)
