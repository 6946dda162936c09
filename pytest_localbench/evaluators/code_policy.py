"""What the user decided about running code that models wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CHOICES: Final = ("auto", "namespace", "kernel", "off")
OPT_IN: Final = "--localbench-allow-code"


@dataclass
class Policy:
    """``runner``: a level of isolation, ``auto`` (the best that holds) or ``off`` (never run code). ``allow``: go on
    without isolation where none holds."""

    runner: str = "auto"
    allow: bool = False


policy = Policy()
"""Of this process; set when the session starts."""
