"""Phrases and patterns in an answer."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final, Literal

from ..domain.score import Detail
from ..domain.task import Task
from ..errors import EvaluationError
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import find_phrase, norm

NEGATION_WINDOW: Final = 25
REGEX_TIMEOUT_S: Final = 1.0
_NEGATION: Final = re.compile(
    r"(?:n't|(?<!übersteigt )(?<!excède )(?<!dépasse )\b(?:not|no|never|without|cannot|neither|nor|nicht|kein(?:e[nmrs]?)?"
    r"|ohne|nie(?:mals)?|weder|pas|sans|jamais|aucune?|ni))\b"
)
# "not only", "no later than", "shall not exceed" and "no. 7" deny nothing
_AFFIRMED: Final = re.compile(
    r"\s*(?:(?:only|just|merely|nur|seulement|uniquement)\b|exceed|(?:go )?(?:beyond|above|over)\b"
    r"|(?<=\bno)\.?\s*\d|(?:later|earlier|more|less|fewer|longer|higher|lower)\s+than\b"
    r"|(?:später|früher|mehr|weniger|länger|höher)\s+als\b|(?:plus|moins)(?:\s+\w+)?\s+(?:de|que)\b)"
)
_CLAUSE_END: Final = re.compile(
    r"[.;:!?](?=\s)|,(?=\s)|[()]|\s-\s|\b(?:but|instead|rather|however|sondern|aber|mais)\b"
)
_EMPHASIS: Final = re.compile(r"(?<![\w*])\*{1,3}(?=\S)|(?<=[^\s*])\*{1,3}(?![\w*])|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)|`")
_BREAK: Final = re.compile(r"\n\s*(?=[-*•–]\s|\d{1,2}[.)]\s)|\n\s*\n|[ \t]\|[ \t]")


def fold_prose(text: str) -> str:
    """Folded text for phrase search: no emphasis marks; list items, paragraphs and table cells are clauses apart."""
    return norm(_BREAK.sub(" ; ", _without_emphasis(text)))


def _without_emphasis(text: str) -> str:
    return _EMPHASIS.sub("", text) if "*" in text or "`" in text or "__" in text else text


def holds_phrase(folded: str, phrase: str, *, allow_negated: bool = False) -> bool:
    """True when a phrase stands in :func:`fold_prose` text at word boundaries and is not denied in its own clause."""
    spans = find_phrase(folded, _without_emphasis(phrase))
    return any(allow_negated or not negated(folded, start) for start, _ in spans)


def negated(folded: str, start: int) -> bool:
    """True when a negation (en, de, fr) stands within 25 characters before, in the same clause."""
    low = max(0, start - NEGATION_WINDOW)
    for end in _CLAUSE_END.finditer(folded, low, start):
        low = end.end()
    # the pattern may look beyond the window: a word cut in two by it is no negation
    return any(not _AFFIRMED.match(folded, found.end()) for found in _NEGATION.finditer(folded, low, start))


def check_phrases(phrases: tuple[str, ...], path: tuple[str | int, ...]) -> None:
    """Raise OptionError for a phrase that folds to nothing and so could never be found."""
    for index, phrase in enumerate(phrases):
        if not norm(_without_emphasis(phrase)):
            raise OptionError(f"'{phrase}' is empty: write the words to look for", (*path, index))


def compile_pattern(pattern: str, path: tuple[str | int, ...], *, ignore_case: bool = True) -> Any:
    """The compiled pattern (NFC); raises OptionError for one that is empty or cannot be read."""
    import regex

    if not pattern:
        raise OptionError("an empty pattern is found in every text", path)
    try:
        return regex.compile(unicodedata.normalize("NFC", pattern), regex.IGNORECASE if ignore_case else 0)
    except regex.error as error:
        raise OptionError(f"'{pattern}' is no valid pattern ({error})", path) from None


def search(pattern: Any, *texts: str, whole: bool = False) -> str | None:
    """What a compiled pattern finds in the first of the texts (as NFC) that holds it, or ``None``.

    Raises EvaluationError when it takes longer than a second: that is the pattern's fault, not the model's.
    """
    find = pattern.fullmatch if whole else pattern.search
    for text in dict.fromkeys(texts):
        try:
            match = find(unicodedata.normalize("NFC", text), timeout=REGEX_TIMEOUT_S)
        except TimeoutError:
            raise EvaluationError(
                f"the pattern '{pattern.pattern}' took longer than {REGEX_TIMEOUT_S:g} s; "
                "avoid nested repetition such as (a+)+"
            ) from None
        if match is not None:
            return str(match.group())
    return None


class ContainsOptions(Options):
    """``all``: each phrase counts; ``any``: one of them is enough; ``none``: each must be absent."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    allow_negated: bool = False


