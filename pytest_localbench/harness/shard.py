"""``--localbench-shard``: of the selected items only one part, so that several machines share a run."""

from __future__ import annotations

import hashlib

import pytest

from ..errors import ConfigError
from ..options import Options
from .cases import case_of
from .collector import TASK_ATTRIBUTE


class Shard:
    """Takes the items of the other parts out after ``-k`` and ``-m``.

    A question (sample and attempt of a task) goes to all its models on the same machine, so that their times are
    compared fairly. Questions are dealt out in the order of a digest of their names: parts differ by one question at
    most, whatever the order of collection. Other tests are dealt out by their node ids.
    """

    def __init__(self, options: Options) -> None:
        assert options.shard is not None
        if options.selfcheck:
            raise ConfigError("--localbench-shard: --localbench-selfcheck looks at whole categories; give one of them.")
        self.part, self.parts = options.shard

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep what belongs to this part, in the order it has."""
        units = [_unit(item) for item in items]
        questions = {unit for unit in units if not unit.startswith("test ")}
        mine = self._dealt(questions) | self._dealt(set(units) - questions)
        left_out = [item for item, unit in zip(items, units, strict=True) if unit not in mine]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item, unit in zip(items, units, strict=True) if unit in mine]

    def _dealt(self, units: set[str]) -> set[str]:
        order = sorted(units, key=lambda unit: (hashlib.sha256(unit.encode("utf-8", "surrogatepass")).digest(), unit))
        return set(order[self.part - 1 :: self.parts])


def _unit(item: pytest.Item) -> str:
    """What is dealt out together, named so that every machine names it alike."""
    case, task = case_of(item), getattr(getattr(item, "function", None), TASK_ATTRIBUTE, None)
    if case is None or task is None:
        return f"test {item.nodeid}"
    return f"{task.category}/{task.id}/{case.sample.id}/{case.attempt}"
