"""Made-up identifiers with right check digits: they pass validation, and none belongs to anybody.

Bank codes and number blocks are ones used in manuals (12345..., QR-IID 31999) or not given out.
"""

from __future__ import annotations

import random


def digits(rng: random.Random, count: int, first: str = "") -> str:
    """``count`` digits that begin with ``first``."""
    return first + "".join(rng.choice("0123456789") for _ in range(count - len(first)))


def mod97(text: str) -> int:
    """Remainder of an alphanumeric text by 97, letters as 10 to 35 (ISO 7064)."""
    return int("".join(str(int(c, 36)) for c in text)) % 97


def iban(country: str, bban: str) -> str:
    """IBAN with the check digits of ISO 13616."""
    return f"{country}{98 - mod97(bban + country + '00'):02d}{bban}"


def spaced(text: str, size: int = 4) -> str:
    """Groups of ``size`` from the left, as printed on paper."""
    return " ".join(text[i : i + size] for i in range(0, len(text), size))


def iban_de(rng: random.Random) -> str:
    return iban("DE", "12345678" + digits(rng, 10, "00"))


def iban_gb(rng: random.Random) -> str:
    return iban("GB", "XMPL" + "000000" + digits(rng, 8))


def iban_ch(rng: random.Random, qr: bool = False) -> str:
    """Swiss IBAN; with ``qr`` the bank number lies in the QR-IID block."""
    return iban("CH", ("31999" if qr else "00762") + digits(rng, 12, "0000"))


def iban_pl(rng: random.Random) -> str:
    return iban("PL", "12345678" + digits(rng, 16, "0000"))


def qr_reference(body: str) -> str:
    """26 digits plus the recursive modulo-10 check digit of Swiss payment slips, printed 2-5-5-5-5-5."""
    table = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)
    carry = 0
    for digit in body:
        carry = table[(carry + int(digit)) % 10]
    whole = body + str((10 - carry) % 10)
    return whole[:2] + " " + spaced(whole[2:], 5)


def vat_de(rng: random.Random) -> str:
    """German VAT id (ISO 7064 MOD 11,10)."""
    body = digits(rng, 8, "99")
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return f"DE{body}{(11 - product) % 10}"


def vat_gb(rng: random.Random) -> str:
    """UK VAT number with the modulo-97 check."""
    body = digits(rng, 7, "99")
    rest = sum(int(d) * w for d, w in zip(body, range(8, 1, -1), strict=True)) % 97
    return f"GB {body[:3]} {body[3:]} {97 - rest:02d}"


def siren(rng: random.Random) -> str:
    """Nine digits with a Luhn check digit."""
    body = digits(rng, 8, "99")
    total = sum(sum(divmod(int(d) * (2 if i % 2 else 1), 10)) for i, d in enumerate(body))
    return body + str(-total % 10)


def vat_fr(number: str) -> str:
    """French VAT id of a SIREN."""
    return f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}"


def uid_ch(rng: random.Random) -> str:
    """Swiss company id CHE-123.456.789 (modulo 11)."""
    while True:
        body = digits(rng, 8, "99")
        check = 11 - sum(int(d) * w for d, w in zip(body, (5, 4, 3, 2, 7, 6, 5, 4), strict=True)) % 11
        if check != 10:
            whole = body + str(check % 11)
            return f"CHE-{whole[:3]}.{whole[3:6]}.{whole[6:]}"


def nip_pl(rng: random.Random) -> str:
    """Polish tax number (modulo 11)."""
    while True:
        body = digits(rng, 9, "999")
        check = sum(int(d) * w for d, w in zip(body, (6, 5, 7, 2, 3, 4, 5, 6, 7), strict=True)) % 11
        if check < 10:
            return body + str(check)
