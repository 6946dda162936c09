"""Does a measure of likeness put pages in the right order? Prints every page, its scores, and the pairs it got wrong.

    python bench/visual_order.py [visual_blocks | screenshot_ssim]

A pair counts only where people would not argue about it: an exact page before a nearly right one, every variant before
the next worse one, the first three before the page without CSS, the first two before its heading alone, and all of them
before a page about something else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import pairwise

from graded_pages import LATER, PAGES, UNRELATED, Graded

from pytest_localbench import evaluators
from pytest_localbench.domain.response import ModelResponse, Timing
from pytest_localbench.domain.task import Task
from pytest_localbench.engine.judging import Judge
from pytest_localbench.evaluators.ui_browser import BROWSER
from pytest_localbench.registry import Registry
from pytest_localbench.suite.render import documents

Measure = Callable[[str, str], float]


def measure_of(use: str) -> Measure:
    """``measure(reference, page)``: what the evaluator gives, 0 to 1."""
    registry = Registry()
    evaluators.pytest_localbench_register(registry)

    def measure(reference: str, page: str) -> float:
        data = {
            "id": "t", "title": "T", "category": "c", "output": {"format": "html"},
            "input": {"prompt": "?", "variables": {"target": reference}},
            "evaluators": [{"use": use, "with": {"reference": "target"}}],
        }  # fmt: skip
        task = Task.model_validate(data)
        reply = ModelResponse(text=page, timing=Timing(generation_s=0.0))
        judged = Judge(task, registry).judge(task.samples[0], reply, documents(task, task.samples[0]))
        assert judged.quality is not None, judged.reason
        return judged.quality

    return measure


def scores_of(graded: Graded, measure: Measure) -> dict[str, float]:
    """Scores of a page's versions by name."""
    pages = {"exact": graded.page, "same": graded.changed(graded.same)}
    pages |= {f"variant {n}": graded.changed(v) for n, v in enumerate(graded.variants, 1)}
    pages |= {"no css": graded.unstyled(), "heading": graded.heading_only(), "unrelated": UNRELATED}
    return {name: measure(graded.page, page) for name, page in pages.items()}


def pairs() -> list[tuple[str, str]]:
    """(better, worse): what nobody would argue about."""
    chain = ["exact", "variant 1", "variant 2", "variant 3", "variant 4"]
    found = list(pairwise(chain))
    found += [(name, "no css") for name in chain[:4]] + [(name, "heading") for name in chain[:3]]
    return found + [(name, "unrelated") for name in (*chain, "no css", "heading")]


def main() -> int:
    """Print the table; 1 when a pair is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("use", nargs="?", default="visual_blocks", choices=["visual_blocks", "screenshot_ssim"])
    measure = measure_of(parser.parse_args().use)
    count = wrong = 0
    for group in (PAGES, LATER):
        for graded in group:
            scores = scores_of(graded, measure)
            bad = [f"{a} <= {b}" for a, b in pairs() if scores[a] <= scores[b]]
            count, wrong = count + len(pairs()), wrong + len(bad)
            sys.stdout.write(f"{graded.name:20} {' '.join(f'{v:.2f}' for v in scores.values())}  {'; '.join(bad)}\n")
    BROWSER.close()
    sys.stdout.write(f"{count - wrong} of {count} pairs in order\n")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
