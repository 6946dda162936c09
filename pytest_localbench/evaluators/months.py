"""Month names in ten languages (en, de, fr, es, it, pt, nl, pl, sv, cs), with usual short and inflected forms."""

from __future__ import annotations

import unicodedata
from typing import Final

_NAMES: Final = (
    "january jan januar janner jän jänner janvier janv enero ene gennaio gen janeiro januari styczeń stycznia sty "
    "stycz leden ledna led",
    "february feb febr februar feber février févr fév febrero febbraio fevereiro fev februari luty lutego lut "
    "únor února",
    "march mar march märz mrz mär mars marzo março maart mrt marzec marca březen března bře",
    "april apr avril avr abril abr aprile kwiecień kwietnia kwi duben dubna dub",
    "may mai mayo maggio mag maio mei maj maja květen května kvě",
    "june jun juni juin junio giugno giu junho czerwiec czerwca cze červen června čvn",
    "july jul juli juillet juil julio luglio lug julho lipiec lipca lip červenec července čvc",
    "august aug août agosto ago agto augustus augusti sierpień sierpnia sie srpen srpna srp",
    "september sep sept septembre septiembre settembre set sett setembro wrzesień września wrz září zář",
    "october oct oktober okt octobre octubre ottobre ott outubro out październik października paź říjen října říj",
    "november nov novembre noviembre novembro listopad listopada lis lst",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro grudzień grudnia gru prosinec prosince pro",
)


def without_marks(text: str) -> str:
    """The text without accents (``März`` becomes ``Marz``)."""
    if text.isascii():
        return text
    return "".join(ch for ch in unicodedata.normalize("NFKD", text) if not unicodedata.combining(ch))


MONTHS: Final = {
    without_marks(name): number for number, names in enumerate(_NAMES, start=1) for name in names.split()
} | {"maerz": 3, "jaenner": 1}
