"""How the code that models wrote was run, for the run document: taken from the verdicts, so that workers agree."""

from __future__ import annotations

from collections.abc import Iterable

from ..domain.result import SampleResult
from ..domain.run import BenchmarkRun
from ..evaluators.code_policy import OPT_IN

ISOLATION = "isolation"


def with_isolation(run: BenchmarkRun) -> BenchmarkRun:
    """The run with the isolation among the facts of its environment, and a note where there was none."""
    levels = [level for result in run.results for level in _levels(result)]
    if not levels:
        return run
    facts = {**run.environment.facts, ISOLATION: ", ".join(sorted(set(levels)))}
    bare = sum(level.startswith("none") for level in levels)
    words = f"{bare} answer{'s' * (bare != 1)} with code ran without isolation ({OPT_IN})"
    return run.model_copy(
        update={
            "environment": run.environment.model_copy(update={"facts": facts}),
            "notes": (*run.notes, words) if bare else run.notes,
        }
    )


def _levels(result: SampleResult) -> Iterable[str]:
    for verdict in result.verdicts:
        if verdict.evaluator == "unit_tests":
            yield from (str(detail.got) for detail in verdict.details if detail.path == ISOLATION)
