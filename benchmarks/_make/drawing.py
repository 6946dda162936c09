"""What a generator hands back, and the pools of invented people and firms."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Drawing:
    """``values`` fill the task's template; ``files`` (path below the category -> content) are written beside it."""

    values: dict[str, Any]
    files: dict[str, str | bytes] = field(default_factory=dict)


Draw = Callable[[random.Random], Drawing]

WOMEN = (
    "Amara", "Bela", "Dorota", "Elin", "Greta", "Imogen", "Katya", "Mirela", "Oriane", "Rosalind", "Tove", "Ulrike",
    "Wanda",
)  # fmt: skip
MEN = (
    "Callum", "Farid", "Hanif", "Jonas", "Leopold", "Nils", "Pavel", "Quentin", "Samir", "Viktor", "Yusuf", "Anselm",
    "Torben",
)  # fmt: skip
LAST = (
    "Ashdown", "Brennecke", "Calloway", "Drummond", "Elsner", "Farrow", "Gallacher", "Hollis", "Iwanek", "Jessop",
    "Kestrel", "Lindqvist", "Marlowe", "Norcross", "Oyelaran", "Pemberton", "Quayle", "Rautio", "Sandoval", "Thackeray",
    "Ulvestad", "Vasari", "Winslow", "Yardley",
)  # fmt: skip


def people(rng: random.Random, count: int, firsts: Sequence[str] | None = None) -> list[str]:
    """Different full names; no first or last name occurs twice. ``firsts``: the first names to use, in order."""
    firsts = firsts or rng.sample(WOMEN + MEN, count)
    lasts = rng.sample(LAST, count)
    return [f"{a} {b}" for a, b in zip(firsts, lasts, strict=True)]


def day(rng: random.Random, first: date, span: int) -> date:
    """A weekday among the ``span`` days from ``first``."""
    found = first + timedelta(days=rng.randrange(span))
    while found.weekday() > 4:
        found += timedelta(days=1)
    return found
