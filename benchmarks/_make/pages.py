"""UI tasks: pages with drawn names, colours and numbers, the pages after the edit, and the pictures made from them.

The four tasks that ask for functions alone hold nothing to draw and are kept as they stand.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from . import marks
from .drawing import Draw, Drawing, people
from .text import fill

PAGES = Path(__file__).resolve().parent / "pages"
BRANDS = ("#1d4ed8", "#0f766e", "#9d174d", "#6d28d9", "#166534", "#9a3412")
"""White text on them is legible (contrast above 4.5)."""
FIRMS = ("Harbour Lines", "Northwind Freight", "Kestrel Cycles", "Larkfield Energy", "Quayside Books")
TOWNS = ("Oldbridge", "Ferrow", "Lindhaven", "Maresfield", "Torwick", "Askerby", "Velden", "Sandrow")
JOBS = ("Data Engineer", "Site Manager", "Payroll Clerk", "Test Analyst")
SKILLS = ("Python", "SQL", "Excel", "French", "Forklift", "First aid", "Scrum", "Welding")
PRODUCTS = ("Desk lamp Aurora", "Office chair Basalt", "Standing desk Cedar")
NEW_COLUMNS = ("Shift", "Badge", "Floor")

EDITS: dict[str, list[tuple[str, str]]] = {
    "ui_label_fix": [
        ("<span>Full name</span>", '<label for="name">Full name</label>'),
        ("<span>Mail address</span>", '<label for="mail">Mail address</label>'),
        ("<span>Town</span>", '<label for="town">Town</label>'),
        ("<span>Start date</span>", '<label for="start">Start date</label>'),
    ],
    "ui_button_style": [
        (">Save<", ">Save draft<"),
        (".note {", "#save { background: <<brand>>; color: #ffffff; }\n.note {"),
    ],
    "ui_css_grid": [
        (
            ".card {",
            ".cards { display: grid; grid-template-columns: repeat(3, 1fr); gap: 16px; }\n"
            "@media (max-width: 600px) { .cards { grid-template-columns: 1fr; } }\n.card {",
        )
    ],
    "ui_bug_overlap": [
        ("padding-top: 56px; ", ""),
        ("position: fixed; top: 0; left: 0; right: 0;", "position: sticky; top: 0;"),
    ],
    "ui_annotated_button": [
        ("#search { order: -1; ", "#search { "),
        ('<div class="promo-banner">Summer offer: two months free for new teams!</div>\n', ""),
        (".promo-banner { background: #fde68a; padding: 14px 32px; }\n", ""),
        ('id="export">Download', 'id="export">Export CSV'),
        ("table { margin", "#export { background: <<brand>>; color: #ffffff; }\ntable { margin"),
    ],
    "ui_annotated_move": [
        (
            "gap: 32px; padding: 32px; }",
            "gap: 32px; padding: 32px; flex-direction: row-reverse; justify-content: flex-end; }",
        ),
        (
            '<div class="field" id="f-room"><label for="room">Room</label><input id="room"></div>\n'
            '<div class="field" id="f-name"><label for="name">Name</label><input id="name"></div>\n'
            '<div class="field" id="f-arrival"><label for="arrival">Arrival</label><input id="arrival"></div>\n',
            '<div class="field" id="f-name"><label for="name">Name</label><input id="name"></div>\n'
            '<div class="field" id="f-arrival"><label for="arrival">Arrival</label><input id="arrival"></div>\n'
            '<div class="field" id="f-room"><label for="room">Room</label><input id="room"></div>\n',
        ),
    ],
    "ui_annotated_colors": [
        ("#top { background: #6b7280;", "#top { background: <<brand>>;"),
        ("#warning { background: #f3f4f6;", "#warning { background: <<pale>>;"),
        ("font-size: 30px; color: #111827;", "font-size: 30px; color: <<brand2>>;"),
        ("#confirm { background: #9ca3af;", "#confirm { background: <<brand2>>;"),
    ],
    "ui_annotated_remove_add": [
        ("<th>Fax</th>", ""),
        ("<td>555 0101</td>", ""),
        ("<td>555 0102</td>", ""),
        ("<td>555 0103</td>", ""),
        ("<th>Phone</th></tr>", "<th>Phone</th><th><<column>></th></tr>"),
        ("<td>555 0141</td>", "<td>555 0141</td><td></td>"),
        ("<td>555 0142</td>", "<td>555 0142</td><td></td>"),
        ("<td>555 0143</td>", "<td>555 0143</td><td></td>"),
    ],
    "ui_diff_find": [
        ("header { background: #1e3a8a", "header { background: #166534"),
        ("<<price>> EUR", "<<new_price>> EUR"),
        ("<div>Breakfast included</div></div>\n<div", "<div>Breakfast 12 EUR</div></div>\n<div"),
        (
            "button { background: #1e3a8a; color: #ffffff; border: 0; padding: 14px 28px; font-size: 18px; }",
            "button { background: #1e3a8a; color: #ffffff; border: 0; padding: 14px 28px; font-size: 30px; }",
        ),
    ],
    "ui_screenshot_bug": [("height: 64px; overflow: hidden;", "min-height: 64px;")],
}
"""What the right edit of a page changes in it."""

WHOLE = ("ui_accordion", "ui_todo", "ui_modal_focus", "ui_i18n", "ui_guideline", "ui_mockup_card", "ui_mockup_login",
         "ui_mockup_dashboard")  # fmt: skip
"""Tasks whose right page is a file of its own."""


def look(rng: random.Random) -> dict[str, Any]:
    """Names, colours and numbers of one task."""
    brand, brand2 = rng.sample(BRANDS, 2)
    values: dict[str, Any] = {
        "brand": brand,
        "brand2": brand2,
        "pale": rng.choice(["#fef3c7", "#fce7f3", "#dcfce7"]),
        "firm": rng.choice(FIRMS),
        "job": rng.choice(JOBS),
        "product1": rng.choice(PRODUCTS),
        "column": rng.choice(NEW_COLUMNS),
        "number": str(rng.randrange(1100, 9800)),
        "price": str(rng.randrange(60, 140)),
    }
    values["new_price"] = str(int(values["price"]) + rng.randrange(11, 29))
    values |= {f"town{n}": town for n, town in enumerate(rng.sample(TOWNS, 3), 1)}
    values |= {f"person{n}": name for n, name in enumerate(people(rng, 6), 1)}
    values |= {f"skill{n}": skill for n, skill in enumerate(rng.sample(SKILLS, 3), 1)}
    parcels = rng.sample(range(110, 480), 3)
    values |= {f"parcels{n}": str(count) for n, count in enumerate(parcels, 1)}
    values |= {
        "delivered": str(sum(parcels)),
        "onway": str(rng.randrange(40, 99)),
        "returned": str(rng.randrange(3, 30)),
    }
    days = dict(zip(("Mon", "Tue", "Wed", "Thu", "Fri"), rng.sample(range(20, 100), 5), strict=True))
    values["days"] = days
    values["bars"] = bars(days, brand)
    values["bar_rules"] = bar_rules(days)
    return values


def bars(days: dict[str, int], colour: str) -> str:
    """The bars of the chart, two pixels for one delivery."""
    lines = []
    for n, (day, count) in enumerate(days.items()):
        x, height = 20 + n * 68, round(count * 1.6)
        lines.append(f'<rect x="{x}" y="{190 - height}" width="48" height="{height}" fill="{colour}"></rect>')
        lines.append(f'<text x="{x + 24}" y="210" font-size="15" text-anchor="middle" fill="#111827">{day}</text>')
    return "\n".join(lines)


def bar_rules(days: dict[str, int]) -> str:
    """Rules of the task file: the heights of the lowest and of the highest bar, within a tenth."""
    order = sorted(range(5), key=lambda n: list(days.values())[n])
    heights = {n: round(list(days.values())[n] * 1.6) for n in (order[0], order[-1])}
    return "\n".join(
        f"        - {{id: height of bar {n + 1}, selector: 'svg rect:nth-of-type({n + 1})', "
        f"box: {{height: {{equals: {height}, abs: {max(6, round(height * 0.1))}}}}}}}"
        for n, height in heights.items()
    )


def draw_for(task: str) -> Draw:
    """The generator of one task."""

    def draw(rng: random.Random) -> Drawing:
        values = look(rng)
        files: dict[str, str | bytes] = {}
        for path in sorted(PAGES.glob(f"{task}*.*")):
            files[f"files/{path.name}"] = fill(path.read_text("utf-8"), values)
        source = files.get(f"files/{task}.html")
        if task in EDITS and isinstance(source, str):
            files[f"files/{task}_target.html"] = edited(source, EDITS[task], values)
        if task in marks.PICTURES:
            texts = {name: text for name, text in files.items() if isinstance(text, str)}
            files |= marks.PICTURES[task](texts, values, rng)
        return Drawing(values, files)

    return draw


def edited(page: str, edits: list[tuple[str, str]], values: dict[str, Any]) -> str:
    """The page after the edits; each must find its place."""
    for old, new in edits:
        before, after = (fill(text, values).removesuffix("\n") + "\n" * text.endswith("\n") for text in (old, new))
        assert before in page, before
        page = page.replace(before, after)
    return page


DRAWS: dict[str, Draw] = {task: draw_for(task) for task in (*EDITS, *WHOLE)}
