"""The one session object of a pytest process: absent until a category folder, a model or a gate is in play."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .session import LocalbenchSession


class Active:
    """Holder of the session of this process."""

    def __init__(self) -> None:
        self.session: LocalbenchSession | None = None

    def need(self) -> LocalbenchSession:
        """The session; only asked for where one must exist."""
        assert self.session is not None
        return self.session


active = Active()


def activate(config: pytest.Config) -> LocalbenchSession:
    """Create (once per config) and register the session; raises pytest.UsageError for unusable options."""
    if active.session is not None and active.session.config is config:
        return active.session
    from ..errors import ConfigError
    from ..evaluators.code_policy import policy
    from ..options import Options
    from .budget import Interleaved
    from .garbage import collect_rarely
    from .preview import Preview
    from .refusal import Refusals
    from .session import LocalbenchSession
    from .shard import Shard
    from .task_list import ListedTasks
    from .waiting import NamedJudges

    config.add_cleanup(collect_rarely())
    try:
        options = Options.from_config(config)
        policy.runner, policy.allow = options.code_runner, options.allow_code
        session = LocalbenchSession(config, options)
        judges = NamedJudges(session)
        shard = None if options.shard is None else Shard(options)
        preview = Preview(session) if options.plan else None
        limited = None if options.selfcheck or session.rescored or not session.budget.wanted else Interleaved(session)
        listed = None if options.tasks is None else ListedTasks(options.tasks, config.rootpath)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    active.session = session
    config.pluginmanager.register(judges, "localbench-judges")
    if not session.is_worker:
        config.pluginmanager.register(Refusals(), "localbench-refusals")
    if listed is not None:
        config.pluginmanager.register(listed, "localbench-task-list")
    config.pluginmanager.register(session, "localbench-session")
    config.pluginmanager.register(session.events, "localbench-events")
    if shard is not None:
        config.pluginmanager.register(shard, "localbench-shard")
    if preview is not None:
        config.pluginmanager.register(preview, "localbench-plan")
    if limited is not None:
        config.pluginmanager.register(limited, "localbench-budget")
    config.add_cleanup(_forget)
    return session


def _forget() -> None:
    active.session = None
