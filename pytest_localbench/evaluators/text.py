"""Phrases and patterns in an answer."""

from __future__ import annotations

from typing import Any, Literal

from ..domain.score import Detail
from ..domain.task import Task
from ..errors import EvaluationError
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import find_phrase, norm

NEGATION_WINDOW = 25
REGEX_TIMEOUT_S = 1.0
_NEGATIONS = ("not", "no", "never", "without", "cannot", "n't", "nicht", "kein", "keine", "keinen", "ohne", "nie",
              "pas", "sans", "jamais", "aucun", "aucune")  # fmt: skip
_CLAUSE_ENDS = ".;:!?"


def holds_phrase(folded: str, phrase: str, *, allow_negated: bool = False) -> bool:
    """True when a phrase stands in folded text at word boundaries and is not denied in its own clause."""
    return any(allow_negated or not negated(folded, start) for start, _ in find_phrase(folded, phrase))


def negated(folded: str, start: int) -> bool:
    """True when a negation (en, de, fr) stands within 25 characters before, in the same clause."""
    window = folded[max(0, start - NEGATION_WINDOW) : start]
    cut = max((window.rfind(end) for end in _CLAUSE_ENDS), default=-1)
    words = window[cut + 1 :].replace("n't", " n't").split()
    return any(word.strip(",'\"") in _NEGATIONS or word == "n't" for word in words)


class ContainsOptions(Options):
    """``all``: each phrase counts; ``any``: one of them is enough; ``none``: each must be absent."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    allow_negated: bool = False


class Contains(Evaluator[ContainsOptions]):
    """Share of the wanted phrases found in the answer, less the forbidden ones that stand there."""

    options_type = ContainsOptions

    def __init__(self, options: ContainsOptions, task: Task) -> None:
        super().__init__(options, task)
        if not (options.all or options.any):
            raise OptionError("give at least one phrase in 'all' or 'any'")

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Look for every phrase."""
        options, folded = self.options, norm(ctx.answer.text)
        allow = options.allow_negated
        checks = [(phrase, holds_phrase(folded, phrase, allow_negated=allow), "missing") for phrase in options.all]
        if options.any:
            hit = any(holds_phrase(folded, phrase, allow_negated=allow) for phrase in options.any)
            checks.append((" | ".join(options.any), hit, "none of these found"))
        wanted = len(checks)
        broken = [phrase for phrase in options.none if find_phrase(folded, phrase)]
        met = sum(ok for _, ok, _ in checks)
        score = max(0.0, (met - len(broken)) / wanted)
        details = [Detail(path=p, expected=True, got=ok, score=float(ok), note="" if ok else n) for p, ok, n in checks]
        details += [Detail(path=p, expected=False, got=True, score=0.0, note="must not occur") for p in broken]
        missing = next((p for p, ok, _ in checks if not ok), None)
        reason = f"{met} of {wanted} phrases found" + (f"; missing: {missing}" if missing else "")
        return Score(score, reason + (f"; must not occur: {broken[0]}" if broken else ""), tuple(details))


class RegexOptions(Options):
    """Patterns on the folded text (or ``on: raw``); ``fullmatch`` for the whole answer."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    on: Literal["folded", "raw"] = "raw"
    fullmatch: bool = False
    ignore_case: bool = True


class Regex(Evaluator[RegexOptions]):
    """Share of the patterns met; a pattern that takes longer than a second is our error, not the model's."""

    options_type = RegexOptions

    def __init__(self, options: RegexOptions, task: Task) -> None:
        super().__init__(options, task)
        if not (options.all or options.any):
            raise OptionError("give at least one pattern in 'all' or 'any'")
        self._compiled = {name: [_compile(p, name, i, options) for i, p in enumerate(getattr(options, name))]
                          for name in ("all", "any", "none")}  # fmt: skip

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Try every pattern."""
        text = norm(ctx.answer.text) if self.options.on == "folded" else ctx.answer.text
        found = {name: [self._hit(p, text) for p in patterns] for name, patterns in self._compiled.items()}
        checks = [*found["all"], *([any(found["any"])] if found["any"] else [])]
        broken = sum(found["none"])
        score = max(0.0, (sum(checks) - broken) / len(checks))
        return Score(score, f"{sum(checks)} of {len(checks)} patterns met, {broken} forbidden ones found")

    def _hit(self, pattern: Any, text: str) -> bool:
        try:
            match = pattern.fullmatch if self.options.fullmatch else pattern.search
            return match(text, timeout=REGEX_TIMEOUT_S) is not None
        except TimeoutError:
            raise EvaluationError(f"the pattern '{pattern.pattern}' took longer than {REGEX_TIMEOUT_S:g} s") from None


def _compile(pattern: str, group: str, index: int, options: RegexOptions) -> Any:
    import regex

    try:
        return regex.compile(pattern, regex.IGNORECASE if options.ignore_case else 0)
    except regex.error as error:
        raise OptionError(f"'{pattern}' is no valid pattern ({error})", (group, index)) from None
