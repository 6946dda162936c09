"""Classification measures over (expected, predicted) labels; ``None`` as prediction means no label was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

LabelPair = tuple[str, str | None]


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
