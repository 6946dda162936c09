"""How far a run may fall behind an earlier one: the language, and what is and is not compared."""

from __future__ import annotations

import pytest
from scored import WEIGHTS
from two_runs import run_of

from pytest_localbench.errors import ConfigError
from pytest_localbench.scoring.regression import check_regressions, parse_regression


def check(expression, now, then):
    return list(check_regressions([parse_regression(expression)], now, then, "main"))


def one(expression, now, then):
    (found,) = check(expression, now, then)
    return found


def tasks(**qualities):
    return {"m": qualities}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("quality:5%", (None, None, None, "quality", 0.05, True)),
        ("doc*:p95_s:20%", ("doc*", None, None, "p95_s", 0.2, True)),
        ("docs/inv*@a*:quality:0", ("docs", "inv*", "a*", "quality", 0.0, False)),
        ("@m:memory_mb:100", (None, None, "m", "memory_mb", 100.0, False)),
        (" pass_rate : .05 ", (None, None, None, "pass_rate", 0.05, False)),
        ("docs:score:real", ("docs", None, None, "score", None, False)),
    ],
)
def test_expressions_are_read(text, parts):
    found = parse_regression(text)
    assert (found.category, found.task, found.model, found.metric, found.limit, found.relative) == parts


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("quality", "write [CATEGORY"),
        ("quality:", "no limit"),
        ("quality:five", "'five' is no limit"),
        ("quality:-5%", "'-5%' is no limit"),
        ("p95_seconds:20%", "did you mean 'p95_s'"),
        ("coverage:5%", "unknown metric 'coverage'"),
        ("docs/a:p95_s:20%", "per category, not per task"),
        ("docs/a:quality:real", "of a whole category"),
        ("memory_mb:real", "of a whole category"),
        (":quality:5%", "cannot be read"),
        ("/a:quality:5%", "cannot be read"),
    ],
)
def test_unreadable_expressions_say_how_to_write_them(text, part):
    with pytest.raises(ConfigError) as caught:
        parse_regression(text)
    assert part in str(caught.value)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("now", "limit", "passed"),
    [
        (0.9, "10%", True),  # 9.1 points are 10 * 0.91
        (0.8, "10%", False),
        (0.8, "1.8", True),  # exactly what is allowed
        (0.8, "1.79", False),
        (1.0, "0", True),
        (1.0 - 1e-12, "0", True),
        (1.0 - 1e-6, "0", False),
    ],
)
def test_limits_are_shares_or_points_and_float_noise_is_no_fall(now, limit, passed):
    found = one(f"quality:{limit}", run_of(tasks(t=now)), run_of(tasks(t=1.0)))
    assert found.passed is passed
    assert found.value == pytest.approx(1 + 9 * now)


def test_a_gain_never_fails():
    found = one("quality:0", run_of(tasks(t=1.0)), run_of(tasks(t=0.5)))
    assert found.passed
    assert found.message == "gate met: c[m] quality 10.00 > 5.50 in main, +81.8 %; over 1 common task"


def test_the_message_of_a_fall_holds_both_values_and_what_is_allowed():
    found = one("c:quality:5%", run_of(tasks(t=0.5)), run_of(tasks(t=1.0)))
    assert found.message == "gate not met: c[m] quality 5.50 < 10.00 in main, -45.0 % (allowed 5 %); over 1 common task"
    assert found.expression == "compare-fail c:quality:5%"
    assert (found.value, found.threshold) == (pytest.approx(5.5), pytest.approx(9.5))


def test_only_common_tasks_count_and_the_gate_says_that_the_sets_differ():
    now, then = run_of(tasks(t1=1.0, t2=0.5)), run_of(tasks(t1=1.0, t2=0.5, t3=0.0))
    found = one("quality:0", now, then)
    assert found.passed
    assert "quality 7.75 as in main; over 2 common tasks; the sets differ: 1 not asked now" in found.message


def test_a_changed_task_is_not_compared():
    now = run_of(tasks(t1=1.0, t2=0.0), prompts={"t2": "harder"})
    found = one("quality:0", now, run_of(tasks(t1=1.0, t2=1.0)))
    assert found.passed
    assert "over 1 common task; the sets differ: 1 changed" in found.message
    all_changed = one("quality:0", run_of(tasks(t2=0.0), prompts={"t2": "harder"}), run_of(tasks(t2=1.0)))
    assert not all_changed.passed
    assert "all 1 tasks that match have changed since main" in all_changed.message


def test_a_renamed_task_is_found_by_its_previous_id():
    now = run_of(tasks(new=0.0), previous={"new": ["old"]})
    found = one("quality:0", now, run_of(tasks(old=1.0)))
    assert not found.passed
    assert "quality 1.00 < 10.00" in found.message
    assert "nothing can be compared" in one("quality:0", run_of(tasks(new=0.0)), run_of(tasks(old=1.0))).message


def test_each_task_is_held_against_itself_and_new_ones_are_only_reported():
    now, then = run_of(tasks(t1=0.5, t2=1.0, t3=0.0)), run_of(tasks(t1=1.0, t2=0.5))
    fell, rose, new = check("*/*:quality:0", now, then)
    assert (fell.task, fell.passed) == ("t1", False)
    assert (rose.task, rose.passed) == ("t2", True)
    assert (new.task, new.passed) == ("t3", True)
    assert new.message == "gate not judged: c/t3[m] is new, main has no score for it"


