"""Distribution over pytest-xdist workers: a lane is the unit of scheduling, so every model is loaded once."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

import pytest

from ..store.identity import new_run_id
from .state import activate

RUN_ID = pytest.StashKey[str]()
BEGAN = pytest.StashKey[float]()
PAST = pytest.StashKey[str]()
_TASK_NODE = re.compile(r"\.(?:yaml|yml|json)::[^\[]+\[(?P<model>[^\]]+?)(?:--[^\]]*)?\]")


def is_task_node(nodeid: str) -> bool:
    """True for node ids of collected task files."""
    return _TASK_NODE.search(nodeid) is not None


def model_of_node(nodeid: str) -> str:
    """The model in the node id of a collected task, empty for others."""
    found = _TASK_NODE.search(nodeid)
    return found["model"] if found else ""


def share_run_id(node: Any) -> None:
    """Give every worker the controller's run id, so that their journals lie side by side, and the run taken up."""
    node.workerinput["localbench_run_id"] = node.config.stash.setdefault(RUN_ID, new_run_id())
    node.workerinput["localbench_began"] = node.config.stash.setdefault(BEGAN, time.time())
    node.workerinput["localbench_past"] = node.config.stash.get(PAST, "")


def run_id_of(config: pytest.Config) -> str:
    """The id of this run, the same in all its processes."""
    if hasattr(config, "workerinput"):
        shared = config.workerinput.get("localbench_run_id")
        return str(shared) if shared else new_run_id()
    return config.stash.setdefault(RUN_ID, new_run_id())


class LaneScheduling:
    """Decides when the workers' collections are known: lanes if models are asked, else xdist's own scheduler."""

    def __init__(self, config: pytest.Config, default: Any, lanes: Any) -> None:
        self._config = config
        self._default, self._lanes = default, lanes
        self._chosen: Any = None

    @classmethod
    def or_none(cls, config: pytest.Config, log: Any) -> LaneScheduling | None:
        """A scheduler for every ``--dist`` but ``each``, which runs all items on every worker."""
        session = config.pluginmanager.get_plugin("dsession")
        if session is None or config.getvalue("dist") == "each":
            return None
        default = session.pytest_xdist_make_scheduler(config=config, log=log)
        return cls(config, default, _lane_scheduler(config, log)) if default is not None else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chosen or self._default, name)

    def add_node(self, node: Any) -> None:
        """Tell both while nothing is decided."""
        for scheduler in self._both():
            scheduler.add_node(node)

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Tell both while nothing is decided."""
        for scheduler in self._both():
            scheduler.add_node_collection(node, collection)

    def remove_node(self, node: Any) -> str | None:
        """Tell both while nothing is decided."""
        crashed = [scheduler.remove_node(node) for scheduler in self._both()]
        return next((item for item in crashed if item), None)

    def schedule(self) -> None:
        """Choose, then schedule."""
        if self._chosen is None:
            collected: Sequence[str] = next(iter(self._lanes.registered_collections.values()), [])
            asks = not self._config.getoption("localbench_selfcheck", False)
            tasks = [name for name in collected if asks and is_task_node(name)]
            self._chosen = self._lanes if tasks else self._default
            if tasks:
                activate(self._config).finisher.begin(tasks)
        self._chosen.schedule()

    def _both(self) -> tuple[Any, ...]:
        return (self._chosen,) if self._chosen is not None else (self._default, self._lanes)


def _lane_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Lanes(LoadScopeScheduling):  # type: ignore[misc]
        """One work unit per lane; every other test is a unit of its own."""

        def _split_scope(self, nodeid: str) -> str:
            found = _TASK_NODE.search(nodeid)
            return f"lane:{_lane_of(config, found['model'])}" if found else nodeid

        def remove_node(self, node: Any) -> str | None:
            """The test that killed its worker counts as done; what is left goes to the other workers."""
            workload = self.assigned_work.pop(node)
            left = {scope: unit for scope, unit in workload.items() if not all(unit.values())}
            crashed = next((name for unit in left.values() for name, done in unit.items() if not done), None)
            for scope, unit in left.items():
                if crashed in unit:
                    unit[crashed] = True
                if not all(unit.values()):
                    self.workqueue[scope] = unit
            for other in self.assigned_work:
                self._reschedule(other)
            return crashed

    return Lanes(config, log)


def _lane_of(config: pytest.Config, model_id: str) -> str:
    session = activate(config)
    return next((model.lane_id for model in session.models if model.id == model_id), model_id)
