"""The judgement constants of the score arithmetic, in one place. Default weights live in ``domain.category``."""

from __future__ import annotations

CREDIT_FULL_AT = 0.5
"""Quality (0 to 1) from which efficiency and difficulty count in full."""

MAX_UNSCORED = 0.2
"""Share of a task's answers that may stay without a score before the task is incomplete."""

MIN_TASKS_FOR_INTERVAL = 5
CONFIDENCE = 0.95

EXACT_SIGN_FLIPS_UP_TO = 12
SIGN_FLIP_DRAWS = 10_000
SIGN_FLIP_SEED = 7
SIGNIFICANCE = 0.05
MIN_TASKS_TO_DIFFER = 6
"""With fewer tasks even a clean sweep has p >= 0.05 (2 / 2**5 = 0.0625)."""

ASSUMED_DIFFERENCE_SD = 2.5
"""SD of task differences between two models (0 to 10 scale) when the data show none."""

POWER_QUANTILE = 1.959964 + 0.841621
"""z of a two-sided 5 % test plus z of 80 % power."""

GATE_TOLERANCE = 1e-9
SLOW_PERCENTILE = 0.95
PASS_K = (1, 2, 3, 4, 5, 10)
"""The k of pass@k and pass^k that are reported, as far as there are as many repeats."""
