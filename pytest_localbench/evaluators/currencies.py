"""Currency marks: ISO 4217 codes, symbols and a few words."""

from __future__ import annotations

import re
from typing import Final

# ISO 4217 without ALL and TOP, which are words as well, and two coins
_CODES: Final = (
    "AED AFN AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTC BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB ETH EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON "
    "RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XAG XAU XCD XOF XPF YER ZAR ZMW ZWG"
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
CODES_PATTERN: Final = "|".join(sorted(_ISO))
_words = "|".join(sorted(_WORDS, key=len, reverse=True))
# anchored at the end: what stands right before a number, a sign or an opening bracket
CURRENCY_BEFORE: Final = re.compile(rf"(?<!\w)(?P<mark>{CODES_PATTERN}|{_marks})\s?\(?\s?$")
CURRENCY_AFTER: Final = re.compile(rf"\s?(?P<mark>{CODES_PATTERN}|{_marks}|(?i:{_words}))(?!\w)")


def currency_code(mark: str) -> str | None:
    """ISO code of a mark; the mark itself where several currencies share it; ``None`` for other texts."""
    if mark in _ISO:
        return mark
    return _MARKS.get(mark) or _WORDS.get(mark.casefold())


def same_currency(expected: str, got: str, *, dollar: str = "USD") -> bool:
    """True when both mean one currency. A bare ``$`` is ``dollar``; ``kr`` and ``¥`` fit all who use them."""
    expected, got = (dollar if mark == "$" else mark for mark in (expected, got))
    return expected == got or expected in _SHARED.get(got, ()) or got in _SHARED.get(expected, ())
