"""A lease of nine pages in which several clauses end something early; one is the tenant's own right to leave."""

from __future__ import annotations

import random
import textwrap
from datetime import date
from pathlib import Path

from .drawing import Draw, Drawing, day
from .text import fill, long_date

PAGES = 9
TEXT = Path(__file__).resolve().parent / "templates" / "lease.txt"

TARGET = (
    "The Tenant may end this lease on the {year} anniversary of the Start Day by giving the Landlord at least {months} "
    "months' notice in writing, if on that anniversary the Rent due up to then has been paid and the Tenant hands back the "
    "Premises free of other occupiers. That other duties of the Tenant have not been kept does not make the notice void."
)
LANDLORD = (
    "The Landlord may end this lease at any time after the {year} anniversary of the Start Day by giving the Tenant at "
    "least {months} months' notice in writing, if it means to pull down or rebuild the Building or a large part of it and "
    "cannot do so while the Tenant stays."
)
STORAGE = (
    "The Tenant may give up the Storage Unit, without giving up the Premises, by giving the Landlord at least {months} "
    "months' notice in writing, running from the first day of a month."
)
ORDINALS = ("third", "fifth", "sixth", "seventh", "eighth")
COUNTS = {2: "two", 3: "three", 6: "six", 9: "nine", 10: "ten", 12: "twelve", 15: "fifteen"}


def paged(text: str, pages: int) -> str:
    """Wrapped lines under ``Page n of N`` heads, about the same number of lines on each."""
    lines = [part for line in text.rstrip("\n").split("\n") for part in (textwrap.wrap(line, 112) or [""])]
    size = -(-len(lines) // pages)
    parts = [lines[i : i + size] for i in range(0, len(lines), size)]
    return "\n".join(f"Page {n} of {pages}\n" + "\n".join(part) + "\n" for n, part in enumerate(parts, 1))


def clause_find(rng: random.Random) -> Drawing:
    """The wanted clause and the three others that are easily taken for it."""
    start = date(2025, rng.randrange(3, 10), 1)
    year, landlord_year = rng.sample(ORDINALS, 2)
    months, landlord_months = rng.sample([6, 9, 10, 12, 15], 2)
    target = TARGET.format(year=year, months=COUNTS[months])
    landlord = LANDLORD.format(year=landlord_year, months=COUNTS[landlord_months])
    storage = STORAGE.format(months=COUNTS[rng.choice([2, 3])])
    values = {
        "made": long_date(day(rng, date(2025, 1, 6), 30), "en"),
        "landlord": rng.choice(["Orchard Row Estates Ltd", "Tollgate Property Ltd", "Saltmarsh Holdings Ltd"]),
        "tenant": rng.choice(["Beech & Bramble Furniture Ltd", "Plain Oak Joinery Ltd", "Lathe House Ltd"]),
        "house": rng.choice(["Foundry House", "Ropewalk House", "Granary House"]),
        "town": rng.choice(["Ashmere", "Colbridge", "Penworth"]),
        "term": rng.choice(["ten", "twelve", "fifteen"]),
        "start": long_date(start, "en"),
        "access": long_date(day(rng, date(2025, 2, 10), 15), "en"),
        "rent": f"{rng.randrange(34, 68) * 1000:,}",
        "free": COUNTS[rng.choice([3, 6, 9])],
        "cap": COUNTS[rng.choice([3, 6, 9])],
        "litres": str(rng.randrange(2, 9) * 10),
        "storage": str(rng.randrange(9, 19) * 10),
        "target": target,
        "landlord_break": landlord,
        "storage_break": storage,
    }
    lease = paged(fill(TEXT.read_text(encoding="utf-8"), values), PAGES)
    return Drawing(
        {
            "target": target,
            "landlord_break": landlord,
            "storage_break": storage,
            "year": year,
            "months": COUNTS[months],
            "first_half": target.split(". ")[0] + ".",
        },
        {"files/lease.txt": lease},
    )


DRAWS: dict[str, Draw] = {"doc_clause_find": clause_find}