class Contains(Evaluator[ContainsOptions]):
    """Share of the wanted phrases found in the answer, less the forbidden ones that stand there."""

    version = "2"
    options_type = ContainsOptions

    def __init__(self, options: ContainsOptions, task: Task) -> None:
        super().__init__(options, task)
        if not (options.all or options.any):
            raise OptionError("give at least one phrase in 'all' or 'any'")
        for name in ("all", "any", "none"):
            check_phrases(getattr(options, name), (name,))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Look for every phrase."""
        options, folded = self.options, fold_prose(ctx.answer.text)
        allow = options.allow_negated
        checks = [(phrase, holds_phrase(folded, phrase, allow_negated=allow), "missing") for phrase in options.all]
        if options.any:
            hit = any(holds_phrase(folded, phrase, allow_negated=allow) for phrase in options.any)
            checks.append((" | ".join(options.any), hit, "none of these found"))
        wanted = len(checks)
        broken = [phrase for phrase in options.none if holds_phrase(folded, phrase, allow_negated=True)]
        met = sum(ok for _, ok, _ in checks)
        score = max(0.0, (met - len(broken)) / wanted)
        details = [Detail(path=p, expected=True, got=ok, score=float(ok), note="" if ok else n) for p, ok, n in checks]
        details += [Detail(path=p, expected=False, got=True, score=0.0, note="must not occur") for p in broken]
        missing = next((p for p, ok, _ in checks if not ok), None)
        reason = f"{met} of {wanted} phrases found" + (f"; missing: {missing}" if missing else "")
        return Score(score, reason + (f"; must not occur: {broken[0]}" if broken else ""), tuple(details))


class RegexOptions(Options):
    """Patterns on the answer as it is, or ``on: folded``; ``fullmatch``: on all of it."""

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
        self._all, self._any, self._none = (
            [compile_pattern(p, (name, i), ignore_case=options.ignore_case) for i, p in enumerate(patterns)]
            for name, patterns in (("all", options.all), ("any", options.any), ("none", options.none))
        )

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Try every pattern."""
        text = norm(ctx.answer.text) if self.options.on == "folded" else ctx.answer.text
        details = [_detail(p.pattern, search(p, text, whole=self.options.fullmatch), wanted=True) for p in self._all]
        if self._any:
            found = (search(p, text, whole=self.options.fullmatch) for p in self._any)
            hit = next((f for f in found if f is not None), None)
            details.append(_detail(" | ".join(self.options.any), hit, wanted=True))
        wanted = len(details)
        met = sum(d.score == 1.0 for d in details)
        forbidden = [
            _detail(p.pattern, search(p, text, whole=self.options.fullmatch), wanted=False) for p in self._none
        ]
        broken = [d for d in forbidden if d.score == 0.0]
        reason = f"{met} of {wanted} patterns met" + (f", {len(broken)} forbidden found" if broken else "")
        return Score(max(0.0, (met - len(broken)) / wanted), reason, (*details, *broken))


def _detail(pattern: str, found: str | None, *, wanted: bool) -> Detail:
    kept = (found is not None) == wanted
    note = "" if kept else "missing" if wanted else "must not occur"
    return Detail(path=pattern, expected=wanted, got=found[:80] if found else None, score=float(kept), note=note)
