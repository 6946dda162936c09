"""Every command-line and ini option, declared once and read into one frozen object."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

GROUP = "localbench"
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?\s*(?:(\d+(?:\.\d+)?)m)?\s*(?:(\d+(?:\.\d+)?)s)?")


@dataclass(frozen=True, eq=False, repr=False)
class Option:
    """One option; ``ini`` names its ini twin when it has one, ``bare`` is the value of the flag written alone."""

    flag: str
    help: str
    metavar: str | None = None
    action: str = "store"
    ini: str | None = None
    ini_type: str = "string"
    choices: tuple[str, ...] | None = None
    type: type | None = None
    bare: str | None = None


OPTIONS = (
    Option("models", "models to benchmark: names, globs, tag:NAME, or provider:model ad hoc; comma separated "
           "(alias: --models=a,b)", "LIST", "append", "localbench_models", "linelist"),
    Option("weights", "weights of the score components, e.g. quality=0.6,time=0.2,cost=0.2", "LIST",
           ini="localbench_weights"),
    Option("fail-under", "gate: every model in every category that ran must score at least this (0 to 10)", "SCORE",
           ini="localbench_fail_under"),
    Option("gate", "gate, repeatable: [CATEGORY[/TASK]][@MODEL:]METRIC OP VALUE, e.g. 'doc*:quality>=6'", "EXPR",
           "append", "localbench_gates", "linelist"),
    Option("strict", "with gates: weak answers alone also make the exit code 1", action="store_true"),
    Option("save", "keep this run under a name, to compare with later", "NAME"),
    Option("compare", "compare with an earlier run: a saved name, 'blessed', 'last', a run id, a document; alone: with "
           "the newest complete run of these tasks", "RUN", bare=""),
    Option("compare-fail", "gate, repeatable: how far this run may fall behind the earlier one (without "
           "--localbench-compare the blessed one), e.g. 'quality:5%' or '*/*:quality:0'", "EXPR", "append"),
    Option("bless", "make the results of this run the baseline in data/baseline.json", action="store_true"),
    Option("resume", "go on with an interrupted run (alone: the newest): what is answered is not asked again; one document",
           "RUN", bare=""),
    Option("retry-errors", "the same, and ask again what ended in an error", "RUN", bare=""),
    Option("rescore", "ask no model: judge the stored answers of a run (alone: the newest) again, as a new run", "RUN",
           bare=""),
    Option("cache", "answers of earlier runs: off (ask everything), read (use them), write (use them and offer new "
           "ones), refresh (ask everything and offer it)", ini="localbench_cache",
           choices=("off", "read", "write", "refresh")),
    Option("cache-dir", "folder for stored answers (default: responses, in the data folder)", "DIR",
           ini="localbench_cache_dir"),
    Option("json", "also write the run document here", "PATH"),
    Option("html", "also write the dashboard here: one HTML file that works offline", "PATH", ini="localbench_html"),
    Option("csv", "also write one row per answer here, for spreadsheets", "PATH"),
    Option("markdown", "also write the summary here, as Markdown", "PATH"),
    Option("github", "step summary and annotations of GitHub Actions: auto (where they run), on or off",
           choices=("auto", "on", "off")),
    Option("embed", "whose prompts and answers the dashboard holds: all, failures or none", ini="localbench_embed",
           choices=("all", "failures", "none")),
    Option("redact", "what the dashboard shows as hashes only: none, inputs (prompts, expected values) or all texts",
           ini="localbench_redact", choices=("none", "inputs", "all")),
    Option("summary", "how much to print at the end: short, full or none", choices=("short", "full", "none")),
    Option("tasks", "of the collected tasks run only those that a file names: ids, CATEGORY/ID or globs, one a line, "
           "or a YAML or JSON list", "FILE", ini="localbench_tasks"),
    Option("shard", "run one part of the items, e.g. 2/4; the parts together run every item once (join their documents "
           "with 'localbench merge')", "I/N"),
    Option("plan", "ask nothing: tell how many items would run, and minutes, memory and money as far as they are known",
           action="store_true"),
    Option("budget", "ask nothing more when this time is over, e.g. 30m or 1h30m; tasks are interleaved, so that the "
           "models stay comparable", "DURATION", ini="localbench_budget"),
    Option("max-cost", "ask nothing more when the answers would cost more than this", "USD", ini="localbench_max_cost"),
    Option("repeat", "ask every sample N times (overrides the tasks' own repeats)", "N", type=int),
    Option("drafts", "run tasks whose status is draft, too", action="store_true"),
    Option("strict-capabilities", "fail instead of skip where a model lacks what a task requires",
           action="store_true"),
    Option("selfcheck", "ask no model: check every task against its calibration cases and the null models",
           action="store_true"),
    Option("judge", "the model that grades answers for 'judge' evaluators when the models under test are done (wins over "
           "the tasks' own choice)", "MODEL", ini="localbench_judge"),
    Option("judge-votes", "ask the judge N times about an answer and take the median", "N", type=int,
           ini="localbench_judge_votes"),
    Option("judge-min-agreement", "share (0 to 1) of the graded answers of a rubric that a judge must come close to, or "
           "it does not count (default: 0.6)", "SHARE", ini="localbench_judge_min_agreement"),
    Option("reviews", "grades that people gave with 'localbench review': a file, or a folder of them; repeatable", "FILE",
           "append", "localbench_reviews", "linelist"),
    Option("offline", "refuse every connection that leaves this machine, and models that are asked elsewhere",
           action="store_true", ini="localbench_offline", ini_type="bool"),
    Option("allow-code", "run code that models wrote even where this machine cannot isolate it", action="store_true"),
    Option("code-runner", "isolation for code that models wrote: auto (the best that holds), namespace, kernel, or off "
           "(never run it)", ini="localbench_code_runner", choices=("auto", "namespace", "kernel", "off")),
    Option("data", "folder for models, results and logs (default: data, below the root directory)", "DIR",
           ini="localbench_data"),
)  # fmt: skip
_BY_FLAG = {option.flag: option for option in OPTIONS}


def dest(flag: str) -> str:
    """The attribute name of an option on ``config.option``."""
    return f"localbench_{flag.replace('-', '_')}"


def add_options(parser: pytest.Parser) -> None:
    """Declare ``--localbench-*`` and ``localbench_*``."""
    group = parser.getgroup(GROUP, "localbench: benchmark language models on your own tasks")
    for option in OPTIONS:
        keywords: dict[str, object] = {"dest": dest(option.flag), "action": option.action, "help": option.help}
        if option.metavar:
            keywords["metavar"] = option.metavar
        if option.choices:
            keywords["choices"] = option.choices
        if option.type:
            keywords["type"] = option.type
        if option.action == "store_true":
            keywords["default"] = False
        if option.bare is not None:
            keywords |= {"nargs": "?", "const": option.bare}
        group.addoption(f"--localbench-{option.flag}", **keywords)
        if option.ini:
            parser.addini(option.ini, option.help, type=option.ini_type, default=None)  # type: ignore[arg-type]


def add_models_alias(parser: pytest.Parser) -> None:
    """Declare the short ``--models``, unless a conftest or another plugin already did."""
    taken = {
        name for group in (parser._anonymous, *parser._groups) for option in group.options for name in option.names()
    }
    if "--models" not in taken and not os.environ.get("PYTEST_LOCALBENCH_NO_ALIASES"):
        parser.getgroup(GROUP).addoption(
            "--models",
            dest=dest("models"),
            action="append",
            metavar=_BY_FLAG["models"].metavar,
            help="alias of --localbench-models",
        )


@dataclass(frozen=True, eq=False, repr=False)
class Options:
    """The settings of one session; ``None`` = not given."""

    models: tuple[str, ...]
    weights: str | None
    fail_under: float | None
    gates: tuple[str, ...]
    strict: bool
    save: str | None
    compare: str | None
    compare_fail: tuple[str, ...]
    bless: bool
    resume: str | None
    retry_errors: str | None
    rescore: str | None
    cache: str
    cache_dir: Path
    json: Path | None
    html: Path | None
    csv: Path | None
    markdown: Path | None
    github: bool
    embed: str
    redact: str
    summary: str
    tasks: Path | None
    shard: tuple[int, int] | None
    plan: bool
    budget_s: float | None
    max_cost_usd: float | None
    repeat: int | None
    drafts: bool
    strict_capabilities: bool
    selfcheck: bool
    judge: str | None
    judge_votes: int | None
    judge_min_agreement: float
    reviews: tuple[Path, ...]
    offline: bool
    allow_code: bool
    code_runner: str
    data_dir: Path

    @classmethod
    def from_config(cls, config: pytest.Config) -> Options:
        """Command line first, then ini; raises pytest.UsageError with a sentence for unusable values."""

        def read(flag: str) -> object:
            value = getattr(config.option, dest(flag), None)
            ini = _BY_FLAG[flag].ini
            return config.getini(ini) if value in (None, [], False) and ini else value

        repeat = read("repeat")
        if repeat is not None and not 1 <= int(str(repeat)) <= 1000:
            raise pytest.UsageError(f"--localbench-repeat {repeat}: give a whole number from 1 to 1000")

        def place(flag: str) -> Path | None:
            return config.invocation_params.dir / str(read(flag)) if read(flag) else None

        def below_root(flag: str) -> Path | None:
            return config.rootpath / str(read(flag)) if read(flag) else None

        return cls(
            models=_split(read("models")),
            weights=str(read("weights")) if read("weights") else None,
            fail_under=_score(read("fail-under")),
            gates=_lines(read("gate")),
            strict=bool(read("strict")),
            save=None if read("save") is None else str(read("save")),
            compare=None if read("compare") is None else str(read("compare")),
            compare_fail=_lines(read("compare-fail")),
            bless=bool(read("bless")),
            resume=None if read("resume") is None else str(read("resume")),
            retry_errors=None if read("retry-errors") is None else str(read("retry-errors")),
            rescore=None if read("rescore") is None else str(read("rescore")),
            cache=_one_of("cache", read("cache")) or "off",
            cache_dir=config.rootpath / str(read("cache-dir") or Path(str(read("data") or "data"), "responses")),
            json=place("json"),
            html=place("html"),
            csv=place("csv"),
            markdown=place("markdown"),
            github=_on_github(read("github")),
            embed=_one_of("embed", read("embed")) or "all",
            redact=_one_of("redact", read("redact")) or "none",
            summary=str(read("summary") or ""),
            tasks=place("tasks") if getattr(config.option, dest("tasks"), None) else below_root("tasks"),
            shard=_shard(read("shard")),
            plan=bool(read("plan")),
            budget_s=_seconds(read("budget")),
            max_cost_usd=_usd(read("max-cost")),
            repeat=int(str(repeat)) if repeat is not None else None,
            drafts=bool(read("drafts")),
            strict_capabilities=bool(read("strict-capabilities")),
            selfcheck=bool(read("selfcheck")),
            judge=str(read("judge")) if read("judge") else None,
            judge_votes=_votes(read("judge-votes")),
            judge_min_agreement=_share(read("judge-min-agreement")),
            reviews=tuple(config.invocation_params.dir / name for name in _lines(read("reviews"))),
            offline=bool(read("offline")) or os.environ.get("LOCALBENCH_OFFLINE") == "1",
            allow_code=bool(read("allow-code")),
            code_runner=_one_of("code-runner", read("code-runner")) or "auto",
            data_dir=config.rootpath / str(read("data") or "data"),
        )

    @property
    def wants_gate(self) -> bool:
        """True when a threshold was given for the run as a whole."""
        return self.fail_under is not None or bool(self.gates) or bool(self.compare_fail)


def _lines(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value] if value else []
    return tuple(str(item).strip() for item in items if str(item).strip())


def _one_of(flag: str, value: object) -> str:
    """A value that may come from an ini file, which argparse does not check."""
    choices = _BY_FLAG[flag].choices or ()
    if value and value not in choices:
        raise pytest.UsageError(f"localbench_{flag.replace('-', '_')} = {value}: give one of {', '.join(choices)}")
    return str(value or "")


def _on_github(value: object) -> bool:
    return value == "on" or (value != "off" and os.environ.get("GITHUB_ACTIONS") == "true")


def _split(value: object) -> tuple[str, ...]:
    return tuple(name.strip() for line in _lines(value) for name in line.split(",") if name.strip())


def _votes(value: object) -> int | None:
    if value in (None, ""):
        return None
    votes = int(str(value)) if str(value).isdecimal() else 0
    if not 1 <= votes <= 9:
        raise pytest.UsageError(f"--localbench-judge-votes {value}: give a whole number from 1 to 9")
    return votes


def _share(value: object) -> float:
    if value in (None, ""):
        return 0.6
    try:
        share = float(str(value))
    except ValueError:
        share = float("nan")
    if not 0 <= share <= 1:
        raise pytest.UsageError(f"--localbench-judge-min-agreement {value}: give a share from 0 to 1")
    return share


def _shard(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    part, _, parts = str(value).partition("/")
    numbers = (int(part), int(parts)) if part.isdecimal() and parts.isdecimal() else (0, 0)
    if not 1 <= numbers[0] <= numbers[1]:
        raise pytest.UsageError(f"--localbench-shard {value}: write the part and the number of parts, such as 2/4")
    return numbers


def _seconds(value: object) -> float | None:
    if value in (None, ""):
        return None
    found = _DURATION.fullmatch(str(value).strip())
    seconds = sum(float(n or 0) * unit for n, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else 0
    if seconds <= 0:
        raise pytest.UsageError(f"--localbench-budget {value}: give a time with its unit, such as 90s, 30m or 1h30m")
    return seconds


def _usd(value: object) -> float | None:
    if value in (None, ""):
        return None
    try:
        usd = float(str(value))
    except ValueError:
        usd = float("nan")
    if not 0 <= usd < float("inf"):
        raise pytest.UsageError(f"--localbench-max-cost {value}: give an amount of US dollars, such as 0.50")
    return usd


def _score(value: object) -> float | None:
    if value in (None, ""):
        return None
    try:
        score = float(str(value))
    except ValueError:
        score = float("nan")
    if not 0 <= score <= 10:
        raise pytest.UsageError(f"--localbench-fail-under {value}: give a score from 0 to 10")
    return score
