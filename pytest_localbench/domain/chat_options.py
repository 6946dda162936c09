"""What ``options`` of a model behind a chat-completions server may hold."""

from __future__ import annotations

from pydantic import Field

from .base import Frozen


class ChatOptions(Frozen):
    """``headers`` go into each request; their values may hold ``${env:NAME}``."""

    stream: bool = True
    headers: dict[str, str] = Field(default_factory=dict)
