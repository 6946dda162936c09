"""``localbench watch`` and ``localbench control``: a run that goes on in another terminal."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path
from typing import Any

STATES = {"pause": "pause", "resume": "run", "cancel": "cancel"}
WORDS = {"pause": "will pause before the next question", "resume": "goes on", "cancel": "ends before the next question"}
PLAIN_EVERY_S = 10.0


def add_commands(commands: Any) -> None:
    """Add ``watch`` and ``control``."""
    watch = commands.add_parser("watch", help="show how far a run is, live: per category and model, speed, time left")
    watch.add_argument(
        "name", nargs="?", default="", metavar="RUN", help="run id or its beginning (default: the newest)"
    )
    watch.add_argument("--once", action="store_true", help="print the state once and end")
    watch.add_argument("--interval", type=float, default=1.0, metavar="SECONDS", help="how often to look (default: 1)")
    watch.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    watch.set_defaults(run=_watch)
    control = commands.add_parser("control", help="pause, resume or cancel a run that goes on in another terminal")
    control.add_argument("state", choices=tuple(STATES))
    control.add_argument(
        "name", nargs="?", default="", metavar="RUN", help="run id or its beginning (default: the newest)"
    )
    control.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    control.set_defaults(run=_control)


def _watch(args: argparse.Namespace) -> int:
    from ..reports.progress import Progress, progress_lines, status_line
    from ..store.control import CONTROL, read_control
    from ..store.events import EVENTS, EventReader

    folder = _folder(args.data.resolve(), args.name)
    reader, progress = EventReader(folder / EVENTS), Progress()
    live = sys.stdout.isatty() and not args.once
    shown, told_at, told = 0, float("-inf"), ""
    while True:
        progress.take(reader.read())
        over = progress.ended is not None or args.once
        gone = progress.ended is None and not _alive(progress.pid)
        if progress.ended is None and read_control(folder / CONTROL) == "pause":
            progress.state = "pause"
        elif progress.state == "pause":
            progress.state = "run"
        if live or over or gone:
            size = shutil.get_terminal_size()
            lines = progress_lines(progress, size.columns - 1)[: max(1, size.lines - 1)] if live else None
            lines = lines or progress_lines(progress, 1000)
            back = f"\x1b[{shown}F\x1b[J" if live and shown else ""
            _say(back + "\n".join(lines) + "\n")
            shown = len(lines)
        elif (line := status_line(progress)) != told and time.monotonic() - told_at >= PLAIN_EVERY_S:
            _say(line + "\n")
            told, told_at = line, time.monotonic()
        if gone:
            _say("its process is gone; --localbench-resume goes on with the run\n")
        if over or gone:
            return 0
        time.sleep(max(0.05, args.interval))


def _control(args: argparse.Namespace) -> int:
    from ..errors import StoreError
    from ..reports.progress import Progress
    from ..store.control import STATES as KNOWN
    from ..store.control import write_control
    from ..store.events import EVENTS, EventReader

    folder = _folder(args.data.resolve(), args.name)
    progress = Progress()
    progress.take(EventReader(folder / EVENTS).read())
    if progress.ended is not None or not _alive(progress.pid):
        raise StoreError(f"run {folder.name} is over; there is nothing to {args.state}.")
    write_control(folder, next(state for state in KNOWN if state == STATES[args.state]))
    _say(f"run {folder.name} {WORDS[args.state]}\n")
    return 0


def _folder(data: Path, name: str) -> Path:
    """The folder of a run that has events; raises CorruptDocument."""
    from ..errors import CorruptDocument
    from ..store.events import EVENTS

    found = sorted((path.parent for path in (data / "results").glob(f"*/{EVENTS}")), key=_begun)
    chosen = [folder for folder in found if folder.name.startswith(name)]
    if not chosen:
        listed = ", ".join(folder.name for folder in found[-5:]) or "none yet"
        raise CorruptDocument(f"no run '{name}' below {data / 'results'} can be watched; newest runs: {listed}.")
    return chosen[-1]


def _begun(folder: Path) -> tuple[int, str]:
    from ..store.events import EVENTS

    return (folder / EVENTS).stat().st_mtime_ns, folder.name


def _alive(pid: object) -> bool:
    """True while the process of the run is there, or when nobody can tell."""
    if not isinstance(pid, int):
        return True
    import psutil

    return bool(psutil.pid_exists(pid))


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
