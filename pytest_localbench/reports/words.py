"""Numbers and outcomes in words: one way to write them in every text report."""

from __future__ import annotations

from datetime import UTC, datetime

from ..domain.result import Outcome, SampleResult

OUTCOME_WORDS: dict[Outcome, str] = {
    "passed": "passed",
    "weak": "weak answer",
    "empty": "no answer",
    "refused": "refused",
    "looped": "repeats itself",
    "invalid_json": "no valid JSON",
    "schema_mismatch": "JSON of the wrong form",
    "tool_not_called": "tool not called",
    "truncated": "cut off",
    "budget_exhausted": "all thinking, no answer",
    "too_slow": "too slow",
    "context_overflow": "does not fit into the context",
    "truncated_input": "prompt was cut by the server",
    "backend_error": "could not be asked",
    "evaluator_error": "could not be judged",
    "lost": "lost with its process",
    "pending": "not judged yet",
    "skipped": "skipped",
}
COUNTED_WORDS: dict[Outcome, str] = {
    "truncated": "were cut off (generation.max_tokens)",
    "empty": "were empty",
    "invalid_json": "held no valid JSON",
    "schema_mismatch": "held JSON of the wrong form",
    "tool_not_called": "called no tool",
    "looped": "repeated themselves",
    "refused": "were refusals",
    "budget_exhausted": "were all thinking and no answer (generation.max_tokens)",
    "too_slow": "were not ready in time (timeout_seconds)",
}
REMEDIES: dict[Outcome, tuple[str, str]] = {
    "context_overflow": ("context_tokens", "raise resources.context_tokens in the model file, or shorten the document"),
    "truncated_input": ("context_tokens", "raise resources.context_tokens in the model file or the server's own limit"),
    "backend_error": ("--lf", "once that is mended, --lf asks only what failed"),
    "evaluator_error": ("run document", "the answer is kept in the run document; mend the task or the evaluator"),
    "lost": ("--lf", "--lf asks it again"),
}


def number(value: float | None, digits: int = 1) -> str:
    """A number, ``-`` when not known."""
    return "-" if value is None else f"{value:.{digits}f}"


def points(quality: float | None) -> str:
    """Quality 0 to 1 on the scale people see, 1 to 10."""
    return "-" if quality is None else f"{1 + 9 * quality:.1f}"


def seconds(value: float | None) -> str:
    """A duration."""
    if value is None:
        return "-"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def size(value: float | None) -> str:
    """An amount of memory, decimal units."""
    if value is None:
        return "-"
    return f"{value / 1e9:.1f} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"


def data_size(value: int | None) -> str:
    """An amount of data, decimal units."""
    if value is None:
        return "an unknown amount"
    if value < 1000:
        return f"{value} bytes"
    return f"{value / 1e3:.1f} kB" if value < 1e6 else f"{value / 1e6:.1f} MB"


def cost(value: float | None) -> str:
    """USD; nothing is ``0``, an amount is never rounded to nothing."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    return f"${value:.2f}" if value >= 1 else f"${value:.4f}" if value >= 0.0001 else "<$0.0001"


def utc_minute(stamp: str) -> str:
    """An instant as ``2026-11-25 07:28`` in UTC, whatever zone it is written in; an unreadable stamp as it stands."""
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp
    return f"{moment if moment.tzinfo is None else moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def count(n: int, noun: str) -> str:
    """``1 task``, ``2 tasks``."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def short_id(result: SampleResult) -> str:
    """The part of the test id people recognise: task, model, sample and attempt."""
    key = result.key
    parts = [key.model, *([key.sample] if key.sample != "-" else []), *([f"r{key.attempt}"] if key.attempt > 1 else [])]
    return f"{key.task}[{'--'.join(parts)}]"
