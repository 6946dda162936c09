"""From verdicts to quality and outcome: content earns, guards only take away."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..domain.response import ModelResponse
from ..domain.result import Outcome
from ..domain.score import Verdict, tally
from ..domain.task import Task
from .answer import Answer
from .folding import norm

TOLERANCE = 1e-9
LOOP_SCORE = 0.35
_REFUSAL = re.compile(
    r"\b(i (can ?not|can't|am (not able|unable)|won't)|i'm (sorry|unable|not able)|i am sorry|as an ai\b"
    r"|cannot (help|assist|comply)"
    r"|es tut mir leid|ich kann (das|ihnen|diese\w*) .{0,40}nicht|je suis désolée?|je ne peux pas|lo siento|no puedo"
    r"|przykro mi|nie mogę)\b"
)
REFUSAL_WINDOW = 240


def combine(verdicts: Sequence[Verdict]) -> float | None:
    """Quality of one answer, 0 to 1: weighted mean of the content verdicts times ``1 - g (1 - s)`` of every guard.

    ``None`` when no content verdict was scored.
    """
    earned, weights, kept = tally(verdicts)
    return kept * earned / weights if weights else None


def is_empty(answer: Answer, response: ModelResponse) -> bool:
    """True when the model said nothing at all (thinking does not count)."""
    return not answer.clean.strip() and not response.tool_calls


def empty_outcome(answer: Answer, response: ModelResponse) -> tuple[Outcome, str]:
    """Why nothing came: all tokens went into thinking, the provider refused, or silence."""
    if response.timed_out:
        return "too_slow", "the time was over before an answer came; raise timeout_seconds or choose a faster model"
    thought = bool(response.thinking or answer.reasoning)
    if thought and (response.finish_reason == "length" or "reasoning_cut" in answer.notes):
        return "budget_exhausted", "all tokens went into thinking; raise generation.max_tokens or set reasoning: off"
    if response.finish_reason == "refusal":
        return "refused", "the provider refused the request"
    return "empty", "the model gave no answer"


def uncalled(task: Task, answer: Answer, response: ModelResponse) -> tuple[Outcome, str]:
    """Why no tool was called where one had to be: cut off, declined, or simply answered in words."""
    outcome, reason = classify(task, answer, response, (), 0.0)
    if outcome in ("truncated", "refused"):
        return outcome, reason
    return "tool_not_called", "the model called no tool; it only answered in words"


def classify(
    task: Task, answer: Answer, response: ModelResponse, verdicts: Sequence[Verdict], quality: float
) -> tuple[Outcome, str]:
    """The outcome of a scored answer and, for weak ones with a special cause, a sentence."""
    if quality >= task.thresholds.pass_quality - TOLERANCE:
        return "passed", ""
    if response.dialogue is not None and response.dialogue.ended == "stuck":
        return "looped", "the model made the same call with the same result again and again"
    if any(v.evaluator == "repetition" and v.score is not None and v.score <= LOOP_SCORE for v in verdicts):
        return "looped", "the model repeated itself"
    if response.finish_reason == "length" or "truncated" in answer.notes:
        limit = f" at {response.usage.output_tokens} tokens" if response.usage.output_tokens else ""
        return "truncated", f"the answer was cut off{limit} (generation.max_tokens)"
    if response.finish_reason == "refusal" or (quality <= TOLERANCE and _refuses(answer)):
        return "refused", "the model declined to answer"
    if task.output.format == "json" and not answer.has_value:
        return "invalid_json", "no valid JSON in the answer"
    if quality <= TOLERANCE and any(v.evaluator == "json_schema" and v.score == 0.0 for v in verdicts):
        return "schema_mismatch", "the JSON does not have the required form"
    return "weak", ""


def _refuses(answer: Answer) -> bool:
    return bool(_REFUSAL.search(norm(answer.clean[:REFUSAL_WINDOW])))
