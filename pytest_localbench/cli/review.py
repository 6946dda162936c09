"""``localbench review``: people grade answers on the terminal, without seeing which model wrote them."""

from __future__ import annotations

import argparse
import getpass
import hashlib
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..adapters.secrets import redact
from ..domain.review import Review
from ..errors import ConfigError

if TYPE_CHECKING:
    from ..domain.run import BenchmarkRun
    from ..domain.task import Sample, Task
    from ..evaluators.rubric import Criterion, Rubric

USE = "manual"
WIDEST = 100_000
KEYS = "1 to 5 = grade, b = back, s = skip this answer, q = stop (everything graded is kept)"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One answer to grade by one rubric; which model wrote it is not in here."""

    task: Task
    sample: Sample
    evaluator: str
    rubric: Rubric
    answer: str
    digest: str

    @property
    def place(self) -> tuple[str, ...]:
        """What a review of it is filed under."""
        return (self.task.category, self.task.id, self.sample.id, self.evaluator, self.digest)


class _StopReviewing(Exception):
    """The reviewer has had enough."""


class _SkipAnswer(Exception):
    """The reviewer leaves this answer to others."""


def add_commands(commands: Any) -> None:
    """Add ``review``."""
    review = commands.add_parser("review", help="grade answers that wait for people, and put the grades into the run")
    review.add_argument("name", nargs="?", default="last", metavar="RUN", help="run id, its beginning, or 'last'")
    review.add_argument("--reviewer", metavar="NAME", help="your name (default: the name you are logged in with)")
    review.add_argument("--merge", action="store_true", help="grade nothing: put the grades into the run document")
    review.add_argument(
        "--reviews", type=Path, action="append", metavar="FILE",
        help="with --merge: a review file or folder, repeatable (default: data/reviews/RUN)",
    )  # fmt: skip
    review.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    review.set_defaults(run=_review)


def _review(args: argparse.Namespace) -> int:
    from ..store.runs import find, load

    if args.reviews and not args.merge:
        raise ConfigError("--reviews says which grades --merge puts in; give both.")
    path = find(args.data.resolve(), args.name)
    run = load(path)
    return _merge(args, run, path) if args.merge else _grade(args, run)


# -- grading -------------------------------------------------------------------------------------------------------


def _grade(args: argparse.Namespace, run: BenchmarkRun) -> int:
    from ..store.identity import utc_now
    from ..store.reviews import append_review, read_reviews, reviews_path

    reviewer = (args.reviewer or _login()).strip()
    path = reviews_path(args.data.resolve(), run.id, reviewer)
    done = (
        {(r.category, r.task, r.sample, r.evaluator, r.answer_sha256) for r in read_reviews(path)}
        if path.exists()
        else set()
    )
    sheets = shuffled(sheets_of(run), f"{run.id} {reviewer}")
    left = [sheet for sheet in sheets if sheet.place not in done]
    if not sheets:
        _say(f"run {run.id} holds no answer that people grade (evaluators with 'use: {USE}')")
        return 0
    _say(f"run {run.id}: {len(left)} of {len(sheets)} answers to grade, as {reviewer}; {KEYS}")
    n_graded = 0
    try:
        for number, sheet in enumerate(left, 1):
            _say("\n".join(_shown(sheet, number, len(left))))
            try:
                grades = _ask_grades(sheet.rubric)
            except _SkipAnswer:
                continue
            comment = _ask("comment (Enter: none): ")
            category, task, sample, evaluator, digest = sheet.place
            append_review(
                path,
                Review(
                    category=category, task=task, sample=sample, evaluator=evaluator, answer_sha256=digest,
                    reviewer=reviewer, at=utc_now(), grades=grades, comment=comment,
                ),
            )  # fmt: skip
            n_graded += 1
    except _StopReviewing:
        pass
    _say(
        f"\n{n_graded} graded, {len(left) - n_graded} left; put them into the scores: localbench review {run.id} --merge"
    )
    return 0


def sheets_of(run: BenchmarkRun) -> list[Sheet]:
    """Every answer of the run that people grade; answers with the same text are one."""
    from ..evaluators.manual import answer_digest
    from ..evaluators.rubric import Rubric

    tasks = {(task.category, task.id): task for task in run.tasks}
    sheets: dict[tuple[str, ...], Sheet] = {}
    for result in run.results:
        task = tasks.get((result.key.category, result.key.task))
        waits = {verdict.name for verdict in result.verdicts if verdict.evaluator == USE}
        if task is None or not waits or result.answer is None:
            continue
        sample = next(sample for sample in task.samples if sample.id == result.key.sample)
        for spec in task.evaluators:
            if spec.use == USE and spec.label in waits:
                rubric = Rubric.model_validate(spec.options["rubric"])
                sheet = Sheet(task, sample, spec.label, rubric, result.answer, answer_digest(result.answer))
                sheets.setdefault(sheet.place, sheet)
    return list(sheets.values())


def shuffled(sheets: list[Sheet], seed: str) -> list[Sheet]:
    """The same order each time for one reviewer of one run, another one for everybody else."""
    order = sorted(sheets, key=lambda sheet: sheet.place)
    random.Random(hashlib.sha256(seed.encode()).digest()).shuffle(order)
    return order


def _shown(sheet: Sheet, number: int, count: int) -> Iterator[str]:
    from ..suite.render import prompt_texts

    task = sheet.task
    named = f", {sheet.sample.id}" if sheet.sample.id != "-" else ""
    yield f"\n=== {number} of {count}: {task.title}{named}"
    for role, text in prompt_texts(task, sheet.sample):
        yield f"--- {role}\n{text.rstrip()}"
    expected = task.expected_of(sheet.sample)
    if expected is not None:
        yield f"--- a right answer\n{expected}"
    yield f"--- the answer to grade\n{sheet.answer.rstrip()}"
    yield "---"


def _ask_grades(rubric: Rubric) -> dict[str, int]:
    """A grade for every criterion; 'b' goes back by one."""
    grades: dict[str, int] = {}
    index = 0
    while index < len(rubric.criteria):
        criterion = rubric.criteria[index]
        key = _ask(_question(criterion)).lower()
        if key == "q":
            raise _StopReviewing
        if key == "s":
            raise _SkipAnswer
        if key == "b":
            index = max(0, index - 1)
        elif key in {"1", "2", "3", "4", "5"}:
            grades[criterion.id] = int(key)
            index += 1
        else:
            _say(KEYS)
    return grades


def _question(criterion: Criterion) -> str:
    anchors = "".join(f"\n    {grade} = {words}" for grade, words in sorted(criterion.anchors.items()))
    return f"{criterion.question}{anchors}\n  {criterion.id} [1-5]: "


def _ask(prompt: str) -> str:
    """One line from the keyboard; its end is a wish to stop."""
    *above, last = prompt.split("\n")
    for line in above:
        _say(line)
    sys.stdout.write(last)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise _StopReviewing
    return line.strip()


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise ConfigError("say who you are: --reviewer NAME.") from None


def _say(text: str) -> None:
    from ..reports.safe_text import safe

    for line in text.split("\n"):
        sys.stdout.write(safe(redact(line), WIDEST).rstrip() + "\n")


# -- merging -------------------------------------------------------------------------------------------------------


def _merge(args: argparse.Namespace, run: BenchmarkRun, path: Path) -> int:
    from ..engine.judging import Judge
    from ..engine.refold import with_reviews
    from ..store.index import save_run
    from ..store.reviews import read_reviews
    from .providers import project_registry

    places = args.reviews or [args.data.resolve() / "reviews" / run.id]
    if not args.reviews and not places[0].is_dir():
        raise ConfigError(f"nobody has graded answers of run {run.id} yet: localbench review {run.id}")
    reviews = [review for place in places for review in read_reviews(place)]
    registry, _ = project_registry(Path.cwd())
    judges: dict[tuple[str, str], Judge] = {}

    def judge_for(task: Task) -> Judge:
        key = (task.category, task.id)
        if key not in judges:
            judges[key] = Judge(task, registry)
        return judges[key]

    merged = with_reviews(run, reviews, judge_for)
    save_run(merged, path)
    before, after = (sum(r.outcome == "pending" for r in each.results) for each in (run, merged))
    names = ", ".join(sorted({review.reviewer for review in reviews}))
    scored = f"{before - after} answer{'s' * (before - after != 1)}"
    _say(f"run {run.id}: {scored} scored by the grades of {names}; {after} still wait")
    for score in merged.summary:
        shown = "none yet" if score.ultimate_score is None else f"{score.ultimate_score:.1f}"
        _say(f"{score.category} {score.model}: score {shown}")
    for note in merged.notes:
        _say(note)
    return 0
