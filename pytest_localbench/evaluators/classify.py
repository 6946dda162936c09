"""Labels: one of a closed list, or a set of them."""

from __future__ import annotations

from typing import Any, Literal

from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import norm


class LabelOptions(Options):
    """``report``: measures shown for the task; ``headline``: the measure that becomes the task's quality."""

    field: str | None = None
    report: tuple[Literal["accuracy", "balanced_accuracy", "macro_f1", "confusion"], ...] = ()
    headline: Literal["accuracy", "macro_f1"] = "accuracy"


class Label(Evaluator[LabelOptions]):
    """1 when the answer holds exactly the expected label; naming several labels earns nothing."""

    options_type = LabelOptions

    def __init__(self, options: LabelOptions, task: Task) -> None:
        super().__init__(options, task)
        if options.field is None and not task.output.labels:
            raise OptionError("needs 'output: {format: label, labels: [...]}' or the option 'field'")
        for sample in task.samples:
            if not isinstance(_gold(task.expected_of(sample), options.field), str):
                raise OptionError(f"sample '{sample.id}' has no expected label")

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the label found with the expected one."""
        gold = _gold(ctx.expected, self.options.field)
        if self.options.field is not None:
            value = ctx.answer.value
            found = value.get(self.options.field) if isinstance(value, dict) else None
        else:
            found = ctx.answer.label
        if not isinstance(found, str):
            return Score(
                0.0, f"no single label found, '{gold}' expected", (Detail(path="label", expected=gold, score=0.0),)
            )
        right = norm(found) == norm(gold)
        reason = f"'{found}'" if right else f"'{found}' should be '{gold}'"
        return Score(float(right), reason, (Detail(path="label", expected=gold, got=found, score=float(right)),))


class MultiLabelOptions(Options):
    """``field``: the JSON field that holds the list (default: the whole answer)."""

    field: str | None = None


class MultiLabel(Evaluator[MultiLabelOptions]):
    """F1 of the set of labels; both empty is 1."""

    options_type = MultiLabelOptions

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare two sets of labels, folded."""
        gold = _label_set(_gold(ctx.expected, self.options.field))
        value: Any = ctx.answer.value if ctx.answer.has_value else ctx.answer.text
        if self.options.field is not None:
            value = value.get(self.options.field) if isinstance(value, dict) else None
        found = _label_set(value)
        if not gold and not found:
            return Score(1.0, "no label expected and none given")
        hit = len(gold & found)
        score = 2 * hit / (len(gold) + len(found)) if gold or found else 0.0
        return Score(score, f"{hit} of {len(gold)} labels right, {len(found - gold)} too many")


def _gold(expected: Any, field: str | None) -> Any:
    return expected.get(field) if field is not None and isinstance(expected, dict) else expected


def _label_set(value: Any) -> set[str]:
    if isinstance(value, str):
        value = [part for part in value.replace(";", ",").replace("\n", ",").split(",") if part.strip()]
    return {norm(str(item)) for item in value} if isinstance(value, list) else set()
