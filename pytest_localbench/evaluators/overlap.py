"""Overlap with a reference text: ROUGE-L, chrF, ANLS. Weak signals; a small weight is right for them.

ROUGE-L: Lin 2004 (LCS, F with beta 1). chrF: Popovic 2015 (character n-grams 1 to 6, beta 2). ANLS: Biten et al. 2019.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pydantic import Field

from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import norm, words
from .guards import document_names

ANLS_THRESHOLD = 0.5
CHRF_ORDER = 6


def rouge_l(reference: str, prediction: str) -> float:
    """F1 of the longest common subsequence of word tokens; both empty 1, one empty 0."""
    from rapidfuzz.distance import LCSseq

    gold, got = words(reference), words(prediction)
    if not gold or not got:
        return float(not gold and not got)
    return 2 * int(LCSseq.similarity(gold, got)) / (len(gold) + len(got))


def rouge_n(reference: str, prediction: str, n: int = 1) -> float:
    """F1 of word n-grams, clipped."""
    gold, got = (
        Counter(tuple(t[i : i + n]) for i in range(len(t) - n + 1)) for t in (words(reference), words(prediction))
    )
    if not gold or not got:
        return float(not gold and not got)
    return 2 * sum((gold & got).values()) / (sum(gold.values()) + sum(got.values()))


def chrf(reference: str, prediction: str) -> float:
    """chrF2, 0 to 1: mean over the n-gram orders that occur; whitespace is removed."""
    gold, got = "".join(reference.split()), "".join(prediction.split())
    if not gold or not got:
        return float(not gold and not got)
    precisions, recalls = [], []
    for n in range(1, CHRF_ORDER + 1):
        a = Counter(gold[i : i + n] for i in range(len(gold) - n + 1))
        b = Counter(got[i : i + n] for i in range(len(got) - n + 1))
        if not a and not b:
            continue
        hit = sum((a & b).values())
        precisions.append(hit / sum(b.values()) if b else 0.0)
        recalls.append(hit / sum(a.values()) if a else 0.0)
    p, r = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return 5 * p * r / (4 * p + r) if p + r else 0.0


def anls(reference: str, prediction: str, threshold: float = ANLS_THRESHOLD) -> float:
    """``1 - NL`` when the normalized edit distance NL is below the threshold, else 0."""
    from rapidfuzz.distance import Levenshtein

    gold, got = norm(reference), norm(prediction)
    if not gold or not got:
        return float(not gold and not got)
    distance = Levenshtein.distance(gold, got) / max(len(gold), len(got))
    return 1.0 - distance if distance < threshold else 0.0


class OverlapOptions(Options):
    """``references``: texts beside the expected one."""

    references: tuple[str, ...] = ()


class _Overlap(Evaluator[Any]):
    options_type = OverlapOptions
    usable_when_words = True

    def __init__(self, options: Any, task: Task) -> None:
        super().__init__(options, task)
        for sample in task.samples:
            if not self._references(task.expected_of(sample)):
                where = f"sample '{sample.id}'" if sample.id != "-" else "the task"
                raise OptionError(f"{where} has no usable reference text in 'expected'")

    def _references(self, expected: Any) -> list[str]:
        values = expected if isinstance(expected, list) else [expected]
        texts = [v for v in (*values, *self.options.references) if isinstance(v, str)]
        return [text for text in texts if (words(text) if self.usable_when_words else text.strip())]

    def measure(self, reference: str, prediction: str) -> float:
        raise NotImplementedError

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Best score over the references."""
        best = max(self.measure(reference, ctx.answer.text) for reference in self._references(ctx.expected))
        return Score(best, f"overlap with the reference {best:.2f}")


class RougeL(_Overlap):
    """ROUGE-L F1 against the best reference."""

    def measure(self, reference: str, prediction: str) -> float:
        """See :func:`rouge_l`."""
        return rouge_l(reference, prediction)


class ChrfOptions(OverlapOptions):
    """``baseline``: a document whose own overlap earns nothing (for edit tasks: the untouched text)."""

    baseline: str | None = None


class Chrf(_Overlap):
    """chrF2 against the best reference, less what the baseline document already earns."""

    options_type = ChrfOptions

    def __init__(self, options: ChrfOptions, task: Task) -> None:
        super().__init__(options, task)
        if options.baseline is not None and options.baseline not in document_names(task):
            raise OptionError(f"there is no document '{options.baseline}'", ("baseline",))

    def measure(self, reference: str, prediction: str) -> float:
        """See :func:`chrf`."""
        return chrf(reference, prediction)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Best score over the references, corrected by the baseline."""
        plain = super().evaluate(ctx)
        if self.options.baseline is None or plain.score is None:
            return plain
        untouched = ctx.documents.get(self.options.baseline, "")
        free = max(chrf(reference, untouched) for reference in self._references(ctx.expected))
        score = max(0.0, (plain.score - free) / (1 - free)) if free < 1 else plain.score
        return Score(score, f"overlap {plain.score:.2f}, of which the untouched text has {free:.2f}")


class AnlsOptions(OverlapOptions):
    """``threshold``: normalized distance from which an answer earns nothing."""

    threshold: float = Field(default=ANLS_THRESHOLD, gt=0, le=1)


class Anls(_Overlap):
    """ANLS of a free-text answer against the best reference."""

    options_type = AnlsOptions
    usable_when_words = False

    def measure(self, reference: str, prediction: str) -> float:
        """See :func:`anls`."""
        return anls(reference, prediction, self.options.threshold)
