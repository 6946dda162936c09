"""Texts people write to each other: non-disclosure agreement, service agreement, minutes, mails, a private letter."""

from __future__ import annotations

import random
from datetime import date, timedelta

from . import ids
from .drawing import MEN, WOMEN, Draw, Drawing, day, people
from .text import fill, long_date

_WORDS = {18: "eighteen", 24: "twenty-four", 30: "thirty", 36: "thirty-six"}
_YEARS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}

NDA = """\
MUTUAL NON-DISCLOSURE AGREEMENT
signed on <<signed>>

Between
(1) <<first>>, company number <<n1>>, 12 Tanyard Row, Leeds, England, and
(2) <<second>>, company number <<n2>>, 4 Merchant's Arch, Cork, Ireland.

Background. The parties wish to talk about a joint sensor product. Their letter of intent of <<intent>>, to which
<<third>> was also a party, lapsed without effect. <<third>> is not a party to this agreement.

1. Confidential Information means everything one party makes known to the other about the product, in any form, except
what is public, was already known or was developed independently.
2. Each party uses Confidential Information only to judge the joint product and shows it only to staff and advisers who
need it and who are bound to secrecy.
3. The parties first exchanged Confidential Information on <<effective>>. This agreement has effect from that day,
whatever the day of signature.
4. The parties may exchange Confidential Information under this agreement for <<term_words>> years from the day it has
effect. The duty of secrecy for what was exchanged lasts a further <<survival>> years after that.
5. On request each party returns or destroys what it received within 30 days. Back-up copies may be kept for 12 months
as long as nobody uses them.
6. Nothing in this agreement obliges a party to go on with the talks, grants a licence or excludes talks with others.
7. A party may pass on what a court orders it to pass on, if it tells the other party first where that is lawful.
8. This agreement is governed by the law of Ireland. <<first>> accepts the courts of Dublin although its seat is in
England.
"""


def nda_fields(rng: random.Random) -> Drawing:
    """Two parties and a third that is none; signing day against effective day; term against survival."""
    first, second, third = rng.choice(
        [
            ("Northgate Robotics Ltd", "Lough Sensor Systems DAC", "Merrow Capital LLP"),
            ("Pelham Instruments Ltd", "Cove Photonics DAC", "Aldous Ventures LLP"),
            ("Stonebeck Controls Ltd", "Tidewell Labs DAC", "Quarry Lane Partners LLP"),
        ]
    )
    effective = day(rng, date(2025, 2, 10), 30)
    signed = effective + timedelta(days=rng.randrange(10, 20))
    term, survival = rng.choice([(2, 5), (3, 5), (3, 6), (4, 6)])
    document = fill(
        NDA,
        {
            "first": first, "second": second, "third": third, "n1": ids.digits(rng, 8, "99"), "n2": ids.digits(rng, 6, "99"),
            "signed": long_date(signed, "en"), "effective": long_date(effective, "en"), "term_words": _YEARS[term],
            "survival": _YEARS[survival], "intent": long_date(effective - timedelta(days=140), "en"),
        },
    )  # fmt: skip
    gold = {
        "parties": [first, second],
        "effective_date": str(effective),
        "term_months": 12 * term,
        "governing_law": "Ireland",
        "non_solicit_months": None,
    }
    traps = {
        str(signed): "day of signature; clause 3 names another day",
        str(12 * (term + survival)): "secrecy lasts longer than the term",
        str(12 * survival): "survival of the duty of secrecy, not the term",
        "England": "seat of one party, not the governing law",
    }
    values = {
        "document": document, "gold": gold, "traps": traps, "signed": str(signed), "three": [first, second, third],
        "survival": 12 * survival,
    }  # fmt: skip
    return Drawing(values)


AGREEMENT = """\
SERVICE AGREEMENT
Between <<supplier>>, 8 Quay Street, Leith ("Supplier") and <<customer>>, 2 Fishmarket Row, Aberdeen ("Customer").

1. Services. The Supplier hosts the Customer's sales data warehouse and gives support on working days from 08:00 to
18:00.
2. Fees. The Customer pays GBP <<price>> for each month, plus VAT, within 30 days of invoice. A one-time set-up fee of
GBP 1,500 has already been paid. Fees are fixed for the whole term.
3. Start and term. The services start on <<start>>. The agreement runs for <<term_words>> (<<term>>) months.
4. Termination. Either party may end this agreement by giving ninety (90) days' written notice.
5. Liability. Each party's total liability in any contract year is limited to the fees paid in the twelve (12) months
before the claim. This limit does not apply to death, personal injury or fraud.
6. Law. This agreement is governed by the law of Scotland. The courts of Edinburgh have jurisdiction.

AMENDMENT No. 1, dated <<amended>>
A. In clause 4 the words "ninety (90) days" are replaced by "<<notice_words>> (<<notice>>) days".
B. All other terms stay as they are.
"""


