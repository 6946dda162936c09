"""``localbench judge check``: is a model good enough to judge by the rubrics of this project?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..adapters.secrets import redact
from ..errors import ConfigError

if TYPE_CHECKING:
    from ..domain.judging import RubricTest
    from ..domain.model import ModelConfig


def add_commands(commands: Any) -> None:
    """Add ``judge check``."""
    judge = commands.add_parser("judge", help="test a model on graded answers")
    actions = judge.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="let a model grade the graded answers of every rubric")
    check.add_argument("model", metavar="MODEL", help="id of a model, or provider:model")
    check.add_argument("path", nargs="?", type=Path, default=Path(), metavar="PATH", help="where the tasks are")
    check.add_argument("--votes", type=int, choices=range(1, 10), metavar="N", help="ask N times, take the median")
    check.add_argument("--min-agreement", type=float, default=0.6, metavar="SHARE", help="default: 0.6")
    check.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    check.set_defaults(run=_check)


def _check(args: argparse.Namespace) -> int:
    from ..engine.asking import Asker
    from ..engine.judge_desk import OpenDesk
    from ..engine.judge_phase import Judges, check_judge
    from ..engine.judging import Judge
    from ..suite.survey import survey
    from .models import Project, say

    project = Project.here(args.data)
    models = project.select(args.model)
    if len(models) != 1:
        raise ConfigError(f"'{args.model}' names {len(models)} models; a judge is one model.")
    model = models[0]
    found = survey(args.path.resolve(), project.root)
    tasks = [(task, Judge(task, project.registry, str(project.root)))
             for task in found.tasks if any(spec.use == "judge" for spec in task.evaluators)]  # fmt: skip
    if not tasks:
        raise ConfigError("no task here has a 'judge' evaluator.")
    asker = Asker(project.root, log=lambda *_, **__: None)
    desk = OpenDesk(model, lambda config: asker.adopt(project.adapter(config)), asker.ask)
    tests = check_judge(desk, tasks, Judges(lambda _: model, lambda _: desk, args.votes, args.min_agreement))
    for test in tests:
        say(redact(_line(model, test)))
    return 0 if all(test.accepted for test in tests) else 1


def _line(model: ModelConfig, test: RubricTest) -> str:
    from ..reports.safe_text import safe

    named = f"{test.category}/{test.task} ({test.evaluator})"
    if test.mean_error is None or test.close is None:
        numbers = "no grades"
    else:
        numbers = f"off by {test.mean_error:.1f} grades on average, close to {test.close:.0%} of {test.n_grades}"
    verdict = "counts" if test.accepted else f"does not count: {test.reason}"
    return safe(f"{named}: {numbers}; {model.id} {verdict}", 2000)
