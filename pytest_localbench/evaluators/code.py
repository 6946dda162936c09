"""``unit_tests``: runs the function that an answer defines and compares what it returns, out of the answer's reach.

The answer's process is sent its own code and the arguments of one call at a time, under a random number; it sends data
back. Expected values never enter it, and comparing happens here, so no trick inside can turn a wrong value into a right
one: whatever it writes is taken for the value it returned.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import Field, model_validator

from ..domain.base import Frozen, PlainJson
from ..domain.score import Detail
from ..domain.task import Task
from .base import EvaluationContext, Evaluator, OptionError, Options, Score
from .code_values import BadReply, Raised, Returned, read_reply, same, show
from .extract_code import find_code
from .isolation import Isolation, find
from .isolation_probes import Tongue, tongue
from .sandbox import Ended, Sandbox
from .sandbox_setup import MIB, Limits, Wall

ISOLATION: Final = "isolation"
"""Path of the detail that tells how the code was run."""

_LANGUAGES: Final = {"python": "python", "py": "python", "javascript": "javascript", "js": "javascript"}
_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_MAX_CASES: Final = 200
_MAX_STRAY_LINES: Final = 1000


class Case(Frozen):
    """One call. ``args``: the arguments; ``expect``: the value, or ``raises``: the name of the error."""

    args: tuple[PlainJson, ...] = ()
    expect: PlainJson = None
    raises: str | None = None
    abs: float | None = Field(default=None, ge=0)
    name: str = ""

    @model_validator(mode="after")
    def _one_outcome(self) -> Case:
        if ("expect" in self.model_fields_set) == (self.raises is not None):
            raise ValueError("give exactly one of 'expect' and 'raises'")
        if self.abs is not None and self.raises is not None:
            raise ValueError("'abs' needs 'expect'")
        return self


class UnitTestsOptions(Options):
    """``entry`` and ``language`` may stand in the task's ``output`` instead; ``timeout_seconds`` is for all cases of an
    answer together, ``isolated`` runs every case in a process of its own, ``abs`` is a tolerance for all cases."""

    cases: tuple[Case, ...] = Field(min_length=1, max_length=_MAX_CASES)
    entry: str | None = None
    language: str | None = None
    timeout_seconds: float = Field(default=10.0, gt=0, le=120)
    memory_mb: int = Field(default=512, ge=128, le=8192)
    isolated: bool = False
    abs: float = Field(default=0.0, ge=0)


def missing_runner(task: Task) -> str | None:
    """Why the code that a task asks for cannot be run on this machine, ``None`` when it can or need not."""
    for spec in task.evaluators:
        if spec.use == "unit_tests":
            named = str(spec.options.get("language") or task.output.language or "").lower()
            if named in _LANGUAGES and (problem := find(_LANGUAGES[named]).problem) is not None:
                return problem
    return None


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of one case; ``said`` is for people."""

    passed: bool
    said: str
    note: str = ""


class _NotLoaded(Exception):
    """The code cannot be loaded, or lacks the function."""


