"""What the answers of a label task say about its classes."""

from __future__ import annotations

import pytest
from scored import answer, fold

from pytest_localbench.scoring.labels import confusion, label_scores

PAIRS = [("a", "a"), ("a", "b"), ("a", None), ("b", "b"), ("c", "b")]


def folded(gold, given, **options):
    fields = {
        "output": {"format": "label", "labels": ["a", "b", "c"]},
        "samples": [{"id": f"s{i}", "expected": name, "has_expected": True} for i, name in enumerate(gold)],
        "evaluators": [{"use": "label", "name": "folder", "with": options}],
    }
    answers = [
        answer(float(one == other), sample=f"s{i}", label=other, expected_label=one)
        for i, (one, other) in enumerate(zip(gold, given, strict=True))
    ]
    return fold(*answers, **fields)


def test_precision_recall_and_f1_of_every_class():
    found = label_scores([*PAIRS, ("c", "d")])
    assert found["a"] == {"expected": 3, "given": 1, "precision": 1.0, "recall": pytest.approx(1 / 3), "f1": 0.5}
    assert found["b"] == {"expected": 1, "given": 3, "precision": pytest.approx(1 / 3), "recall": 1.0, "f1": 0.5}
    assert found["c"] == {"expected": 2, "given": 0, "precision": None, "recall": 0.0, "f1": 0.0}
    assert found["d"] == {"expected": 0, "given": 1, "precision": 0.0, "recall": None, "f1": 0.0}


def test_the_confusion_table_counts_answers_without_a_label():
    assert confusion(PAIRS) == {"a": {"a": 1, "b": 1, "(none)": 1}, "b": {"b": 1}, "c": {"b": 1}}


def test_the_task_result_holds_classes_and_confusion():
    gold, given = zip(*PAIRS, strict=True)
    (verdict,) = folded(gold, given).verdicts
    assert (verdict.evaluator, verdict.name, verdict.score, verdict.reason) == ("label", "folder", 0.4, "")
    assert [(d.path, d.score) for d in verdict.details] == [("a", 0.5), ("b", 0.5), ("c", 0.0), ("(confusion)", None)]
    assert verdict.details[0].got["precision"] == 1.0
    assert verdict.details[-1].got == confusion(PAIRS)


def test_the_report_chooses_what_is_said():
    gold, given = zip(*PAIRS, strict=True)
    said = folded(
        gold, given, headline="macro_f1", report=["accuracy", "macro_f1", "no_label", "per_label", "confusion"]
    )
    assert said.verdicts[0].score == said.quality == pytest.approx(1 / 3)
    assert said.verdicts[0].reason == (
        "accuracy 0.40; macro F1 0.33; no label 0.20; a precision 1.00 recall 0.33 F1 0.50, "
        "b precision 0.33 recall 1.00 F1 0.50, c precision - recall 0.00 F1 0.00; "
        "taken for another: a as b 1x, a as (none) 1x, c as b 1x"
    )
    assert folded("ab", "ab", report=["confusion"]).verdicts[0].reason == "none taken for another"


def test_other_tasks_have_no_such_verdict():
    assert fold(answer(1.0)).verdicts == ()
    assert fold(answer(1.0, label="a"), output={"format": "label", "labels": ["a"]}).metrics == {"pass@1": 1.0}
