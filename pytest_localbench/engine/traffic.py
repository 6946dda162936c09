"""What left this machine: bytes sent to and received from models that run elsewhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..adapters.base import Adapter
from ..domain.model import ModelConfig
from ..domain.response import GenerationRequest, ImagePart, ModelResponse
from ..domain.run import Traffic


@dataclass(slots=True)
class _Content:
    """Texts and pictures alone, in bytes: what is known where an adapter counts nothing."""

    requests: int = 0
    sent: int = 0
    received: int = 0


class TrafficMeter:
    """Counts for remote models; those of this machine send nothing anywhere. Safe for threads."""

    def __init__(self) -> None:
        self._adapters: dict[Adapter, tuple[int, int] | None] = {}
        self._content: dict[str, _Content] = {}
        self._lock = threading.Lock()

    def watch(self, adapter: Adapter) -> None:
        """A model that is about to be opened."""
        if not adapter.config.is_local:
            self._adapters[adapter] = None

    def add(self, adapter: Adapter, request: GenerationRequest, response: ModelResponse) -> None:
        """An answered question."""
        if adapter.config.is_local:
            return
        parts = [part for message in request.messages for part in message.parts]
        pictures = sum(4 * ((len(part.data) + 2) // 3) for part in parts if isinstance(part, ImagePart))
        texts = sum(len(message.text.encode("utf-8", "replace")) for message in request.messages)
        counted = adapter.traffic()
        with self._lock:
            self._adapters[adapter] = counted
            content = self._content.setdefault(adapter.config.id, _Content())
            content.requests += response.attempts
            content.sent += (texts + pictures) * response.attempts
            content.received += len(response.text.encode()) + len((response.thinking or "").encode())

    def found(self) -> list[Traffic]:
        """One entry per remote model that was opened."""
        by_model: dict[str, list[Adapter]] = {}
        for adapter in self._adapters:
            by_model.setdefault(adapter.config.id, []).append(adapter)
        return [self._of(model_id, adapters) for model_id, adapters in by_model.items()]

    def _of(self, model_id: str, adapters: list[Adapter]) -> Traffic:
        config = adapters[0].config
        content = self._content.get(model_id, _Content())
        # An adapter may have let go of its client when it was closed; then its last count stands.
        counts = [adapter.traffic() or self._adapters[adapter] for adapter in adapters]
        known = [count for count in counts if count is not None]
        if len(known) == len(counts):
            sent, received = (sum(count[side] for count in known) for side in (0, 1))
            return Traffic(model=model_id, address=address_of(config), requests=content.requests,
                           sent_bytes=sent, received_bytes=received, counted="bodies")  # fmt: skip
        return Traffic(model=model_id, address=address_of(config), requests=content.requests,
                       sent_bytes=content.sent, received_bytes=content.received, counted="contents")  # fmt: skip


def address_of(config: ModelConfig) -> str:
    """Where a model is asked: the host, or the provider's name where it has an address of its own."""
    hosts = [urlsplit(url).hostname for url in config.base_urls or (config.base_url or "",)]
    return ", ".join(dict.fromkeys(host for host in hosts if host)) or config.provider
