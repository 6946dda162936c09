"""A renamed task or model is still the same one in a comparison with an earlier run, when its file says so."""

from __future__ import annotations

import pytest
from scored import answer, fold, task

from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.renames import with_new_ids
from pytest_localbench.domain.run import BenchmarkRun, CategoryScore


def run(tasks, models, results=()):
    return BenchmarkRun(
        id="r", started_at="", finished_at="", tasks=tasks, results=results, task_results=[fold(r) for r in results],
        models=[ModelConfig(id=name, provider="scripted", previous_ids=old) for name, old in models.items()],
        summary=[CategoryScore(category="c", model=name) for name in models],
    )  # fmt: skip


def keys(found):
    return [(r.key.category, r.key.task, r.key.model) for r in found.results]


THEN = run([task("t"), task("t", category="d")], {"m": ()}, [answer(1.0), answer(0.5, category="d")])


@pytest.mark.parametrize(
    ("tasks", "models", "expected"),
    [
        ([task("new", previous_ids=["older", "t"])], {"m": ()}, [("c", "new", "m"), ("d", "t", "m")]),
        ([task("new")], {"m": ()}, [("c", "t", "m"), ("d", "t", "m")]),
        ([task("t")], {"m2": ["m"]}, [("c", "t", "m2"), ("d", "t", "m2")]),
        ([task("t"), task("copy", previous_ids=["t"])], {"m": ()}, [("c", "t", "m"), ("d", "t", "m")]),
        ([task("t")], {"m": (), "m2": ["m"]}, [("c", "t", "m"), ("d", "t", "m")]),
    ],
)
def test_earlier_answers_get_the_ids_of_today(tasks, models, expected):
    assert keys(with_new_ids(THEN, run(tasks, models))) == expected


def test_two_tasks_of_then_never_become_one():
    then = run([task("t"), task("new")], {"m": ()}, [answer(1.0), answer(0.5, task="new")])
    assert with_new_ids(then, run([task("new", previous_ids=["t"])], {"m": ()})) is then


def test_task_results_and_scores_are_renamed_as_well():
    found = with_new_ids(THEN, run([task("new", previous_ids=["t"])], {"m2": ["m"]}))
    assert [s.model for s in found.summary] == ["m2"]
    assert {r.model for r in found.task_results} == {"m2"}


def test_a_former_id_does_not_change_what_the_task_is():
    assert task("t", previous_ids=["old"]).content_hash == task("t").content_hash
