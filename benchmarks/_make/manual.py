"""A machine manual of about 20,000 tokens. A limit in its first half is replaced near the end for newer machines."""

from __future__ import annotations

import random
import textwrap

from .drawing import Draw, Drawing
from .machine import ASSEMBLIES, FAULTS, OPERATION, PURPOSE, STEPS, TASKS
from .text import columns

WIDTH = 110
SPINDLE, BEARING = "Main spindle", "Temperature of the front bearing"


def wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH)


def chapter(rng: random.Random, n: int, name: str, parts: tuple[str, ...], limits: dict[str, tuple[str, int]]) -> str:
    """One assembly: purpose, limits, setting up, operation, maintenance, faults."""
    words = dict(zip("abcd", rng.sample(parts, 4), strict=True))

    def say(text: str) -> str:
        return text.format(
            name=name if text.startswith("{name}") else name.lower(), n=n, page=rng.randrange(10, 90),
            program=f"T{rng.randrange(100, 999)}", code=rng.randrange(3000, 7999), **words,
        )  # fmt: skip

    purpose = [say(t) for t in rng.sample(PURPOSE, 5)]
    operation = [say(t) for t in rng.sample(OPERATION, 6)]
    steps = [f"{i}. {say(t)}" for i, t in enumerate(sorted(rng.sample(STEPS, 6), key=STEPS.index), 1)]
    tasks = [(say(t), rng.choice(often)) for t, often in rng.sample(TASKS, 6)]
    faults = [tuple(say(cell) for cell in row) for row in rng.sample(FAULTS, 4)]
    rows = [(what, f"{value} {unit}") for what, (unit, value) in limits.items()]
    return "\n".join(
        [
            f"{n} {name.upper()}",
            f"{n}.1 Purpose and construction",
            wrapped(" ".join(purpose)),
            f"{n}.2 Limit values (highest permitted)",
            columns(rows, (48, -14)),
            f"{n}.3 Setting up",
            *steps,
            f"{n}.4 Operation",
            wrapped(" ".join(operation)),
            f"{n}.5 Maintenance",
            columns(tasks, (48, 20)),
            f"{n}.6 Faults",
            *(wrapped(f"{sign}: {cause}. {remedy}.") for sign, cause, remedy in faults),
            f"{n}.7 Spare parts",
            columns(
                [(part.capitalize(), f"{rng.randrange(100, 999)}-{rng.randrange(10000, 99999)}") for part in parts],
                (48, 20),
            ),
            "",
        ]
    )


def long_manual(rng: random.Random) -> Drawing:
    """The whole manual, the question's serial number and both places of the limit."""
    serial = rng.randrange(310, 390)
    asked = serial + rng.randrange(40, 300)
    limits = {
        name: {what: (unit, rng.randrange(low, high + 1)) for what, unit, low, high in rows}
        for name, _, rows in ASSEMBLIES
    }
    old = limits[SPINDLE][BEARING][1]
    new, rebuilt = old - rng.randrange(6, 10), old - rng.randrange(2, 5)
    numbers = {name: i for i, (name, *_) in enumerate(ASSEMBLIES, 3)}
    body = [chapter(rng, numbers[name], name, parts, limits[name]) for name, parts, _ in ASSEMBLIES]
    last = len(ASSEMBLIES) + 3
    spindle, table, oil = numbers[SPINDLE], numbers["Swivel table"], numbers["Hydraulic unit"]
    rear = limits[SPINDLE]["Temperature of the rear bearing"][1]
    while new in (rear, rear - 3):  # a limit of the rear bearing would be right by chance
        new -= 1
    supplements = [
        f"Swivel table with pallet eye: the table load in section {table}.2 is lowered to {limits['Swivel table']['Table load'][1] - 60} kg.",
        f"Machines below serial number 2400 {serial} whose spindle was rebuilt with bearing set C: the temperature of the "
        f"front bearing in section {spindle}.2 is at most {rebuilt} °C.",
        f"Machines sold to tropical countries: the temperature of the oil in section {oil}.2 may reach "
        f"{limits['Hydraulic unit']['Temperature of the oil'][1] + 4} °C.",
        f"Machines from serial number 2400 {serial} on have bearing set B. For them the temperature of the front bearing "
        f"in section {spindle}.2 is replaced: it is at most {new} °C. All other values of that section stay.",
        f"Machines with the quiet package: the temperature of the rear bearing in section {spindle}.2 is at most {rear - 3} °C.",
        "Machines with two loading robots: chapter 25 holds for each of them; the speed in setting mode is halved.",
    ]
    rng.shuffle(supplements)
    where, elsewhere = (
        next(i for i, text in enumerate(supplements, 1) if f"bearing set {letter}" in text) for letter in "BC"
    )
    manual = "\n".join(
        [
            "CORVAN H4 HORIZONTAL MACHINING CENTRE",
            "OPERATING AND MAINTENANCE MANUAL, THIRD EDITION",
            "",
            "1 ABOUT THIS MANUAL",
            wrapped(
                "This manual is written for operators, setters and maintenance staff. Keep it at the machine. Each chapter from "
                "3 on describes one assembly in the same order: purpose, limit values, setting up, operation, maintenance, "
                f"faults and spare parts. Chapter {last} holds supplements. Where a supplement applies to a machine, it goes before the section "
                "it names. The serial number stands on the plate beside the main switch."
            ),
            "",
            "2 SAFETY",
            wrapped(
                "Only trained persons may work on the machine. Wear goggles and safety shoes. Never reach past a closed door, "
                "never bridge a lock, never lift loads over people. Lock the main switch before you open a cover with a "
                "lightning sign, wait five minutes and check that there is no voltage. A limit value is the highest permitted "
                "value unless stated otherwise; stop the machine when it is passed and find out why before you go on."
            ),
            "",
            *body,
            f"{last} SUPPLEMENTS TO THE THIRD EDITION",
            *(f"{last}.{i} " + wrapped(text) for i, text in enumerate(supplements, 1)),
            "",
        ]
    )
    gold = {
        "limit_celsius": new,
        "section": f"{last}.{where}",
        "replaced_limit_celsius": old,
        "replaced_section": f"{spindle}.2",
    }
    swapped = {
        "limit_celsius": old,
        "section": f"{spindle}.2",
        "replaced_limit_celsius": None,
        "replaced_section": None,
    }
    traps = {
        str(old): "value of the main part, replaced by a supplement",
        str(rebuilt): "supplement for older, rebuilt machines",
        str(rear - 3): "this is the rear bearing",
    }
    return Drawing(
        {
            "gold": gold,
            "swapped": swapped,
            "section": gold["section"],
            "replaced_section": gold["replaced_section"],
            "rebuilt": rebuilt,
            "rebuilt_section": f"{last}.{elsewhere}",
            "rear": rear - 3,
            "traps": traps,
            "serial": f"2400 {asked}",
        },
        {"files/machine_manual.txt": manual},
    )


DRAWS: dict[str, Draw] = {"doc_long_manual": long_manual}
