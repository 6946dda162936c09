"""Our cost per item against a bare parametrized pytest test, collection of many tasks, and the cost to other projects.

Prints lines ``ratio <name> <value>``; every ratio is measured in this one run, on CPU time (user + system) of whole
processes, as the smallest of a few repetitions.

usage: python bench/overhead.py [--items 1000,10000] [--repeat 3]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = "import pytest\n@pytest.mark.parametrize('n', range({n}))\ndef test_item(n):\n    assert True\n"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


# Compiled modules are cached as on a user's machine, but in a folder of this run.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def cpu_s(command: tuple[str, ...], folder: Path, repeat: int) -> float:
    """User and system seconds of a process, the smallest of some runs after one that fills the caches."""
    spent = []
    for _ in range(repeat + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            command, cwd=folder, env=ENVIRONMENT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(spent[1:])


def write_tasks(folder: Path, n: int) -> None:
    """A category with ``n`` tasks in one JSON file and a scripted model that answers all of them."""
    (folder / "docs").mkdir()
    (folder / "docs" / "category.json").write_text('{"id": "docs"}')
    tasks = [{"id": f"t{i}", "input": {"prompt": f"Question {i}?"}, "expected": "yes", "evaluators": [{"use": "exact"}]}
             for i in range(n)]  # fmt: skip
    (folder / "docs" / "tasks.json").write_text(json.dumps(tasks))
    (folder / "data" / "models").mkdir(parents=True)
    (folder / "data" / "models" / "m.json").write_text('{"provider": "scripted", "options": {"default": "yes"}}')


def write_samples(folder: Path, n: int) -> None:
    """One task with ``n`` samples: the counterpart of one parametrized test function."""
    write_tasks(folder, 1)
    rows = [{"id": f"s{i}", "variables": {"q": str(i)}, "expected": "yes"} for i in range(n)]
    task = {"id": "t", "input": {"prompt": "Question {{ q }}?"}, "samples": rows, "evaluators": [{"use": "exact"}]}
    (folder / "docs" / "tasks.json").write_text(json.dumps(task))


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--items", default="1000,10000")
    arguments.add_argument("--repeat", type=int, default=3)
    options = arguments.parse_args()
    off = ("-p", "no:localbench")
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(base / "bytecode")
        empty = base / "empty"
        empty.mkdir()
        (empty / "test_one.py").write_text("def test_one(): pass\n")
        without = cpu_s((*PYTEST, *off), empty, options.repeat * 3)
        with_plugin = cpu_s(PYTEST, empty, options.repeat * 3)
        print(f"ratio foreign_project {with_plugin / without:.3f}", flush=True)
        print(f"figure foreign_project_extra_ms {(with_plugin - without) * 1000:.1f}", flush=True)
        for n in (int(part) for part in options.items.split(",")):
            ours, bare, samples = base / f"ours{n}", base / f"bare{n}", base / f"samples{n}"
            for folder in (ours, bare, samples):
                folder.mkdir()
            write_tasks(ours, n)
            write_samples(samples, n)
            (bare / "test_bare.py").write_text(BARE.format(n=n))
            bare_s = cpu_s((*PYTEST, *off), bare, options.repeat)
            samples_s = cpu_s((*PYTEST, "docs"), samples, options.repeat)
            tasks_s = cpu_s((*PYTEST, "docs"), ours, options.repeat)
            collect_bare_s = cpu_s((*PYTEST, *off, "--collect-only"), bare, options.repeat)
            collect_s = cpu_s((*PYTEST, "docs", "--collect-only"), ours, options.repeat)
            print(f"ratio per_item_{n} {samples_s / bare_s:.2f}", flush=True)
            print(f"ratio per_item_of_its_own_task_{n} {tasks_s / bare_s:.2f}", flush=True)
            print(f"ratio collect_{n} {collect_s / collect_bare_s:.2f}", flush=True)
            print(f"figure ms_per_item_{n} {1000 * samples_s / n:.3f}", flush=True)


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"figure seconds {time.monotonic() - started:.0f}")
