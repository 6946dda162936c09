"""People grade answers: blind, in an order of their own, whenever they like; their grades make the scores."""

from __future__ import annotations

import io
import json
import sys

import pytest

from pytest_localbench.cli import main

RUBRIC = {"criteria": [
    {"id": "tone", "question": "Is it kind?", "weight": 3, "anchors": {"1": "rude", "5": "kind"}},
    {"id": "next_step", "question": "What to do next?"},
]}  # fmt: skip


def task(project, name="letter", evaluators=(), **options):
    spec = {"use": "manual", "with": {"rubric": RUBRIC, **options}}
    text = {"id": name, "input": {"prompt": "Write to Kim."}, "evaluators": [spec, *evaluators]}
    return project.write(f"docs/tasks/{name}.json", json.dumps(text))


@pytest.fixture
def suite(project):
    project.model("model-a", default="Dear Kim, thanks.")
    project.model("model-b", default="Go away.")
    task(project)
    return project


@pytest.fixture
def review(suite, monkeypatch, capsys):
    """Runs ``localbench review`` with keys from the keyboard; returns (code, stdout, stderr)."""
    monkeypatch.chdir(suite.root)

    def run(*words, keys=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(keys))
        capsys.readouterr()
        code = main(["review", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def document(suite):
    path = max(suite.root.glob("data/results/*/run.json"), key=lambda p: p.stat().st_mtime_ns)
    return json.loads(path.read_text("utf-8"))


def by_model(run, name="letter"):
    return {r["key"]["model"]: (r["outcome"], r["quality"]) for r in run["results"] if r["key"]["task"] == name}


def filed(suite):
    return [json.loads(line) for path in sorted(suite.root.glob("data/reviews/*/*.jsonl"))
            for line in path.read_text("utf-8").splitlines()]  # fmt: skip


def grade_both(review, good="5\n5\nwell done\n", bad="1\n2\n\n", name="Ada"):
    """Grades the kind letter and the rude one, whichever comes first."""
    _, shown, _ = review("--reviewer", name, keys="")
    keys = good + bad if "Dear Kim" in shown else bad + good
    return review("--reviewer", name, keys=keys)


def test_answers_wait_without_a_score_and_the_run_says_how_to_go_on(suite):
    outcome = suite.run("--models=model-a,model-b")
    assert outcome.code == 0
    assert by_model(outcome.document) == {"model-a": ("pending", None), "model-b": ("pending", None)}
    assert [score["ultimate_score"] for score in outcome.document["summary"]] == [None, None]
    assert f"2 answers wait for people: localbench review {outcome.document['id']}" in " ".join(outcome.text.split())


def test_grades_are_filed_at_once_and_merged_without_asking_a_model(suite, review):
    suite.run("--models=model-a,model-b")
    code, out, _ = grade_both(review)
    assert code == 0
    assert "2 graded, 0 left" in out
    sheets = {sheet["grades"]["tone"]: sheet for sheet in filed(suite)}
    assert sheets[5]["grades"] == {"tone": 5, "next_step": 5}
    assert (sheets[5]["comment"], sheets[5]["reviewer"], sheets[5]["evaluator"]) == ("well done", "Ada", "manual")
    assert sheets[5]["at"]
    suite.model("model-a", default={"error": "must not be asked"})
    code, out, _ = review("--merge")
    assert code == 0
    assert "2 answers scored by the grades of Ada; 0 still wait" in out
    run = document(suite)
    assert by_model(run) == {"model-a": ("passed", 1.0), "model-b": ("weak", 0.0625)}
    verdict = run["results"][0]["verdicts"][0]
    assert verdict["reason"] == "reviewed by Ada: tone 5 of 5"
    assert [d["note"] for d in verdict["details"][:2]] == ["Ada 5", "Ada 5"]
    assert run["results"][0]["components"]
    assert {s["model"]: s["quality"] for s in run["summary"]} == {"model-a": 1.0, "model-b": 0.0625}


def test_the_reviewer_sees_neither_models_nor_the_order_of_the_run(suite, review):
    suite.run("--models=model-a,model-b")
    _, out, _ = review("--reviewer", "Ada", keys="1\n1\n\n1\n1\n\n")
    assert "model-a" not in out
    assert "model-b" not in out
    assert "model-a" not in json.dumps(filed(suite))
    assert "Is it kind?\n    1 = rude\n    5 = kind\n  tone [1-5]: " in out


def test_orders_differ_between_reviewers_and_stay_for_one(suite):
    from pytest_localbench.cli.review import sheets_of, shuffled
    from pytest_localbench.domain.run import BenchmarkRun

    for number in range(8):
        task(suite, f"t{number}")
    run = BenchmarkRun.model_validate(suite.run("--models=model-a,model-b").document)
    orders = [[sheet.place for sheet in shuffled(sheets_of(run), seed)] for seed in ("x Ada", "x Ada", "x Bo")]
    assert orders[0] == orders[1] != orders[2]
    assert len(orders[0]) == 18


def test_one_stops_and_goes_on(suite, review):
    suite.run("--models=model-a,model-b")
    _, out, _ = review("--reviewer", "Ada", keys="4\nx\nb\n5\n5\n\n3\nq\n")
    assert "1 graded, 1 left" in out
    assert filed(suite)[0]["grades"] == {"tone": 5, "next_step": 5}
    _, out, _ = review("--reviewer", "Ada", keys="s\n")
    assert "1 of 2 answers to grade, as Ada" in out
    assert "0 graded, 1 left" in out
    _, out, _ = review("--merge")
    assert "1 answer scored by the grades of Ada; 1 still wait" in out


def test_several_reviewers_make_a_mean_and_their_agreement_is_told(suite, review):
    suite.run("--models=model-a,model-b")
    grade_both(review)
    grade_both(review, good="3\n5\n\n", bad="1\n1\n\n", name="Bo")
    review("--merge")
    run = document(suite)
    assert by_model(run)["model-a"] == ("passed", pytest.approx((1.0 + 0.625) / 2))
    assert any(note.startswith("Ada and Bo agree on 4 grades with a weighted kappa of 0.8") for note in run["notes"])


def test_a_run_scored_again_has_the_grades_and_its_gates(suite, review):
    suite.run("--models=model-a,model-b")
    grade_both(review)
    outcome = suite.run("--localbench-rescore", "--localbench-gate=documents@model-a:quality>=9")
    assert by_model(outcome.document)["model-a"] == ("passed", 1.0)
    assert outcome.code == 0


def test_grades_belong_to_the_text_and_serve_later_runs(suite, review):
    suite.run("--models=model-a,model-b")
    grade_both(review)
    (folder,) = suite.root.glob("data/reviews/*")
    suite.model("other", default="Dear Kim, thanks.")
    outcome = suite.run("--models=other", f"--localbench-reviews={folder}")
    assert by_model(outcome.document) == {"other": ("passed", 1.0)}


def test_optional_grades_leave_the_others_to_decide_and_others_wait_with_them(project):
    project.model("m", default="Dear Kim, thanks.")
    more = [{"use": "contains", "with": {"all": ["thanks"]}}]
    task(project, "may", more, optional=True)
    task(project, "must", more)
    run = project.run("--models=m").document
    assert by_model(run, "may") == {"m": ("passed", 1.0)}
    assert by_model(run, "must") == {"m": ("pending", None)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}\n", "x.jsonl:1: is no review: 'category': Field required."),
        ("hello\n{}\n", "x.jsonl:1: is no review: this is no JSON object."),
    ],
)
def test_a_damaged_review_file_is_told_before_anything_is_asked(suite, text, told):
    suite.write("x.jsonl", text)
    outcome = suite.run("--models=model-a", "--localbench-reviews=x.jsonl")
    assert outcome.code == 4
    assert told in outcome.text


def test_a_line_that_was_cut_off_costs_only_itself(suite, review):
    suite.run("--models=model-a,model-b")
    grade_both(review)
    (path,) = suite.root.glob("data/reviews/*/*.jsonl")
    with path.open("a") as file:
        file.write('{"category": "docu')
    assert "2 answers scored" in review("--merge")[1]


def test_nothing_to_merge_is_told(suite, review):
    suite.run("--models=model-a")
    code, _, err = review("--merge")
    assert code == 1
    assert "nobody has graded answers of run" in err
