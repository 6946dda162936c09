"""Personal data that must not stand in an answer; what is found is masked in every report."""

from __future__ import annotations

import re
from typing import Literal

from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import find_phrase, norm

Detector = Literal["email", "phone", "iban"]
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.])(?:\+\d{1,3}[\s./-]?)?(?:\(\d{1,5}\)[\s./-]?)?\d{2,5}(?:[\s./-]?\d{2,5}){2,4}(?![\w])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")


def valid_iban(text: str) -> bool:
    """ISO 13616 check: country and check digits moved to the end, letters as 10 to 35, remainder 1 modulo 97."""
    compact = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", compact):
        return False
    digits = "".join(str(int(ch, 36)) for ch in compact[4:] + compact[:4])
    return int(digits) % 97 == 1


def mask(text: str) -> str:
    """The first and last character, stars between."""
    return text[0] + "*" * max(1, len(text) - 2) + text[-1] if len(text) > 2 else "**"


class PiiOptions(Options):
    """``forbid``: texts that must not occur; ``detect``: kinds to look for; ``allow``: exceptions."""

    forbid: tuple[str, ...] = ()
    detect: tuple[Detector, ...] = ("email", "phone", "iban")
    allow: tuple[str, ...] = ()


class Pii(Evaluator[PiiOptions]):
    """0 as soon as one forbidden text or detected item occurs, else 1."""

    role = "guard"
    guard_share = 1.0
    options_type = PiiOptions

    def __init__(self, options: PiiOptions, task: Task) -> None:
        super().__init__(options, task)
        if not (options.forbid or options.detect):
            raise OptionError("give 'forbid' or 'detect'")

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Search the answer."""
        text = ctx.answer.text
        folded = norm(text)
        hits = [("forbidden", phrase) for phrase in self.options.forbid if find_phrase(folded, phrase)]
        allowed = {norm(item) for item in self.options.allow}
        hits += [
            (kind, found) for kind in self.options.detect for found in _detect(kind, text) if norm(found) not in allowed
        ]
        details = tuple(
            Detail(path=kind, got=mask(found), score=0.0, note="must not occur") for kind, found in hits[:10]
        )
        if not hits:
            return Score(1.0, "no personal data found")
        return Score(0.0, f"{len(hits)} pieces of personal data left, e.g. {hits[0][0]} {mask(hits[0][1])}", details)


def _detect(kind: Detector, text: str) -> list[str]:
    if kind == "email":
        return _EMAIL.findall(text)
    if kind == "iban":
        return [found for found in _IBAN.findall(text) if valid_iban(found)]
    return [m.group(0) for m in _PHONE.finditer(text) if 7 <= sum(c.isdigit() for c in m.group(0)) <= 15]
