"""Pictures: a bar chart, a filled-in paper form, a scanned Polish invoice. Needs Pillow and the DejaVu fonts."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from . import ids
from .drawing import Draw, Drawing, day, people
from .text import MONTHS, cents, dotted, long_date, money, number

INK, GREY, BLUE, RED = "#111827", "#9ca3af", "#1e3a8a", "#b91c1c"
Point = tuple[float, float]


def font(size: int, style: str = "Sans") -> ImageFont.FreeTypeFont:
    """A DejaVu face: ``Sans``, ``Sans-Bold``, ``Sans-Oblique``, ``SansMono``."""
    return ImageFont.truetype(f"DejaVu{style}.ttf", size)


def png(image: Image.Image, colours: int = 32) -> bytes:
    """A small PNG with few colours, the same bytes for the same picture."""
    out = io.BytesIO()
    image.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def chart_read(rng: random.Random) -> Drawing:
    """Two years of monthly sales as bars without numbers; the year asked for is not the one with the highest bar."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    this = [rng.randrange(26, 68) * 10 for _ in months]
    before = [rng.randrange(26, 68) * 10 for _ in months]
    top, rival = rng.sample(range(12), 2)
    this[top] = rng.choice([760, 780, 820, 840])
    before[rival] = this[top] + 100
    second = rng.choice([i for i in range(12) if i not in (top, rival)])
    this[second] = this[top] - 60
    low = rng.choice([i for i in range(12) if i not in (top, rival, second)])
    this[low] = rng.choice([160, 180, 220])
    image = Image.new("RGB", (1000, 620), "white")
    draw = ImageDraw.Draw(image)
    left, right, bottom, height = 90, 970, 540, 440

    def y(value: float) -> float:
        return bottom - height * value / 1000

    for value in range(0, 1001, 20):
        big = value % 100 == 0
        draw.line(
            [(left if big else left - 5, y(value)), (right if big else left, y(value))], fill="#d1d5db" if big else INK
        )
        if big:
            draw.text((left - 12, y(value)), str(value), font=font(15), fill=INK, anchor="rm")
    draw.line([(left, y(1000)), (left, bottom), (right, bottom)], fill=INK, width=2)
    step = (right - left) / 12
    for i, month in enumerate(months):
        x = left + step * i
        draw.rectangle([x + 10, y(before[i]), x + 34, bottom], fill="#f3c98b")
        draw.rectangle([x + 36, y(this[i]), x + 60, bottom], fill="#1d6fb8")
        draw.text((x + 35, bottom + 10), month, font=font(16), fill=INK, anchor="mt")
    draw.text((left, 20), "Orders per month, Halden plant", font=font(24, "Sans-Bold"), fill=INK)
    for x, colour, label in ((left, "#f3c98b", "2023"), (left + 110, "#1d6fb8", "2024")):
        draw.rectangle([x, 62, x + 22, 80], fill=colour)
        draw.text((x + 30, 71), label, font=font(17), fill=INK, anchor="lm")
    gold = {
        "highest_month": months[top],
        "highest_value": this[top],
        "lowest_month": months[low],
        "lowest_value": this[low],
    }
    return Drawing(
        {
            "gold": gold,
            "months": {m: [f] for m, f in zip(months, MONTHS["en"], strict=True)},
            "rival": months[rival],
            "rival_value": before[rival],
            "off": round(this[top] * 1.04),
        },
        {"files/chart.png": png(image)},
    )


