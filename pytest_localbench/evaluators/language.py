"""Which language an answer is in, by its small words and its letters."""

from __future__ import annotations

import unicodedata
from typing import Final

from ..domain.task import Task
from ..errors import did_you_mean
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import words

MIN_LETTERS: Final = 40
MIN_EVIDENCE: Final = 1.0
MIN_LEAD: Final = 1.15
_WORDS: Final = {
    "en": "the of and to in is that for it with as was on be by this are or from at an not have has will which their its "
    "you we can all been they there would should were our your any each who when than into may must please if but do",
    "de": "der die das und ist in den von zu mit dem des auf für im nicht ein eine als auch es an werden aus er hat dass "
    "sie nach wird bei einer um am sind noch wie einem über wir einen eines zum zur vom kann oder aber nur ihr ihre ihren "
    "ihnen bitte haben durch unter bis sich so wenn",
    "fr": "le la les de des et est un une du en que qui dans pour pas au sur ce par plus avec il sont se ne aux ou cette "
    "été nous vous leur mais son sa ses être à ces elle votre notre vos nos d l qu n s c j",
    "es": "el la los las de y que en un una por con para es del se no al lo como más su sus son fue este esta pero ha sin "
    "sobre entre también cuando muy hasta desde nos ser está hay o si",
    "it": "il lo la i gli le di e che in un una per con non del della dei delle si da al sono nel alla come più anche ma "
    "questo è dal dalla nella degli ha stato tra sul sulla questa essere o se",
    "pl": "i w z na do się nie że jest to o jak po ale od za przez dla są przed oraz który która które tego być może nr "
    "czy jego jej będzie przy lub tym ten ta we ze proszę został zostanie mamy",
    "nl": "de het een van en in is dat op te voor met die zijn niet aan er als om ook door bij naar uit deze wordt maar "
    "nog kan wij dit heeft worden over of u uw hebben geen meer we ze tot dan",
    "pt": "o a os as de e que em um uma para com não por do da dos das se na no mais como mas ao foi pela pelo são seu "
    "sua é nos nas às aos ou até já está pelos pelas este esta",
}
_LETTERS: Final = {
    "de": "äöüß",
    "fr": "éèêàâçœùûîïôë",
    "es": "ñáéíóú¿¡",
    "it": "àèéìòù",
    "pl": "ąćęłńóśźż",
    "pt": "ãõçáâàéêíóôú",
}
LANGUAGES: Final = tuple(_WORDS)


def _shares(profiles: dict[str, list[str]]) -> dict[str, tuple[tuple[str, float], ...]]:
    """What each word or letter says: one point, divided among the languages that have it."""
    owners: dict[str, list[str]] = {}
    for name, items in profiles.items():
        for item in dict.fromkeys(items):
            owners.setdefault(item, []).append(name)
    return {item: tuple((name, 1 / len(names)) for name in names) for item, names in owners.items()}


_WORD_SHARES: Final = _shares({name: text.split() for name, text in _WORDS.items()})
_LETTER_SHARES: Final = _shares({name: list(text) for name, text in _LETTERS.items()})


def identify(text: str) -> tuple[str | None, float]:
    """The most likely of the known languages and its share of the evidence, 0 to 1.

    ``None`` when there is too little evidence or two languages are about equally likely; ``"other"`` when most letters
    belong to no Latin script.
    """
    letters = [ch for ch in text if ch.isalpha()]
    foreign = sum(not ch.isascii() and not unicodedata.name(ch, "").startswith("LATIN") for ch in letters)
    if foreign * 2 > len(letters):
        return "other", foreign / len(letters)
    points = dict.fromkeys(LANGUAGES, 0.0)
    for token in words(text):
        for name, share in _WORD_SHARES.get(token, ()):
            points[name] += share
        if not token.isascii():
            for letter in set(token):
                for name, share in _LETTER_SHARES.get(letter, ()):
                    points[name] += share
    best, second = sorted(LANGUAGES, key=lambda name: -points[name])[:2]
    if points[best] < MIN_EVIDENCE or points[best] < MIN_LEAD * points[second]:
        return None, 0.0
    return best, points[best] / sum(points.values())


class LanguageOptions(Options):
    """``expect``: one of en, de, fr, es, it, pl, nl, pt; a region (``de-AT``) is left out of account."""

    expect: str


class Language(Evaluator[LanguageOptions]):
    """1 when the answer is in the expected language, else 0; under 40 letters, or undecided, nothing is said."""

    role = "guard"
    guard_share = 0.7
    version = "2"
    options_type = LanguageOptions

    def __init__(self, options: LanguageOptions, task: Task) -> None:
        super().__init__(options, task)
        self._expect = options.expect.replace("_", "-").partition("-")[0].lower()
        if self._expect not in LANGUAGES:
            near = did_you_mean(self._expect, LANGUAGES)
            raise OptionError(f"'{options.expect}' is not known{near}; known: {', '.join(LANGUAGES)}", ("expect",))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Identify and compare."""
        text = ctx.answer.text
        if sum(ch.isalpha() for ch in text) < MIN_LETTERS:
            return Score(None, "too short to tell the language", (), "skipped")
        found, _ = identify(text)
        if found is None:
            return Score(None, "the language cannot be told", (), "skipped")
        written = "another script" if found == "other" else f"'{found}'"
        return Score(float(found == self._expect), f"written in {written}, '{self._expect}' expected")
