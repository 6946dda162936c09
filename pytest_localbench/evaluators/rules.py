"""Declarative rules on an answer: what must and what must not be said."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from ..domain.score import Detail
from ..domain.task import Task
from ..errors import EvaluationError
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import find_phrase, norm

TIMEOUT_S = 1.0


class Rule(Options):
    """One rule: any of these phrases, or this pattern."""

    id: str | None = None
    any: tuple[str, ...] = ()
    regex: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Rule:
        if bool(self.any) == (self.regex is not None):
            raise ValueError("a rule has either 'any' (phrases) or 'regex'")
        return self


class RulesOptions(Options):
    """``target``: ``answer`` or the path of a JSON field; ``mode: all`` makes it all or nothing."""

    target: str = "answer"
    must: tuple[Rule, ...] = ()
    must_not: tuple[Rule, ...] = ()
    mode: Literal["share", "all"] = "share"


class Rules(Evaluator[RulesOptions]):
    """Share of the rules that are kept; an empty target keeps none."""

    role = "guard"
    guard_share = 0.6
    options_type = RulesOptions

    def __init__(self, options: RulesOptions, task: Task) -> None:
        super().__init__(options, task)
        if not (options.must or options.must_not):
            raise OptionError("give at least one rule in 'must' or 'must_not'")
        self._patterns: dict[str, Any] = {}
        for group in ("must", "must_not"):
            for index, rule in enumerate(getattr(options, group)):
                if rule.regex is not None:
                    self._patterns[rule.regex] = _compile(rule.regex, (group, index, "regex"))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Check every rule on the target text."""
        text = self._target(ctx)
        if not text.strip():
            return Score(0.0, f"'{self.options.target}' is empty")
        folded = norm(text)
        details = []
        for wanted, rules in ((True, self.options.must), (False, self.options.must_not)):
            for index, rule in enumerate(rules):
                hit = self._hit(rule, text, folded)
                name = rule.id or (rule.any[0] if rule.any else rule.regex) or str(index)
                kept = bool(hit) == wanted
                note = "" if kept else "missing" if wanted else "must not occur"
                details.append(Detail(path=name, expected=wanted, got=hit or None, score=float(kept), note=note))
        kept_count = sum(1 for d in details if d.score == 1.0)
        score = kept_count / len(details)
        if self.options.mode == "all":
            score = float(score == 1.0)
        broken = next((d for d in details if d.score == 0.0), None)
        reason = f"{kept_count} of {len(details)} rules kept" + (f"; {broken.path}: {broken.note}" if broken else "")
        return Score(score, reason, tuple(details))

    def _target(self, ctx: EvaluationContext) -> str:
        if self.options.target == "answer":
            return ctx.answer.text
        value: Any = ctx.answer.value
        for part in self.options.target.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value if isinstance(value, str) else "" if value is None else str(value)

    def _hit(self, rule: Rule, text: str, folded: str) -> str:
        if rule.regex is None:
            return next((phrase for phrase in rule.any if find_phrase(folded, phrase)), "")
        try:
            found = self._patterns[rule.regex].search(text, timeout=TIMEOUT_S)
        except TimeoutError:
            raise EvaluationError(f"the pattern '{rule.regex}' took longer than {TIMEOUT_S:g} s") from None
        return found.group(0)[:80] if found else ""


def _compile(pattern: str, path: tuple[str | int, ...]) -> Any:
    import regex

    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except regex.error as error:
        raise OptionError(f"'{pattern}' is no valid pattern ({error})", path) from None
