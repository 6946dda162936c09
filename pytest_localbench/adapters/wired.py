"""What adapters that speak through one :class:`WireClient` share: closing, breaking off, counting."""

from __future__ import annotations

from ..domain.model import ModelConfig
from .base import Adapter
from .wire import WireClient


class WiredAdapter(Adapter):
    """One model behind an address. ``open`` sets ``_wire``."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._wire: WireClient | None = None

    def close(self) -> None:
        """Close the connections."""
        wire = self._wire
        if wire is not None:
            wire.close()

    def abort(self) -> None:
        """Break requests in flight."""
        wire = self._wire
        if wire is not None:
            wire.abort()

    def traffic(self) -> tuple[int, int] | None:
        """What the wire has counted."""
        wire = self._wire
        return None if wire is None else (wire.sent_bytes, wire.received_bytes)
