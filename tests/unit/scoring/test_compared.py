"""Two runs side by side: what fails now, verdicts in words, what was changed in between, what a baseline keeps."""

from __future__ import annotations

import pytest
from two_runs import run_of

from pytest_localbench.domain.baseline import bless, scored_tasks, would_be_lost
from pytest_localbench.domain.history import PastRun
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.result import Failure
from pytest_localbench.domain.score import Verdict
from pytest_localbench.engine.blessed import blessed_run
from pytest_localbench.engine.compared import compare_runs
from pytest_localbench.engine.differences import differences
from pytest_localbench.reports.compare import compare_lines
from pytest_localbench.reports.history import history_lines


def tasks(**qualities):
    return {"m": qualities}


def text(now, then, verbosity=0, width=200):
    return "\n".join(
        shown.text for shown in compare_lines(compare_runs(now, then, "main"), width=width, verbosity=verbosity)
    )


def line(found, part):
    (one,) = [own for own in found.split("\n") if part in own]
    return one.strip()


def test_newly_failing_comes_first_then_newly_passing_worse_and_better():
    then = run_of(tasks(a=1.0, b=0.2, c=0.5, d=0.4, e=1.0, f=1.0))
    now = run_of(tasks(a=0.1, b=1.0, c=0.3, d=0.6, e=1.0, f=0.9))
    diff = compare_runs(now, then, "main")
    assert [(c.task, c.change) for c in diff.changes] == [
        ("a", "newly failing"), ("b", "newly passing"), ("c", "worse"), ("f", "worse"), ("d", "better"), ("e", "same"),
    ]  # fmt: skip
    found = text(now, then)
    assert found.index("newly failing (1)") < found.index("newly passing (1)") < found.index("worse (2)")
    assert line(found, "c/a[m]").startswith("10.0 -> 1.9")
    assert "same quality: 1 task" in found


def test_times_alone_make_no_task_worse():
    diff = compare_runs(run_of(tasks(a=1.0), seconds=9.0), run_of(tasks(a=1.0)), "main")
    assert diff.changes[0].change == "same"
    assert (diff.times[0].before_s, diff.times[0].after_s, diff.times[0].n_answers) == (1.0, 9.0, 1)


def test_float_noise_is_no_change():
    assert compare_runs(run_of(tasks(a=0.5)), run_of(tasks(a=0.5 + 1e-12)), "main").changes[0].change == "same"


def test_a_clear_difference_is_named_with_its_interval():
    before = {f"t{i}": 0.2 + 0.01 * i for i in range(20)}
    found = text(run_of(tasks(**{k: v + 0.5 for k, v in before.items()})), run_of(tasks(**before)))
    assert (
        "c m: 5.00 points better [+5.00, +5.00] on 20 common tasks (quality up on 20, down on 0): more than chance"
        in found
    )


def test_what_cannot_be_told_says_how_many_more_tasks_it_takes():
    then = run_of(tasks(**{f"t{i}": 0.5 for i in range(10)}))
    now = run_of(tasks(**{f"t{i}": 0.5 + (0.3 if i % 2 else -0.2) for i in range(10)}))
    # differences +3 and -2 points: mean 0.5, sd 2.635; (2.8016 * 2.635 / 0.5)^2 = 218.03 tasks
    assert "0.50 points better [-1.39, +2.39] on 10 common tasks" in text(now, then)
    assert "cannot tell: about 209 more tasks needed" in text(now, then)
    assert "cannot tell, fewer than 6 tasks never can" in text(run_of(tasks(a=1.0)), run_of(tasks(a=0.5)))


def test_a_difference_too_small_to_matter_asks_for_no_number():
    then = run_of(tasks(**{f"t{i}": 0.5 for i in range(10)}))
    now = run_of(tasks(**{f"t{i}": 0.5 + (0.301 if i % 2 else -0.299) for i in range(10)}))
    assert "would take more than 1000 more tasks" in text(now, then)
    assert "c m: the same on 10 common tasks" in text(then, then)


def test_sets_that_differ_are_listed_and_not_compared():
    then = run_of(tasks(a=1.0, b=0.5, gone=0.0))
    now = run_of(tasks(a=1.0, b=0.1, new=1.0), prompts={"b": "another"})
    found = text(now, then)
    assert "the same on 1 common task" in found
    assert line(found, "task changed") == "task changed, not compared (1): c/b[m]"
    assert line(found, "only in main") == "only in main (1): c/gone[m]"
    assert line(found, "new, not in") == "new, not in main (1): c/new[m]"
    assert "this run is partial: it asked 2 of the 3 tasks that main scored for its models" in found


def test_a_renamed_task_is_the_same_one_and_without_a_hint_it_is_not():
    then = run_of(tasks(old=1.0))
    joined = compare_runs(run_of(tasks(new=0.5), previous={"new": ["old"]}), then, "main")
    assert [(c.task, c.change) for c in joined.changes] == [("new", "newly failing")]
    apart = compare_runs(run_of(tasks(new=0.5)), then, "main")
    assert (apart.changes, apart.only_then, apart.only_now) == ((), ("c/old[m]",), ("c/new[m]",))


