"""What is found wrong after collection: a usage error, also where workers collect and must not fail by themselves."""

from __future__ import annotations

from typing import Any

import pytest

_NOTE = "localbench_refused"


def refuse(config: pytest.Config, items: list[pytest.Item], problem: str) -> None:
    """Run nothing and say why: raises pytest.UsageError; on a worker the process that reports is told instead."""
    if not hasattr(config, "workerinput"):
        raise pytest.UsageError(problem)
    config.workeroutput[_NOTE] = problem  # type: ignore[attr-defined]
    items.clear()


class Refusals:
    """On the process that reports: what its workers refused."""

    def __init__(self) -> None:
        self._problem: str | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker is done."""
        self._problem = self._problem or getattr(node, "workeroutput", {}).get(_NOTE)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """As if it had been found before the start."""
        if self._problem is not None:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The sentence."""
        if self._problem is not None:
            terminalreporter.write_line(f"ERROR: {self._problem}", red=True)
