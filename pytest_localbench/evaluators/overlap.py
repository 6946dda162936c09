"""Overlap with a reference text: ROUGE, chrF, ANLS. Weak signals; a small weight is right for them.

ROUGE-N, ROUGE-L: Lin 2004 (F with beta 1), on Unicode word tokens. chrF: Popović 2015 (character n-grams 1 to 6, beta 2).
ANLS: Biten et al. 2019; on JSON values a tree of matched leaves in the manner of ANLS* (Peer et al. 2024).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic import Field

from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .compare import compare
from .folding import norm, words
from .guards import check_source

ANLS_THRESHOLD: Final = 0.5
CHRF_ORDER: Final = 6
MAX_ROWS: Final = 200


def rouge_l(reference: str, prediction: str) -> float:
    """F1 of the longest common subsequence of word tokens; both empty 1, one empty 0."""
    from rapidfuzz.distance import LCSseq

    gold, got = words(reference), words(prediction)
    if not gold or not got:
        return float(not gold and not got)
    return 2 * int(LCSseq.similarity(gold, got)) / (len(gold) + len(got))


def rouge_n(reference: str, prediction: str, n: int = 1) -> float:
    """F1 of word n-grams, clipped; texts too short for an n-gram are 1 when their words are equal, else 0."""
    gold_words, got_words = words(reference), words(prediction)
    gold, got = (Counter(tuple(t[i : i + n]) for i in range(len(t) - n + 1)) for t in (gold_words, got_words))
    if not gold or not got:
        return float(gold_words == got_words)
    return 2 * sum((gold & got).values()) / (sum(gold.values()) + sum(got.values()))


def chrf(reference: str, prediction: str) -> float:
    """chrF2 of one sentence, 0 to 1; whitespace is removed.

    Precision and recall are means over the n-gram orders that both texts are long enough for (as in sacrebleu).
    """
    gold, got = _squeezed(reference), _squeezed(prediction)
    if not gold or not got:
        return float(not gold and not got)
    orders = min(CHRF_ORDER, len(gold), len(got))
    precision = recall = 0.0
    for n in range(1, orders + 1):
        wanted, found = _char_grams(gold, n), Counter([got[i : i + n] for i in range(len(got) - n + 1)])
        hit = sum(min(count, wanted[gram]) for gram, count in found.items() if gram in wanted)
        precision += hit / (len(got) - n + 1)
        recall += hit / (len(gold) - n + 1)
    precision, recall = precision / orders, recall / orders
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


@lru_cache(maxsize=96)
def _char_grams(text: str, n: int) -> Counter[str]:
    return Counter([text[i : i + n] for i in range(len(text) - n + 1)])


_free = lru_cache(maxsize=64)(chrf)


def anls(reference: str, prediction: str, threshold: float = ANLS_THRESHOLD) -> float:
    """``1 - NL`` when the normalized edit distance NL of the folded texts is below the threshold, else 0."""
    from rapidfuzz.distance import Levenshtein

    gold, got = norm(reference), norm(prediction)
    if not gold or not got:
        return float(not gold and not got)
    distance = Levenshtein.distance(gold, got) / max(len(gold), len(got))
    return 1.0 - distance if distance < threshold else 0.0


@dataclass(frozen=True, slots=True)
class _Tree:
    """``score`` of ``size`` leaves; ``found`` is the part of the score that expected values other than null earned."""

    score: float = 0.0
    size: int = 0
    found: float = 0.0

    def __add__(self, other: _Tree) -> _Tree:
        return _Tree(self.score + other.score, self.size + other.size, self.found + other.found)


def anls_tree(expected: Any, got: Any, threshold: float = ANLS_THRESHOLD) -> float:
    """ANLS of JSON values: matched leaves, divided by the leaves of both sides that had to match.

    Texts by :func:`anls`; numbers, dates, booleans and texts with more digits than letters by value. Keys must be there; extra keys count against the answer
    unless they are null. Rows are matched one to one so that the total is largest; a single value counts as a list of
    one. Nulls earn only when some other value was found.
    """
    tree = _compare_tree(expected, got, threshold)
    if tree.size == 0 or (tree.found == 0 and any(leaf is not None for leaf in _leaves(expected))):
        return float(tree.size == 0)
    return tree.score / tree.size


def _compare_tree(expected: Any, got: Any, threshold: float) -> _Tree:
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return _Tree(size=max(_count(expected), _count(got)))
        total = _Tree()
        for key, value in expected.items():
            total += _compare_tree(value, got[key], threshold) if key in got else _Tree(size=_count(value))
        return total + _Tree(size=sum(_stated(value) for key, value in got.items() if key not in expected))
    if isinstance(expected, list):
        return _compare_rows(expected, got if isinstance(got, list) else [got], threshold)
    if isinstance(got, dict | list):
        return _Tree(size=max(1, _count(got)))
    if isinstance(expected, str) and isinstance(got, str | int | float) and not isinstance(got, bool):
        same = compare(expected, got).score
        score = max(same, anls(expected, str(got), threshold)) if _is_words(expected) else same
    else:
        score = compare(expected, got).score
    return _Tree(score, 1, score if expected is not None else 0.0)


def _is_words(text: str) -> bool:
    """True for texts judged by edit distance: more letters than digits, so no date, number or code."""
    return sum(ch.isalpha() for ch in text) > sum(ch.isdigit() for ch in text)


def _compare_rows(expected: list[Any], got: list[Any], threshold: float) -> _Tree:
    from scipy.optimize import linear_sum_assignment

    rows, candidates = expected[:MAX_ROWS], got[:MAX_ROWS]
    trees = [[_compare_tree(row, candidate, threshold) for candidate in candidates] for row in rows]
    total, used_rows, used = _Tree(), set(), set()
    if rows and candidates:
        gain = [[t.score - 1e-6 * abs(i - j) for j, t in enumerate(line)] for i, line in enumerate(trees)]
        for i, j in zip(*linear_sum_assignment(gain, maximize=True), strict=True):
            if trees[i][j].score > 0:
                total += trees[i][j]
                used_rows.add(int(i))
                used.add(int(j))
    missing = sum(_count(row) for i, row in enumerate(expected) if i not in used_rows)
    extra = sum(_stated(row) for j, row in enumerate(got) if j not in used)
    return total + _Tree(size=max(missing, extra))


def _leaves(value: Any) -> Iterator[Any]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        else:
            yield item


def _count(value: Any) -> int:
    return sum(1 for _ in _leaves(value))


def _stated(value: Any) -> int:
    return sum(1 for leaf in _leaves(value) if leaf is not None)


class OverlapOptions(Options):
    """``references``: texts beside the expected one."""

    references: tuple[str, ...] = ()


class _Overlap(Evaluator[Any]):
    """Best value of ``measure`` over the references; a reference without words is left out."""

    options_type = OverlapOptions

    def __init__(self, options: Any, task: Task) -> None:
        super().__init__(options, task)
        for sample in task.samples:
            if not self.usable(task.expected_of(sample)):
                where = f"sample '{sample.id}'" if sample.id != "-" else "the task"
                raise OptionError(f"{where} has no usable reference text in 'expected'")

    def usable(self, expected: Any) -> bool:
        """True when an answer can be compared with this expected value."""
        return bool(self.references(expected))

    def references(self, expected: Any) -> list[str]:
        """The texts to compare with: the expected one or each of a list, and those of the options."""
        values = expected if isinstance(expected, list) else [expected]
        return [v for v in (*values, *self.options.references) if isinstance(v, str) and words(v)]

    def measure(self, reference: str, prediction: str) -> float:
        """The overlap of one pair of texts, 0 to 1."""
        raise NotImplementedError

    def best(self, expected: Any, text: str) -> float:
        """The best value over the references."""
        return max(self.measure(reference, text) for reference in self.references(expected))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare with every reference."""
        best = self.best(ctx.expected, ctx.answer.text)
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
    """chrF2 against the best reference, less what the baseline document already earns: ``(s - s0) / (1 - s0)``."""

    version = "2"
    options_type = ChrfOptions

    def __init__(self, options: ChrfOptions, task: Task) -> None:
        super().__init__(options, task)
        if options.baseline is not None:
            check_source(options.baseline, task, "baseline")

    def measure(self, reference: str, prediction: str) -> float:
        """See :func:`chrf`."""
        return chrf(reference, prediction)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare with every reference, corrected by the baseline."""
        plain = super().evaluate(ctx)
        if self.options.baseline is None or plain.score is None:
            return plain
        untouched = ctx.documents.get(self.options.baseline, "")
        free = max(_free(reference, untouched) for reference in self.references(ctx.expected))
        score = max(0.0, (plain.score - free) / (1 - free)) if free < 1 else plain.score
        return Score(score, f"overlap {plain.score:.2f}, of which the untouched text has {free:.2f}")


class AnlsOptions(OverlapOptions):
    """``threshold``: normalized distance from which an answer earns nothing."""

    threshold: float = Field(default=ANLS_THRESHOLD, gt=0, le=1)


class Anls(_Overlap):
    """ANLS of a free-text answer (whole or short) against the best reference; of a JSON answer by :func:`anls_tree`.

    An expected object is a tree; an expected list is one with ``output: {format: json}``, else a list of alternatives.
    """

    version = "2"
    options_type = AnlsOptions

    def usable(self, expected: Any) -> bool:
        """Texts need words or signs, trees a value."""
        return _stated(expected) > 0 if self._is_tree(expected) else bool(self.references(expected))

    def references(self, expected: Any) -> list[str]:
        """As for the others, but signs alone count as text."""
        values = expected if isinstance(expected, list) else [expected]
        return [v for v in (*values, *self.options.references) if isinstance(v, str) and norm(v)]

    def measure(self, reference: str, prediction: str) -> float:
        """See :func:`anls`."""
        return anls(reference, prediction, self.options.threshold)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare text with text or tree with tree."""
        answer = ctx.answer
        if self._is_tree(ctx.expected):
            if not answer.has_value:
                return Score(0.0, "no JSON value in the answer")
            best = anls_tree(ctx.expected, answer.value, self.options.threshold)
        else:
            best = max(
                self.best(ctx.expected, text) for text in dict.fromkeys((answer.text, answer.short or answer.text))
            )
        return Score(best, f"similarity with the expected answer {best:.2f}")

    def _is_tree(self, expected: Any) -> bool:
        return isinstance(expected, dict) or (isinstance(expected, list) and self.task.output.format == "json")