def test_a_run_that_was_stopped_says_how_far_it_came():
    now = run_of(tasks(a=1.0, b=1.0, c=1.0), complete=False, not_run=("d",))
    assert "this run is partial: it was stopped early, 75 % of its questions were asked" in text(
        now, run_of(tasks(a=1.0))
    )


def test_another_machine_is_said_and_times_are_left_out():
    found = text(run_of(tasks(a=1.0), machine="there", seconds=9.0), run_of(tasks(a=1.0)))
    assert "another machine: times and memory are not compared" in found
    assert "median" not in found
    assert "machine here -> there" in found


def test_what_lost_its_score_is_listed():
    found = text(run_of(tasks(a=None, b=1.0)), run_of(tasks(a=1.0, b=1.0)))
    assert "scored in main, without a score now (1): c/a[m]" in found


def test_brief_and_full():
    many = {f"t{i:02}": 1.0 for i in range(15)}
    then, now = run_of(tasks(**many)), run_of(tasks(**dict.fromkeys(many, 0.0)))
    assert "and 5 more (-v shows all)" in text(now, then)
    assert "c/t14[m]" in text(now, then, verbosity=1)
    brief = text(now, run_of(tasks(**many, x=1.0)), verbosity=-1)
    assert "newly failing (15)" in brief
    assert "only in main" not in brief


@pytest.mark.parametrize("width", [40, 60, 100])
def test_no_line_is_wider_than_the_terminal(width):
    then = run_of(tasks(**{f"{'long-name-' * 3}{i}": 1.0 for i in range(8)}), name="20260101T000000Z-abcdef")
    now = run_of(tasks(**{f"{'long-name-' * 3}{i}": 0.0 for i in range(8)}))
    assert max(len(own) for own in text(now, then, width=width).split("\n")) <= width


def model(**fields):
    return {"models": (ModelConfig(id="m", provider="llamacpp", **fields),)}


def opened(**fingerprint):
    return {"fingerprints": {"m": {"load_s": 1.0, "fingerprint": fingerprint}}}


def test_weights_and_template_come_first_in_what_was_changed():
    then = run_of(tasks(a=1.0), **model(generation={"temperature": 0.0}), plugin_version="1",
                  **opened(threads=1, weights_sha256="a" * 64, template_sha256="b" * 64, runtime="x 1"))  # fmt: skip
    now = run_of(tasks(a=1.0), **model(generation={"temperature": 0.7}), plugin_version="2",
                 **opened(threads=2, weights_sha256="c" * 64, template_sha256="b" * 64, runtime="x 2"))  # fmt: skip
    assert differences(now, then) == (
        "m: weights aaaaaaaa -> cccccccc",
        "m: runtime x 1 -> x 2",
        "m: threads 1 -> 2",
        "m: sampling.temperature 0.0 -> 0.7",
        "pytest-localbench 1 -> 2",
    )


def test_what_the_adapter_tells_is_not_told_again_from_the_model_file():
    then = run_of(tasks(a=1.0), **model(), **opened(generation={"temperature": 0}))
    now = run_of(
        tasks(a=1.0), **model(generation={"temperature": 0.8}), **opened(generation={"temperature": 0.8, "seed": 1})
    )
    assert differences(now, then) == ("m: sampling.temperature 0 -> 0.8", "m: sampling.seed (none) -> 1")


def test_another_version_of_an_evaluator_is_named():
    def judged(version, *more):
        run = run_of(tasks(a=1.0))
        verdicts = [Verdict(evaluator=name, name=name, score=1.0, version=version) for name in ("exact", *more)]
        return run.model_copy(update={"results": (run.results[0].model_copy(update={"verdicts": tuple(verdicts)}),)})

    assert differences(judged("2", "new"), judged("1")) == ("evaluator: exact 1 -> 2",)


def test_long_values_and_renames_are_short_and_nothing_is_nothing():
    then = run_of(tasks(a=1.0), **model(options={"chat_template": "x" * 500}))
    now = run_of(tasks(a=1.0), **model(options={"chat_template": "y" * 600}))
    assert differences(now, then) == ("m: options.chat_template (500 characters) -> (600 characters)",)
    renamed = run_of({"n": {"a": 1.0}}, models=(ModelConfig(id="n", provider="llamacpp", previous_ids=("m",)),))
    assert differences(renamed, run_of(tasks(a=1.0), **model())) == ("n: was called m",)
    assert differences(then, then) == ()


def test_replacing_a_run_by_a_narrower_one_would_lose_results():
    whole = run_of(tasks(**{f"t{i}": 1.0 for i in range(12)}))
    assert len(would_be_lost(run_of(tasks(t0=1.0)), whole)) == 11
    assert would_be_lost(whole, run_of(tasks(t0=0.0))) == ()
    assert would_be_lost(run_of(tasks(t0=None)), run_of(tasks(t0=0.0))) == ("c/t0[m]",)
    assert would_be_lost(run_of(tasks(new=1.0), previous={"new": ["t0"]}), run_of(tasks(t0=0.0))) == ()
    assert would_be_lost(whole, None) == ()


