"""Which language an answer is in, by its small words."""

from __future__ import annotations

from .base import EvaluationContext, Evaluator, Options, Score
from .folding import words

MIN_LETTERS = 40
PROFILES: dict[str, frozenset[str]] = {
    name: frozenset(text.split())
    for name, text in {
        "en": "the of and to in is that for it with as was on be by this are or from at an not have has will which their "
        "its you we can all been",
        "de": "der die das und ist in den von zu mit dem des auf für im nicht ein eine als auch es an werden aus er hat "
        "dass sie nach wird bei einer um am sind noch wie einem über wir",
        "fr": "le la les de des et est un une du en que qui dans pour pas au sur ce par plus avec il sont se ne aux ou "
        "cette été nous vous leur mais",
        "es": "el la los las de y que en un una por con para es del se no al lo como más su sus son fue este esta pero "
        "ha sin sobre entre",
        "it": "il lo la i gli le di e che in un una per con non del della dei delle si da al sono nel alla come più "
        "anche ma questo è",
        "pl": "i w z na do się nie że jest to o jak po ale od za przez dla są przed oraz który która które tego być "
        "może nr czy jego",
        "nl": "de het een van en in is dat op te voor met die zijn niet aan er als om ook door bij naar uit deze wordt "
        "maar nog kan wij",
        "pt": "o a os as de e que em um uma para com não por do da dos das se na no mais como mas ao foi pela pelo são "
        "seu sua é",
    }.items()
}


def identify(text: str) -> tuple[str | None, float]:
    """The most likely language and its share of all profile words found; ``None`` when no small word was found."""
    tokens = words(text)
    hits = {name: sum(token in profile for token in tokens) for name, profile in PROFILES.items()}
    best = max(hits, key=lambda name: hits[name])
    total = sum(hits.values())
    return (best, hits[best] / total) if total else (None, 0.0)


class LanguageOptions(Options):
    """``expect``: one of en, de, fr, es, it, pl, nl, pt."""

    expect: str


class Language(Evaluator[LanguageOptions]):
    """1 when the answer is in the expected language; under 40 letters nothing is said."""

    role = "guard"
    guard_share = 0.7
    options_type = LanguageOptions

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Identify and compare."""
        expect = self.options.expect
        if expect not in PROFILES or sum(ch.isalpha() for ch in ctx.answer.text) < MIN_LETTERS:
            return Score(None, "too short to tell the language", (), "skipped")
        found, _ = identify(ctx.answer.text)
        if found is None:
            return Score(None, "the language cannot be told", (), "skipped")
        return Score(float(found == expect), f"written in '{found}', '{expect}' expected")
