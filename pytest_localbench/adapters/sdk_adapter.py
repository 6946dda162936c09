"""What adapters that use a provider's own SDK share: key, address, options, deadlines, what the provider reports."""

from __future__ import annotations

import importlib.metadata
import os
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from ..domain.model import Capabilities, ModelConfig
from ..domain.response import GenerationRequest, ModelResponse
from ..domain.sdk_options import SdkOptions
from ..errors import ConfigError, GenerationFailed, MissingDependency, ModelError, ModelUnavailable
from .base import Adapter
from .options import read_options
from .secrets import Secret, fill, resolve
from .wire import FIRST_TOKEN_S, IDLE_S

if TYPE_CHECKING:
    from .sdk_http import SdkHttp

LOOK_UP_S = 5.0
NO_KEY = "none"


class SdkAdapter(Adapter):
    """One model of a provider. ``key_variables``: where a key is looked for when the model file names none;
    ``told``: capabilities that the provider tells of a model when it is asked."""

    default_url: ClassVar[str]
    key_variables: ClassVar[tuple[str, ...]]
    package: ClassVar[str]
    extra: ClassVar[str]
    told: ClassVar[frozenset[str]]

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self._http: SdkHttp | None = None
        self._sdk: Any = None
        self._reported = Capabilities()
        self._undecided = False

    @abstractmethod
    def connect(self, key: Secret | None, headers: dict[str, str]) -> tuple[SdkHttp, Any]:
        """The HTTP client and the SDK's client; raises ImportError when the SDK is not installed."""

    @abstractmethod
    def look_up(self, sdk: Any) -> Capabilities:
        """What the provider reports about the model; raises whatever the SDK does."""

    @abstractmethod
    def ask(self, http: SdkHttp, sdk: Any, request: GenerationRequest) -> ModelResponse:
        """Ask once."""

    def preflight(self) -> str | None:
        """What is wrong with model, options or key."""
        try:
            self._read()
        except ConfigError as error:
            return str(error)
        return None

    def open(self) -> None:
        """Read the options, resolve the key, load the SDK and ask the provider what the model can do.

        Raises ConfigError, and ModelUnavailable when the provider itself (not a server of another address) knows no
        such key or model. Otherwise the first question shows whether it answers.
        """
        key, headers = self._read()
        try:
            http, sdk = self.connect(key, headers)
        except ImportError as error:
            package = error.name or self.package
            raise MissingDependency(package, self.extra, f"the provider '{self.config.provider}'") from None
        self._http, self._sdk = http, sdk
        options = read_options(self.config, SdkOptions)
        first_token_s = options.first_token_s or (None if self.config.is_local else FIRST_TOKEN_S)
        http.silence = (first_token_s, options.idle_s or IDLE_S)
        try:
            with http.flight(LOOK_UP_S, streamed=False):
                self._reported = self.look_up(sdk)
        except ModelUnavailable:
            if self.config.base_url is None:
                raise
        except ModelError as error:
            self._undecided = error.retryable

    def generate(self, request: GenerationRequest) -> ModelResponse:
        """Ask once."""
        if self._http is None:
            raise GenerationFailed(f"model '{self.config.id}' is not open", retryable=False)
        return self.ask(self._http, self._sdk, request)

    def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            self._http.close()

    def abort(self) -> None:
        """Break requests in flight."""
        if self._http is not None:
            self._http.abort()

    def known(self) -> Capabilities:
        """What is known of the model by its name."""
        return Capabilities()

    def capabilities(self) -> Capabilities:
        """What the provider reported on ``open``; what the model file states wins."""
        found = {**self.known().model_dump(), **self._reported.model_dump(exclude_none=True)}
        return Capabilities(**{**found, **self.config.capabilities.model_dump(exclude_none=True)})

    def learns(self) -> frozenset[str]:
        """What the provider may tell on ``open``; nothing when it was out of reach then, so that questions are asked."""
        return frozenset() if self._undecided else self.told

    def traffic(self) -> tuple[int, int] | None:
        """Bytes of bodies sent and received."""
        return (0, 0) if self._http is None else (self._http.sent_bytes, self._http.received_bytes)

    def fingerprint(self) -> dict[str, Any]:
        """Address, model name and the version of the SDK."""
        try:
            version = importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            version = "?"
        return {"base_url": self.url, "model": self.config.model, "sdk": f"{self.package} {version}"}

    @property
    def url(self) -> str:
        """The address as configured, or the provider's own."""
        return self.config.base_url or self.default_url

    def _read(self) -> tuple[Secret | None, dict[str, str]]:
        config, subject = self.config, f"model '{self.config.id}'"
        options = read_options(config, SdkOptions)
        if not config.model:
            raise ConfigError(f"{subject}: 'model' is missing (the name the provider knows it by).")
        reference = config.api_key
        if reference is None and config.base_url is None:  # the provider's key goes to nobody else
            variable = next((name for name in self.key_variables if os.environ.get(name)), self.key_variables[0])
            reference = f"${{env:{variable}}}"
        key = None if reference is None else resolve(reference, subject)
        return key, {name: fill(value, subject) for name, value in options.headers.items()}