def test_blessing_keeps_what_did_not_run_and_tells_what_moved():
    old, _ = bless(run_of(tasks(a=0.5, b=0.5, c=0.5, d=0.5, e=0.5)), None)
    now = run_of(tasks(a=0.9, b=0.1, c=0.5, d=0.7, f=1.0), prompts={"d": "another"})
    blessed, told = bless(now, old)
    assert {key[1]: t.quality for key, t in scored_tasks(blessed).items()} == {
        "a": 0.9, "b": 0.1, "c": 0.5, "d": 0.7, "e": 0.5, "f": 1.0,
    }  # fmt: skip
    assert (told.new, told.raised, told.same, told.changed, told.kept) == (1, 1, 1, 1, 1)
    assert told.lowered == ("c/b[m]",)


def test_a_baseline_holds_no_texts_and_compares_like_the_run():
    run = run_of(tasks(a=0.5, b=1.0))
    spoken = run.results[0].model_copy(
        update={
            "answer": "SECRET",
            "thinking": "SECRET",
            "reason": "SECRET",
            "failure": Failure(kind="x", message="SECRET"),
        }
    )
    blessed, _ = bless(run.model_copy(update={"results": (spoken, run.results[1])}), None)
    assert "SECRET" not in blessed.model_dump_json()
    assert blessed.tasks == ()
    diff = compare_runs(run, blessed, "blessed")
    assert [c.change for c in diff.changes] == ["same", "same"]
    assert diff.times[0].n_answers == 2


def test_where_machines_meet_in_a_baseline_only_quality_is_compared():
    old, _ = bless(run_of(tasks(a=1.0, b=1.0)), None)
    mixed, _ = bless(run_of(tasks(a=1.0), machine="there"), old)
    assert mixed.environment.machine == ""
    assert not compare_runs(run_of(tasks(a=1.0)), mixed, "blessed").same_machine
    whole, _ = bless(run_of(tasks(a=1.0, b=1.0), machine="there"), mixed)
    assert whole.environment.machine == "there"


def test_a_baseline_has_scores_where_all_of_it_comes_from_one_machine():
    old, _ = blessed_run(run_of(tasks(a=1.0, b=0.5)), None)
    assert [(s.category, s.model, s.quality) for s in old.summary] == [("c", "m", 0.75)]
    assert blessed_run(run_of(tasks(a=1.0), machine="there"), old)[0].summary == ()


def test_what_stands_in_a_document_commands_no_terminal():
    evil = "\x1b[31mred\u202e"
    then = run_of(tasks(a=1.0), name=evil, started=evil, **model(options={evil: evil}), plugin_version=evil)
    now = run_of(tasks(a=0.0), name=evil, **model(options={evil: "x"}), plugin_version="2")
    now = now.model_copy(update={"task_results": (now.task_results[0].model_copy(update={"reason": evil}),)})
    diff = compare_runs(now, then, evil)
    shown = "\n".join(own.text for own in compare_lines(diff, width=100, verbosity=1))
    shown += "\n".join(history_lines([PastRun.of(then.model_copy(update={"id": evil}))], {then.id: [evil]}))
    assert "\\x1b[31mred" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_history_marks_what_breaks_the_row():
    runs = [
        run_of(tasks(a=1.0, b=1.0), name="r1", started="2026-01-01T01:00:00+01:00"),
        run_of(tasks(a=1.0), name="r2", started="2026-01-02T00:00:00Z", **model()),
        run_of(tasks(a=1.0, b=1.0), name="r3", machine="there", complete=False, **model()),
        run_of({"m": {"a": 1.0, "b": 1.0}, "n": {"a": 0.5, "b": 0.5}}, name="r4", machine="there",
               models=(*model()["models"], ModelConfig(id="n", provider="scripted"))),
    ]  # fmt: skip
    past = [PastRun.of(run) for run in runs]
    head, *rows = history_lines(past, {"r1": ["main", "v1"]})
    assert head.split()[:2] == ["run", "started"]
    assert [row.split()[0] for row in rows] == ["r1", "r2", "r3", "r4", "r4"]
    assert "2026-01-01 00:00" in rows[0]
    assert rows[0].endswith("saved as main, saved as v1")
    assert rows[1].endswith("partial: 1 of 2 tasks, model changed")
    assert rows[2].endswith("partial: stopped early, another machine")
    only = history_lines(past, {}, model="n", category="c*")
    assert [row.split()[0] for row in only[1:]] == ["r4"]
    assert [row.split()[0] for row in history_lines(past, {}, newest=2)[1:]] == ["r3", "r4", "r4"]
    assert history_lines(past, {}, model="nobody") == []
