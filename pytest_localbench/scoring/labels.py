"""Classification measures over (expected, predicted) labels; ``None`` as prediction means no label was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..domain.score import Detail, Verdict
from ..domain.task import EvaluatorSpec

LabelPair = tuple[str, str | None]
NO_LABEL = "(none)"
_MOST_CONFUSED = 5
_WORDS = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "macro_f1": "macro F1",
          "no_label": "no label"}  # fmt: skip


def accuracy(pairs: Sequence[LabelPair]) -> float | None:
    """Share of right labels; an answer without a label is a miss."""
    return sum(gold == predicted for gold, predicted in pairs) / len(pairs) if pairs else None


def balanced_accuracy(pairs: Sequence[LabelPair]) -> float | None:
    """Mean over the expected classes of the share found."""
    wanted = Counter(gold for gold, _ in pairs)
    found = Counter(gold for gold, predicted in pairs if gold == predicted)
    return sum(found[c] / n for c, n in wanted.items()) / len(wanted) if wanted else None


def macro_f1(pairs: Sequence[LabelPair]) -> float | None:
    """Mean F1 over the classes that occur as expected or predicted label; a class that never occurs has no F1."""
    wanted = Counter(gold for gold, _ in pairs)
    given = Counter(predicted for _, predicted in pairs if predicted is not None)
    found = Counter(gold for gold, predicted in pairs if gold == predicted)
    classes = sorted(wanted.keys() | given.keys())
    if not classes:
        return None
    return sum(2 * found[c] / (wanted[c] + given[c]) for c in classes) / len(classes)


def label_metrics(pairs: Sequence[LabelPair]) -> dict[str, float | None]:
    """All of the above and the share of answers without a label."""
    if not pairs:
        return {}
    return {
        "accuracy": accuracy(pairs),
        "balanced_accuracy": balanced_accuracy(pairs),
        "macro_f1": macro_f1(pairs),
        "no_label": sum(predicted is None for _, predicted in pairs) / len(pairs),
    }


def label_scores(pairs: Sequence[LabelPair]) -> dict[str, dict[str, float | None]]:
    """Per class: how often ``expected`` and ``given``, ``precision`` (``None``: never given), ``recall`` (``None``:
    never expected) and ``f1``; classes by name.
    """
    wanted = Counter(gold for gold, _ in pairs)
    given = Counter(predicted for _, predicted in pairs if predicted is not None)
    found = Counter(gold for gold, predicted in pairs if gold == predicted)
    return {
        name: {
            "expected": wanted[name],
            "given": given[name],
            "precision": found[name] / given[name] if given[name] else None,
            "recall": found[name] / wanted[name] if wanted[name] else None,
            "f1": 2 * found[name] / (wanted[name] + given[name]),
        }
        for name in sorted(wanted.keys() | given.keys())
    }


def confusion(pairs: Sequence[LabelPair]) -> dict[str, dict[str, int]]:
    """Expected class -> given class -> number of answers; ``(none)`` = no label was found."""
    table: dict[str, dict[str, int]] = {}
    for gold, predicted in sorted(pairs, key=lambda pair: (pair[0], pair[1] is None, pair[1] or "")):
        row = table.setdefault(gold, {})
        name = NO_LABEL if predicted is None else predicted
        row[name] = row.get(name, 0) + 1
    return table


def label_verdict(pairs: Sequence[LabelPair], spec: EvaluatorSpec) -> Verdict:
    """What the answers of a whole task say: one detail per class, then the confusion table.

    The sentence holds the measures that the task's ``report`` names, and is empty without any.
    """
    measures, scores, table = label_metrics(pairs), label_scores(pairs), confusion(pairs)
    details = [Detail(path=name, got=values, score=values["f1"]) for name, values in scores.items()]
    said = {
        **{name: f"{_WORDS[name]} {value:.2f}" for name, value in measures.items() if value is not None},
        "per_label": ", ".join(_class_words(name, values) for name, values in scores.items()),
        "confusion": _confusion_words(table),
    }
    return Verdict(
        evaluator=spec.use,
        name=spec.label,
        score=measures[str(spec.options.get("headline", "accuracy"))],
        weight=spec.weight or 1.0,
        reason="; ".join(said[name] for name in spec.options.get("report", ())),
        details=(*details, Detail(path="(confusion)", got=table)),
    )


def _class_words(name: str, values: dict[str, Any]) -> str:
    shares = (values["precision"], values["recall"], values["f1"])
    precision, recall, f1 = ("-" if v is None else f"{v:.2f}" for v in shares)
    return f"{name} precision {precision} recall {recall} F1 {f1}"


def _confusion_words(table: dict[str, dict[str, int]]) -> str:
    wrong = [(n, gold, name) for gold, row in table.items() for name, n in row.items() if name != gold]
    wrong.sort(key=lambda entry: -entry[0])
    words = [f"{gold} as {name} {n}x" for n, gold, name in wrong[:_MOST_CONFUSED]]
    more = f" and {len(wrong) - len(words)} more" if len(wrong) > len(words) else ""
    return f"taken for another: {', '.join(words)}{more}" if words else "none taken for another"
