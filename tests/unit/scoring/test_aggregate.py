"""Task results become category scores, ranks and overall scores."""

from __future__ import annotations

from itertools import permutations

import pytest
from scored import ONLY_QUALITY, WEIGHTS, answer, fold, rows, summary, task

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import Memory, Timing, Usage
from pytest_localbench.scoring.aggregate import summarize
from pytest_localbench.scoring.tasks import fold_task

MODEL = [ModelConfig(id="m", provider="scripted")]
CATEGORY = Category(id="c", name="C")


def many(quality, n=10, start=0):
    return {f"t{i:02}": quality for i in range(start, start + n)}


def summed(answers, tasks=None, categories=(CATEGORY,), models=MODEL):
    by_task = {}
    for one in answers:
        by_task.setdefault((one.key.category, one.key.task, one.key.model), []).append(one)
    folded = [fold_task(group, task=task(name, cat, **(tasks or {}).get(name, {})), weights=ONLY_QUALITY)
              for (cat, name, _), group in by_task.items()]  # fmt: skip
    return summarize(list(categories), list(models), folded, answers)


def test_an_empty_answer_stays_in_the_mean():
    row = rows(summary({"m": {"one": 1.0, "two": 0.0}}))["m"]
    assert (row.ultimate_score, row.quality, row.n_scored, row.pass_rate) == (5.0, 0.5, 2, 0.5)


def test_hard_tasks_weigh_more_unless_the_category_says_mean():
    answers = [answer(1.0, task="hard"), answer(0.0, task="easy")]
    shape = {"hard": {"complexity": 3}, "easy": {"complexity": 1}}
    assert summed(answers, shape).scores[0].quality == 0.75
    mean = Category(id="c", name="C", aggregation={"method": "mean"})
    assert summed(answers, shape, [mean]).scores[0].quality == 0.5


def test_an_error_lowers_coverage_and_no_mean():
    row = rows(summary({"m": {**many(1.0, 8), "x": None, "y": None}}))["m"]
    assert (row.quality, row.n_errors, row.coverage, row.covered, row.rank) == (1.0, 2, 0.8, False, None)


def test_nine_of_ten_are_covered():
    row = rows(summary({"m": {**many(1.0, 9), "x": None}}))["m"]
    assert (row.coverage, row.covered, row.rank) == (0.9, True, 1)


def test_skipped_tasks_are_listed_apart():
    row = rows(summary({"m": {"one": 1.0, "two": "skip"}}))["m"]
    assert (row.n_tasks, row.n_skipped, row.coverage, row.n_scored) == (1, 1, 1.0, 1)


def test_only_skipped_tasks_give_no_score():
    row = rows(summary({"m": {"one": "skip"}}))["m"]
    assert (row.ultimate_score, row.coverage, row.covered, row.rank) == (None, None, False, None)


def test_a_task_that_only_other_models_reached_is_missing():
    found = rows(summary({"a": many(1.0, 10), "b": many(1.0, 5)}))
    assert (found["b"].coverage, found["b"].n_tasks) == (0.5, 10)


def test_an_uncovered_model_neither_ranks_nor_takes_tasks_from_the_others():
    found = summary({"a": many(1.0), "b": many(0.2), "c": {**many(1.0, 3), **many(None, 7, 3)}})
    ranks = {m: r.rank for m, r in rows(found).items()}
    assert ranks == {"a": 1, "b": 2, "c": None}
    assert [(c.first, c.second, c.n_tasks) for c in found.comparisons] == [("a", "b", 10)]


def test_a_category_that_did_not_run_has_no_row_and_the_total_is_partial():
    both = [CATEGORY, Category(id="d", name="D")]
    found = summary({"m": many(1.0)}, categories=both)
    assert {s.category for s in found.scores} == {"c"}
    assert (found.overall[0].score, found.overall[0].partial, found.overall[0].categories) == (10.0, True, ("c",))


def test_every_category_counts_once_in_the_total():
    answers = [answer(1.0, task=f"t{i}") for i in range(9)] + [answer(0.0, task="u", category="d")]
    found = summed(answers, categories=[CATEGORY, Category(id="d", name="D")])
    assert (found.overall[0].score, found.overall[0].partial) == (5.0, False)