class UnitTests(Evaluator[UnitTestsOptions]):
    """Cases passed / cases. Code that cannot be loaded, or without the function, passes none."""

    heavy = True
    options_type = UnitTestsOptions

    def __init__(self, options: UnitTestsOptions, task: Task) -> None:
        super().__init__(options, task)
        if task.output.format != "code":
            raise OptionError("the task needs 'output: {format: code}'")
        language = options.language or task.output.language or ""
        if language.lower() not in _LANGUAGES:
            raise OptionError(f"'{language}' cannot be run; 'language' is python or javascript", ("language",))
        self.language = _LANGUAGES[language.lower()]
        self.entry = options.entry or task.output.entry or ""
        if not _NAME.fullmatch(self.entry):
            raise OptionError("'entry' names the function to call", ("entry",))

    def evaluate(self, ctx: EvaluationContext) -> Score:
        """Run all cases; raises EvaluationError when the sandbox, not the answer, fails."""
        isolation = find(self.language)
        if isolation.wall is None:
            return Score(None, isolation.problem or "", (), "skipped")
        source = find_code(ctx.answer.clean, ctx.answer.fences, self.language, self.entry)
        if not source.strip():
            return self._nothing("there is no code", isolation)
        try:
            return self._score(list(self._run(source, isolation.wall)), isolation)
        except _NotLoaded as problem:
            return self._nothing(str(problem), isolation)

    def _nothing(self, problem: str, isolation: Isolation) -> Score:
        """The score of code that no case can be run against."""
        lack = Detail(path=self.entry, expected="a function", got="nothing", score=0.0, note=problem)
        reason = f"0 of {len(self.options.cases)} cases passed; {problem}"
        return Score(0.0, reason, (lack, _level(isolation)))

    def _score(self, found: list[_Found], isolation: Isolation) -> Score:
        passed = sum(one.passed for one in found)
        lost = next((pair for pair in zip(self.options.cases, found, strict=True) if not pair[1].passed), None)
        reason = f"{passed} of {len(found)} cases passed"
        if lost is not None:
            case, one = lost
            wanted = f"raise {case.raises}" if case.raises else show(case.expect)
            gave = f"{self._call(case)} gave {one.said}, should {'' if case.raises else 'be '}{wanted}"
            reason += f"; {one.note}" if one.note else f"; {gave}"
        details = [
            Detail(
                path=case.name or self._call(case),
                expected=f"raises {case.raises}" if case.raises else case.expect,
                got=one.said or None,
                score=float(one.passed),
                note=one.note,
            )
            for case, one in zip(self.options.cases, found, strict=True)
        ]
        return Score(passed / len(found), reason, (*details, _level(isolation)))

    def _call(self, case: Case) -> str:
        return f"{self.entry}({', '.join(show(value) for value in case.args)})"

    # -- running -----------------------------------------------------------------------------------------------------

    def _run(self, source: str, wall: Wall) -> Iterator[_Found]:
        """One finding per case. A process that died is started again for the next case, within the same time."""
        cases, speak = list(self.options.cases), tongue(self.language)
        left = self.options.timeout_seconds
        while cases:
            if left <= 0:
                yield from [_Found(False, "", "the time was over before it was called")] * len(cases)
                return
            limits = Limits(wall_s=left, memory_bytes=self.options.memory_mb * MIB)
            with Sandbox(self.language, speak.runner, wall, limits) as box:
                started = time.monotonic()
                problem = self._load(box, speak, source)
                if problem is not None and len(cases) == len(self.options.cases):
                    raise _NotLoaded(problem)
                if problem is not None:
                    yield from [_Found(False, "", problem)] * len(cases)
                    return
                alive = True
                while cases and alive:
                    one, alive = self._one(box, speak, cases.pop(0))
                    yield one
                    alive = alive and not self.options.isolated
                left -= time.monotonic() - started

    def _load(self, box: Sandbox, speak: Tongue, source: str) -> str | None:
        """Why the code cannot be called, ``None`` when it can."""
        number = secrets.token_hex(8)
        try:
            reply = _reply(box, speak.question(number, "load", source=source, entry=self.entry), number)
        except (Ended, BadReply) as ended:
            return f"while the code was loaded, {_in_words(ended)}"
        if isinstance(reply, Raised):
            what = "exited early" if reply.names[0] == "SystemExit" else f"raised {reply.names[0]}: {reply.message}"
            return f"the code {what}"
        return None if reply.value is True else f"there is no function '{self.entry}'"

    def _one(self, box: Sandbox, speak: Tongue, case: Case) -> tuple[_Found, bool]:
        """The finding of one case, and whether the process can be asked again."""
        number = secrets.token_hex(8)
        try:
            reply = _reply(box, speak.question(number, "call", arguments=list(case.args)), number)
        except BadReply:
            return _Found(False, "", "what it returned is no data"), False
        except Ended as ended:
            return _Found(False, "", f"{self._call(case)}: {ended}"), False
        if isinstance(reply, Raised):
            said = f"{reply.names[0]}: {reply.message}"
            early = "it exited early" if reply.names[0] == "SystemExit" else ""
            return _Found(case.raises in reply.names, f"an error, {said}", early), True
        tolerance = self.options.abs if case.abs is None else case.abs
        passed = case.raises is None and same(case.expect, reply.value, tolerance)
        return _Found(passed, show(reply.value)), True


def _reply(box: Sandbox, question: bytes, number: str) -> Returned | Raised:
    """The reply that carries our number; other lines come from the answer and are passed over, up to a point."""
    line = box.ask(question)
    for _ in range(_MAX_STRAY_LINES):
        try:
            reply = read_reply(line, number)
        except BadReply:
            if number.encode() in line:
                raise
            reply = None
        if reply is not None:
            return reply
        line = box.more()
    raise Ended("output_limit", "it sent what is no reply, again and again")


def _level(isolation: Isolation) -> Detail:
    return Detail(path=ISOLATION, got=isolation.words(), note="; ".join(isolation.refused))


def _in_words(ended: Exception) -> str:
    return str(ended) if isinstance(ended, Ended) else "it sent no data"
