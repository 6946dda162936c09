"""Declarative rules on an answer: what must and what must not be said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, Literal

from pydantic import model_validator

from ..domain.score import Detail
from ..domain.task import Task
from ..errors import did_you_mean
from .answer import MISSING
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .folding import norm
from .paths import pluck
from .text import check_phrases, compile_pattern, fold_prose, holds_phrase, search

_TOOL_ARGS: Final = "tool_args."
_FIELD: Final = re.compile(r"[^.\[\]]+(?:\[(?:-?\d+)?\])*(?:\.[^.\[\]]+(?:\[(?:-?\d+)?\])*)*")


class Rule(Options):
    """One rule: any of these phrases, or this pattern (tried on the folded text and on the text as it is)."""

    id: str | None = None
    any: tuple[str, ...] = ()
    regex: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Rule:
        if bool(self.any) == (self.regex is not None):
            raise ValueError("a rule has either 'any' (phrases) or 'regex'")
        return self


class RulesOptions(Options):
    """``target``: ``answer``, the path of a JSON field (``reason``, ``rows[].note``) or ``tool_args.TOOL.ARG``.

    ``mode: all`` makes it all or nothing.
    """

    target: str = "answer"
    must: tuple[Rule, ...] = ()
    must_not: tuple[Rule, ...] = ()
    mode: Literal["share", "all"] = "share"


class Rules(Evaluator[RulesOptions]):
    """Share of the rules that are kept; an empty target keeps none. What must be said is not denied in its clause."""

    role = "guard"
    guard_share = 0.6
    version = "2"
    options_type = RulesOptions

    def __init__(self, options: RulesOptions, task: Task) -> None:
        super().__init__(options, task)
        if not (options.must or options.must_not):
            raise OptionError("give at least one rule in 'must' or 'must_not'")
        _check_target(options.target, task)
        self._patterns: dict[str, Any] = {}
        for group in ("must", "must_not"):
            for index, rule in enumerate(getattr(options, group)):
                check_phrases(rule.any, (group, index, "any"))
                if rule.regex is not None:
                    self._patterns[rule.regex] = compile_pattern(rule.regex, (group, index, "regex"))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Check every rule on the target text."""
        text = self._target(ctx)
        if not text.strip():
            return Score(0.0, f"'{self.options.target}' is empty")
        prose, folded = fold_prose(text), norm(text)
        details = []
        for wanted, rules in ((True, self.options.must), (False, self.options.must_not)):
            for rule in rules:
                hit = self._hit(rule, text, prose, folded, wanted=wanted)
                name = rule.id or (rule.any[0] if rule.any else str(rule.regex))
                kept = (hit is not None) == wanted
                note = "" if kept else "missing" if wanted else "must not occur"
                details.append(Detail(path=name, expected=wanted, got=hit or None, score=float(kept), note=note))
        kept_count = sum(1 for d in details if d.score == 1.0)
        score = kept_count / len(details)
        if self.options.mode == "all":
            score = float(score == 1.0)
        broken = next((d for d in details if d.score == 0.0), None)
        reason = f"{kept_count} of {len(details)} rules kept" + (f"; {broken.path}: {broken.note}" if broken else "")
        return Score(score, reason, tuple(details))

    def _target(self, ctx: EvaluationContext) -> str:
        target = self.options.target
        if target == "answer":
            return ctx.answer.text
        if target.startswith(_TOOL_ARGS):
            tool, _, argument = target.removeprefix(_TOOL_ARGS).rpartition(".")
            calls = [c.arguments for c in ctx.response.tool_calls if c.name == tool and isinstance(c.arguments, dict)]
            return "\n".join(_as_text(call[argument]) for call in calls if argument in call)
        return "\n".join(_as_text(value) for value in _values(ctx.answer.value, target))

    def _hit(self, rule: Rule, text: str, prose: str, folded: str, *, wanted: bool) -> str | None:
        if rule.regex is None:
            found = (p for p in rule.any if holds_phrase(prose, p, allow_negated=not wanted))
            return next(found, None)
        hit = search(self._patterns[rule.regex], folded, text)
        return None if hit is None else hit[:80]


def _check_target(target: str, task: Task) -> None:
    if target == "answer":
        return
    if target.startswith(_TOOL_ARGS):
        tool, _, argument = target.removeprefix(_TOOL_ARGS).rpartition(".")
        if not (tool and argument):
            raise OptionError(f"'{target}' is no target: write tool_args.TOOL.ARGUMENT", ("target",))
        known = tool_names(task)
        if known and tool not in known:
            raise OptionError(f"there is no tool '{tool}'{did_you_mean(tool, known)}", ("target",))
        return
    if not _FIELD.fullmatch(target):
        raise OptionError(f"'{target}' is no path: write e.g. reason, note.text or rows[].note", ("target",))
    if task.output.format != "json":
        raise OptionError(
            f"'{target}' is a field, but the answer is {task.output.format}: write 'output: {{format: json}}' "
            f"or 'target: answer'{did_you_mean(target, ['answer'])}",
            ("target",),
        )


def tool_names(task: Task) -> set[str]:
    """Names of all tools of a task."""
    inner = [t["function"] if isinstance(t.get("function"), dict) else t for t in task.tools]
    named = {str(t["name"]) for t in inner if "name" in t}
    return named | {tool.name for tool in (task.environment.tools if task.environment else ())}


def _values(value: Any, path: str) -> Iterator[Any]:
    """The values at a path; ``[]`` stands for every item of a list."""
    head, every, rest = path.partition("[]")
    found = pluck(value, head) if head else value
    if not every:
        if found is not MISSING and found is not None:
            yield found
        return
    for item in found if isinstance(found, list) else ():
        yield from _values(item, rest.lstrip(".")) if rest.lstrip(".") else (item,)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
