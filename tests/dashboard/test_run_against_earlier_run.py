"""The paired test between two runs of the same models."""

from __future__ import annotations

from synthetic_runs import make_run

from pytest_localbench.engine.since import since


def test_same_run_twice_differs_in_nothing() -> None:
    run = make_run(tasks=10)
    for pair in since(run, run):
        assert pair.delta == 0
        assert pair.better is None


def test_clear_gain_is_real_and_small_one_is_not() -> None:
    then = make_run(tasks=25, models=1, seed=3)
    better = make_run(tasks=25, models=1, seed=3, shift=0.4)
    (pair,) = since(better, then)
    assert pair.better == "granite-3b now"
    assert pair.delta is not None
    assert pair.delta > 0.5
    (back,) = since(then, better)
    assert back.better == "granite-3b then"
    few = make_run(tasks=4, models=1, seed=3, shift=0.4)
    (unsure,) = since(few, make_run(tasks=4, models=1, seed=3))
    assert unsure.better is None
    assert "cannot be told from chance" in unsure.verdict


def test_changed_tasks_are_left_out() -> None:
    run = make_run(tasks=10, models=1)
    changed = tuple(t.model_copy(update={"task_hash": "other"}) if i < 4 else t for i, t in enumerate(run.task_results))
    (pair,) = since(run, run.model_copy(update={"task_results": changed}))
    assert pair.n_tasks == sum(t.status in {"passed", "weak"} for t in run.task_results[4:])


def test_other_machine_leaves_only_quality() -> None:
    run = make_run(tasks=20, models=1)
    slow = make_run(tasks=20, models=1)
    slower = tuple(
        t.model_copy(
            update={
                "components": tuple(
                    c.model_copy(update={"normalized": 0.0}) if c.name == "time" else c for c in t.components
                )
            }
        )
        for t in slow.task_results
    )
    there = slow.model_copy(update={"task_results": slower})
    assert since(run, there)[0].delta != 0
    elsewhere = there.environment.model_copy(update={"machine": "another"})
    assert since(run, there.model_copy(update={"environment": elsewhere}))[0].delta == 0


def test_renamed_model_is_joined_by_its_previous_id() -> None:
    then = make_run(tasks=10, models=1)
    renamed = then.models[0].model_copy(update={"id": "granite-new", "previous_ids": ("granite-3b",)})
    now = then.model_copy(
        update={
            "models": (renamed,),
            "task_results": tuple(t.model_copy(update={"model": "granite-new"}) for t in then.task_results),
        }
    )
    (pair,) = since(now, then)
    assert pair.first == "granite-new now"
    assert pair.n_tasks > 0


def test_model_that_was_not_there_has_no_row() -> None:
    assert [p.first for p in since(make_run(tasks=5, models=2), make_run(tasks=5, models=1))] == ["granite-3b now"]
