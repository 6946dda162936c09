"""What ``options`` of a model behind a provider's own SDK may hold."""

from __future__ import annotations

from pydantic import Field

from .base import Frozen


class SdkOptions(Frozen):
    """``headers`` go into each request; their values may hold ``${env:NAME}``. ``first_token_s``, ``idle_s``: how long a
    stream may be silent before its answer and within it.
    """

    headers: dict[str, str] = Field(default_factory=dict)
    first_token_s: float | None = Field(default=None, gt=0)
    idle_s: float | None = Field(default=None, gt=0)
