"""Two runs side by side, in words: what was changed, who is really better, what fails now."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from ..domain.compared import Change, RunDiff, TaskChange
from ..domain.run import Comparison
from .safe_text import safe
from .terminal import Line, wrapped
from .words import count, points, seconds, utc_minute

MAX_TASKS = 10
MAX_NAMES = 5
ENOUGH_TO_TEST = 6
TOO_MANY = 1000
_MARKUP: dict[Change, str] = {
    "newly failing": "bad",
    "newly passing": "good",
    "worse": "warn",
    "better": "good",
    "same": "dim",
}
_SIDE_LISTS = (
    ("task_changed", "task changed, not compared"),
    ("unscored", "scored in {name}, without a score now"),
    ("only_then", "only in {name}"),
    ("only_now", "new, not in {name}"),
)


def compare_lines(diff: RunDiff, *, width: int, verbosity: int) -> list[Line]:
    """The whole comparison. ``verbosity`` below 0: verdicts and what newly fails; above 0: every task."""
    brief = verbosity < 0
    lines = wrapped(f"compared with {_title(diff)}", width, "bold", indent="")
    for text in _restrictions(diff):
        lines += wrapped(text, width, "warn")
    if diff.differences and not brief:
        lines.append(Line("  what is not the same:"))
        lines += [line for text in diff.differences for line in wrapped(text, width, "dim", indent="    ")]
    for pair in diff.verdicts:
        lines += wrapped(verdict(pair, diff), width, _verdict_markup(pair))
    if not diff.verdicts:
        lines += wrapped("the runs have no model and category in common", width, "warn")
    if not brief:
        lines += [line for text in _times(diff) for line in wrapped(text, width, "dim")]
    for change in ("newly failing", "newly passing", "worse", "better"):
        if not brief or change == "newly failing":
            lines += _tasks(change, [c for c in diff.changes if c.change == change], width, all_of_them=verbosity > 0)
    if not brief:
        lines += _rest(diff, width, all_of_them=verbosity > 0)
    return lines


def verdict(pair: Comparison, diff: RunDiff) -> str:
    """``documents m: 0.80 points better [0.20, 1.40] on 20 common tasks (14 up, 3 down): more than chance``."""
    model = pair.first.removesuffix(" now")
    start = f"{pair.category} {model}: "
    if not pair.n_tasks or pair.delta is None:
        return f"{start}no common task to compare"
    scale = "points" if diff.same_machine and diff.same_settings else "points of quality"
    tasks = count(pair.n_tasks, "common task")
    own = [c for c in diff.changes if c.category == pair.category and c.model == model]
    up, down = sum(c.after > c.before for c in own), sum(c.after < c.before for c in own)
    moved = f" (quality up on {up}, down on {down})" if up or down else ""
    if abs(pair.delta) < 0.005 and not up and not down:
        return f"{start}the same on {tasks}"
    interval = f" [{pair.interval.low:+.2f}, {pair.interval.high:+.2f}]" if pair.interval is not None else ""
    found = (
        f"{start}{abs(pair.delta):.2f} {scale} {'better' if pair.delta > 0 else 'worse'}{interval} on {tasks}{moved}"
    )
    return f"{found}: {'more than chance' if pair.better else 'cannot tell' + _needed(pair)}"


def _needed(pair: Comparison) -> str:
    """How many more tasks would show a difference of this size with 80 % power."""
    if pair.n_tasks < ENOUGH_TO_TEST:
        return f", fewer than {ENOUGH_TO_TEST} tasks never can"
    if pair.detectable is None or not pair.delta:
        return ""
    more = math.ceil(pair.n_tasks * ((pair.detectable / abs(pair.delta)) ** 2 - 1))
    if more > TOO_MANY:
        return f": a difference this small would take more than {TOO_MANY} more tasks"
    return f": about {count(max(1, more), 'more task')} needed"


def _title(diff: RunDiff) -> str:
    when = f"{utc_minute(diff.then_started_at)} UTC"
    return f"{diff.name} (of {when})" if diff.name == diff.then else f"{diff.name} (run {diff.then} of {when})"


def _restrictions(diff: RunDiff) -> list[str]:
    found = list(diff.partial)
    if not diff.same_machine:
        found.append("another machine: times and memory are not compared, and only quality makes the score")
    elif not diff.same_settings:
        found.append("other settings: only quality makes the score")
    return found


def _verdict_markup(pair: Comparison) -> str:
    if pair.better is None:
        return ""
    return "good" if pair.better == pair.first else "bad"


def _times(diff: RunDiff) -> Iterable[str]:
    for time in diff.times:
        part = f"{time.n_answers} of {count(time.n_possible, 'answer')} undisturbed in both runs"
        yield f"{time.category} {time.model}: median {seconds(time.after_s)}, was {seconds(time.before_s)} ({part})"


def _tasks(title: str, changes: Sequence[TaskChange], width: int, *, all_of_them: bool) -> list[Line]:
    if not changes:
        return []
    markup = _MARKUP[changes[0].change]
    lines = [Line(f"  {title} ({len(changes)}):", markup)]
    for one in changes if all_of_them else changes[:MAX_TASKS]:
        why = f"  {safe(one.reason, 200)}" if one.reason and one.after < one.before else ""
        name = f"{one.category}/{one.task}[{one.model}]"
        lines.append(Line(safe(f"    {points(one.before):>4} -> {points(one.after):<4} {name}{why}", width), markup))
    if len(changes) > MAX_TASKS and not all_of_them:
        lines.append(Line(f"    and {len(changes) - MAX_TASKS} more (-v shows all)", "dim"))
    return lines


def _elsewhere(diff: RunDiff, names: tuple[str, ...]) -> tuple[str, ...]:
    """Tasks of models that this run did not ask at all are told as one."""
    mine = {c.model for c in diff.changes} | {
        _model(n) for f in ("task_changed", "only_now", "unscored") for n in getattr(diff, f)
    }
    others = Counter(model for name in names if (model := _model(name)) not in mine)
    own = tuple(name for name in names if _model(name) in mine)
    return (*own, *(f"{count(n, 'task')} of {model}" for model, n in sorted(others.items())))


def _model(name: str) -> str:
    return name.rpartition("[")[2].removesuffix("]")


def _rest(diff: RunDiff, width: int, *, all_of_them: bool) -> list[Line]:
    same = Counter(c.change for c in diff.changes)["same"]
    lines = [Line(f"  same quality: {count(same, 'task')}", "dim")] if same else []
    for field, title in _SIDE_LISTS:
        found: tuple[str, ...] = getattr(diff, field)
        if found:
            names = _elsewhere(diff, found) if field == "only_then" else found
            more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
            head = f"{title.format(name=diff.name)} ({len(found)}):"
            markup = "warn" if field == "unscored" else "dim"
            if all_of_them:
                lines += [*wrapped(head, width, markup), *(Line(safe(f"    {name}", width), markup) for name in names)]
            else:
                lines += wrapped(f"{head} {', '.join(names[:MAX_NAMES])}{more}", width, markup)
    return lines