def contract_summary(rng: random.Random) -> Drawing:
    """Service agreement whose notice period an amendment changes."""
    supplier = rng.choice(["Northwind Analytics Ltd", "Stillwater Data Ltd", "Ember Hosting Ltd"])
    customer = rng.choice(["Harbour Foods plc", "Bracken Mills plc", "Lomond Textiles plc"])
    price, term = rng.randrange(31, 58) * 100, rng.choice([18, 24, 30, 36])
    notice, notice_words = rng.choice([(45, "forty-five"), (60, "sixty"), (120, "one hundred and twenty")])
    start = date(2025, rng.randrange(6, 10), 1)
    values = {
        "supplier": supplier,
        "customer": customer,
        "price": f"{price:,}",
        "price_number": price,
        "start": long_date(start, "en"),
        "start_iso": str(start),
        "term": str(term),
        "term_words": _WORDS[term],
        "years": _YEARS.get(term // 12, "none")
        if term % 12 == 0
        else "one and a half"
        if term == 18
        else "two and a half",
        "notice": str(notice),
        "notice_words": notice_words,
        "amended": long_date(start - timedelta(days=42), "en"),
    }
    short = {"supplier_short": " ".join(supplier.split()[:-1]), "customer_short": " ".join(customer.split()[:-1])}
    return Drawing({**values, **short}, {"files/service_agreement.txt": fill(AGREEMENT, values)})


MINUTES = """\
MINUTES of the works committee, <<met>>, room 2.14
Present: <<a>> (chair), <<b>>, <<c>>, <<d>>. By phone: <<e>>.

1. The minutes of the last meeting were approved.
2. Fire doors. Two doors on the third floor do not close. <<b>> will get two quotes for the repair by <<d2>>.
3. Canteen survey. 212 answers came in. <<c>> will send the results to all staff by <<d3>>.
4. Parking. The markings are worn. It was felt that somebody ought to look at this one day.
5. Cleaning contract. <<d>> will draft the notice of termination by <<d5>>.
6. Visitor badges. <<e>> agreed to order 200 new badges by <<d6>>.
7. First aid. <<c>> has booked the course for May; nothing is left to do.
8. Budget. Finance rang during the meeting: the cleaning contract can stay until the end of the year. The action under
item 5 is withdrawn. <<d>> will tell the cleaning firm by <<d8>> that it stays.
9. Leave. <<c>> is away from Monday. <<a>> takes over the action under item 3; the date stays.
10. Fire doors again. The insurer is coming on <<visit>>, so <<b>> needs the quotes earlier and agreed to <<d2b>>.

Next meeting: <<next>>. <<d>> writes the minutes as always.
"""


def minutes_actions(rng: random.Random) -> Drawing:
    """Actions of a meeting: one withdrawn, one passed on, one brought forward, one never agreed."""
    names = dict(zip("abcde", people(rng, 5), strict=True))
    met = day(rng, date(2025, 3, 3), 30)

    def after(low: int, high: int) -> date:
        return day(rng, met + timedelta(days=rng.randrange(low, high)), 1)

    dues = {
        "d2": after(24, 28),
        "d3": after(8, 12),
        "d5": after(13, 16),
        "d6": after(18, 22),
        "d8": after(3, 6),
        "d2b": after(14, 17),
    }
    shown = {key: long_date(value, "en") for key, value in dues.items()}
    visit, following = long_date(dues["d2b"] + timedelta(days=5), "en"), long_date(met + timedelta(days=35), "en")
    document = fill(MINUTES, {**names, **shown, "met": long_date(met, "en"), "visit": visit, "next": following})

    def action(item: int, who: str, what: str, due: str) -> dict[str, object]:
        return {"item": item, "who": names[who], "what": what, "due": str(dues[due])}

    actions = [
        action(2, "b", "get two quotes for the fire doors", "d2b"),
        action(3, "a", "send the survey results to all staff", "d3"),
        action(6, "e", "order 200 visitor badges", "d6"),
        action(8, "d", "tell the cleaning firm that the contract stays", "d8"),
    ]
    first_told = [
        action(2, "b", "get quotes", "d2"),
        action(3, "c", "send survey results", "d3"),
        action(5, "d", "draft notice of termination", "d5"),
        action(6, "e", "order badges", "d6"),
    ]
    withdrawn = action(5, "d", "draft the notice of termination", "d5")
    traps = {
        str(dues["d2"]): "brought forward under item 10",
        str(dues["d5"]): "this action was withdrawn",
        names["c"]: "passed on under item 9",
    }
    return Drawing(
        {
            "document": document,
            "gold": {"actions": actions},
            "first_told": first_told,
            "traps": traps,
            "with_withdrawn": [*actions, withdrawn],
        }
    )


MAILS = """\
From: <<buyer>> | 16 May 2025 | Many thanks, all fine. The order form follows tomorrow.
From: <<seller>> | 15 May 2025 | <<day3>> suits us. The price of my last mail stands, for <<more>> chairs.
From: <<buyer>> | 15 May 2025 | We take your last price. Our hall is shut that week, so please deliver on <<day3>>.
From: <<seller>> | 14 May 2025 | For <<more>> chairs I can do <<price2>> EUR each, delivery on <<day2>>.
From: <<buyer>> | 13 May 2025 | A rival firm wants <<rival>> EUR. Can you match that if we take <<more>> instead of <<fewer>>?
From: <<seller>> | 12 May 2025 | <<fewer>> chairs: <<price1>> EUR each, delivery on <<day1>>.
From: <<buyer>> | 9 May 2025 | Please quote <<fewer>> folding chairs for our town hall, by mid June.
"""


def mail_thread(rng: random.Random) -> Drawing:
    """Seven mails, newest first; price, quantity and date change before they are agreed."""
    buyer, seller = (name.split()[0] for name in people(rng, 2))
    fewer = rng.randrange(20, 35) * 10
    more = fewer + 100
    cents_first = rng.randrange(1950, 2150, 10)
    first, second, rival = (f"{c / 100:.2f}" for c in (cents_first, cents_first - 120, cents_first - 190))
    days = [date(2025, 6, 10 + rng.randrange(2)) + timedelta(days=7 * i) for i in range(3)]
    document = fill(
        MAILS,
        {
            "buyer": buyer, "seller": seller, "fewer": str(fewer), "more": str(more), "price1": first, "price2": second,
            "rival": rival, **{f"day{i}": f"{d.day} June" for i, d in enumerate(days, 1)},
        },
    )  # fmt: skip
    gold = {"unit_price": float(second), "quantity": more, "delivery_date": str(days[2])}
    traps = {
        str(float(first)): "first offer",
        str(float(rival)): "price of another firm",
        str(fewer): "quantity of the first request",
        str(days[0]): "date of the first offer",
        str(days[1]): "moved because the hall is shut",
    }
    values = {
        "document": document, "gold": gold, "traps": traps, "first": float(first), "rival": float(rival), "fewer": fewer,
        "day1": str(days[0]), "day2": str(days[1]),
    }  # fmt: skip
    return Drawing(values)


LETTER = """\
Dear Sir or Madam,

I write on behalf of my mother, Mrs <<MOTHER>>, customer number 4471-2209 of Tidewater Energy. Since the new meter was
fitted in Whitby on 4 March 2025 her bill has risen to GBP 318.40 a month. Your fitter, Mr <<FITTER>>, told her that the
old meter had been wrong. When I rang, Ms <<CLERK>> promised a second reading, yet nobody came.

Please send somebody before 30 April 2025. <<MOTHER_FIRST>> is at home every morning; you reach me on <<phone>> or at
<<email>>. If you owe us a refund, pay it to her account <<iban>>.
Please do not use the grant account at Tidewater Bank, which is for the roof only.

Should Mr <<FITTER_LAST>> come again, let him bring the papers of the old meter.

Yours faithfully
<<SON>>
"""


def redact(rng: random.Random) -> Drawing:
    """A letter with four people, a phone number, an e-mail address and an account; the rest is to stay."""
    women, men = rng.sample(WOMEN, 2), rng.sample(MEN, 2)
    mother, fitter, clerk, son = people(rng, 4, [women[0], men[0], women[1], men[1]])
    fitter = fitter.split()[0] + " Grant"
    phone = f"01632 960{rng.randrange(100, 999)}"
    email = f"{son.split()[0].lower()}.{son.split()[1].lower()}@example.org"
    account = ids.spaced(ids.iban_gb(rng))
    filled = {
        "MOTHER": mother, "FITTER": fitter, "CLERK": clerk, "SON": son, "MOTHER_FIRST": mother.split()[0],
        "FITTER_LAST": "Grant", "phone": phone, "email": email, "iban": account,
    }  # fmt: skip
    marks = {key: f"[{'NAME' if key.isupper() else key.upper()}]" for key in filled}
    names = sorted({part for name in (mother, clerk, son) for part in name.split()} | {fitter.split()[0]})
    letter, reference = fill(LETTER, filled), fill(LETTER, marks)
    values = {
        "letter": letter, "reference": reference, "forbid": [*names, "Mr Grant", phone, phone.replace(" ", ""), email,
        account, account.replace(" ", "")], "clerk": clerk, "account": account,
    }  # fmt: skip
    return Drawing(values)


DRAWS: dict[str, Draw] = {
    "doc_nda_fields": nda_fields,
    "doc_contract_summary": contract_summary,
    "doc_minutes_actions": minutes_actions,
    "doc_mail_thread": mail_thread,
    "doc_redact": redact,
}
