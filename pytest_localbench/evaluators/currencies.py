"""Currency marks: ISO 4217 codes, symbols and a few words."""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KZT MAD MXN MYR "
    "NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR"
)
_ISO: Final = frozenset(_CODES.split())
_MARKS: Final = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH", "₪": "ILS", "฿": "THB",
    "₫": "VND", "₦": "NGN", "₱": "PHP", "₸": "KZT", "$": "$", "¥": "¥", "￥": "¥", "元": "CNY", "円": "JPY",
    "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD",
    "R$": "BRL", "MX$": "MXN", "zł": "PLN", "zl": "PLN", "Kč": "CZK", "Ft": "HUF", "kr": "kr", "kr.": "kr",
    "Fr.": "CHF", "SFr.": "CHF", "sFr.": "CHF", "Rs": "INR", "Rs.": "INR",
}  # fmt: skip
_WORDS: Final = {
    "euro": "EUR", "euros": "EUR", "dollar": "$", "dollars": "$", "pounds": "GBP", "yen": "JPY", "franken": "CHF",
    "zloty": "PLN", "złoty": "PLN", "złotych": "PLN", "rupees": "INR",
}  # fmt: skip
_SHARED: Final = {
    "$": frozenset({"USD", "AUD", "CAD", "NZD", "HKD", "SGD", "MXN", "ARS", "CLP", "COP", "TWD"}),
    "¥": frozenset({"JPY", "CNY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}

_marks = "|".join(re.escape(mark) for mark in sorted(_MARKS, key=len, reverse=True))
_codes = "|".join(sorted(_ISO))
_words = "|".join(sorted(_WORDS, key=len, reverse=True))
# anchored at the end: what stands right before a number, a sign or an opening bracket
CURRENCY_BEFORE: Final = re.compile(rf"(?<!\w)(?P<mark>{_codes}|{_marks})\s?\(?\s?$")
CURRENCY_AFTER: Final = re.compile(rf"\s?(?P<mark>{_codes}|{_marks}|(?i:{_words}))(?!\w)")


def currency_code(mark: str) -> str | None:
    """ISO code of a mark; the mark itself where several currencies share it; ``None`` for other texts."""
    if mark in _ISO:
        return mark
    return _MARKS.get(mark) or _WORDS.get(mark.casefold())


def same_currency(expected: str, got: str, *, dollar: str = "USD") -> bool:
    """True when both mean one currency. A bare ``$`` is ``dollar``; ``kr`` and ``¥`` fit all who use them."""
    expected, got = (dollar if mark == "$" else mark for mark in (expected, got))
    return expected == got or expected in _SHARED.get(got, ()) or got in _SHARED.get(expected, ())
