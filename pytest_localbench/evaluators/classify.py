"""Labels: one of a closed list, or a set of them.

The measures over all samples of a task (accuracy, macro-F1) are in :mod:`pytest_localbench.scoring.labels`.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from ..domain.score import Detail
from ..domain.task import Task
from ..errors import did_you_mean
from .answer import MISSING, Answer
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import find_phrase, norm
from .paths import pluck
from .traps import why_wrong

_SEPARATOR: Final = re.compile(r"[,;\n]")
_BULLET: Final = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")


class LabelOptions(Options):
    """``field``: the JSON field that holds the label; ``report``: measures of the task that the summary shows;
    ``headline``: the measure that becomes the task's quality.
    """

    field: str | None = None
    report: tuple[Literal["accuracy", "balanced_accuracy", "macro_f1", "no_label", "per_label", "confusion"], ...] = ()
    headline: Literal["accuracy", "macro_f1"] = "accuracy"


class Label(Evaluator[LabelOptions]):
    """1 when the answer holds exactly the expected label; naming several labels earns nothing."""

    options_type = LabelOptions

    def __init__(self, options: LabelOptions, task: Task) -> None:
        super().__init__(options, task)
        if options.field is None and not task.output.labels:
            raise OptionError("needs 'output: {format: label, labels: [...]}' or the option 'field'")
        if options.field is None and task.output.format != "label":
            raise OptionError(f"reads answers of the format label, this one is {task.output.format}: set 'field'")
        for sample in task.samples:
            gold = _gold(task.expected_of(sample), options.field)
            if not isinstance(gold, str) or not gold.strip():
                raise OptionError(f"{_named(sample.id)} has no expected label")
            _check_known(gold, task, sample.id)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare the label found with the expected one."""
        gold, found = _gold(ctx.expected, self.options.field), self._found(ctx.answer)
        if not isinstance(found, str):
            detail = Detail(path="label", expected=gold, score=0.0, note="no single label")
            return Score(0.0, f"no single label found, '{gold}' expected", (detail,))
        right = norm(found) == norm(gold)
        trap = "" if right else why_wrong(ctx.task, found)
        reason = f"'{found[:80]}'" if right else f"'{found[:80]}' should be '{gold}'{f' ({trap})' if trap else ''}"
        return Score(float(right), reason, (Detail(path="label", expected=gold, got=found, score=float(right)),))

    def pair(self, expected: Any, answer: Answer) -> tuple[str, str | None]:
        """The expected label and the one found, spelled as declared (else as expected, else as given)."""
        gold, found = str(_gold(expected, self.options.field)), self._found(answer)
        if not isinstance(found, str):
            return gold, None
        known = (label for label in (gold, *self.task.output.labels) if norm(label) == norm(found))
        return gold, next(known, found[:80])

    def _found(self, answer: Answer) -> Any:
        return answer.label if self.options.field is None else _field(answer, self.options.field)


class MultiLabelOptions(Options):
    """``field``: the JSON field that holds the list (default: the whole answer)."""

    field: str | None = None


class MultiLabel(Evaluator[MultiLabelOptions]):
    """F1 of the set of labels; both empty is 1.

    A JSON list, or a text: the declared ``output.labels`` it names at word boundaries, longer ones first; without
    declared labels its parts between commas, semicolons and line ends.
    """

    version = "2"
    options_type = MultiLabelOptions

    def __init__(self, options: MultiLabelOptions, task: Task) -> None:
        super().__init__(options, task)
        for sample in task.samples:
            gold = _gold(task.expected_of(sample), options.field)
            if not isinstance(gold, list) or not all(isinstance(item, str) and item.strip() for item in gold):
                raise OptionError(f"{_named(sample.id)} needs a list of labels as expected value")
            for item in gold:
                _check_known(item, task, sample.id)

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Compare two sets of labels, folded."""
        gold = {norm(item) for item in _gold(ctx.expected, self.options.field)}
        if self.options.field is not None:
            value = _field(ctx.answer, self.options.field)
        else:
            value = ctx.answer.value if ctx.answer.has_value else ctx.answer.text
        found = _label_set(value, self.task.output.labels)
        if found is None:
            return Score(0.0, "no list of labels found")
        if not gold and not found:
            return Score(1.0, "no label expected and none given")
        hit = len(gold & found)
        details = [
            Detail(path=item, expected=True, got=item in found, score=float(item in found)) for item in sorted(gold)
        ]
        details += [Detail(path=item, expected=False, got=True, score=0.0) for item in sorted(found - gold)[:10]]
        reason = f"{hit} of {len(gold)} labels right, {len(found - gold)} too many"
        return Score(2 * hit / (len(gold) + len(found)), reason, tuple(details))


def _gold(expected: Any, field: str | None) -> Any:
    return pluck(expected, field) if field is not None and isinstance(expected, dict) else expected


def _field(answer: Answer, field: str) -> Any:
    found = pluck(answer.value, field) if answer.has_value else MISSING
    return None if found is MISSING else found


def _named(sample: str) -> str:
    return "the task" if sample == "-" else f"sample '{sample}'"


def _check_known(gold: str, task: Task, sample: str) -> None:
    labels = task.output.labels
    if labels and norm(gold) not in {norm(label) for label in labels}:
        near = did_you_mean(gold, labels)
        raise OptionError(f"{_named(sample)} expects '{gold}', which is not among output.labels{near}")


def _label_set(value: Any, labels: tuple[str, ...]) -> set[str] | None:
    if isinstance(value, list):
        return {norm(str(item)) for item in value}
    if not isinstance(value, str):
        return None
    if labels:
        return _named_labels(norm(value), labels)
    parts = (_BULLET.sub("", part).strip(" \t.\"'*`") for part in _SEPARATOR.split(value))
    return {norm(part) for part in parts if part}


def _named_labels(folded: str, labels: tuple[str, ...]) -> set[str]:
    taken: list[tuple[int, int]] = []
    found = set()
    for label in sorted(labels, key=len, reverse=True):
        spans = [s for s in find_phrase(folded, label) if not any(a <= s[0] and s[1] <= b for a, b in taken)]
        if spans:
            taken.extend(spans)
            found.add(norm(label))
    return found
