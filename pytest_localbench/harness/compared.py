"""This run against an earlier one, and what is kept for later ones: ``--localbench-compare``, ``-compare-fail``,
``-save`` and ``-bless``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..domain.base import check_id
from ..domain.baseline import scored_tasks, would_be_lost
from ..domain.compared import RunDiff
from ..domain.run import BenchmarkRun, GateOutcome
from ..engine.blessed import blessed_run
from ..engine.compared import compare_runs
from ..errors import ConfigError, DocumentError
from ..options import Options
from ..reports.compare import compare_lines
from ..reports.safe_text import ascii_text
from ..reports.terminal import Line, wrapped
from ..scoring.regression import check_regressions, parse_regression
from ..store.baselines import load_if_there, named_path, save_blessed, save_named
from ..store.history import any_earlier, last_comparable
from ..store.runs import BASELINE, BLESSED, LAST, NAMED, find, load
from ..suite.tasks import shown_path

MOST_NAMED = 3


class Compared:
    """On the process that reports. Names are checked before a model is asked, so that no run is made in vain."""

    def __init__(self, options: Options, root: Path) -> None:
        self.options, self.root = options, root
        self.regressions = [parse_regression(expression) for expression in options.compare_fail]
        self.earlier: BenchmarkRun | None = None
        self._refusals: list[str] = []
        self._kept: list[str] = []
        self._name = ""
        self._diff: RunDiff | None = None
        self._document = self._checked()

    @property
    def wanted(self) -> bool:
        """True when this run is to be compared."""
        return self.options.compare is not None or bool(self.regressions)

    def _checked(self) -> Path | None:
        """The document to compare with, when it is known before the run; raises ConfigError for what cannot be used."""
        options = self.options
        keeping = "--localbench-bless" if options.bless else "--localbench-save" if options.save is not None else ""
        if options.selfcheck and (keeping or self.wanted):
            word = keeping or "--localbench-compare"
            raise ConfigError(f"{word}: --localbench-selfcheck asks no model, so there is nothing to keep or compare.")
        try:
            if options.save is not None:
                _check_name(options.save)
                load_if_there(named_path(options.data_dir, options.save))
            if options.bless:
                load_if_there(options.data_dir / BASELINE)
        except DocumentError as error:
            raise ConfigError(f"{keeping}: {error}") from None
        if not self.wanted:
            return None
        if options.compare:
            try:
                found = find(options.data_dir, options.compare)
                load(found)
            except DocumentError as error:
                raise ConfigError(f"--localbench-compare: {error}{_eaten(options.compare)}") from None
            self._name = options.compare if options.compare != LAST else found.parent.name
            return found
        blessed = options.data_dir / BASELINE
        if options.compare is None and blessed.is_file():
            return self._checked_blessed(blessed)
        if self.regressions and not any_earlier(options.data_dir):
            raise ConfigError(
                "--localbench-compare-fail: there is no earlier run to compare with. Make one and keep it with "
                "--localbench-bless (data/baseline.json, to be committed) or --localbench-save NAME."
            )
        return None

    def _checked_blessed(self, path: Path) -> Path:
        try:
            load(path)
        except DocumentError as error:
            raise ConfigError(str(error)) from None
        self._name = BLESSED
        return path

    def gate(self, run: BenchmarkRun, gate: GateOutcome | None) -> GateOutcome | None:
        """The run's gates and those of ``--localbench-compare-fail``; finds and reads the earlier run."""
        if not self.wanted:
            return gate
        with suppress(DocumentError):  # gone or changed since the start: then there is nothing to compare with
            self._find(run)
        checks = check_regressions(self.regressions, run, self.earlier, self._name)
        if self.earlier is not None:
            self._diff = compare_runs(run, self.earlier, self._name)
        if not checks:
            return gate
        own = gate.checks if gate is not None else ()
        return GateOutcome(passed=all(c.passed for c in (*own, *checks)), checks=(*own, *checks))

    def _find(self, run: BenchmarkRun) -> None:
        path = self._document
        if path is None:
            former = {(t.category, t.id): (t.id, *t.previous_ids) for t in run.tasks}
            models = {m.id: (m.id, *m.previous_ids) for m in run.models}
            names = [
                frozenset(f"{c}/{old}[{called}]" for old in former.get((c, t), (t,)) for called in models.get(m, (m,)))
                for c, t, m in scored_tasks(run)
            ]
            found = last_comparable(self.options.data_dir, before=run.started_at, run_id=run.id, tasks=names)
            if found is None:
                return
            self._name, path = found, find(self.options.data_dir, found)
        self.earlier = load(path)

    def refuse(self, run: BenchmarkRun) -> list[str]:
        """What will not be kept, and why: a partial run, one that would lose results, one that meets not all gates."""
        if self.options.save is not None:
            old = load_if_there(named_path(self.options.data_dir, self.options.save))
            why = _unfit(run) or _would_lose(
                run, old, f"{self.options.data_dir.name}/results/{NAMED}/{self.options.save}"
            )
            if why:
                self._refusals.append(f"not saved as '{self.options.save}': {why}")
        if self.options.bless:
            unmet = run.gate is not None and not run.gate.passed
            why = _unfit(run) or ("a gate is not met" if unmet else "")
            if why:
                self._refusals.append(f"not blessed: {why}")
        return self._refusals

    def keep(self, run: BenchmarkRun) -> None:
        """Save and bless what was not refused; raises StoreError when the disk refuses."""
        refused = " ".join(self._refusals)
        if self.options.save is not None and "not saved" not in refused:
            path = save_named(run, self.options.data_dir, self.options.save)
            self._kept.append(f"saved as '{self.options.save}': {shown_path(path, self.root)}")
        if self.options.bless and "not blessed" not in refused:
            blessed, told = blessed_run(run, load_if_there(self.options.data_dir / BASELINE))
            path = save_blessed(blessed, self.options.data_dir)
            parts = [f"{n} {word}" for word, n in (
                ("new", told.new), ("raised", told.raised), ("as before", told.same), ("lowered", len(told.lowered)),
                ("of changed tasks", told.changed), ("kept from before", told.kept),
            ) if n]  # fmt: skip
            lowered = f" (lowered: {_listed(told.lowered)})" if told.lowered else ""
            self._kept.append(f"blessed: {', '.join(parts)}{lowered}; {shown_path(path, self.root)} is to be committed")

    def in_vain(self) -> str | None:
        """What to say when nothing was asked although something was to be kept."""
        kept = self.options.save is not None or self.options.bless
        return "nothing was asked, so nothing was kept" if kept else None

    def lines(self, *, width: int, verbosity: int, ascii_only: bool) -> list[Line]:
        """The comparison, what was kept and what was not."""
        lines: list[Line] = []
        if self._diff is not None:
            lines += compare_lines(self._diff, width=width, verbosity=verbosity)
        elif self.wanted:
            lines.append(Line("nothing to compare with: no earlier complete run scored any of these tasks", "warn"))
        lines += [line for text in self._kept for line in wrapped(text, width, "", indent="")]
        lines += [line for text in self._refusals for line in wrapped(text, width, "bad", indent="")]
        return [replace(line, text=ascii_text(line.text)) for line in lines] if ascii_only else lines


def _check_name(name: str) -> None:
    try:
        check_id(name)
    except ValueError as error:
        raise ConfigError(f"--localbench-save: {error}.") from None
    if name in {LAST, BLESSED}:
        raise ConfigError(f"--localbench-save: '{name}' already means something else; choose another name.")


def _eaten(value: str) -> str:
    """A hint where the option took what was meant as a folder of tests."""
    if not Path(value.partition("::")[0]).exists():
        return ""
    return f" '{value}' is a path: write --localbench-compare={LAST}, or put the option behind the paths."


def _unfit(run: BenchmarkRun) -> str:
    if not run.complete or run.lost:
        return "the run is partial (it was stopped early or lost items)"
    return "" if scored_tasks(run) else "nothing was scored"


def _would_lose(run: BenchmarkRun, old: BenchmarkRun | None, place: str) -> str:
    lost = would_be_lost(run, old)
    if not lost or old is None:
        return ""
    return (
        f"it lacks {len(lost)} of the {len(scored_tasks(old))} results that are saved there ({_listed(lost)}); "
        f"run all of them, choose another name, or delete {place} first"
    )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"