def test_tasks_that_lost_their_score_do_not_vanish():
    now, then = run_of(tasks(t1=1.0, t2=None)), run_of(tasks(t1=1.0, t2=0.5))
    whole = one("quality:0", now, then)
    assert not whole.passed
    assert whole.message == "gate not met: c[m]: 1 of the tasks that had a score in main have none now"
    ok, lost = check("*/*:quality:0", now, then)
    assert ok.passed
    assert not lost.passed
    assert "c/t2[m] had a score in main and is error now" in lost.message


def test_nothing_in_common_is_not_met():
    then = run_of(tasks(t1=1.0))
    assert "bless or save them first" in one("quality:0", run_of({"new": {"t1": 1.0}}), then).message
    missing = one("@nobody:quality:0", run_of(tasks(t1=1.0)), then)
    assert not missing.passed
    assert "no model 'nobody'" in missing.message
    nothing = check_regressions([parse_regression("quality:0")], run_of({}), then, "main")[0]
    assert (nothing.passed, nothing.message) == (False, "gate not met: 0 items scored")
    without = check_regressions([parse_regression("quality:0")], run_of(tasks(t1=1.0)), None, "")[0]
    assert (without.passed, without.message) == (False, "gate not met: there is no earlier run to compare with")


def test_times_are_those_of_answers_undisturbed_in_both_runs():
    qualities = tasks(t1=1.0, t2=1.0, t3=1.0)
    then = run_of(qualities, seconds=1.0, contended=("t3",))
    now = run_of(qualities, seconds={"t1": 1.1, "t2": 9.0, "t3": 9.0}, contended=("t2",))
    found = one("p95_s:20%", now, then)
    assert found.passed
    assert found.value == pytest.approx(1.1)
    assert not one("median_s:0.05", now, then).passed


@pytest.mark.parametrize("expression", ["p95_s:20%", "median_s:20%", "memory_mb:20%"])
def test_another_machine_gates_no_times_and_no_memory(expression):
    now, then = (
        run_of(tasks(t=1.0), seconds=9.0, memory=9_000_000, machine="there"),
        run_of(tasks(t=1.0), memory=1_000_000),
    )
    found = one(expression, now, then)
    assert found.passed
    assert found.message.startswith("gate not judged: c[m]")
    assert "different machines" in found.message


def test_noise_gates_nothing():
    found = one("p95_s:0", run_of(tasks(t=1.0), seconds=9.0, contended=("t",)), run_of(tasks(t=1.0)))
    assert found.passed
    assert (
        found.message
        == "gate not judged: c[m] p95_s: no answer was new and undisturbed in both runs, and noise decides no gate"
    )


def test_memory_cost_and_pass_rate():
    then = run_of(tasks(t1=1.0, t2=1.0), memory=100_000_000, cost=0.01)
    now = run_of(tasks(t1=1.0, t2=0.5), memory=130_000_000, cost=0.01)
    assert not one("memory_mb:20%", now, then).passed
    assert one("memory_mb:30%", now, then).passed
    assert one("cost_usd:0", now, then).value == pytest.approx(0.02)
    assert one("pass_rate:0.5", now, then).passed
    assert not one("pass_rate:49%", now, then).passed


def test_what_was_not_measured_is_not_met():
    found = one("memory_mb:5%", run_of(tasks(t=1.0)), run_of(tasks(t=1.0), memory=1_000_000))
    assert not found.passed
    assert found.message == "gate not met: c[m]: memory_mb is not known in both runs"


def test_the_score_is_taken_over_what_both_machines_mean_alike():
    now = run_of(tasks(t=1.0), weights=WEIGHTS, seconds=90.0)
    then = run_of(tasks(t=1.0), weights=WEIGHTS, seconds=1.0)
    assert not one("score:1%", now, then).passed
    elsewhere = run_of(tasks(t=1.0), weights=WEIGHTS, seconds=1.0, machine="there")
    found = one("score:1%", now, elsewhere)
    assert found.passed
    assert found.value == pytest.approx(10.0)
    assert "quality alone makes the score" in found.message


def test_tasks_weigh_as_in_their_category():
    now = run_of(tasks(t1=1.0, t2=0.0), method="complexity_weighted", levels={"t1": 3, "t2": 1})
    then = run_of(tasks(t1=1.0, t2=1.0), method="complexity_weighted", levels={"t1": 3, "t2": 1})
    assert one("quality:100%", now, then).value == pytest.approx(1 + 9 * 0.75)


def test_a_real_fall_is_one_that_chance_does_not_explain():
    before = {f"t{i}": 1.0 for i in range(10)}
    clear = run_of(tasks(**dict.fromkeys(before, 0.5)))
    found = one("quality:real", clear, run_of(tasks(**before)))
    assert not found.passed
    assert "(more than chance explains)" in found.message
    noise = run_of(tasks(**{**before, "t0": 0.0, "t1": 0.0}))
    assert one("quality:real", noise, run_of(tasks(**before))).passed
    assert one("score:real", run_of(tasks(**before)), clear).passed
    few = one("quality:real", run_of(tasks(t=0.0)), run_of(tasks(t=1.0)))
    assert not few.passed
    assert "1 common tasks, too few to tell a fall from chance" in few.message
