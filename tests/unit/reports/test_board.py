"""What the board reads out of a run document: ranks, the best model, notes and gaps."""

from __future__ import annotations

import pytest
from runs import DOCS, result, run, score

from pytest_localbench.domain.run import BenchmarkRun, Comparison, Offline, Traffic
from pytest_localbench.reports.board import Board
from pytest_localbench.reports.terminal import summary_lines


def section(**fields):
    return Board.of(run(**fields)).sections[0]


def notes(**fields):
    usual = {"comparisons": (), "results": ()}
    return section(**{**usual, **fields}).notes


def pair(first, second, better=None, n_tasks=20, **fields):
    usual = {"verdict": f"{first} and {second}", "delta": 1.0}
    return Comparison(category=DOCS, first=first, second=second, n_tasks=n_tasks, better=better, **{**usual, **fields})


def test_ranks_are_texts_and_ties_are_ranges():
    assert [(r.score.model, r.rank, r.best) for r in section().rows] == [
        ("qwen3-4b", "1", True), ("gemma3-4b", "2-3 (tied)", False), ("smollm2", "2-3 (tied)", False), ("gpt-x", "-", False),
    ]  # fmt: skip


def test_a_model_between_two_others_has_its_own_range():
    rows = section(
        summary=(score("a", 7, rank=1, tied=True), score("b", 6, rank=1, tied=True), score("c", 5, rank=2, tied=True)),
        comparisons=(pair("a", "b"), pair("a", "c", "a"), pair("b", "c")),
    ).rows
    assert [r.rank for r in rows] == ["1-2 (tied)", "1-3 (tied)", "2-3 (tied)"]
    assert not any(r.best for r in rows)


def test_a_single_model_is_not_the_best_of_anything():
    (row,) = section(summary=(score("a", 9, rank=1),), comparisons=()).rows
    assert (row.rank, row.best) == ("1", False)


def test_the_comparable_score_is_shown_where_components_differ():
    common = ("time", "quality", "complexity", "cost")
    own = score("api", 8.8, common_score=8.5, common_components=common, components_used=common)
    local = score("local", 8.0, common_score=8.6, common_components=common)
    found = section(summary=(local, own), comparisons=())
    assert [r.shown for r in found.rows] == [8.6, 8.5]
    assert "memory is left out of the scores: not known for api" in found.notes


def test_a_component_with_gaps_is_left_out_for_all():
    common = ("quality",)
    rows = (
        score("a", 8, common_score=8.1, common_components=common),
        score("b", 8, common_score=8.1, common_components=common),
    )
    assert "time is left out of the scores: not known for every task" in notes(summary=rows)


def test_what_cannot_be_told_is_said_with_the_number_of_tasks():
    found = notes(comparisons=(pair("a", "b", detectable=1.566),))
    assert found[:2] == ("a and b", "With 20 tasks, differences below about 1.6 points cannot be told from chance.")
    assert "1 common task: too few to tell models apart." in notes(comparisons=(pair("a", "b", n_tasks=1),))


def test_many_pairs_are_summed_up():
    pairs = tuple(pair(f"m{i}", f"n{i}", better=f"m{i}" if i < 5 else None) for i in range(8))
    found = notes(comparisons=pairs)
    assert sum(" and n" in note for note in found) == 3
    assert "5 of 8 pairs of models differ by more than chance" in found


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("truncated", "m: 2 of 3 answers were cut off (generation.max_tokens)"),
        ("empty", "m: 2 of 3 answers were empty"),
        ("budget_exhausted", "m: 2 of 3 answers were all thinking and no answer (generation.max_tokens)"),
        ("too_slow", "m: 2 of 3 answers were not ready in time (timeout_seconds)"),
    ],
)
def test_invalid_answers_are_counted_by_kind(outcome, words):
    answers = (result("a", 0.0, outcome, model="m"), result("b", 0.0, outcome, model="m"), result("c", 1.0, model="m"))
    assert words in notes(summary=(score("m", 3.0),), results=answers)


def test_gaps_are_explained():
    thin = score("m", 3.0, n_scored=4, n_contended=1, n_pending=2, n_skipped=1, coverage=0.5, covered=False)
    answers = (
        result("a", None, model="m"), result("b", None, "context_overflow", model="m"), result("c", 1.0, model="m"),
        result("d", None, "skipped", model="m", reason="needs vision"),
    )  # fmt: skip
    found = notes(summary=(thin,), results=answers)
    assert "m: 2 of 4 questions without a score (1 could not be asked, 1 does not fit into the context)" in found
    assert "m: 1 of 1 answer came while other work ran; their times do not count" in found
    assert any(note.startswith("m: only 50% of the tasks were scored") for note in found)
    assert "m: 4 tasks, too few for an interval" in found
    assert "m: 2 tasks not judged yet, so without a score" in found
    assert "m: 1 task skipped: needs vision" in found


def test_the_weakest_come_first_in_a_fixed_order():
    answers = (
        result("z", 0.2),
        result("b", 0.0, "empty"),
        result("a", 0.0, "empty"),
        result("ok", 1.0),
        result("e", None),
    )
    assert [r.key.task for r in section(results=answers).weakest] == ["a", "b", "z"]


def test_categories_without_a_score_did_not_run():
    assert Board.of(run()).not_run == ("Mail",)
    assert Board.of(run(summary=())).not_run == ("Document understanding", "Mail")


def test_what_left_the_machine_is_said_in_one_line():

    far = Traffic(model="far", address="api.example.org", requests=24, sent_bytes=12_345)
    sdk = Traffic(model="sdk", address="google", requests=1, sent_bytes=2_500_000, counted="contents")
    unknown = Traffic(model="x", address="x", requests=2)
    document = BenchmarkRun(id="r", started_at="", finished_at="", traffic=(far, sdk, unknown))
    assert Board.of(document).left == (
        "left this machine: far sent 12.3 kB to api.example.org in 24 requests, "
        "sdk sent at least 2.5 MB to google in 1 request, x sent an unknown amount to x in 2 requests",
    )
    for verbosity in (-1, 0, 1):
        lines = summary_lines(Board.of(document), width=400, verbosity=verbosity, ascii_only=False)
        assert any("left this machine: far sent 12.3 kB" in line.text for line in lines)
    offline = document.model_copy(update={"traffic": (), "offline": Offline(blocked=("a.example",))})
    assert Board.of(offline).left == ("offline: nothing left this machine; refused: a.example",)
    assert Board.of(document.model_copy(update={"traffic": ()})).left == ()
