"""Rankings: how much of an order is right."""

from __future__ import annotations

import math
from typing import Any

from ..domain.score import Detail
from ..domain.task import Task
from .answer import MISSING
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import find_phrase, norm
from .paths import pluck
from .text import fold_prose


class RankingOptions(Options):
    """``field``: the JSON field that holds the list (default: the whole answer)."""

    field: str | None = None


class Ranking(Evaluator[RankingOptions]):
    """Kendall's tau-b (Kendall 1945) of the expected and the given order, below 0 counted as 0.

    The answer is a JSON list, or a text in which the names stand in order. Names that are missing share the last place,
    and the score is multiplied by the share of names given; names that were not asked for cost in proportion.
    """

    options_type = RankingOptions

    def __init__(self, options: RankingOptions, task: Task) -> None:
        super().__init__(options, task)
        for sample in task.samples:
            gold = _gold(task.expected_of(sample), options.field)
            named = "the task" if sample.id == "-" else f"sample '{sample.id}'"
            if not isinstance(gold, list) or len(gold) < 2 or len({norm(str(item)) for item in gold}) < len(gold):
                raise OptionError(f"{named} needs a list of at least two different names as expected value")

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the two orders."""
        gold = [norm(str(item)) for item in _gold(ctx.expected, self.options.field)]
        given = self._given(ctx, gold)
        if given is None:
            return Score(0.0, "no list found")
        order = list(dict.fromkeys(given))
        known = [name for name in order if name in gold]
        strangers = [name for name in order if name not in gold]
        details = [
            Detail(path=str(place), expected=name, got=order[place - 1] if place <= len(order) else None,
                   score=float(place <= len(order) and order[place - 1] == name))
            for place, name in enumerate(gold, 1)
        ]  # fmt: skip
        if len(known) < 2:
            return Score(0.0, f"{len(known)} of {len(gold)} names found", tuple(details))
        tau = _tau([known.index(name) if name in known else len(known) for name in gold])
        score = max(0.0, tau) * len(known) / (len(gold) + len(strangers))
        reason = f"order agrees to {tau:.2f} (Kendall's tau)"
        reason += f"; {len(gold) - len(known)} missing" if len(known) < len(gold) else ""
        reason += f"; not asked for: {', '.join(strangers[:3])}" if strangers else ""
        return Score(score, "" if score == 1.0 else reason, tuple(details))

    def _given(self, ctx: EvaluationContext, gold: list[str]) -> list[str] | None:
        if ctx.answer.has_value:
            value = ctx.answer.value if self.options.field is None else pluck(ctx.answer.value, self.options.field)
            if isinstance(value, list):
                return [norm(_name(item)) for item in value]
            if not isinstance(value, str):
                return None
        elif self.options.field is not None:
            return None
        else:
            value = ctx.answer.text
        text = fold_prose(value)
        first = {name: spans[0][0] for name in gold if (spans := find_phrase(text, name))}
        return sorted(first, key=lambda name: first[name]) or None


def _tau(places: list[int]) -> float:
    from scipy.stats import kendalltau

    tau = float(kendalltau(range(len(places)), places).statistic)
    return 0.0 if math.isnan(tau) else tau


def _name(item: Any) -> str:
    """An entry of a list: its text, or the id or name of an object."""
    if isinstance(item, dict):
        item = next((item[key] for key in ("id", "name", "candidate") if key in item), "")
    return str(item)


def _gold(expected: Any, field: str | None) -> Any:
    found = pluck(expected, field) if field is not None and isinstance(expected, dict) else expected
    return None if found is MISSING else found
