"""Receipt and single-page invoices: English, German, French, Swiss."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from . import ids
from .drawing import Draw, Drawing, day
from .text import cents, columns, dotted, long_date, money, number, pair


def receipt_en(rng: random.Random) -> Drawing:
    """Two till receipts: one with plain labels, one with VAT, cash and change beside the total."""
    goods = [
        "Oat bread",
        "Apples 1 kg",
        "Cheddar 200 g",
        "Tea bags 80",
        "Soap bar",
        "Rice 2 kg",
        "Olive oil",
        "Plums 500 g",
    ]

    def basket(count: int) -> list[tuple[str, Decimal]]:
        return [(name, Decimal(rng.randrange(95, 690)) / 100) for name in rng.sample(goods, count)]

    bought, when = basket(2), day(rng, date(2025, 1, 7), 150)
    labelled = {"store": rng.choice(["Fennel Corner Shop", "Birch Lane Stores", "Old Mill Grocers"])}
    total = sum((price for _, price in bought), Decimal(0))
    easy = "\n".join(
        [f"Store: {labelled['store']}", f"Date: {when}", *(f"{n}: {p}" for n, p in bought), f"Total: {total} GBP"]
    )
    easy_gold = {**labelled, "date": str(when), "total": number(total), "currency": "GBP"}
    bought, when = basket(4), day(rng, date(2025, 1, 7), 150)
    store = rng.choice(["Harbour Stores Ltd", "Pine & Pepper Deli", "Quayside Minimarket"])
    total = sum((price for _, price in bought), Decimal(0))
    vat, cash = cents(total / 6), (total // 10 + 1) * 10
    till = "\n".join(
        [
            store.upper(),
            f"Till 3   Receipt {rng.randrange(1000, 9999)}",
            f"{when:%d/%m/%Y} {rng.randrange(9, 19)}:{rng.randrange(10, 59)}",
            *(pair(n, str(p), 28) for n, p in bought),
            pair("TOTAL GBP", str(total), 28),
            pair("incl. VAT 20%", str(vat), 28),
            pair("CASH", f"{cash:.2f}", 28),
            pair("CHANGE", str(cash - total), 28),
        ]
    )
    till_gold = {"store": store, "date": str(when), "total": number(total), "currency": "GBP"}
    traps = {str(number(cash)): "money handed over, not the total", str(number(cash - total)): "change given back"}
    return Drawing(
        {
            "easy": easy,
            "easy_gold": easy_gold,
            "till": till,
            "till_gold": till_gold,
            "cash": number(cash),
            "traps": traps,
        }
    )


def invoice_en(rng: random.Random) -> Drawing:
    """UK invoice with two items and one VAT rate."""
    firm = rng.choice(["Calder & Finch Ltd", "Thornbury Signs Ltd", "Millrace Print Ltd"])
    items = rng.sample(
        [
            ("Roll-up banner 85 x 200 cm", 49), ("Vinyl lettering, per metre", 18), ("A1 poster, matt", 12),
            ("Window film, per sheet", 27), ("Correx board A2", 9),
        ],
        2,
    )  # fmt: skip
    rows = [
        (name, rng.randrange(3, 40), Decimal(price) + Decimal(rng.choice(["0.50", "0.95", "0.25"])))
        for name, price in items
    ]
    net = sum((q * p for _, q, p in rows), Decimal(0))
    vat = cents(net * Decimal("0.2"))
    issued = day(rng, date(2025, 2, 3), 90)
    due = issued + timedelta(days=30)
    ref, order = f"INV-{rng.randrange(20000, 29999)}", f"PO/{rng.randrange(400, 999)}/25"
    document = "\n".join(
        [
            f"{firm}, Unit 4, Weaver's Yard, Halden HX0 9ZZ     VAT No {ids.vat_gb(rng)}",
            "Phone 01632 960145   accounts@example.com",
            "",
            f"INVOICE {ref}            Invoice date: {long_date(issued, 'en')}",
            f"To: Redgate School Trust   Your order: {order}",
            "",
            columns([("Description", "Qty", "Unit", "Amount")], (34, -5, -10, -12)),
            columns([(n, str(q), money(p, "en"), money(q * p, "en")) for n, q, p in rows], (34, -5, -10, -12)),
            "",
            pair("Net", money(net, "en")),
            pair("VAT 20%", money(vat, "en")),
            pair("Total due GBP", money(net + vat, "en")),
            f"Please pay by {long_date(due, 'en')}.",
        ]
    )
    gold = {
        "invoice_number": ref,
        "invoice_date": str(issued),
        "due_date": str(due),
        "supplier_name": firm,
        "customer_name": "Redgate School Trust",
        "purchase_order": order,
        "currency": "GBP",
        "net_total": number(net),
        "vat_total": number(vat),
        "total_due": number(net + vat),
        "line_items": [
            {"description": n, "quantity": q, "unit_price": number(p), "line_total": number(q * p)} for n, q, p in rows
        ],
    }
    traps = {str(number(net)): "net amount, VAT not added", str(due): "day of payment, not of the invoice"}
    return Drawing({"document": document, "gold": gold, "traps": traps, "net": number(net), "due": str(due)})


def invoice_de(rng: random.Random) -> Drawing:
    """German invoice: deposit taken off, cash discount offered, an offer number but no order number."""
    firm = rng.choice(["Kessler Metallbau GmbH", "Brandt & Söhne Stahlbau GmbH", "Holzwerk Lindenau GmbH"])
    beam = Decimal(rng.randrange(15000, 21000)) / 100
    rows = [
        ("Stahlträger IPE 200, 6 m", rng.randrange(8, 18), beam),
        ("Montagewinkel verzinkt", rng.randrange(11, 19) * 10, Decimal(rng.randrange(1051, 1950)) / 1000),
        ("Lieferung frei Baustelle", 1, Decimal(rng.randrange(70, 120))),
    ]
    lines = [(n, q, p, cents(q * p)) for n, q, p in rows]
    net = sum((t for *_, t in lines), Decimal(0))
    vat = cents(net * Decimal("0.19"))
    gross, deposit = net + vat, Decimal(rng.randrange(4, 9) * 100)
    due = gross - deposit
    issued = day(rng, date(2025, 2, 3), 60)
    offer, ref = f"A-2024-{rng.randrange(700, 999)}", f"2025-{rng.randrange(300, 499):04d}"
    vat_id = ids.vat_de(rng)
    widths = (4, 30, -8, -13, -13)
    table = [("Pos", "Bezeichnung", "Menge", "Einzelpreis", "Gesamt")]
    table += [
        (str(i), n, str(q), money(p, "de", 3 if p != cents(p) else 2), money(t, "de"))
        for i, (n, q, p, t) in enumerate(lines, 1)
    ]
    document = "\n".join(
        [
            f"{firm} - Industriestraße 14 - 09999 Musterstadt        USt-IdNr. {vat_id}",
            f"RECHNUNG Nr. {ref}                    Rechnungsdatum: {dotted(issued)}",
            f"Kundennummer {rng.randrange(10000, 10999)}        Angebot Nr. {offer} vom {dotted(issued - timedelta(days=112))}",
            columns(table, widths),
            pair("Zwischensumme netto", money(net, "de") + " EUR", 72),
            pair("19 % MwSt.", money(vat, "de") + " EUR", 72),
            pair("Rechnungsbetrag", money(gross, "de") + " EUR", 72),
            pair(f"abzgl. Anzahlung vom {dotted(issued - timedelta(days=48))}", money(deposit, "de") + " EUR", 72),
            pair("Zahlbetrag", money(due, "de") + " EUR", 72),
            f"Bei Zahlung bis {dotted(issued + timedelta(days=10))} gewähren wir 2 % Skonto ({money(cents(due * Decimal('0.98')), 'de')} EUR).",
            f"Bankverbindung: IBAN {ids.spaced(ids.iban_de(rng))}",
        ]
    )
    gold = {
        "invoice_number": ref,
        "invoice_date": str(issued),
        "supplier_name": firm,
        "vat_id": vat_id,
        "purchase_order": None,
        "currency": "EUR",
        "net_total": number(net),
        "vat_total": number(vat),
        "amount_due": number(due),
        "line_items": [
            {"description": n, "quantity": q, "unit_price": number(p), "line_total": number(t)} for n, q, p, t in lines
        ],
    }
    traps = {
        str(number(gross)): "the deposit was not taken off",
        str(number(cents(due * Decimal("0.98")))): "the cash discount is only an offer",
        offer: "number of the offer, not of an order",
    }
    return Drawing(
        {"document": document, "gold": gold, "traps": traps, "gross": number(gross), "offer": offer, "ref": ref}
    )


def invoice_fr(rng: random.Random) -> Drawing:
    """French invoice with two VAT rates, a discount on one of them and narrow no-break spaces in the amounts."""
    firm = rng.choice(["Maison Verdelle SARL", "Les Halles du Lac SAS", "Comptoir Aubrienne SARL"])
    food = [
        ("Miel de lavande, carton de 12", rng.randrange(8, 20), Decimal(rng.randrange(7100, 9400)) / 100),
        ("Farine de châtaigne, sac 10 kg", rng.randrange(5, 14), Decimal(rng.randrange(5200, 6800)) / 100),
    ]
    other = [
        ("Coffret cadeau en bois", rng.randrange(30, 60), Decimal(rng.randrange(1150, 1790)) / 100),
        ("Transport palette", 1, Decimal(rng.randrange(120, 190))),
    ]
    low, full = (sum((q * p for _, q, p in part), Decimal(0)) for part in (food, other))
    discount = cents(low * Decimal("0.05"))
    low -= discount
    vat_low, vat_full = cents(low * Decimal("0.055")), cents(full * Decimal("0.2"))
    net, vat = low + full, vat_low + vat_full
    issued = day(rng, date(2025, 2, 3), 40)
    due = date(issued.year, issued.month + 2, 1) - timedelta(days=1)
    siren = ids.siren(rng)
    ref, order = f"FA25-{rng.randrange(1200, 1999)}", f"BC-{rng.randrange(60000, 69999)}"
    widths = (34, -4, -12, -8, -14)
    table = [("Désignation", "Qté", "P.U. HT", "TVA", "Montant HT")]
    for rate, part in (("5,5 %", food), ("20 %", other)):
        table += [(n, str(q), money(p, "fr"), rate, money(q * p, "fr")) for n, q, p in part]
        if part is food:
            table.append(("Remise 5 % sur l'épicerie", "", "", "5,5 %", "-" + money(discount, "fr")))
    document = "\n".join(
        [
            f"{firm} - 3 quai des Tanneurs, 00000 Valmont-sur-Orve - Tél. 01 99 00 14 62",
            f"SIREN {ids.spaced(siren, 3)} - TVA intracommunautaire {ids.vat_fr(siren)}",
            f"FACTURE n° {ref}                 Date : {long_date(issued, 'fr')}",
            f"Votre commande : {order}          Livraison : {long_date(issued - timedelta(days=5), 'fr')}",
            columns(table, widths),
            pair("Total HT", money(net, "fr") + " €", 76),
            pair(f"TVA 5,5 % sur {money(low, 'fr')} €", money(vat_low, "fr") + " €", 76),
            pair(f"TVA 20 % sur {money(full, 'fr')} €", money(vat_full, "fr") + " €", 76),
            pair("Total TTC", money(net + vat, "fr") + " €", 76),
            f"Paiement à 30 jours fin de mois, soit le {long_date(due, 'fr')}. Pas d'escompte.",
        ]
    )
    gold = {
        "invoice_number": ref,
        "invoice_date": str(issued),
        "due_date": str(due),
        "supplier_name": firm,
        "order_number": order,
        "totals_by_rate": [
            {"rate_percent": 5.5, "net": number(low), "vat": number(vat_low)},
            {"rate_percent": 20, "net": number(full), "vat": number(vat_full)},
        ],
        "net_total": number(net),
        "vat_total": number(vat),
        "gross_total": number(net + vat),
    }
    wrong_rates = [
        {"rate_percent": 5.5, "net": number(low + discount), "vat": number(vat_low)},
        {"rate_percent": 20, "net": number(full), "vat": number(vat_full)},
    ]
    traps = {
        str(number(low + discount)): "the discount was not taken off",
        str(number(net)): "net amount, VAT not added",
    }
    return Drawing(
        {
            "document": document,
            "gold": gold,
            "traps": traps,
            "wrong_rates": wrong_rates,
            "thousandfold": float(f"{net / 1000:.5f}"),
            "gross_thousandfold": float(f"{(net + vat) / 1000:.5f}"),
        }
    )


def invoice_ch(rng: random.Random) -> Drawing:
    """Swiss QR bill in CHF with a second account and amount for payments in euro."""
    firm = rng.choice(["Alpenrand Treuhand AG", "Seematt Gartenbau GmbH", "Velohof Aarmatt AG"])
    amount = Decimal(rng.randrange(112000, 189000, 5)) / 100
    euro = cents(amount / Decimal("0.955"))
    account, other = ids.spaced(ids.iban_ch(rng, qr=True)), ids.spaced(ids.iban_ch(rng))
    reference = ids.qr_reference("00000" + ids.digits(rng, 21, "7"))
    issued = day(rng, date(2025, 3, 3), 60)
    document = "\n".join(
        [
            f"{firm}, Dorfplatz 2, 9999 Hinterwald    {ids.uid_ch(rng)} MWST",
            f"Rechnung {rng.randrange(25000, 25999)} vom {dotted(issued)}, zahlbar bis {dotted(issued + timedelta(days=30))}",
            f"Gesamtbetrag inkl. 8.1 % MWST: CHF {money(amount, 'ch')}",
            f"Kunden im Ausland zahlen EUR {money(euro, 'ch')} auf {other}.",
            "",
            "Zahlteil",
            f"Konto / Zahlbar an: {account}",
            firm,
            f"Referenz: {reference}",
            f"Währung CHF    Betrag {money(amount, 'ch').replace(chr(39), ' ')}",
        ]
    )
    gold = {
        "amount": number(amount),
        "currency": "CHF",
        "iban": account.replace(" ", ""),
        "reference": reference.replace(" ", ""),
    }
    traps = {str(number(euro)): "amount for payments in euro", other.replace(" ", ""): "account for payments in euro"}
    return Drawing(
        {
            "document": document,
            "gold": gold,
            "traps": traps,
            "euro": number(euro),
            "other": other.replace(" ", ""),
            "account": account,
            "reference": reference,
        }
    )


DRAWS: dict[str, Draw] = {
    "doc_receipt_en": receipt_en,
    "doc_invoice_en": invoice_en,
    "doc_invoice_de": invoice_de,
    "doc_invoice_fr": invoice_fr,
    "doc_invoice_ch": invoice_ch,
}