def scrawl(image: Image.Image, rng: random.Random, at: Point, text: str, size: int = 26) -> float:
    """Text as by hand: each letter a little turned, lifted and stretched. Returns the right end."""
    x, y = at
    for letter in text:
        face = font(size + rng.randrange(-2, 3), "Sans-Oblique")
        width = int(face.getlength(letter)) + 1
        tile = Image.new("RGBA", (width + 20, size * 2), (0, 0, 0, 0))
        ImageDraw.Draw(tile).text((10, size // 3), letter, font=face, fill=BLUE)
        tile = tile.rotate(rng.uniform(-7, 7), resample=Image.Resampling.BICUBIC)
        image.paste(tile, (round(x) - 10, round(y + rng.uniform(-2, 2))), tile)
        x += width + rng.uniform(-1, 1)
    return x


def stroke(draw: ImageDraw.ImageDraw, rng: random.Random, points: Sequence[Point], width: int = 3) -> None:
    """A pen line through points, slightly shaky."""
    path: list[Point] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = max(2, int(math.hypot(x1 - x0, y1 - y0) / 6))
        path += [
            (x0 + (x1 - x0) * i / steps + rng.uniform(-1, 1), y0 + (y1 - y0) * i / steps + rng.uniform(-1, 1))
            for i in range(steps + 1)
        ]
    draw.line(path, fill=BLUE, width=width, joint="curve")


def form_handwriting(rng: random.Random) -> Drawing:
    """An equipment form: ticked and empty boxes, one tick scribbled out, one number crossed out and replaced."""
    image = Image.new("RGB", (900, 1000), "#fdfdfb")
    draw = ImageDraw.Draw(image)
    name = people(rng, 1)[0]
    start = day(rng, date(2025, 9, 1), 25)
    old, new = rng.sample(range(11, 49), 2)
    room = f"{rng.choice('BCD')} {rng.randrange(101, 399)}"
    boxes = ["laptop", "second_screen", "headset", "mobile_phone", "parking_space", "locker", "key_card", "travel_card"]
    labels = [
        "Laptop",
        "Second screen",
        "Headset",
        "Mobile phone",
        "Parking space",
        "Locker",
        "Key card",
        "Travel card",
    ]
    ticked = set(rng.sample(range(8), 4))
    struck = rng.choice([i for i in range(8) if i not in ticked])
    draw.text((50, 40), "New starter - equipment form", font=font(30, "Sans-Bold"), fill=INK)
    draw.text((50, 84), "Please fill in by hand. A scribbled-out tick does not count.", font=font(16), fill=INK)
    entries = [("Name", name), ("First day", f"{start:%d/%m/%Y}"), ("Room", room), ("Desk number", "")]
    for i, (label, value) in enumerate(entries):
        top = 140 + i * 70
        draw.text((50, top + 16), label, font=font(19), fill=INK)
        draw.line([(230, top + 44), (820, top + 44)], fill=GREY, width=2)
        if value:
            scrawl(image, rng, (240, top), value, 28)
    top = 140 + 3 * 70
    end = scrawl(image, rng, (240, top), str(old), 28)
    stroke(draw, rng, [(234, top + 30), (end + 6, top + 18)], 4)
    stroke(draw, rng, [(234, top + 20), (end + 6, top + 30)], 4)
    scrawl(image, rng, (end + 40, top), str(new), 28)
    draw.text((50, 450), "Needed equipment", font=font(21, "Sans-Bold"), fill=INK)
    for i, label in enumerate(labels):
        x, y = 60 + (i % 2) * 400, 510 + (i // 2) * 80
        draw.rectangle([x, y, x + 34, y + 34], outline=INK, width=3)
        draw.text((x + 56, y + 17), label, font=font(20), fill=INK, anchor="lm")
        if i in ticked or i == struck:
            stroke(draw, rng, [(x + 5, y + 16), (x + 14, y + 30), (x + 40, y - 8)], 5)
        if i == struck:
            zigzag = [(x - 8 + 7 * k, y + (40 if k % 2 else -6)) for k in range(8)]
            stroke(draw, rng, zigzag, 5)
            stroke(draw, rng, [(px, py + 4) for px, py in reversed(zigzag)], 5)
    draw.text((50, 880), "Signature", font=font(19), fill=INK)
    draw.line([(230, 908), (560, 908)], fill=GREY, width=2)
    wave = [(250 + 9 * k, 892 + 16 * math.sin(k * 1.1) - k * 0.4) for k in range(26)]
    stroke(draw, rng, wave, 3)
    truth = {key: i in ticked for i, key in enumerate(boxes)}
    gold: dict[str, Any] = {"name": name, "first_day": str(start), "room": room, "desk_number": new, **truth}
    return Drawing(
        {
            "gold": gold,
            "old": old,
            "struck": boxes[struck],
            "boxes": "\n".join(
                f"{key}: {{match: boolean, weight: {2 if i == struck else 0.5}}}" for i, key in enumerate(boxes)
            ),
            "all_true": dict.fromkeys(boxes, True),
            "only_boxes": {**dict.fromkeys(gold), **dict.fromkeys(boxes, False)},
        },
        {"files/form.png": png(image)},
    )


def invoice_pl_scan(rng: random.Random) -> Drawing:
    """A scan, turned a little, with a stamp over the date of issue; the footer repeats that date in words."""
    issued = day(rng, date(2025, 3, 3), 40)
    sold, due = issued - timedelta(days=3), issued + timedelta(days=14)
    firm = rng.choice(["Stolarnia Dębowy Kąt sp. z o.o.", "Hurtownia Śnieżka sp. z o.o.", "Ogrody Żurawia sp. z o.o."])
    nip, ref = ids.nip_pl(rng), f"FV/{rng.randrange(100, 199)}/03/2025"
    rows = [
        ("Stół roboczy, sosna", rng.randrange(2, 6), Decimal(rng.randrange(42000, 68000)) / 100),
        ("Regał magazynowy 180 cm", rng.randrange(4, 12), Decimal(rng.randrange(21000, 33000)) / 100),
        ("Montaż na miejscu", 1, Decimal(rng.randrange(300, 480))),
    ]
    net = sum((q * p for _, q, p in rows), Decimal(0))
    vat = cents(net * Decimal("0.23"))
    image = Image.new("L", (1000, 1180), 255)
    draw = ImageDraw.Draw(image)

    def put(at: Point, text: str, size: int = 20, style: str = "Sans", anchor: str = "la") -> None:
        draw.text(at, text, font=font(size, style), fill=25, anchor=anchor)

    put((70, 60), firm, 26, "Sans-Bold")
    put((70, 100), "ul. Wymyślona 7, 00-000 Nowe Miasteczko")
    put((70, 130), f"NIP {nip}")
    put((930, 130), f"Faktura nr {ref}", 26, "Sans-Bold", "ra")
    put((930, 226), f"Data wystawienia: {dotted(issued)}", 20, "Sans", "ra")
    put((930, 308), f"Data sprzedaży: {dotted(sold)}", 20, "Sans", "ra")
    put((70, 226), "Nabywca:")
    put((70, 256), "Gminne Centrum Sportu Lipowo", 20, "Sans-Bold")
    put((70, 286), f"NIP {ids.nip_pl(rng)}")
    for x, head, anchor in (
        (70, "Nazwa", "la"),
        (560, "Ilość", "ra"),
        (730, "Cena netto", "ra"),
        (930, "Wartość netto", "ra"),
    ):
        put((x, 370), head, 19, "Sans-Bold", anchor)
    draw.line([(70, 402), (930, 402)], fill=25, width=2)
    for i, (name, q, p) in enumerate(rows):
        y = 418 + 44 * i
        put((70, y), name)
        put((560, y), str(q), anchor="ra")
        put((730, y), money(p, "pl"), anchor="ra")
        put((930, y), money(q * p, "pl"), anchor="ra")
    draw.line([(70, 560), (930, 560)], fill=25, width=2)
    for i, (label, value) in enumerate((("Razem netto", net), ("VAT 23%", vat), ("Razem brutto", net + vat))):
        style = "Sans-Bold" if i == 2 else "Sans"
        put((700, 590 + 40 * i), label, 20, style, "ra")
        put((930, 590 + 40 * i), money(value, "pl") + " zł", 20, style, "ra")
    put((70, 760), f"Do zapłaty do dnia {dotted(due)} przelewem na rachunek")
    put((70, 792), ids.spaced(ids.iban_pl(rng)))
    put((70, 1080), f"Dokument wystawiono dnia {long_date(issued, 'pl')} r. w Nowym Miasteczku.", 17)
    stamp = Image.new("L", (400, 92), 0)
    pen = ImageDraw.Draw(stamp)
    pen.rectangle([4, 4, 395, 87], outline=255, width=5)
    pen.rectangle([14, 14, 385, 77], fill=255)
    pen.text((200, 46), "WPŁYNĘŁO", font=font(44, "Sans-Bold"), fill=0, anchor="mm")
    stamp = stamp.rotate(4, expand=True, resample=Image.Resampling.BICUBIC)
    image.paste(95, (548, 176), stamp)
    page = image.rotate(-0.8, fillcolor=250, resample=Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.6))
    speck = ImageDraw.Draw(page)
    for _ in range(260):
        x, y, r = rng.randrange(1000), rng.randrange(1180), rng.choice([0, 0, 1])
        speck.ellipse([x, y, x + r, y + r], fill=rng.randrange(90, 190))
    gold = {
        "invoice_number": ref,
        "issue_date": str(issued),
        "due_date": str(due),
        "seller_name": firm,
        "seller_nip": nip,
        "net_total": number(net),
        "vat_total": number(vat),
        "gross_total": number(net + vat),
        "currency": "PLN",
    }
    traps = {str(sold): "date of sale", str(number(net)): "net amount, VAT not added"}
    return Drawing(
        {"gold": gold, "traps": traps, "sold": str(sold), "net": number(net)}, {"files/invoice_pl.png": png(page, 16)}
    )


DRAWS: dict[str, Draw] = {
    "doc_invoice_pl_scan": invoice_pl_scan,
    "doc_chart_read": chart_read,
    "doc_form_handwriting": form_handwriting,
}
