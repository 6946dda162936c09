"""Writes tasks, documents, rows and pictures of a category from a seed.

Without options the committed files come out again; ``--seed`` gives a fresh set with the same difficulty.
"""

from __future__ import annotations

import argparse
import random
import sys
import uuid
from importlib import import_module
from pathlib import Path

from .drawing import Draw
from .text import fill

HERE = Path(__file__).resolve().parent
SEED = 2025
MODULES = {
    "document_understanding": ("invoices", "ledgers", "letters", "lease", "rows", "pictures", "manual"),
    "recruitment": ("applications",),
    "ui_coding": ("pages",),
}
"""Generators by category folder."""


def draws(category: str) -> dict[str, Draw]:
    """The generator of every task of a category by the task's id."""
    found: dict[str, Draw] = {}
    for name in MODULES[category]:
        found.update(import_module(f".{name}", __package__).DRAWS)
    return found


def written(task: str, draw: Draw, seed: int) -> dict[str, str | bytes]:
    """All files of one task, path below the category folder -> content."""
    drawing = draw(random.Random(f"{seed}:{task}"))
    canary = str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:pytest-localbench:{seed}:{task}"))
    values = {**drawing.values, "canary": canary, "seed": seed}
    template = (HERE / "templates" / f"{task}.yaml").read_text(encoding="utf-8")
    return {f"tasks/{task}.yaml": fill(template, values), **drawing.files}


def main() -> int:
    """Command line; returns 1 when ``--check`` finds a file that differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks._make", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help=f"another seed draws another set (default {SEED})")
    parser.add_argument("--category", choices=sorted(MODULES), default="document_understanding", help="what to draw")
    parser.add_argument("--out", type=Path, help="folder to write to (default: that of the category)")
    parser.add_argument("--only", nargs="*", metavar="TASK", help="only these tasks")
    parser.add_argument("--check", action="store_true", help="write nothing, say which files differ")
    options = parser.parse_args()
    out = options.out or HERE.parent / options.category
    different = []
    for task, draw in draws(options.category).items():
        if options.only and task not in options.only:
            continue
        for name, content in written(task, draw, options.seed).items():
            data = content if isinstance(content, bytes) else content.encode()
            path = out / name
            if path.is_file() and path.read_bytes() == data:
                continue
            different.append(name)
            if not options.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    sys.stdout.write("".join(f"{'differs' if options.check else 'wrote'} {name}\n" for name in different))
    return int(options.check and bool(different))


if __name__ == "__main__":
    raise SystemExit(main())
