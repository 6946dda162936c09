"""Quality of a task when some evaluators have looked at all its answers together."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.score import Verdict, complaint, tally


@dataclass(frozen=True, slots=True)
class WholeTask:
    """Their verdicts, and the weight that the mean over single answers has beside them: the sum of the content weights
    of the evaluators of single answers.
    """

    verdicts: tuple[Verdict, ...]
    answers_weight: float

    def quality(self, mean: float) -> float:
        """``(W * mean + sum(w s)) / (W + sum(w))`` over the content verdicts, times ``1 - g (1 - s)`` of every guard."""
        earned, weights, kept = tally(self.verdicts)
        total = self.answers_weight + weights
        return kept * (self.answers_weight * mean + earned) / total if total else kept * mean

    @property
    def broken(self) -> str:
        """Why one of them could not judge; empty when all could."""
        return next((f"{v.name}: {v.reason}" for v in self.verdicts if v.status == "evaluator_error"), "")

    @property
    def complaint(self) -> str:
        """The sentence of the one that lost most."""
        return complaint(self.verdicts)