def test_no_total_when_a_category_is_not_covered():
    answers = [answer(1.0), answer(None, task="u", category="d")]
    total = summed(answers, categories=[CATEGORY, Category(id="d", name="D")]).overall[0]
    assert (total.score, total.reason) == (None, "not enough tasks scored in d")


def with_memory(model, memory, quality=0.9):
    return [answer(quality, task=f"t{i}", model=model, memory=memory, weights=WEIGHTS) for i in range(8)]


def test_a_missing_component_is_left_out_for_all_in_the_comparison():
    answers = [*with_memory("local", 12e9), *with_memory("api", None)]
    models = [ModelConfig(id=name, provider="scripted") for name in ("local", "api")]
    folded = [fold(a, weights=WEIGHTS, name=a.key.task).model_copy(update={"model": a.key.model}) for a in answers]
    found = rows(summarize([CATEGORY], models, folded, answers))
    assert found["api"].ultimate_score > found["local"].ultimate_score
    assert found["api"].common_score == pytest.approx(found["local"].common_score)
    assert found["local"].common_components == ("time", "quality", "complexity", "cost")
    assert found["api"].components_used == found["local"].common_components
    assert found["local"].rank == found["api"].rank == 1
    assert found["local"].common_interval is not None


def test_equal_components_need_no_second_score():
    row = rows(summary({"a": many(1.0), "b": many(0.5)}))["a"]
    assert (row.common_score, row.common_components) == (None, ())


def test_the_order_of_models_changes_nothing():
    qualities = {"m-c": many(0.9), "m-b": many(0.6), "m-a": many(0.6), "m-d": many(0.1)}
    wanted = [("m-c", 1, False), ("m-a", 2, True), ("m-b", 2, True), ("m-d", 4, False)]
    for order in list(permutations(qualities))[::5]:
        found = summary(qualities, models=list(order))
        assert [(s.model, s.rank, s.tied) for s in found.scores] == wanted


def test_an_unranked_model_comes_last():
    found = summary({"a": {"t": None}, "b": {"t": 0.1}})
    assert [(s.model, s.rank) for s in found.scores] == [("b", 1), ("a", None)]


def test_measures_come_from_undisturbed_answers():
    answers = [
        answer(1.0, task="a", time_s=1.0, memory=1),
        answer(1.0, task="b", time_s=3.0, usage=Usage(output_tokens=30)),
        answer(1.0, task="c", time_s=99.0, contended=True),
    ]
    answers[0] = answers[0].model_copy(
        update={
            "memory": Memory(peak_bytes=5, peak_vram_bytes=7),
            "timing": Timing(generation_s=1.0, output_tokens_per_s=50),
        }
    )
    row = summed(answers).scores[0]
    assert (row.median_time_s, row.p95_time_s, row.n_contended) == (2.0, 3.0, 1)
    assert (row.peak_memory_bytes, row.tokens_per_s, row.cost_usd) == (12, 30.0, 0.0)


def test_one_unknown_cost_makes_the_sum_unknown():
    answers = [answer(1.0, task="a", cost=0.1), answer(1.0, task="b", cost=None)]
    assert summed(answers).scores[0].cost_usd is None


def test_invalid_answers_are_counted_apart_from_wrong_ones():
    answers = [
        answer(0.0, task="a", outcome="empty"),
        answer(0.0, task="b", outcome="truncated"),
        answer(0.1, task="c"),
    ]
    row = summed(answers).scores[0]
    assert (row.n_invalid, row.n_weak) == (2, 3)


def test_passing_tries_are_counted_per_task_and_then_averaged():
    row = rows(summary({"m": {**many(1.0, 3), **many(0.0, 7, 3)}}))["m"]
    assert row.metrics == {"pass@1": pytest.approx(0.3)}


def test_different_numbers_of_tries_leave_the_larger_k_open():
    answers = [answer(1.0, task="a"), answer(1.0, task="a", attempt=2), answer(0.0, task="b")]
    row = summed(answers).scores[0]
    assert row.metrics == {"pass@1": 0.5, "pass@2": None, "pass^2": None}
    assert row.pass_rate == 0.5
