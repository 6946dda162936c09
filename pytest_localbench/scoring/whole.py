"""Quality of a task when some evaluators have looked at all its answers together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..domain.score import Verdict


@dataclass(frozen=True, slots=True)
class WholeTask:
    """Their verdicts, and the weight that the mean over single answers has beside them: the sum of the content weights
    of the evaluators of single answers.
    """

    verdicts: tuple[Verdict, ...]
    answers_weight: float

    def quality(self, mean: float) -> float:
        """``(W * mean + sum(w s)) / (W + sum(w))`` over the content verdicts, times ``1 - g (1 - s)`` of every guard."""
        earned, weights, kept = self.answers_weight * mean, self.answers_weight, 1.0
        for verdict in self.verdicts:
            if verdict.score is None:
                continue
            if verdict.role == "guard":
                kept *= 1.0 - verdict.guard * (1.0 - verdict.score)
            else:
                earned += verdict.weight * verdict.score
                weights += verdict.weight
        return kept * earned / weights if weights else kept * mean

    @property
    def broken(self) -> str:
        """Why one of them could not judge; empty when all could."""
        return next((f"{v.name}: {v.reason}" for v in self.verdicts if v.status == "evaluator_error"), "")

    @property
    def complaint(self) -> str:
        """The sentence of the one that lost most."""
        losing: Sequence[Verdict] = [v for v in self.verdicts if v.score is not None and v.score < 1.0 and v.reason]
        return max(losing, key=lambda v: (v.weight or v.guard) * (1.0 - (v.score or 0.0))).reason if losing else ""
