"""A run under way, from its events: per category and model how far, how good, how fast, and how long still."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from ..domain.result import ERROR_OUTCOMES, WEAK_OUTCOMES
from .safe_text import cut, pad, safe
from .words import count, number, size

RECENT = 50
BAR = 20


@dataclass
class Cell:
    """One model in one category. ``score`` 0 to 10; ``speeds`` tokens per second of the latest answers."""

    total: int = 0
    done: int = 0
    passed: int = 0
    weak: int = 0
    errors: int = 0
    scores: list[float] = field(default_factory=list)
    speeds: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    memory_bytes: int | None = None
    cost_usd: float = 0.0


@dataclass
class Progress:
    """Everything seen so far. ``pid``: the process that runs; ``ended``: the event that ended the run."""

    run: str = ""
    pid: int | None = None
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    state: str = "run"
    started_at: float | None = None
    last_at: float | None = None
    ended: Mapping[str, Any] | None = None
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def total(self) -> int:
        """Questions of the run."""
        return sum(cell.total for cell in self.cells.values())

    @property
    def done(self) -> int:
        """Questions that have a result."""
        return sum(cell.done for cell in self.cells.values())

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Account for more events; what cannot be understood is left out."""
        for event in events:
            at = event.get("at")
            if not isinstance(at, int | float):
                continue
            self.last_at = float(at)
            match event.get("event"):
                case "start":
                    self._start(event, float(at))
                case "result":
                    self._result(event, float(at))
                case "paused":
                    self.state = "pause"
                case "resumed":
                    self.state = "run"
                    self._recent.clear()
                case "cancelled":
                    self.state = "cancel"
                case "finish":
                    self.ended = event

    def left_s(self) -> float | None:
        """Seconds to go at the pace of the latest results; ``None`` while that is not known."""
        if len(self._recent) < 2 or self.done >= self.total:
            return None
        pace = (self._recent[-1] - self._recent[0]) / (len(self._recent) - 1)
        return pace * (self.total - self.done)

    def _start(self, event: Mapping[str, Any], at: float) -> None:
        self.run, self.pid = str(event.get("run", "")), event.get("pid")
        self.cells, self.started_at, self.ended, self.state = {}, at, None, "run"
        self._recent.clear()
        for row in event.get("questions") or ():
            if isinstance(row, list) and len(row) == 3 and isinstance(row[2], int):
                self.cells[str(row[0]), str(row[1])] = Cell(total=row[2])

    def _result(self, event: Mapping[str, Any], at: float) -> None:
        category, model = str(event.get("category")), str(event.get("model"))
        nameless = ("", model)
        cell = self.cells.get((category, model)) or self.cells.get(nameless)
        if cell is None:
            cell = self.cells[category, model] = Cell()
        cell.done += 1
        cell.total = max(cell.total, cell.done)
        self._recent.append(at)
        outcome, score, speed = event.get("outcome"), event.get("score"), event.get("tokens_per_s")
        cell.passed += outcome == "passed"
        cell.weak += outcome in WEAK_OUTCOMES
        cell.errors += outcome in ERROR_OUTCOMES
        if isinstance(score, int | float):
            cell.scores.append(float(score))
        if isinstance(speed, int | float):
            cell.speeds.append(float(speed))
        if isinstance(memory := event.get("memory_bytes"), int):
            cell.memory_bytes = max(cell.memory_bytes or 0, memory)
        if isinstance(cost := event.get("cost_usd"), int | float):
            cell.cost_usd += float(cost)


def progress_lines(progress: Progress, width: int) -> list[str]:
    """A table; no line is wider than ``width`` columns, for which the bars go first."""
    rows: list[tuple[str, ...]] = [
        ("category", "model", "done", "", "passed", "weak", "errors", "score", "tok/s", "memory")
    ]
    for (category, model), cell in sorted(progress.cells.items()):
        rows.append((
            safe(category or "-", 40), safe(model, 40), f"{cell.done}/{cell.total}", _bar(cell.done, cell.total),
            str(cell.passed), str(cell.weak), str(cell.errors),
            number(fmean(cell.scores) if cell.scores else None),
            number(fmean(cell.speeds) if cell.speeds else None), size(cell.memory_bytes),
        ))  # fmt: skip
    if sum(max(len(row[column]) + 2 for row in rows) for column in range(len(rows[0]))) > width:
        rows = [(*row[:3], *row[4:]) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(pad(text, wide) for text, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [cut(line, width) for line in [status_line(progress), *lines]]


def status_line(progress: Progress) -> str:
    """The run in one line."""
    share = f"{progress.done / progress.total:.0%}" if progress.total else "-"
    parts = [f"run {safe(progress.run, 60)}: {progress.done} of {count(progress.total, 'item')} ({share})"]
    if progress.ended is not None:
        ended = "finished" if progress.ended.get("complete") else "ended, partial"
        return f"{parts[0]}, {ended}, exit code {progress.ended.get('exit_code')}"
    left = "all answered" if progress.done >= progress.total > 0 else _left(progress.left_s())
    parts.append({"pause": "paused", "cancel": "being cancelled"}.get(progress.state, left))
    cost = sum(cell.cost_usd for cell in progress.cells.values())
    if cost:
        parts.append(f"{cost:.4f} USD so far")
    return ", ".join(parts)


def _left(seconds: float | None) -> str:
    if seconds is None:
        return "time left unknown"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"about {hours}:{minutes:02}:{rest:02} left" if hours else f"about {minutes}:{rest:02} left"


def _bar(done: int, total: int) -> str:
    filled = BAR * done // total if total else 0
    return "#" * filled + "." * (BAR - filled)
