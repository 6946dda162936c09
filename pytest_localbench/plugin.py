"""The pytest plugin: a table of contents.

Options are declared in ``options``, hooks in ``hookspecs``, everything else lives in ``harness`` and is imported only
once a category folder, a model or a gate is in play, so that other projects pay nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import hookspecs
from .harness.detect import category_folder, homeless_tasks
from .harness.fixtures import (  # noqa: F401 - fixtures are found by name in this module
    localbench_model,
    localbench_response,
    localbench_result,
    localbench_task,
)
from .harness.state import activate, active
from .options import add_models_alias, add_options, dest
from .suite.layout import SUFFIXES

if TYPE_CHECKING:
    from .harness.collector import TaskFile
    from .registry import Registry

EAGER = (
    "models",
    "gate",
    "fail-under",
    "selfcheck",
    "weights",
    "repeat",
    "tasks",
    "shard",
    "plan",
    "budget",
    "max-cost",
    "judge",
    "reviews",
    "offline",
    "save",
    "compare",
    "compare-fail",
    "bless",
    "resume",
    "retry-errors",
    "rescore",
    "cache",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> Generator[None, Any, Any]:
    outcome = yield
    add_models_alias(parser)
    return outcome


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


def pytest_localbench_register(registry: Registry) -> None:
    from . import adapters, evaluators

    adapters.pytest_localbench_register(registry)
    evaluators.pytest_localbench_register(registry)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "localbench: a question to a language model, collected from a task file")
    if getattr(config.option, dest("plan"), False):
        config.option.collectonly = True
    if any(getattr(config.option, dest(flag), None) not in (None, False, []) for flag in EAGER):
        activate(config)
    elif config.getoption("markers", False):
        from .harness.marks import register_marks_below

        register_marks_below(config)
    if getattr(config.option, "htmlpath", None) and config.pluginmanager.hasplugin("html"):
        from .harness.html_report import register

        register(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> TaskFile | None:
    if file_path.suffix not in SUFFIXES or category_folder(file_path) is None:
        return None
    try:
        activate(parent.config)
    except pytest.UsageError as error:
        raise parent.CollectError(str(error)) from None
    from .harness.collector import TaskFile
    from .suite.tasks import printable_path

    if str(file_path).isascii():
        return TaskFile.from_parent(parent, path=file_path)
    nodeid = printable_path(file_path, parent.config.rootpath)
    return TaskFile.from_parent(parent, path=file_path, nodeid=nodeid, name=nodeid.rpartition("/")[2])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "localbench_model" in metafunc.fixturenames:
        from .harness.cases import parametrize

        parametrize(metafunc)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    if exitstatus != pytest.ExitCode.NO_TESTS_COLLECTED or terminalreporter.stats:
        return
    home = homeless_tasks(Path(config.invocation_params.dir, arg.partition("::")[0]) for arg in config.args)
    if home is not None:
        words = (
            f"{home}/tasks holds task files, but nothing is collected without {home}/category.yaml; write 'name: ...'"
        )
        terminalreporter.write_line(f"localbench: {words} into one.", yellow=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    from .harness.lanes import share_run_id

    share_run_id(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from .harness.lanes import LaneScheduling

    return LaneScheduling.or_none(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if active.session is not None:
        active.session.see(report)
