"""``--localbench-offline``: the guard is started before anything else of a session, and remote models are refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ..adapters.offline import guard
from ..domain.model import ModelConfig
from ..engine.traffic import address_of
from ..errors import ConfigError

_CLOUD = ("-cloud", ":cloud")


def start(config: pytest.Config) -> None:
    """Keep this process and its children on this machine until the configuration ends; raises ConfigError."""
    guard.start()
    config.add_cleanup(guard.stop)


def refuse_remote(models: Sequence[ModelConfig]) -> None:
    """Raise ConfigError for the first model that is not asked on this machine."""
    for model in models:
        if not model.is_local:
            where = (
                f"is asked at {address_of(model)}"
                if model.base_url or model.base_urls
                else "is not known to run on this machine"
            )
        elif model.model.endswith(_CLOUD):
            where = "is passed on to the cloud by its server"
        else:
            continue
        raise ConfigError(
            f"--localbench-offline: model '{model.id}' (provider {model.provider}) {where}; "
            "leave it out of --models, or give it a 'base_url' on this machine."
        )
