"""Documents with many lines: credit note, two-page invoice, order against delivery and invoice, bank statement."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from . import ids
from .drawing import Draw, Drawing, day
from .text import cents, columns, long_date, money, number, pair


def bracketed(value: Decimal) -> str:
    """Accounting notation: a negative amount stands in brackets."""
    return f"({money(-value, 'en')})" if value < 0 else f"{money(value, 'en')} "


def credit_note(rng: random.Random) -> Drawing:
    """Returned goods are credited, a restocking fee is charged; amounts in accounting brackets."""
    firm = rng.choice(["Larkfield Catering Supplies Ltd", "Summit Lab Supplies Ltd", "Ridgeway Fixings Ltd"])
    rows = [
        ("Returned: storage crate 60 l", -rng.randrange(6, 18), Decimal(rng.randrange(1850, 2890)) / 100),
        ("Returned: trolley, damaged", -rng.randrange(1, 4), Decimal(rng.randrange(9900, 15900)) / 100),
        ("Restocking fee", 1, Decimal(rng.randrange(25, 60))),
    ]
    net = sum((q * p for _, q, p in rows), Decimal(0))
    vat = cents(net * Decimal("0.2"))
    issued = day(rng, date(2025, 4, 1), 60)
    earlier = issued - timedelta(days=rng.randrange(25, 40))
    ref, invoice = f"CN-{rng.randrange(3000, 3999)}", f"SI-{rng.randrange(51000, 58999)}"
    returned = f"RMA-{rng.randrange(700, 999)}"
    original = cents(-net * Decimal("3.4"))
    widths = (34, -5, -12, -13)
    document = "\n".join(
        [
            f"{firm}   VAT No {ids.vat_gb(rng)}",
            f"CREDIT NOTE {ref}          Date: {long_date(issued, 'en')}",
            f"Return number {returned}",
            f"Refers to our invoice {invoice} of {long_date(earlier, 'en')} over GBP {money(original, 'en')}",
            columns([("Description", "Qty", "Unit", "Amount")], widths),
            columns([(n, str(abs(q)), money(p, "en"), bracketed(q * p)) for n, q, p in rows], widths),
            pair("Net", bracketed(net), 67),
            pair("VAT 20%", bracketed(vat), 67),
            pair("Total GBP", bracketed(net + vat), 67),
            "Amounts in brackets are in your favour and will be set off against your next invoice.",
        ]
    )
    gold = {
        "document_number": ref,
        "document_date": str(issued),
        "original_invoice_number": invoice,
        "restocking_fee": number(rows[2][2]),
        "net_total": number(net),
        "vat_total": number(vat),
        "total": number(net + vat),
    }
    positive = {"net_total": number(-net), "vat_total": number(-vat), "total": number(-net - vat)}
    traps = {
        str(number(-net - vat)): "brackets mean minus",
        str(number(original)): "total of the invoice, not of the credit",
        returned: "return number",
    }
    return Drawing(
        {
            "document": document,
            "gold": gold,
            "traps": traps,
            "positive": positive,
            "original": number(original),
            "rma": returned,
        }
    )


_PARTS = (
    "Hex bolt M8 x 40, box", "Washer M8, box", "Threaded rod M10, 1 m", "Cable tie 200 mm, pack", "Wall plug 10 mm, box",
    "Cutting disc 125 mm", "Sanding belt P120", "Safety goggles", "Nitrile gloves, box", "Silicone, clear, 310 ml",
    "Masking tape 48 mm", "Paint roller set", "LED work light 30 W", "Extension lead 25 m", "Drill bit set HSS",
    "Spirit level 60 cm", "Utility blades, pack", "Hose clamp set",
)  # fmt: skip


def invoice_multi(rng: random.Random) -> Drawing:
    """Fourteen lines on two pages with amounts carried over, one returned item and a volume discount."""
    firm = rng.choice(
        ["Bramwell Trade Counter Ltd", "Northgate Tool & Fixings Ltd", "Penhallow Builders Merchants Ltd"]
    )
    names = rng.sample(_PARTS, 14)
    lines: list[dict[str, Any]] = []
    for i, name in enumerate(names, 1):
        quantity = rng.randrange(2, 40) * (-1 if i == 10 else 1)
        price = Decimal(rng.randrange(210, 4890)) / 100
        lines.append(
            {"sku": f"{rng.choice('ABCKMT')}{rng.randrange(1000, 9999)}", "name": name, "q": quantity, "p": price}
        )
    sums = [line["q"] * line["p"] for line in lines]
    goods, first = sum(sums, Decimal(0)), sum(sums[:8], Decimal(0))
    discount = cents(goods * Decimal("0.03"))
    net = goods - discount
    vat = cents(net * Decimal("0.2"))
    issued = day(rng, date(2025, 5, 2), 60)
    ref, order = f"{rng.randrange(700000, 799999)}", f"4500{rng.randrange(100000, 999999)}"
    widths = (3, 6, 26, -5, -9, -11)
    head = columns([("No", "Item", "Description", "Qty", "Price", "Amount")], widths)
    rows = [
        (str(i), x["sku"], x["name"], str(x["q"]), money(x["p"], "en"), money(x["q"] * x["p"], "en"))
        for i, x in enumerate(lines, 1)
    ]
    document = "\n".join(
        [
            f"{firm}                                   Page 1 of 2",
            f"Invoice {ref}    Date {long_date(issued, 'en')}    Your order {order}",
            "Delivered to: Site office, Plot 7, Kingsmead",
            head,
            columns(rows[:8], widths),
            pair("Carried forward", money(first, "en"), 65),
            "-" * 65,
            f"{firm}                                   Page 2 of 2",
            f"Invoice {ref}",
            head,
            pair("Brought forward", money(first, "en"), 65),
            columns(rows[8:], widths),
            "(line 10: goods you returned on our van)",
            pair("Goods total", money(goods, "en"), 65),
            pair("Volume discount 3%", money(-discount, "en"), 65),
            pair("Net", money(net, "en"), 65),
            pair("VAT 20%", money(vat, "en"), 65),
            pair("Amount due GBP", money(net + vat, "en"), 65),
            f"Account 10-{rng.randrange(2000, 9999)}. Payment within 30 days.",
        ]
    )
    gold: dict[str, Any] = {
        "invoice_number": ref,
        "invoice_date": str(issued),
        "purchase_order": order,
        "discount": number(discount),
        "net_total": number(net),
        "vat_total": number(vat),
        "amount_due": number(net + vat),
        "line_items": [
            {"item": x["sku"], "quantity": x["q"], "unit_price": number(x["p"]), "amount": number(s)}
            for x, s in zip(lines, sums, strict=True)
        ],
    }
    carried = {"item": "Brought forward", "quantity": 1, "unit_price": number(first), "amount": number(first)}
    traps = {str(number(first)): "subtotal carried to the next page", str(number(goods)): "before the discount"}
    return Drawing(
        {
            "gold": gold,
            "traps": traps,
            "goods": number(goods),
            "first_page": gold["line_items"][:8],
            "with_carry": [*gold["line_items"], carried],
        },
        {"files/invoice_two_pages.txt": document + "\n"},
    )


def po_match(rng: random.Random) -> Drawing:
    """Nine ordered articles; the delivery and the invoice differ from the order in five ways."""
    names = rng.sample(_PARTS, 10)
    skus = [f"{n}" for n in rng.sample(range(4100, 4999), 10)]
    order = {s: (rng.randrange(4, 30) * 5, Decimal(rng.randrange(240, 4200)) / 100) for s in skus[:9]}
    delivered = {s: q for s, (q, _) in order.items()}
    short, absent, over, dear, boxed = skus[1], skus[3], skus[4], skus[6], skus[7]
    delivered[short] -= rng.randrange(2, 9)
    del delivered[absent]
    billed = {s: (q, order[s][1]) for s, q in delivered.items()}
    billed[over] = (delivered[over] + rng.randrange(5, 12), order[over][1])
    billed[dear] = (delivered[dear], order[dear][1] + Decimal(rng.randrange(15, 95)) / 100)
    extra = skus[9]
    delivered[extra] = rng.randrange(5, 15)
    billed[extra] = (delivered[extra], Decimal(rng.randrange(240, 4200)) / 100)
    order[boxed] = (60, order[boxed][1])
    delivered[boxed], billed[boxed] = 60, (60, order[boxed][1])
    name = dict(zip(skus, names, strict=True))

    def shown(sku: str, quantity: int) -> str:
        return f"{quantity // 12} x 12" if sku == boxed else str(quantity)

    note_order, bill_order = list(delivered), list(billed)
    rng.shuffle(note_order)
    rng.shuffle(bill_order)
    total = sum((q * p for q, p in billed.values()), Decimal(0))
    wide, slim = (6, 26, -8, -10), (6, 26, -8)
    document = "\n".join(
        [
            "PURCHASE ORDER 8812",
            columns([("Item", "Description", "Qty", "Price")], wide),
            columns([(s, name[s], str(q), money(p, "en")) for s, (q, p) in order.items()], wide),
            "",
            "DELIVERY NOTE D-5507 for order 8812",
            columns([("Item", "Description", "Pieces")], slim),
            columns([(s, name[s], shown(s, delivered[s])) for s in note_order], slim),
            "",
            "INVOICE 30977 for order 8812, delivery D-5507",
            columns([("Item", "Description", "Qty", "Price", "Amount")], (*wide, -11)),
            columns(
                [
                    (s, name[s], str(billed[s][0]), money(billed[s][1], "en"), money(billed[s][0] * billed[s][1], "en"))
                    for s in bill_order
                ],
                (*wide, -11),
            ),
            pair("Net total", money(total, "en"), 65),
        ]
    )
    gold: dict[str, Any] = {
        "differences": [
            {"item": short, "kind": "short", "expected": order[short][0], "found": delivered[short]},
            {"item": absent, "kind": "short", "expected": order[absent][0], "found": 0},
            {"item": over, "kind": "billed", "expected": delivered[over], "found": billed[over][0]},
            {"item": dear, "kind": "price", "expected": number(order[dear][1]), "found": number(billed[dear][1])},
            {"item": extra, "kind": "unordered", "expected": 0, "found": billed[extra][0]},
        ]
    }
    found = gold["differences"]
    false_alarm = {"item": boxed, "kind": "short", "expected": 60, "found": 5}
    everything = [
        {"item": s, "kind": "price", "expected": number(p), "found": number(p)} for s, (_, p) in order.items()
    ]
    return Drawing(
        {
            "document": document,
            "gold": gold,
            "three": found[:3],
            "no_values": [{"item": d["item"], "kind": d["kind"]} for d in found],
            "with_alarm": [*found, false_alarm],
            "everything": everything,
            "boxed": boxed,
        }
    )


def bank_statement(rng: random.Random) -> Drawing:
    """25 bookings; what was paid by card at two merchants in March, among look-alikes and refunds."""
    fuel, food = "HALDANE FUEL", "CORNISH OVEN CAFE"
    start = date(2025, 2, 24)
    wanted: dict[str, list[Decimal]] = {fuel: [], food: []}
    bookings: list[tuple[date, str, str, Decimal]] = []

    def add(when: date, kind: str, who: str, amount: Decimal) -> None:
        bookings.append((when, kind, who, amount))

    for who, count, low, high in ((fuel, 5, 3800, 8200), (food, 4, 640, 2900)):
        for when in sorted(rng.sample(range(2, 30), count)):
            amount = Decimal(rng.randrange(low, high)) / 100
            wanted[who].append(amount)
            add(date(2025, 3, when), "CARD", who, -amount)
    add(start, "CARD", fuel, -Decimal(rng.randrange(3800, 8200)) / 100)
    add(date(2025, 4, 2), "CARD", fuel, -Decimal(rng.randrange(3800, 8200)) / 100)
    add(date(2025, 3, 12), "REFUND", fuel, Decimal(rng.randrange(900, 1900)) / 100)
    add(date(2025, 3, 14), "CARD", "HALDANE FURNITURE", -Decimal(rng.randrange(9000, 19900)) / 100)
    add(date(2025, 3, 5), "DIRECT DEBIT", fuel + " CARD FEE", -Decimal("4.50"))
    add(date(2025, 2, 27), "CARD", food, -Decimal(rng.randrange(640, 2900)) / 100)
    others = [("TRANSFER", "ORLA MCBRIDE RENT", -850), ("CREDIT", "SALARY PELHAM LTD", 2410), ("DIRECT DEBIT", "NORTH WATER", -38),
              ("DIRECT DEBIT", "MOBILE TALK", -15), ("CARD", "BOOKS ON QUAY", -22), ("CASH", "ATM HIGH ST", -60),
              ("CARD", "GREEN GROCER", -31), ("CARD", "CITY PARKING", -9), ("TRANSFER", "SAVINGS", -200),
              ("CARD", "CINEMA ROYAL", -18)]  # fmt: skip
    for kind, who, whole in others:
        add(day(rng, date(2025, 3, 1), 28), kind, who, Decimal(whole) + Decimal(rng.choice(["0.00", "-0.40", "-0.75"])))
    bookings.sort(key=lambda row: (row[0], row[2]))
    widths = (6, 13, 22, -10)
    document = "\n".join(
        [
            f"Account 00{ids.digits(rng, 6)} - statement 24 Feb to 4 Apr 2025, amounts in GBP",
            columns([("Date", "Type", "Text", "Amount")], widths),
            columns([(f"{d:%d %b}", k, w, f"{a:.2f}") for d, k, w, a in bookings], widths),
        ]
    )
    sums = {who: sum(amounts, Decimal(0)) for who, amounts in wanted.items()}
    refund = next(a for _, k, _, a in bookings if k == "REFUND")
    every = -sum((a for _, k, w, a in bookings if w == fuel and k == "CARD"), Decimal(0))
    traps = {
        str(number(sums[fuel] - refund)): "the refund was taken off",
        str(number(every)): "payments of February and April were counted",
    }
    return Drawing(
        {
            "fuel": fuel,
            "food": food,
            "fuel_sum": number(sums[fuel]),
            "food_sum": number(sums[food]),
            "less_refund": number(sums[fuel] - refund),
            "every": number(every),
            "traps": traps,
        },
        {"files/bank_statement.txt": document + "\n"},
    )


DRAWS: dict[str, Draw] = {
    "doc_credit_note": credit_note,
    "doc_invoice_multi": invoice_multi,
    "doc_po_match": po_match,
    "doc_bank_statement": bank_statement,
}
