"""The garbage collector during a run: rare while tasks are collected, and never over what was collected.

Tasks and items live to the end anyway; walking tens of thousands of them again and again costs a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

RARE = (50_000, 20, 20)


def collect_rarely() -> Callable[[], None]:
    """Raise the thresholds; returns what restores them."""
    before = gc.get_threshold()
    gc.set_threshold(*RARE)
    return lambda: gc.set_threshold(*before)


def leave_out_what_was_collected() -> None:
    """Freeze what lives now until the next run of this process: an ending process walks everything a few times more."""
    gc.unfreeze()
    gc.freeze()
