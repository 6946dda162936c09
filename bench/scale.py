"""Memory and the time of the end, of reports and of repeated scoring at 10 000 (and 50 000) results.

Runs one task with that many samples on the scripted adapter, then makes the dashboard of the stored run and scores the
stored answers again. Prints ``ratio`` lines (each against a bare parametrized pytest run of as many items, or against our
own run) and ``figure`` lines; CPU time (user + system) and peak resident memory are those of whole processes.

usage: python bench/scale.py [--items 10000,50000]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from overhead import BARE, ENVIRONMENT, write_samples

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
LOCALBENCH = (sys.executable, "-c", "from pytest_localbench.cli import main; raise SystemExit(main())")


def spent(command: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """CPU seconds and peak resident megabytes of a process; stops the bench when it fails."""
    process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--items", default="10000")
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(base / "bytecode")
        small, bare_small = base / "small", base / "bare_small"
        for folder in (small, bare_small):
            folder.mkdir()
        write_samples(small, 1000)
        (bare_small / "test_bare.py").write_text(BARE.format(n=1000))
        off = ("-p", "no:localbench")
        spent((*PYTEST, "docs"), small)  # fills the caches
        small_mb, bare_small_mb = spent((*PYTEST, "docs"), small)[1], spent((*PYTEST, *off), bare_small)[1]
        for n in (int(part) for part in arguments.parse_args().items.split(",")):
            ours, bare = base / f"ours{n}", base / f"bare{n}"
            for folder in (ours, bare):
                folder.mkdir()
            write_samples(ours, n)
            (bare / "test_bare.py").write_text(BARE.format(n=n))
            bare_s, bare_mb = spent((*PYTEST, *off), bare)
            run_s, run_mb = spent((*PYTEST, "docs"), ours)
            page_s, _ = spent((*LOCALBENCH, "report", "last", "-o", "page.html"), ours)
            again_s, _ = spent((*PYTEST, "docs", "--localbench-rescore"), ours)
            per_10k = 10000 / (n - 1000)
            print(f"figure growth_mb_per_10k_at_{n} {(run_mb - small_mb) * per_10k:.0f}")
            print(f"ratio growth_over_bare_{n} {(run_mb - small_mb) / max(bare_mb - bare_small_mb, 1.0):.2f}")
            print(f"ratio run_over_bare_{n} {run_s / bare_s:.2f}")
            print(f"ratio report_over_run_{n} {page_s / run_s:.2f}")
            print(f"ratio rescore_over_run_{n} {again_s / run_s:.2f}")
            print(f"figure report_s_{n} {page_s:.2f}")
            print(f"figure rescore_s_{n} {again_s:.2f}", flush=True)


if __name__ == "__main__":
    main()
